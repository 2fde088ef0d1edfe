"""Markdown from untrusted values: escaped, one line each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>()#!|~$&])")
#: What would begin a list, a heading or a quotation, were it the first of its line.
_FIRST = re.compile(r"^(?=[-+=])|^(\d{1,9})(?=\.(?:\s|$))")
_SPACES = re.compile(r"\s+")
#: Longer values are cut; the whole stands in the run.
_LONGEST = 500


def escape(value: object) -> str:
    r"""Return a value as escaped plain text.

    Example:
        >>> escape("<b>a|b</b>\n# x")
        '\\<b\\>a\\|b\\</b\\> \\# x'
    """
    text = _SPACES.sub(" ", str(value)).strip()
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    text = _SPECIAL.sub(r"\\\1", text)
    # What stands first in its line must not begin a list; what a reader's program might make a link of is broken up.
    text = _FIRST.sub(lambda found: f"{found[1] or ''}\\", text)
    return text.replace("://", "\\://").replace("www.", "www\\.")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Return a table of Markdown cells; columns in ``right`` are right-aligned numbers.

    Example:
        >>> table(["a", "b"], [["x", "1"]], right=[1])
        ['| a | b |', '| --- | ---: |', '| x | 1 |', '']
    """
    numbers = set(right)
    rule = ["---:" if column in numbers else "---" for column in range(len(heads))]
    return [*(f"| {' | '.join(row)} |" for row in (heads, rule, *rows)), ""]


def quoted(markdown: str) -> list[str]:
    """Return an app's own Markdown as a quotation, which confines its headings and lists.

    Example:
        >>> quoted("# a\\n\\nb")
        ['> # a', '>', '> b', '']
    """
    return [*(f"> {line}".rstrip() for line in markdown.splitlines()), ""]
