"""The ``--limit`` option of lists, and the line printed if there are more items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

import typer

from azuraforge.cli.terminal import Terminal

Item = TypeVar("Item")

#: Default of ``--limit``.
SHOWN = 50
Limit = Annotated[int, typer.Option("--limit", min=1, help="Maximum number of items to list.")]


def say_more(terminal: Terminal, found: Sequence[Item], limit: int) -> None:
    """Print that there are more items if ``found``, requested with ``limit + 1``, has more than ``limit`` items."""
    if len(found) > limit:
        terminal.say(terminal.text("more_items", count=limit))
