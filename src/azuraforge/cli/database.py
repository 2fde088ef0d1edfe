"""``azuraforge database``: upgrade, check, backup, restore and create. Only these open the database directly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import settings_of
from azuraforge.cli.failures import FAILED, CommandError
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.settings import Settings

app = typer.Typer(help="Database maintenance: upgrade, check, backup, restore and create.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def upgrade(context: typer.Context) -> None:
    """Upgrade the database to the schema of this version, as `azuraforge up` does. No platform may be running."""
    from azuraforge.platform import maintenance

    terminal, settings = _here(context, "upgrade")
    done = maintenance.upgrade_database(settings)
    if done.before == done.after:
        terminal.say(terminal.text("database_current", revision=done.after))
    else:
        before = done.before or terminal.text("none")
        terminal.say(terminal.text("database_upgraded", before=before, after=done.after))


@app.command()
def check(context: typer.Context, json: AsJson = False) -> None:
    """Read the whole database and report damage. Works while a platform is running. Exit code 1 means damage."""
    from azuraforge.platform import maintenance

    terminal, settings = _here(context, "check")
    found = maintenance.check_database(settings)
    if json:
        terminal.json(vars(found))
    else:
        text = terminal.text
        terminal.fields(
            {
                text("database"): found.where,
                text("schema"): f"{found.revision or text('unknown')} ({text('newest')}: {found.newest})",
                text("rows"): text.number(sum(found.rows.values()), 0) if found.rows is not None else text("unknown"),
            }
        )
        for problem in found.problems:
            terminal.error(problem)
        if not found.problems:
            terminal.say(text("database_sound"))
    if found.problems:
        raise typer.Exit(FAILED)


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write. It must not exist yet.")],
    artifacts: Annotated[
        bool,
        typer.Option(
            "--artifacts", help="List the artifact files in the backup, so that a restore reports missing ones."
        ),
    ] = False,
) -> None:
    """Back up the database to one file and verify the file. Works while a platform is running."""
    from azuraforge.platform import maintenance

    terminal, settings = _here(context, "backup")
    made = maintenance.back_up(settings, file.absolute(), with_artifacts=artifacts)
    count, size = sum(made.rows.values()), file.stat().st_size
    terminal.say(terminal.text("database_saved", rows=count, bytes=terminal.text.number(size, 0), file=file))
    if made.artifacts is not None:
        terminal.note(terminal.text("artifacts_listed", count=len(made.artifacts), folder=settings.artifacts))


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Backup file written by `azuraforge database backup`.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Replace the database even if it contains rows. A SQLite file is kept under another name."
        ),
    ] = False,
) -> None:
    """Verify a backup and replace the database with it. No platform may be running."""
    from azuraforge.platform import maintenance

    terminal, settings = _here(context, "restore")
    done = maintenance.restore(settings, file.absolute(), replace=replace)
    moment = terminal.text.moment(done.manifest.created_at)
    terminal.say(terminal.text("database_restored", rows=sum(done.manifest.rows.values()), moment=moment))
    if done.kept is not None:
        terminal.note(terminal.text("database_kept", path=done.kept))
    terminal.note(terminal.text("database_held"))
    if done.missing_artifacts:
        missing = {"count": len(done.missing_artifacts), "folder": settings.artifacts}
        terminal.note(terminal.text("artifacts_missing", **missing))


@app.command()
def create(context: typer.Context) -> None:
    """Create an empty database even if files of a lost database exist. No platform may be running."""
    from azuraforge.platform import maintenance

    terminal, settings = _here(context, "create")
    maintenance.create_database(settings)
    terminal.say(terminal.text("database_created", folder=settings.home))


def _here(context: typer.Context, command: str) -> tuple[Terminal, Settings]:
    terminal = terminal_of(context)
    if terminal.named_url:
        raise CommandError(
            terminal.text("remote_only", command=f"azuraforge database {command}", url=terminal.named_url)
        )
    return terminal, settings_of(terminal)
