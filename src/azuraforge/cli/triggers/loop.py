"""``azuraforge loop``: the state of each model's loop."""

from __future__ import annotations

from typing import Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.output.loop import line, show_loop
from azuraforge.cli.terminal import terminal_of


def loop(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Argument(help="Model whose steps are shown in detail. Default: all models, one line each.")
    ] = None,
    limit: Limit = SHOWN,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the state of each model's loop: observed, predicted, judged, learned, gate, champion.

    A step without a trigger is marked open. With MODEL, the output also shows how to create the missing automation.
    """
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        if model is not None:
            one = connected.client.loop.get(model)
            if json:
                terminal.json(one.raw)
            else:
                show_loop(terminal, one)
            return
        found = connected.client.loop.list(limit=limit + 1)
    if json:
        terminal.json([each.raw for each in found[:limit]])
        return
    if not found:
        terminal.say(terminal.text("no_models"))
        return
    for each in found[:limit]:
        terminal.say(f"{each.model}: {line(terminal.text, each)}")
    say_more(terminal, found, limit)
