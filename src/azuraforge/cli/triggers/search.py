"""``azuraforge search`` and ``azuraforge events``: find items of a project, and read its event log."""

from __future__ import annotations

from typing import Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import terminal_of


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="Part of a name, or the beginning of an id.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find runs, studies, models, datasets, feeds and learners by name or by the beginning of their id."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.search(text)
    if json:
        terminal.json([each.raw for each in found])
    elif not found:
        terminal.say(terminal.text("nothing_found"))
    else:
        for each in found:
            terminal.say(f"{each.kind:8} {each.id:16} {each.name}{f'  {each.state}' if each.state else ''}")


def events(
    context: typer.Context,
    type: Annotated[
        str | None, typer.Option("--type", help="Beginning of the type, such as run. or model.promoted.")
    ] = None,
    limit: Limit = SHOWN,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the events of the project, newest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.events.list(type=type, limit=limit + 1)
    if json:
        terminal.json([each.raw for each in found[:limit]])
        return
    for each in found[:limit]:
        values = " ".join(f"{name}={value}" for name, value in each.data.items() if isinstance(value, str | int))
        terminal.say(f"{each.seq:6} {each.at:%Y-%m-%d %H:%M:%S} {each.type:24} {values}")
    say_more(terminal, found, limit)
