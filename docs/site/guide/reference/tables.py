"""Markdown of reference pages: tables and code in cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, empty if it has no rows. A cell is Markdown in one line.

    Example:
        >>> print(table(["a", "b"], [["1", "x|y"]]))
        | a | b |
        |---|---|
        | 1 | x\\|y |
        <BLANKLINE>
    """
    lines = ["| " + " | ".join(_cell(each) for each in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *lines, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """Return text as inline code."""
    return f"`{text}`"


def prose(text: str) -> str:
    """Return a docstring or a description as Markdown: double backticks become single ones, other marks stay text.

    Example:
        >>> prose("``a``: up to <name> * 2")
        '`a`: up to \\\\<name> \\\\* 2'
    """
    parts = re.split(r"(``.+?``|`.+?`)", text)
    return "".join(f"`{each.strip('`')}`" if each.startswith("`") else re.sub(r"([<*_\[\]])", r"\\\1", each) for each in parts)
