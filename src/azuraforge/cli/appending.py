"""Commands that add rows or forecasts to a dataset: ``add --append``, ``incumbent``, ``refresh`` and ``revisions``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.data_findings import show_data_findings
from azuraforge.cli.parsing import values
from azuraforge.cli.runs import to_the_end
from azuraforge.cli.terminal import Terminal, terminal_of

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
#: Options that describe the format of the file, or whose values must equal the dataset's.
_TAKEN = ("unit", "timezone", "separator", "decimal", "encoding", "time_format", "sheet", "strict")


def append_file(
    terminal: Terminal, file: Path | None, name: str | None, asked: Mapping[str, object], *, json: bool
) -> None:
    """Append the rows of a file to the dataset ``name``.

    Raises CommandError for a missing argument, or for an option that only applies to a new dataset.
    """
    if file is None or name is None:
        raise CommandError(terminal.text("append_needs"), exit_code=USAGE)
    for option, value in asked.items():
        if value is not None and option not in _TAKEN:
            raise CommandError(
                terminal.text("not_with_append", option="--" + option.replace("_", "-")), exit_code=USAGE
            )
    values.existing_file(terminal, file)
    with connect(terminal) as connected:
        added = connected.client.datasets.append(name, file, **{each: asked[each] for each in _TAKEN})
    if json:
        terminal.json(added.raw)
        return
    number = terminal.text.number
    terminal.say(
        terminal.text(
            "rows_added" if added.version.created else "no_rows_added",
            name=added.version.name,
            version=added.version.version,
            added=number(added.rows_added, 0),
            revised=number(added.rows_revised, 0),
            repeated=number(added.rows_repeated, 0),
        )
    )
    show_data_findings(terminal, added.findings)


def incumbent(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the dataset.")],
    file: Annotated[Path, typer.Argument(help="CSV (also .gz), Parquet or Excel file with one row per forecast.")],
    forecast: Annotated[
        str | None, typer.Option(help="Column of the forecasts. Default: as in the previous file.")
    ] = None,
    made_at: Annotated[
        str | None,
        typer.Option(help="Column of the times at which the forecasts were made. Default: as in the previous file."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="Column of the forecast times. Default: the dataset's time column.")
    ] = None,
    series: Annotated[str | None, typer.Option(help="Column of the series names. Default: the dataset's.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace all incumbent forecasts that were added before.")
    ] = False,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of an Excel workbook. Default: its only visible sheet.")
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(help="Format of times, such as '%d/%m/%Y %H:%M'. Default: detected.")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="Column separator. Default: detected.")] = None,
    decimal: Annotated[
        Literal[".", ","] | None, typer.Option(help="Decimal separator: '.' or ','. Default: detected.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding. Default: detected.")] = None,
    json: AsJson = False,
) -> None:
    """Add incumbent forecasts, such as a planner's, from a file. Models are compared with them."""
    terminal = terminal_of(context)
    values.existing_file(terminal, file)
    options = {
        "forecast": forecast,
        "made_at": made_at,
        "time": time,
        "series": series,
        "replace": replace or None,
        "sheet": sheet,
        "time_format": time_format,
        "separator": {"\\t": "\t", "tab": "\t"}.get(separator or "", separator),
        "decimal": decimal,
        "encoding": encoding,
    }
    with connect(terminal) as connected:
        added = connected.client.datasets.add_incumbent(name, file, **options)
    if json:
        terminal.json(added.raw)
        return
    number = terminal.text.number
    terminal.say(
        terminal.text(
            "incumbent_added" if added.version.created else "no_incumbent_added",
            name=added.version.name,
            version=added.version.version,
            forecasts=number(added.forecasts, 0),
            added=number(added.added, 0),
            revised=number(added.revised, 0),
            repeated=number(added.repeated, 0),
        )
    )
    show_data_findings(terminal, added.findings)


def refresh(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the dataset.")],
    wait: Annotated[
        bool, typer.Option("--wait/--detach", help="Watch the run until it ends, or return immediately.")
    ] = True,
    json: AsJson = False,
) -> None:
    """Start a run that reads new rows from the dataset's source and creates the next version."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        run = connected.client.datasets.refresh(name)
        if wait:
            if not json:
                terminal.say(terminal.text("run_queued", id=run.id, name=run.name))
            raise typer.Exit(to_the_end(terminal, connected, connected.client.runs.get(run.id), json))
        if json:
            terminal.json(run.raw)
        else:
            terminal.say(terminal.text("run_queued", id=run.id, name=run.name))


def revisions(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the dataset.")],
    policy: Annotated[
        Literal["refuse", "accept"],
        typer.Argument(help="refuse: add none of the rows; accept: create a version that lists the changes."),
    ],
) -> None:
    """Set whether the dataset accepts new rows that change stored rows."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.datasets.set_revisions(name, policy)
    key = "revisions_accept" if policy == "accept" else "revisions_refuse"
    terminal.say(terminal.text(key, name=found.name))
