"""``azuraforge projects``: list, create, rename, archive, unarchive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import terminal_of

if TYPE_CHECKING:
    from azuraforge.client.access.projects import Project

app = typer.Typer(help="Your projects.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_projects(
    context: typer.Context,
    limit: Limit = SHOWN,
    json: AsJson = False,
) -> None:
    """List your projects, with your role in each. `--project` takes the name in the first column."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.projects.list(limit=limit + 1)
    projects = found[:limit]
    if json:
        terminal.json([each.raw for each in projects])
        return
    text = terminal.text
    if not projects:
        terminal.say(text("no_projects"))
        return
    terminal.table(
        [text("project"), text("name"), text("role"), text("state")],
        [[each.slug, each.name, text(f"member.{each.role}"), text(_state(each))] for each in projects],
    )
    say_more(terminal, found, limit)


@app.command()
def create(
    context: typer.Context,
    slug: Annotated[
        str, typer.Argument(help="Name in URLs and commands, which never changes: lower-case letters, digits, hyphens.")
    ],
    name: Annotated[str | None, typer.Option(help="Name that people read. Default: the name in URLs.")] = None,
    json: AsJson = False,
) -> None:
    """Create a project that you own. Commands act in it with `--project`."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.projects.create(slug, name)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("project_created", slug=made.slug))


@app.command()
def rename(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="New name of the project; its name in URLs stays the same.")],
    json: AsJson = False,
) -> None:
    """Change the name that people read. Requires the role admin."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.projects.rename(name)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("project_renamed", slug=made.slug, name=made.name))


@app.command()
def archive(context: typer.Context, json: AsJson = False) -> None:
    """Make the project readable only, also for the platform's own work. Requires the role owner."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.projects.archive()
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("project_archived", slug=made.slug))


@app.command()
def unarchive(context: typer.Context, json: AsJson = False) -> None:
    """Make an archived project writable again. Requires the role owner."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.projects.unarchive()
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("project_unarchived", slug=made.slug))


def _state(project: Project) -> str:
    return "project.archived" if project.archived else "project.active"
