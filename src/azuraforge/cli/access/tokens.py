"""``azuraforge tokens``: create, access, list, revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import terminal_of

if TYPE_CHECKING:
    from azuraforge.client.access.members import ProjectMember

app = typer.Typer(help="API tokens of the project.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the token, such as its purpose.")],
    role: Annotated[Literal["viewer", "member", "admin", "owner"], typer.Option()] = "member",
    days: Annotated[
        int | None,
        typer.Option(
            min=1, max=3650, help="Number of days for which the token is valid. Default: until it is revoked."
        ),
    ] = None,
    service: Annotated[
        str | None, typer.Option("--for", metavar="ACCOUNT", help="Name or id of a service account. Default: you.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Create a token and print its secret, which cannot be shown again."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        account = None if service is None else _service_account(connected.client.members.list(), service)
        made = connected.client.tokens.create(name, role, days, service_account=account)
    if json:
        terminal.json(made.raw)
    else:
        terminal.note(terminal.text("token_made", name=made.name, id=made.id, role=made.role))
        terminal.say(made.token or "")


def _service_account(members: list[ProjectMember], given: str) -> str:
    """Return the id of the service account with this name, or ``given``, which may be an id."""
    return next((each.id for each in members if each.kind == "service" and each.name == given), given)


@app.command()
def access(
    context: typer.Context,
    role: Annotated[
        Literal["viewer", "member", "admin", "owner"] | None, typer.Option(help="Highest role. Default: your role.")
    ] = None,
    minutes: Annotated[
        int, typer.Option(min=1, max=15, help="Number of minutes for which the access token is valid.")
    ] = 15,
    json: AsJson = False,
) -> None:
    """Print an access token (JWT) for another program. It gives your rights in the project for at most 15 minutes."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.tokens.access(role, 60 * minutes)
    if json:
        terminal.json(made.raw)
    else:
        until = terminal.text.moment(made.expires_at) if made.expires_at else terminal.text("never")
        terminal.note(terminal.text("access_token_made", project=made.project, role=made.role, time=until))
        terminal.say(made.token)


@app.command("list")
def list_tokens(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the tokens, without their values."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.tokens.list(limit=limit + 1)
    tokens = found[:limit]
    if json:
        terminal.json([each.raw for each in tokens])
        return
    text = terminal.text
    if not tokens:
        terminal.say(text("no_tokens"))
        return
    terminal.table(
        [
            "id",
            text("name"),
            text("token_prefix"),
            text("token_of"),
            text("role"),
            text("created"),
            text("expires"),
            text("used"),
        ],
        [
            [
                each.id,
                each.name,
                f"{each.prefix}…",
                text("member_is_service", name=each.person) if each.service else each.person,
                text(f"member.{each.role}"),
                text.moment(each.created_at),
                text.moment(each.expires_at) if each.expires_at else text("never"),
                text.moment(each.used_at) if each.used_at else text("never"),
            ]
            for each in tokens
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def revoke(
    context: typer.Context, token_id: Annotated[str, typer.Argument(metavar="TOKEN", help="Id of the token.")]
) -> None:
    """Revoke a token immediately."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.tokens.revoke(token_id)
    terminal.say(terminal.text("token_revoked", id=token_id))
