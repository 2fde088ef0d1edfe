"""Context of a command: its output, its language, and the platform or data home that it uses."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from azuraforge.cli.language import Language

if TYPE_CHECKING:
    from azuraforge.client import Client

PIPE_WIDTH = 160


@dataclass
class Terminal:
    """Output and settings of a command. Results go to standard output, all other messages to standard error."""

    text: Language
    home: Path | None = None
    url: str | None = None
    project: str | None = None
    #: Flags of the running command, which replace API options in messages.
    flags: set[str] = field(default_factory=set)
    console: Console = field(default_factory=lambda: _console(stderr=False))
    errors: Console = field(default_factory=lambda: _console(stderr=True))

    def say(self, text: str) -> None:
        """Print a line of the result without wrapping it, so that URLs stay clickable."""
        self.console.print(Text(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a note, such as progress, on standard error."""
        self.errors.print(Text(text, style="dim"), soft_wrap=True)

    def error(self, message: str, *, where: str = "", next_step: str = "") -> None:
        """Print an error in red, and the next step."""
        text = Text(message, style="bold red")
        if where and where not in message:
            text.append(f" ({where})", style="red")
        if not text.plain.endswith((".", "!", "?")):
            text.append(".", style="red")
        if next_step:
            text.append(f"\n{self.text('next')}: {next_step}", style="default")
        self.errors.print(text, soft_wrap=True)

    def json(self, value: object) -> None:
        """Print a value as JSON."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=dict) + "\n")

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[str]], *, right: Iterable[int] = ()) -> None:
        """Print a plain table, whose first column is never wrapped. ``right``: indices of right-aligned columns."""
        numeric = set(right)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for index, column in enumerate(columns):
            justify: JustifyMethod = "right" if index in numeric else "left"
            table.add_column(column, justify=justify, overflow="fold", no_wrap=index == 0)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)

    def fields(self, values: Mapping[str, str]) -> None:
        """Print one line per name and value; empty values are omitted."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in values.items():
            if value:
                grid.add_row(name, Text(value))
        self.console.print(grid)

    def state(self, state: str) -> str:
        """Return the translated name of a run's state, or ``state`` itself if it has none."""
        key = f"state.{state}"
        return self.text(key) if self.text.has(key) else state

    @property
    def named_home(self) -> Path:
        """Data home of the command: that of ``--home``, else the default."""
        from azuraforge.client.http.address import default_home

        return self.home or default_home()

    @property
    def named_url(self) -> str | None:
        """URL of the platform from ``--url`` or the environment; None if the data home's platform is to be used."""
        return self.url or (None if self.home else os.environ.get("AZURAFORGE_URL") or None)

    def client(self) -> Client:
        """Return a client of the named platform, project and language."""
        from azuraforge.client import Client

        url = self.named_url
        home = None if url else self.named_home
        return Client(url=url, home=home, language=self.text.code, project=self.project)


def _console(*, stderr: bool) -> Console:
    """Return a console; for a file or a pipe, the width is large enough that tables are rarely wrapped."""
    console = Console(highlight=False, stderr=stderr)
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = PIPE_WIDTH
    return console


def terminal_of(context: typer.Context) -> Terminal:
    """Return the terminal that ``main`` created, and add the flags of this command to it."""
    terminal = context.obj
    assert isinstance(terminal, Terminal)
    terminal.flags.update(flag for parameter in context.command.params for flag in parameter.opts)
    return terminal
