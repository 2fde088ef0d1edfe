"""``azuraforge trash``, and the commands ``delete`` and ``restore`` of runs, datasets and models."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli import datasets, models, runs
from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import FAILED, USAGE, CommandError
from azuraforge.cli.output.listing import SHOWN, Limit
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import Purged, RetentionPolicy, TrashItem

app = typer.Typer(help="Deleted items: list, restore or purge them.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunIds = Annotated[list[str], typer.Argument(metavar="RUN…", help="Ids of the runs.")]
Name = Annotated[str, typer.Argument(help="Name of the dataset or model.")]
NameOrId = Annotated[str, typer.Argument(help="Former name, or the id that azuraforge trash list shows.")]
Version = Annotated[int | None, typer.Argument(min=1, help="Number of a single version. Default: all versions.")]

_COUNTS = (
    "runs",
    "studies",
    "models",
    "model_versions",
    "predictions",
    "datasets",
    "dataset_versions",
    "feeds",
    "learners",
)


@app.command("list")
def list_trash(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List deleted items with their sizes and the times at which they are purged."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        contents = connected.client.trash.list(limit=limit)
    if json:
        terminal.json(contents.raw)
        return
    text = terminal.text
    if not contents.items:
        terminal.say(text("trash_is_empty"))
        return
    terminal.table(
        ["id", text("kind"), text("name"), text("size"), text("deleted"), text("by"), text("purged_after")],
        [
            [
                item.id,
                text(item.noun),
                item.name + (f" v{item.version}" if item.version else ""),
                text.bytes(item.bytes),
                text.moment(item.deleted_at),
                item.deleted_by,
                _end(terminal, item),
            ]
            for item in contents.items
        ],
        right=(3,),
    )
    if contents.count > len(contents.items):
        terminal.say(text("more_items", count=limit))
    terminal.say(text("trash_holds", count=contents.count, bytes=text.bytes(contents.bytes)))


@app.command()
def empty(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking for confirmation.")] = False,
    json: AsJson = False,
) -> None:
    """Permanently delete all items in the trash and report the freed bytes. Items that other items need are kept."""
    terminal = terminal_of(context)
    if not yes:
        if not sys.stdin.isatty():
            raise CommandError(terminal.text("empty_needs_yes"), exit_code=USAGE)
        if not _agreed(terminal, terminal.text("empty_sure")):
            terminal.note(terminal.text("nothing_purged"))
            raise typer.Exit(FAILED)
    with connect(terminal) as connected:
        purged = connected.client.trash.empty()
    if json:
        terminal.json(purged.raw)
    else:
        _say_purged(terminal, purged)


@app.command()
def policy(
    context: typer.Context,
    trash_days: Annotated[
        int | None, typer.Option(min=0, max=3650, help="Number of days for which deleted items can be restored.")
    ] = None,
    keep_run_days: Annotated[
        str | None,
        typer.Option(
            help="Number of days after which successful runs that are not pinned or needed move to the "
            "trash; 'forever' keeps them."
        ),
    ] = None,
    keep_work_days: Annotated[
        int | None, typer.Option(min=0, max=3650, help="Number of days for which unsuccessful runs can be resumed.")
    ] = None,
    keep_prediction_days: Annotated[
        str | None,
        typer.Option(help="Number of days after which predictions in the ledger are purged; 'forever' keeps them."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show or change the project's retention policy."""
    terminal = terminal_of(context)
    given = {"trash_days": trash_days, "keep_work_days": keep_work_days}
    changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if keep_run_days is not None:
        changes["keep_run_days"] = _days(terminal, keep_run_days)
    if keep_prediction_days is not None:
        changes["keep_prediction_days"] = _days(terminal, keep_prediction_days)
    with connect(terminal) as connected:
        kept = connected.client.trash.policy()
        if changes:
            names = ("trash_days", "keep_run_days", "keep_work_days", "keep_prediction_days")
            present = {name: getattr(kept, name) for name in names}
            kept = connected.client.trash.set_policy(**{**present, **changes})
    if json:
        terminal.json(kept.raw)
    else:
        _say_policy(terminal, kept)


@runs.app.command("delete")
def delete_runs(context: typer.Context, run_ids: RunIds) -> None:
    """Move runs that have ended to the trash."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        for run_id in run_ids:
            connected.client.runs.delete(run_id)
            terminal.say(terminal.text("run_deleted", id=run_id))


@runs.app.command("restore")
def restore_runs(context: typer.Context, run_ids: RunIds) -> None:
    """Restore runs from the trash."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        for run_id in run_ids:
            connected.client.runs.restore(run_id)
            terminal.say(terminal.text("run_restored", id=run_id))


@runs.app.command("pin")
def pin_runs(context: typer.Context, run_ids: RunIds) -> None:
    """Pin runs, so that the retention policy keeps them."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        for run_id in run_ids:
            connected.client.runs.pin(run_id)
            terminal.say(terminal.text("run_pinned", id=run_id))


@runs.app.command("unpin")
def unpin_runs(context: typer.Context, run_ids: RunIds) -> None:
    """Unpin runs, so that the retention policy applies to them again."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        for run_id in run_ids:
            connected.client.runs.unpin(run_id)
            terminal.say(terminal.text("run_unpinned", id=run_id))


@datasets.app.command("delete")
def delete_dataset(context: typer.Context, name: Name, version: Version = None) -> None:
    """Move a dataset or one of its versions to the trash."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.datasets.delete(name, version)
    terminal.say(terminal.text("dataset_deleted", what=_versioned(name, version), named=_named(name, version)))


@datasets.app.command("restore")
def restore_dataset(context: typer.Context, name: NameOrId, version: Version = None) -> None:
    """Restore a dataset or one of its versions from the trash."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        restored = connected.client.datasets.restore(name, version)
    terminal.say(terminal.text("dataset_restored", what=_versioned(restored.name, version)))


@models.app.command("delete")
def delete_model(context: typer.Context, name: Name, version: Version = None) -> None:
    """Move a model or one of its versions to the trash."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.models.delete(name, version)
    terminal.say(terminal.text("model_deleted", what=_versioned(name, version), named=_named(name, version)))


@models.app.command("restore")
def restore_model(context: typer.Context, name: NameOrId, version: Version = None) -> None:
    """Restore a model or one of its versions from the trash."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        connected.client.models.restore(name, version)
    terminal.say(terminal.text("model_restored", what=_versioned(name, version)))


def _agreed(terminal: Terminal, question: str) -> bool:
    """Ask a question and return whether the user answered yes, in either language."""
    terminal.errors.print(question, end=" ", soft_wrap=True, markup=False)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "e", "evet")


def _versioned(name: str, version: int | None) -> str:
    return name if version is None else f"{name} v{version}"


def _named(name: str, version: int | None) -> str:
    """Return name and version as arguments of ``restore``."""
    return name if version is None else f"{name} {version}"


def _end(terminal: Terminal, item: TrashItem) -> str:
    """Return the time at which an item is purged, or the item that needs it."""
    if item.needed_by is None:
        return terminal.text.moment(item.purged_after)
    return terminal.text("kept_for", what=_versioned(item.needed_by.name, item.needed_by.version))


def _days(terminal: Terminal, given: str) -> int | None:
    if given == "forever":
        return None
    if not given.isdecimal() or not 1 <= int(given) <= 36_500:
        raise CommandError(terminal.text("not_days", given=given), exit_code=USAGE)
    return int(given)


def _say_purged(terminal: Terminal, purged: Purged) -> None:
    text = terminal.text
    counts = {name: getattr(purged, name) for name in _COUNTS}
    counted = ", ".join(text(f"purged.{name}", count=text.number(each, 0)) for name, each in counts.items() if each)
    terminal.say(text("purged", what=counted or text("nothing"), bytes=text.bytes(purged.bytes_freed)))
    if purged.kept:
        terminal.say(text("purge_kept", count=purged.kept))


def _say_policy(terminal: Terminal, kept: RetentionPolicy) -> None:
    text = terminal.text
    days = kept.keep_prediction_days
    runs_kept = text("for_ever") if kept.keep_run_days is None else text("days", count=kept.keep_run_days)
    terminal.fields(
        {
            text("policy.trash"): text("days", count=kept.trash_days),
            text("policy.runs"): runs_kept,
            text("policy.work"): text("days", count=kept.keep_work_days),
            text("policy.predictions"): text("for_ever") if days is None else text("days", count=days),
        }
    )
