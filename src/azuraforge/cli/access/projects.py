"""``azuraforge projects``: list, create, rename, archive, unarchive, delete, deleted, restore, purge, usage."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import FAILED, USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client.access.projects import Project

app = typer.Typer(help="Your projects.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project in URLs and commands.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking for the project's name.")]
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
def usage(context: typer.Context, json: AsJson = False) -> None:
    """Show what the project uses of its quota."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.projects.usage()
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    uses = (
        ("members", found.members),
        ("datasets", found.datasets),
        ("runs", found.runs),
        ("stored_bytes", found.stored_bytes),
    )

    def shown(name: str, amount: int) -> str:
        return text.bytes(amount) if name == "stored_bytes" else text.number(amount, 0)

    terminal.table(
        [text("resource"), text("amount_used"), text("quota")],
        [
            [
                text(f"quota.{name}"),
                shown(name, use.used),
                text("no_limit") if use.limit is None else shown(name, use.limit),
            ]
            for name, use in uses
        ],
    )


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


@app.command()
def delete(context: typer.Context, slug: Slug, yes: Yes = False) -> None:
    """Move a project that you own to the trash. From then on, its members and tokens have no access."""
    terminal = terminal_of(context)
    _ask(terminal, "delete_project_sure", slug, yes)
    with connect(terminal) as connected:
        connected.client.projects.delete(slug)
    terminal.say(terminal.text("project_deleted", slug=slug))


@app.command()
def deleted(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List your deleted projects, with the time after which each is purged."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.projects.deleted(limit=limit + 1)
    projects = found[:limit]
    if json:
        terminal.json([each.raw for each in projects])
        return
    text = terminal.text
    if not projects:
        terminal.say(text("no_deleted_projects"))
        return
    terminal.table(
        [text("project"), text("name"), text("deleted"), text("purged_after")],
        [[each.slug, each.name, text.moment(each.deleted_at), text.moment(each.purged_after)] for each in projects],
    )
    say_more(terminal, found, limit)


@app.command()
def restore(context: typer.Context, slug: Slug, json: AsJson = False) -> None:
    """Restore a deleted project. Its API tokens work again."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.projects.restore(slug)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(terminal.text("project_restored", slug=made.slug))


@app.command()
def purge(context: typer.Context, slug: Slug, yes: Yes = False, json: AsJson = False) -> None:
    """Permanently delete a project in the trash, with everything in it, and report the freed bytes."""
    terminal = terminal_of(context)
    _ask(terminal, "purge_project_sure", slug, yes)
    with connect(terminal) as connected:
        purged = connected.client.projects.purge(slug)
    if json:
        terminal.json(purged.raw)
    else:
        text = terminal.text
        terminal.say(text("project_purged", slug=slug, rows=purged.rows, bytes=text.bytes(purged.bytes_freed)))


def _ask(terminal: Terminal, question: str, slug: str, yes: bool) -> None:
    """Ask for the project's name; end the command if another one is given, or if no one can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(terminal.text("project_needs_yes"), exit_code=USAGE)
    terminal.note(terminal.text(question, slug=slug))
    if input().strip() != slug:
        terminal.note(terminal.text("nothing_changed"))
        raise typer.Exit(FAILED)


def _state(project: Project) -> str:
    return "project.archived" if project.archived else "project.active"
