"""``azuraforge version``: prints the versions of AzuraForge and Python."""

from __future__ import annotations

import platform
from typing import Annotated

import typer

import azuraforge
from azuraforge.cli.terminal import Terminal, terminal_of


def at_once(context: typer.Context, asked: bool) -> None:
    """Print the version and exit if ``--version`` is given (callback of the option)."""
    if asked:
        version(context)
        raise typer.Exit


def version(context: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print the versions of AzuraForge and Python."""
    terminal = terminal_of(context)
    if json:
        terminal.json({"azuraforge": azuraforge.__version__, "python": platform.python_version()})
    else:
        show(terminal)


def show(terminal: Terminal) -> None:
    """Print the versions of AzuraForge and Python on one line."""
    terminal.say(f"azuraforge {azuraforge.__version__} (Python {platform.python_version()})")
