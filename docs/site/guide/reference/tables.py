"""Markdown of reference pages. Tables are written as HTML: the API has 2,600 rows, and Sphinx needs 5 ms for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markdown_it import MarkdownIt

#: Between two lines of a cell.
BREAK = "\v"
_INLINE = MarkdownIt("commonmark", {"html": False})


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, empty if it has no rows. A cell is Markdown; ``BREAK`` begins a new line in it.

    Example:
        >>> print(table(["a", "b"], [["`1`", "x"]]))
        ```{raw} html
        <div class="table generated"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>
        <tr><td><code>1</code></td><td>x</td></tr>
        </tbody></table></div>
        ```
    """
    lines = ["<tr>" + "".join(f"<td>{_cell(each)}</td>" for each in row) + "</tr>" for row in rows]
    if not lines:
        return ""
    heads = "".join(f"<th>{each}</th>" for each in head)
    start = f'<div class="table generated"><table><thead><tr>{heads}</tr></thead><tbody>'
    return "\n".join(["```{raw} html", start, *lines, "</tbody></table></div>", "```"])


def _cell(text: str) -> str:
    return "<br>".join(_INLINE.renderInline(" ".join(each.split())) for each in text.split(BREAK))


def code(text: object) -> str:
    """Return text as inline code."""
    return f"`{text}`"


def prose(text: str) -> str:
    """Return a docstring or a description as Markdown: double backticks become single ones, other marks stay text.

    Example:
        >>> prose("``a``: up to <name> * 2")
        '`a`: up to \\\\<name> \\\\* 2'
    """
    parts = re.split(r"(``.+?``|`[^`]+`)", text, flags=re.S)
    shown = [
        f"`{each.strip('`')}`" if each.startswith("`") else re.sub(r"([<*_\[\]])", r"\\\1", each) for each in parts
    ]
    return "".join(shown)


def sentence(text: str) -> str:
    """Return a description as a sentence in Markdown: descriptions in the code begin with a small letter.

    Example:
        >>> sentence("items of a page"), sentence("``next`` of the page")
        ('Items of a page.', '`next` of the page.')
    """
    shown = prose(text.strip())
    return shown[:1].upper() + shown[1:] + ("" if not shown or shown[-1] in ".:!?…" else ".")
