"""``azuraforge people``: sign-in links for others, the own account, password and browser sessions."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import Terminal, terminal_of

app = typer.Typer(help="Your account, its password and its browser sessions.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def link(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the person who signs in.")],
    next_path: Annotated[
        str | None, typer.Option("--next", help="Page to open after signing in, such as /p/default/runs.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Print a link that signs a person in, also after too many wrong passwords.

    Only an administrator on the platform's machine can create a link for another person.
    """
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.sessions.link(next_path, person=name)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(made.url)
        terminal.note(terminal.text("link_until", time=terminal.text.moment(made.expires_at)))


@app.command()
def me(context: typer.Context, json: AsJson = False) -> None:
    """Show your account."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        account = connected.client.people.me()
    if json:
        terminal.json(account.raw)
        return
    text = terminal.text
    changed = account.password_changed_at
    terminal.table(
        [text("name"), text("password_changed"), text("administrator")],
        [
            [
                account.name,
                text.moment(changed) if changed else text("never"),
                text("yes" if account.administrator else "no"),
            ]
        ],
    )


@app.command()
def rename(context: typer.Context, name: Annotated[str, typer.Argument(help="Your new name.")]) -> None:
    """Change your name. Names are unique on the platform, regardless of upper and lower case."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        account = connected.client.people.rename(name)
    terminal.say(terminal.text("person_renamed", name=account.name))


@app.command()
def password(context: typer.Context) -> None:
    """Set your password, which is prompted for or read from standard input. All your browser sessions end."""
    terminal = terminal_of(context)
    value = _new_password(terminal)  # never an argument: other users of the machine can read command lines
    with connect(terminal) as connected:
        account = connected.client.people.set_password(value)
    terminal.say(terminal.text("password_set", name=account.name))


@app.command()
def sessions(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List your browser sessions, latest first."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.sessions.list(limit=limit + 1)
    shown = found[:limit]
    if json:
        terminal.json([each.raw for each in shown])
        return
    text = terminal.text
    if not shown:
        terminal.say(text("no_sessions"))
        return
    terminal.table(
        [text("session"), text("signed_in"), text("sign_in_method"), text("used"), text("expires")],
        [
            [
                each.id,
                text.moment(each.created_at),
                text(f"sign_in_method.{each.method}") if each.method else "–",
                text.moment(each.used_at) if each.used_at else "–",
                text.moment(each.expires_at),
            ]
            for each in shown
        ],
    )
    say_more(terminal, found, limit)


@app.command("end-session")
def end_session(
    context: typer.Context,
    session_id: Annotated[str | None, typer.Argument(metavar="SESSION", help="Id of the session.")] = None,
    every: Annotated[bool, typer.Option("--all", help="End all your browser sessions and unused links.")] = False,
) -> None:
    """End one of your browser sessions, or all of them."""
    terminal = terminal_of(context)
    if (session_id is None) != every:
        raise CommandError(
            terminal.text("session_or_all"),
            next_step=terminal.text("write_like", example="azuraforge people end-session --all"),
            exit_code=USAGE,
        )
    with connect(terminal) as connected:
        if session_id is None:
            connected.client.sessions.end_all()
        else:
            connected.client.sessions.end(session_id)
    terminal.say(terminal.text("sessions_ended" if session_id is None else "session_ended"))


def _new_password(terminal: Terminal) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read().removesuffix("\n")
    value = getpass(terminal.text("password_prompt"))
    if value != getpass(terminal.text("password_again")):
        raise CommandError(
            terminal.text("passwords_differ"),
            next_step=terminal.text("write_like", example="azuraforge people password"),
            exit_code=USAGE,
        )
    return value
