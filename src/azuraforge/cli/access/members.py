"""``azuraforge members``: list, add-service, set-role, remove, leave, transfer."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import terminal_of

app = typer.Typer(help="Members of the project and their roles.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Argument(metavar="PERSON", help="Name or id of the member.")]


@app.command("list")
def list_members(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the members with their roles."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.members.list(limit=limit + 1)
    members = found[:limit]
    if json:
        terminal.json([each.raw for each in members])
        return
    text = terminal.text
    terminal.table(
        [text("name"), text("role"), text("member_since"), "id"],
        [
            [
                text("member_is_you" if each.own else "member_is_service", name=each.name)
                if each.own or each.kind == "service"
                else each.name,
                text(f"member.{each.role}"),
                text.moment(each.joined_at),
                each.id,
            ]
            for each in members
        ],
    )
    say_more(terminal, found, limit)


@app.command("add-service")
def add_service(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the service account, such as its purpose.")],
    role: Annotated[Literal["viewer", "member", "admin"], typer.Option(help="Highest role of its tokens.")] = "member",
    json: AsJson = False,
) -> None:
    """Create a service account: a member that cannot sign in, for tokens that no person's leaving ends."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.members.add_service_account(name, role)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("service_added", name=made.name))


@app.command("set-role")
def set_role(
    context: typer.Context,
    person: Person,
    role: Annotated[Literal["viewer", "member", "admin", "owner"], typer.Argument(help="New role, up to your own.")],
    json: AsJson = False,
) -> None:
    """Change a member's role. Requires the role admin, and a role that is not below the member's."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.members.set_role(person, role)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("member_changed", name=made.name, role=terminal.text(f"member.{made.role}")))


@app.command()
def remove(context: typer.Context, person: Person) -> None:
    """Remove a member. The member's API tokens in this project end at once."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.members.remove(person)
    terminal.say(terminal.text("member_removed", name=person))


@app.command()
def leave(context: typer.Context) -> None:
    """Leave the project. Your API tokens in it end at once; only an invitation lets you return."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.members.leave()
    terminal.say(terminal.text("project_left"))


@app.command()
def transfer(context: typer.Context, person: Person, json: AsJson = False) -> None:
    """Make another member an owner of the project, and yourself an admin."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.members.transfer(person)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("project_transferred", name=made.name))
