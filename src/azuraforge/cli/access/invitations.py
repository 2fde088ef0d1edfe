"""``azuraforge invitations``: create, list, revoke, accept."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import terminal_of

app = typer.Typer(help="Invitations to projects.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    context: typer.Context,
    role: Annotated[
        Literal["viewer", "member", "admin", "owner"], typer.Option(help="Role, up to your own.")
    ] = "member",
    json: AsJson = False,
) -> None:
    """Print a link by which one person becomes a member. Send it through any channel; it works once, for 72 hours."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.invitations.create(role)
    if json:
        terminal.json(made.raw)
        return
    text = terminal.text
    until = text.moment(made.expires_at)
    terminal.note(text("invitation_made", id=made.id, role=text(f"member.{made.role}"), time=until))
    terminal.say(made.url or "")


@app.command("list")
def list_invitations(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the invitations, without their links."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.invitations.list(limit=limit + 1)
    invitations = found[:limit]
    if json:
        terminal.json([each.raw for each in invitations])
        return
    text = terminal.text
    if not invitations:
        terminal.say(text("no_invitations"))
        return
    terminal.table(
        ["id", text("role"), text("state"), text("by"), text("created"), text("expires")],
        [
            [
                each.id,
                text(f"member.{each.role}"),
                text(f"invitation_state.{each.state}"),
                each.created_by or "–",
                text.moment(each.created_at),
                text.moment(each.expires_at),
            ]
            for each in invitations
        ],
    )
    say_more(terminal, found, limit)


@app.command()
def revoke(
    context: typer.Context,
    invitation_id: Annotated[str, typer.Argument(metavar="INVITATION", help="Id of the invitation.")],
) -> None:
    """Revoke an invitation that was not used."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.invitations.revoke(invitation_id)
    terminal.say(terminal.text("invitation_revoked", id=invitation_id))


@app.command()
def accept(
    context: typer.Context,
    link: Annotated[str, typer.Argument(metavar="LINK", help="Link of the invitation, in quotation marks.")],
    json: AsJson = False,
) -> None:
    """Accept an invitation as the owner of this machine's platform. Other people open the link in a browser."""
    terminal = terminal_of(context)
    secret = link.rpartition("invitation=")[2]
    with connect(terminal) as connected:
        project = connected.client.invitations.accept(secret)
    if json:
        terminal.json(project.raw)
    else:
        role = terminal.text(f"member.{project.role}")
        terminal.say(terminal.text("invitation_accepted", slug=project.slug, role=role))
