"""``azuraforge datasets preview``, ``table``, ``profile`` and ``difference``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import CommandError
from azuraforge.cli.output.data_findings import show_data_findings
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name or id of the dataset.")]
Version = Annotated[int | None, typer.Option(min=1, help="Version of the dataset. Default: the newest.")]


def preview(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or Excel file, or a zip file of images.")],
    time: Annotated[str | None, typer.Option(help="Time column. Default: detected.")] = None,
    target: Annotated[str | None, typer.Option(help="Column to forecast. Default: detected.")] = None,
    json: AsJson = False,
) -> None:
    """Show the columns and findings of a file, without storing it."""
    terminal = terminal_of(context)
    values.existing_file(terminal, file)
    kind = "images" if file.suffix.lower() == ".zip" else None
    with connect(terminal) as connected:
        found = connected.client.datasets.preview(file, time=time, target=target, kind=kind)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    terminal.table(
        [text("column"), text("type"), text("missing"), text("lowest"), text("highest")],
        [
            [each.name, each.type, text.number(each.missing, 0), each.lowest or "–", each.highest or "–"]
            for each in found.columns
        ],
        right=(2, 3, 4),
    )
    terminal.fields({text(name): str(found.options.get(name, "–")) for name in ("time", "target", "series")})
    if found.prepared is not None:
        show_data_findings(terminal, found.prepared.findings)
    if found.problem is not None:
        raise CommandError(found.problem.message, next_step=found.problem.next_step or "")


def table(
    context: typer.Context,
    name: Name,
    version: Version = None,
    series: Annotated[str | None, typer.Option(help="Name of a series. Default: all.")] = None,
    offset: Annotated[int, typer.Option(min=0, help="Number of rows to skip.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Maximum number of rows.")] = 20,
    json: AsJson = False,
) -> None:
    """Print stored rows of a dataset."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.datasets.table(name, version, series=series, offset=offset, limit=limit)
    if json:
        terminal.json(found.raw)
        return
    terminal.table(found.columns, [[_cell(terminal, each) for each in row] for row in found.rows])


def profile(context: typer.Context, name: Name, version: Version = None, json: AsJson = False) -> None:
    """Print statistics of each column: missing values, mean, deviation and quartiles."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.datasets.profile(name, version)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    if not found.columns:
        terminal.fields({text("repeated_images"): text.number(found.repeated_images, 0)})
        return
    names = ("missing", "mean", "deviation", "lowest", "lower_quartile", "median", "upper_quartile", "highest")
    terminal.table(
        [text("column"), *(text(each) for each in names)],
        [[each.name, *(_cell(terminal, getattr(each, name)) for name in names)] for each in found.columns],
        right=range(1, len(names) + 1),
    )
    terminal.fields({text("gaps"): text.number(found.gaps, 0)})


def difference(
    context: typer.Context,
    name: Name,
    version: Version = None,
    before: Annotated[
        int | None, typer.Option(min=1, help="Version to compare with. Default: the previous one.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Compare two versions of a dataset: added, removed and changed rows."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.datasets.difference(name, version, before)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    counts = ("rows_added", "rows_removed", "rows_changed", "rows_equal")
    terminal.fields({text(f"difference.{each}"): text.number(getattr(found, each), 0) for each in counts})
    if found.changes:
        terminal.table(
            [text("place"), text("column"), text("before"), text("after")],
            [
                [
                    " · ".join(part for part in (each.series, each.at) if part),
                    each.column,
                    _cell(terminal, each.before),
                    _cell(terminal, each.after),
                ]
                for each in found.changes
            ],
        )


def _cell(terminal: Terminal, value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    return terminal.text.number(float(str(value)), 0 if isinstance(value, int) else 4)
