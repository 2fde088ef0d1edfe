"""Building blocks of Markdown documents from untrusted text, which is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>()#!|~$&])")
#: Characters that would start a list or a heading at the beginning of a line.
_FIRST = re.compile(r"^(?=[-+=])|^(\d{1,9})(?=\.(?:\s|$))")
_SPACES = re.compile(r"\s+")
#: Maximum length of a value in characters; the run's JSON contains the complete value.
_LONGEST = 500


def escape(value: object) -> str:
    r"""Return a value as one line of escaped plain text, shortened to 500 characters.

    Example:
        >>> escape("<b>a|b</b>\n# x")
        '\\<b\\>a\\|b\\</b\\> \\# x'
    """
    text = _SPACES.sub(" ", str(value)).strip()
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    text = _SPECIAL.sub(r"\\\1", text)
    # Escape the beginning of a list, and break up text that a viewer could turn into a link.
    text = _FIRST.sub(lambda found: f"{found[1] or ''}\\", text)
    return text.replace("://", "\\://").replace("www.", "www\\.")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Return the lines of a Markdown table. ``right`` contains the indices of right-aligned columns.

    Example:
        >>> table(["a", "b"], [["x", "1"]], right=[1])
        ['| a | b |', '| --- | ---: |', '| x | 1 |', '']
    """
    numbers = set(right)
    rule = ["---:" if column in numbers else "---" for column in range(len(heads))]
    return [*(f"| {' | '.join(row)} |" for row in (heads, rule, *rows)), ""]


def quoted(markdown: str) -> list[str]:
    """Return Markdown from an app as a quotation, so that its headings and lists do not affect the document.

    Example:
        >>> quoted("# a\\n\\nb")
        ['> # a', '>', '> b', '']
    """
    return [*(f"> {line}".rstrip() for line in markdown.splitlines()), ""]
