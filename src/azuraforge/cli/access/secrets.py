"""``azuraforge secrets``: set, list, delete."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import Terminal, terminal_of

app = typer.Typer(help="Secrets of the project, such as connections to databases.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name of the secret: lower-case letters, digits, '.', '_' and '-'.")]


@app.command("set")
def set_secret(context: typer.Context, name: Name, json: AsJson = False) -> None:
    """Store a secret whose value is prompted for or read from standard input. The value cannot be shown again."""
    terminal = terminal_of(context)
    value = _value(terminal, name)  # never an argument: other users of the machine can read command lines
    with connect(terminal) as connected:
        made = connected.client.secrets.set(name, value)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("secret_set", name=made.name))


@app.command("list")
def list_secrets(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the secrets, without their values."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.secrets.list(limit=limit + 1)
    secrets = found[:limit]
    if json:
        terminal.json([each.raw for each in secrets])
        return
    text = terminal.text
    if not secrets:
        terminal.say(text("no_secrets"))
        return
    terminal.table(
        [text("name"), text("state"), text("updated"), text("by")],
        [
            [
                each.name,
                text(f"secret_state.{each.state}"),
                text.moment(each.updated_at) if each.updated_at else "–",
                each.updated_by,
            ]
            for each in secrets
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def delete(context: typer.Context, name: Name) -> None:
    """Delete a secret. Sources and targets that use the secret will fail."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.secrets.delete(name)
    terminal.say(terminal.text("secret_deleted", name=name))


def _value(terminal: Terminal, name: str) -> str:
    if sys.stdin.isatty():
        value = getpass(terminal.text("secret_prompt", name=name))
    else:
        value = sys.stdin.read().removesuffix("\n")
    if not value:
        raise CommandError(
            terminal.text("secret_empty"),
            next_step=terminal.text("write_like", example=f"azuraforge secrets set {name} < file"),
            exit_code=USAGE,
        )
    return value
