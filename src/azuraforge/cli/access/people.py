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

app = typer.Typer(
    help="Your account with its password and sessions; for administrators, all people of the platform.",
    no_args_is_help=True,
)

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


@app.command("list")
def list_people(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the people of the platform. Requires an administrator, like create, disable, enable, grant and revoke."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.people.list(limit=limit + 1)
    shown = found[:limit]
    if json:
        terminal.json([each.raw for each in shown])
        return
    text = terminal.text
    terminal.table(
        [text("name"), text("administrator"), text("state"), text("person_projects"), text("used"), "id"],
        [
            [
                each.name,
                text("yes" if each.administrator else "no"),
                text("person_disabled" if each.disabled_at else "person_active"),
                str(each.projects),
                text.moment(each.used_at) if each.used_at else "–",
                each.id,
            ]
            for each in shown
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the new person.")],
    json: AsJson = False,
) -> None:
    """Create an account and print a link that signs the person in once, within 72 hours."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.people.create(name)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(made.link.url)
        terminal.note(terminal.text("link_until", time=terminal.text.moment(made.link.expires_at)))


Person = Annotated[str, typer.Argument(metavar="PERSON", help="Name or id of the person.")]


@app.command("first-link")
def first_link(context: typer.Context, person: Person, json: AsJson = False) -> None:
    """Print another link for a person who has never signed in. The previous link ends."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.people.first_link(person)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(made.url)
        terminal.note(terminal.text("link_until", time=terminal.text.moment(made.expires_at)))


@app.command()
def disable(context: typer.Context, person: Person) -> None:
    """Refuse all sessions and tokens of a person, at once and until the person is enabled."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.people.disable(person)
    terminal.say(terminal.text("person_was_disabled", name=made.name))


@app.command()
def enable(context: typer.Context, person: Person) -> None:
    """Let a disabled person use the platform again."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.people.enable(person)
    terminal.say(terminal.text("person_was_enabled", name=made.name))


@app.command()
def grant(context: typer.Context, person: Person) -> None:
    """Make a person an administrator of the platform."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.people.grant(person)
    terminal.say(terminal.text("administrator_granted", name=made.name))


@app.command()
def revoke(context: typer.Context, person: Person) -> None:
    """Take the administration of the platform away from a person. One administrator always remains."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.people.revoke(person)
    terminal.say(terminal.text("administrator_revoked", name=made.name))


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
        value = sys.stdin.read().removesuffix("\n")
        if not value:
            raise CommandError(
                terminal.text("password_empty"),
                next_step=terminal.text("write_like", example="azuraforge people password < file"),
                exit_code=USAGE,
            )
        return value
    value = getpass(terminal.text("password_prompt"))
    if value != getpass(terminal.text("password_again")):
        raise CommandError(
            terminal.text("passwords_differ"),
            next_step=terminal.text("write_like", example="azuraforge people password"),
            exit_code=USAGE,
        )
    return value
