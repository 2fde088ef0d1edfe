"""Lists in the terminal: the first ``--limit`` items, and a line where there are more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

import typer

from azuraforge.cli.terminal import Terminal

Item = TypeVar("Item")

#: Items that a list shows without ``--limit``.
SHOWN = 50
Limit = Annotated[int, typer.Option("--limit", min=1, help="Maximum number of items to list.")]


def say_more(terminal: Terminal, found: Sequence[Item], limit: int) -> None:
    """Print a line where a list read with ``limit + 1`` holds more than ``limit`` items."""
    if len(found) > limit:
        terminal.say(terminal.text("more_items", count=limit))
