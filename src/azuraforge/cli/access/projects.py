"""``azuraforge projects``: list."""

from __future__ import annotations

from typing import Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import terminal_of

app = typer.Typer(help="Your projects.", no_args_is_help=True)


@app.callback()
def _projects() -> None:
    """Declare a group, because Typer would make its only command the program itself."""


@app.command("list")
def list_projects(
    context: typer.Context,
    limit: Limit = SHOWN,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List your projects, with your role in each. `--project` takes the name in the first column."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.projects.list(limit=limit + 1)
    projects = found[:limit]
    if json:
        terminal.json([each.raw for each in projects])
        return
    text = terminal.text
    if not projects:
        terminal.say(text("no_projects"))
        return
    terminal.table(
        [text("project"), text("name"), text("role")],
        [[each.slug, each.name, text(f"member.{each.role}")] for each in projects],
    )
    say_more(terminal, found, limit)
