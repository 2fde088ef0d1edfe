"""``azuraforge notifications``: messages, and the targets they are sent to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import terminal_of

app = typer.Typer(help="Notifications of automations, and the targets they are sent to.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Target = Annotated[str, typer.Argument(metavar="TARGET", help="Name or id of the target.")]


@app.command("list")
def list_notifications(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the messages with their states, newest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.notifications.list(limit=limit + 1)
    shown = found[:limit]
    if json:
        terminal.json([each.raw for each in shown])
        return
    text = terminal.text
    if not shown:
        terminal.say(text("no_notifications"))
        return
    terminal.table(
        ["id", text("created"), text("target"), text("message"), text("state"), text("reason")],
        [
            [
                each.id,
                text.moment(each.created_at),
                each.target,
                each.title + (f" (×{each.count})" if each.count > 1 else ""),
                text("acknowledged") if each.acknowledged_at else text(f"notification.{each.state}"),
                each.error or "",
            ]
            for each in shown
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def targets(context: typer.Context, json: AsJson = False) -> None:
    """List the notification targets. Secrets are masked."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.notifications.targets()
    if json:
        terminal.json([each.raw for each in found])
        return
    text = terminal.text
    if not found:
        terminal.say(text("no_targets"))
        return
    terminal.table(
        [
            text("name"),
            text("notifier"),
            text("options"),
            text("secrets"),
            text("escalates_to"),
            text("silenced_until"),
            "id",
        ],
        [
            [
                each.name,
                each.notifier,
                ", ".join(f"{key}={value}" for key, value in each.options.items() if value is not None),
                text(f"secret_state.{each.secrets}"),
                each.escalate_to or "",
                text.moment(each.silenced_until),
                each.id,
            ]
            for each in found
        ],
    )


@app.command("add-target")
def add_target(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the notification target.")],
    notifier: Annotated[str, typer.Argument(help="Notifier plugin, such as webhook.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Option of the notifier. May be repeated.")
    ] = None,
    options: Annotated[
        Path | None, typer.Option(help="JSON file with the options. It keeps secrets out of the shell history.")
    ] = None,
    language: Annotated[Literal["en", "tr"], typer.Option(help="Language of the messages.")] = "en",
    group_seconds: Annotated[
        int,
        typer.Option(
            "--group", min=0, help="Period within which messages of the same source are merged into one, in seconds."
        ),
    ] = 300,
    escalate_to: Annotated[
        str | None, typer.Option(help="Second target, for messages that are not acknowledged.")
    ] = None,
    escalate_after: Annotated[
        int | None,
        typer.Option(min=1, help="Time without acknowledgement after which a message is escalated, in seconds."),
    ] = None,
) -> None:
    """Add a notification target. The notifier validates its options."""
    terminal = terminal_of(context)
    given = values.json_object(terminal, options) if options else {}
    given.update(values.pairs(terminal, settings or (), "--set"))
    with connect(terminal) as connected:
        made = connected.client.notifications.create_target(
            name,
            notifier,
            given,
            language=language,
            group_seconds=group_seconds,
            escalate_to=escalate_to,
            escalate_after_seconds=escalate_after,
        )
    terminal.say(terminal.text("target_made", name=made.name))


@app.command("set-options")
def set_options(
    context: typer.Context,
    target: Target,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Option of the notifier. May be repeated.")
    ] = None,
    options: Annotated[
        Path | None, typer.Option(help="JSON file with the options. It keeps secrets out of the shell history.")
    ] = None,
) -> None:
    """Replace all options of a notification target, including secrets."""
    terminal = terminal_of(context)
    given = values.json_object(terminal, options) if options else {}
    given.update(values.pairs(terminal, settings or (), "--set"))
    with connect(terminal) as connected:
        changed = connected.client.notifications.set_options(target, given)
    terminal.say(terminal.text("target_changed", name=changed.name))


@app.command()
def test(context: typer.Context, target: Target) -> None:
    """Send a test message."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.notifications.test(target)
    terminal.say(terminal.text("message_queued", id=made.id))


@app.command()
def silence(
    context: typer.Context,
    target: Target,
    minutes: Annotated[
        int, typer.Argument(min=0, help="Number of minutes to silence the target; 0 ends the silencing.")
    ],
) -> None:
    """Silence a notification target for a number of minutes."""
    terminal = terminal_of(context)
    until = datetime.now(UTC) + timedelta(minutes=minutes) if minutes else None
    with connect(terminal) as connected:
        found = connected.client.notifications.silence(target, until)
    moment = terminal.text.moment(found.silenced_until)
    said = terminal.text("target_silenced", name=found.name, time=moment) if until else ""
    terminal.say(said or terminal.text("target_speaks", name=found.name))


@app.command()
def acknowledge(
    context: typer.Context, notification: Annotated[str, typer.Argument(help="Id of the message.")]
) -> None:
    """Acknowledge a message, so that it is not escalated."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.notifications.acknowledge(notification)
    terminal.say(terminal.text("message_acknowledged", id=notification))


@app.command("delete-target")
def delete_target(context: typer.Context, target: Target) -> None:
    """Delete a notification target with its messages."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.notifications.delete_target(target)
    terminal.say(terminal.text("target_deleted", name=target))
