"""``azuraforge runs log``, ``series``, ``files`` and ``attach``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.runs import AsJson, RunId, app
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client.run import Preview

_FOLLOW_SECONDS = 1.0
_PAGE = 5000


@app.command()
def log(
    context: typer.Context,
    run_id: RunId,
    attempt: Annotated[int | None, typer.Option(help="Number of the attempt. Default: the newest.", min=1)] = None,
    last: Annotated[
        int, typer.Option(help="Number of lines from the end; a search shows its first lines.", min=1, max=_PAGE)
    ] = 100,
    search: Annotated[str | None, typer.Option(help="Show only lines that contain this text.")] = None,
    level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        typer.Option(help="Show only lines that state this level or a higher one."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Show new lines until the attempt has ended.")] = False,
    json: AsJson = False,
) -> None:
    """Show the output of a run, also while it is running."""
    terminal = terminal_of(context)
    filtered = search is not None or level is not None
    with connect(terminal) as connected:
        runs = connected.client.runs
        found = runs.log(
            run_id, attempt=attempt, last=None if filtered else last, limit=last, search=search, level=level
        )
        if json:
            terminal.json(found.raw)
            return
        if not found.lines and not (follow and found.open):
            terminal.note(terminal.text("log_empty"))
        while True:
            for line in found.lines:
                terminal.say(line.text)
            if not follow or not (found.open or found.next):
                return
            after = found.lines[-1].number + 1 if found.lines else found.total_lines
            time.sleep(0 if found.next else _FOLLOW_SECONDS)
            found = runs.log(
                run_id, attempt=found.attempt, after=found.next or after, limit=_PAGE, search=search, level=level
            )


@app.command()
def series(
    context: typer.Context,
    run_id: RunId,
    search: Annotated[str | None, typer.Option(help="Show only curves whose name contains this text.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of curves.", min=1)] = 100,
    json: AsJson = False,
) -> None:
    """List the curves of a run with their last, lowest and highest value."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.runs.series(run_id, search=search, limit=limit)
    if json:
        terminal.json([each.raw for each in found])
        return
    columns = [
        terminal.text("name"),
        terminal.text("series_points"),
        terminal.text("series_last"),
        terminal.text("series_lowest"),
        terminal.text("series_highest"),
    ]
    rows = [
        [each.name, str(each.points), *(_number(terminal, value) for value in (each.last, each.lowest, each.highest))]
        for each in found
    ]
    terminal.table(columns, rows)


@app.command()
def files(
    context: typer.Context,
    run_id: RunId,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="File to show.")] = None,
    json: AsJson = False,
) -> None:
    """List the files of a run, or show the beginning of one of them."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        if name is not None:
            preview = connected.client.runs.preview(run_id, name)
            if json:
                terminal.json(preview.raw)
            else:
                _show(terminal, preview)
            return
        found = connected.client.runs.artifacts(run_id)
    if json:
        terminal.json([each.raw for each in found])
        return
    columns = [terminal.text("name"), terminal.text("file_kind"), terminal.text("file_size")]
    terminal.table(columns, [[each.name, each.kind, terminal.text.bytes(each.bytes)] for each in found])


@app.command()
def attach(
    context: typer.Context,
    run_id: RunId,
    file: Annotated[Path, typer.Argument(help="File to add.")],
    name: Annotated[
        str | None, typer.Option(help="Name in the run, such as plots/loss.png. Default: the file's own name.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Add a file to a running run of your own code."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        added = connected.client.runs.attach(run_id, file, name)
    if json:
        terminal.json(added.raw)
        return
    terminal.note(terminal.text("file_attached", name=added.name, size=terminal.text.bytes(added.bytes)))


def _show(terminal: Terminal, preview: Preview) -> None:
    if preview.kind == "text":
        terminal.say((preview.text or "").rstrip())
    elif preview.kind == "table":
        terminal.table(preview.columns or [], [[value or "" for value in row] for row in preview.rows or []])
    else:
        terminal.note(terminal.text("no_preview"))
    if preview.truncated:
        terminal.note(terminal.text("preview_cut"))


def _number(terminal: Terminal, value: float | None) -> str:
    return "–" if value is None else terminal.text.number(value)
