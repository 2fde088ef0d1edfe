"""Commands of ``azuraforge models`` that decide about promotions that wait for approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import CommandError
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import Client, Promotion

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name of the model.")]
Alias = Annotated[str, typer.Option(help="Alias whose promotion waits.")]
Why = Annotated[str | None, typer.Option("--reason", help="Reason to record in the history.")]


def approve(
    context: typer.Context, name: Name, reason: Why = None, alias: Alias = "champion", json: AsJson = False
) -> None:
    """Approve a waiting promotion that another member asked for. The last one that it needs promotes the version."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = _waiting(terminal, connected.client, name, alias)
        change = connected.client.models.approve(name, found.number, reason)
    if json:
        terminal.json(change.raw)
    else:
        done = change.action == "promote"
        key = "promotion_approved" if done else "promotion_approved_partly"
        missing = found.needed - len(found.approvals) - 1
        terminal.say(terminal.text(key, model=name, alias=alias, version=found.version, missing=missing))


def decline(
    context: typer.Context, name: Name, reason: Why = None, alias: Alias = "champion", json: AsJson = False
) -> None:
    """Decline a waiting promotion; the alias stays where it is."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = _waiting(terminal, connected.client, name, alias)
        change = connected.client.models.decline(name, found.number, reason)
    if json:
        terminal.json(change.raw)
    else:
        terminal.say(terminal.text("promotion_declined", model=name, alias=alias, version=found.version))


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module with ``azuraforge models``."""
    app.command("approve")(approve)
    app.command("decline")(decline)


def _waiting(terminal: Terminal, client: Client, name: str, alias: str) -> Promotion:
    found = next((each for each in client.models.promotions(name, waiting=True) if each.alias == alias), None)
    if found is None:
        message = terminal.text("no_promotion", model=name, alias=alias)
        raise CommandError(message, next_step=f"azuraforge models history {name}")
    return found
