"""``azuraforge datasets``: add files, sources and images; list and show datasets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.appending import append_file, incumbent, refresh, revisions
from azuraforge.cli.connecting import connect
from azuraforge.cli.exploring.commands import difference, preview, profile, table
from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.output.dataset import show_version, time_range
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.parsing import values
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client import DatasetVersion

app = typer.Typer(help="Datasets and their immutable versions.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
#: File suffixes that suggest images rather than a table.
_IMAGES = (".zip", ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
#: Value of COLUMN=WHEN that removes the stated delay of a column.
_UNSTATED = "unstated"


@app.command()
def add(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="CSV (also .gz), Parquet or Excel file.")] = None,
    time: Annotated[str | None, typer.Option(help="Time column.")] = None,
    target: Annotated[str | None, typer.Option(help="Column to forecast.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the dataset. Default: the file's name.")] = None,
    series: Annotated[
        str | None,
        typer.Option(help="Column that names the series of each row, such as store. Default: the rows are one series."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            help="Column that groups series, such as region. Totals of the groups are forecast too. May be repeated."
        ),
    ] = None,
    group_separator: Annotated[
        str | None, typer.Option(help="Separator that splits series names into groups, such as /.")
    ] = None,
    incumbent: Annotated[
        str | None,
        typer.Option(help="Column of the incumbent forecast, such as a planner's. Models are compared with it."),
    ] = None,
    incumbent_made_at: Annotated[
        str | None, typer.Option(help="Column of the times at which the incumbent forecast was made.")
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--features", "--feature", help="Input column. May be repeated. Default: all other numeric columns."
        ),
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Column to exclude. May be repeated.")] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of the target, such as °C.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Time zone of times that have none, such as Europe/Istanbul.")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="Column separator. Default: detected.")] = None,
    decimal: Annotated[
        Literal[".", ","] | None, typer.Option(help="Decimal separator: '.' or ','. Default: detected.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding. Default: detected.")] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of an Excel workbook. Default: its only visible sheet.")
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(help="Format of times, such as '%d/%m/%Y %H:%M'. Default: detected.")
    ] = None,
    duplicates: Annotated[
        Literal["error", "first", "last", "mean"] | None,
        typer.Option(help="How rows with the same time and different values are handled."),
    ] = None,
    missing: Annotated[
        Literal["error", "forward_fill", "drop"] | None,
        typer.Option(help="How rows with a missing, NaN or infinite target are handled."),
    ] = None,
    missing_values: Annotated[
        list[str] | None,
        typer.Option(
            "--missing-value", help="Value that marks a missing measurement, such as 'pressure=0'. May be repeated."
        ),
    ] = None,
    gaps: Annotated[
        Literal["auto", "forward_fill", "keep", "error"] | None,
        typer.Option(help="How missing rows of a regular series are handled."),
    ] = None,
    frequency: Annotated[
        str | None, typer.Option(help="Interval between rows, such as 1h or 1d. Default: detected.")
    ] = None,
    season: Annotated[
        int | None, typer.Option(min=1, help="Number of rows in one season. Default: derived from the frequency.")
    ] = None,
    available_after: Annotated[
        list[str] | None,
        typer.Option(
            help=(
                "Delay after which a column's values become known, such as temperature=6h, temperature=0 or "
                "price=ahead. May be repeated."
            )
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    source: Annotated[str | None, typer.Option(help="Source plugin to read from instead of a file.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="Option of the source as key=value. May be repeated.")
    ] = None,
    append: Annotated[
        bool,
        typer.Option("--append", help="Append the file's rows to the newest version of the dataset given by --name."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Add a file or the rows of a source as a new version of a dataset, and print the findings."""
    terminal = terminal_of(context)
    cleaning = {
        "duplicates": duplicates,
        "missing": missing,
        "missing_values": _missing_values(terminal, missing_values),
        "gaps": gaps,
        "frequency": frequency,
        "season": season,
        "available_after": _stated(terminal, available_after, "--available-after"),
        "strict": strict or None,
    }
    reading = {
        "series": series,
        "groups": group,
        "group_separator": group_separator,
        "incumbent": incumbent,
        "incumbent_made_at": incumbent_made_at,
        "features": features,
        "exclude": exclude,
        "unit": unit,
        "timezone": timezone,
        "separator": {"\\t": "\t", "tab": "\t"}.get(separator or "", separator),
        "decimal": decimal,
        "encoding": encoding,
        "sheet": sheet,
        "time_format": time_format,
    }
    if append:
        asked = {"time": time, "target": target, "source": source, "option": option, **reading, **cleaning}
        append_file(terminal, file, name, asked, json=json)
        return
    if source is None:
        if file is None:
            raise CommandError(terminal.text("need_file_or_source"), exit_code=USAGE)
        if option:
            raise CommandError(terminal.text("option_without_source"), exit_code=USAGE)
        if time is None or target is None:
            images = file.is_dir() or file.suffix.lower() in _IMAGES
            hint = terminal.text("add_images_hint" if images else "add_table_hint", path=file)
            raise CommandError(terminal.text("need_time_and_target"), next_step=hint, exit_code=USAGE)
        values.existing_file(terminal, file)
        with connect(terminal) as connected:
            added = connected.client.datasets.add(file, time=time, target=target, name=name, **reading, **cleaning)
    else:
        _refuse_file_options(terminal, file, {"time": time, "target": target, **reading})
        options = values.pairs(terminal, option or (), "--option")
        with connect(terminal) as connected:
            added = connected.client.datasets.add_from_source(source, options, name, **cleaning)
    if json:
        terminal.json(added.raw)
        return
    _say_added(terminal, added)


@app.command("add-images")
def add_images(
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            help="Folder with one folder per class, folder of idx files, zip file of either, or Parquet file."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the dataset. Default: the file's name.")] = None,
    height: Annotated[
        int | None,
        typer.Option(
            min=4, max=1024, help="Height in pixels. Images are scaled to it. Required if image sizes differ."
        ),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(min=4, max=1024, help="Width in pixels. Images are scaled to it. Required if image sizes differ."),
    ] = None,
    channels: Annotated[
        int | None, typer.Option(min=1, max=3, help="Number of channels: 1 for grey, 3 for colour. Default: detected.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="Column of the encoded images in a Parquet file. Default: image.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Column of the classes in a Parquet file. Default: label.")] = None,
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Skip images that cannot be read.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    json: AsJson = False,
) -> None:
    """Add images as a new version of a dataset. Top-level folders train/ and test/ are the official split."""
    terminal = terminal_of(context)
    if not path.is_dir():
        values.existing_file(terminal, path)
    options = {
        "name": name,
        "height": height,
        "width": width,
        "channels": channels,
        "image": image,
        "label": label,
        "unreadable": "skip" if skip_unreadable else None,
        "strict": strict or None,
    }
    with connect(terminal) as connected:
        added = connected.client.datasets.add_images(path, **options)
    if json:
        terminal.json(added.raw)
    else:
        _say_added(terminal, added)


def _say_added(terminal: Terminal, added: DatasetVersion) -> None:
    key = "dataset_added" if added.created else "dataset_there"
    rows = terminal.text.number(added.rows, 0)
    terminal.say(terminal.text(key, name=added.name, version=added.version, rows=rows))
    show_version(terminal, added)
    hint = "train_hint" if added.dataset_schema.classes is None else "train_images_hint"
    terminal.say(terminal.text(hint, name=added.name))


@app.command("available-after")
def state_availability(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the dataset.")],
    columns: Annotated[
        list[str],
        typer.Argument(
            help="COLUMN=WHEN, where WHEN is 0 (at the row's time), ahead (before it), a delay such as 6h, or unstated."
        ),
    ],
    version: Annotated[
        int | None, typer.Option(min=1, help="Version whose rows the new version takes over. Default: the newest.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Specify when the values of columns become known. Creates a new version with the same rows."""
    terminal = terminal_of(context)
    stated = {
        column: None if when == _UNSTATED else when
        for column, when in (_stated(terminal, columns, "COLUMN=WHEN") or {}).items()
    }
    with connect(terminal) as connected:
        made = connected.client.datasets.state_availability(name, stated, version)
        newest = made if made.created else connected.client.datasets.get(name)
    if json:
        terminal.json(made.raw)
        return
    _say_added(terminal, made)
    if newest.version != made.version:
        terminal.note(terminal.text("not_the_newest", version=made.version, newest=newest.version))


app.command()(incumbent)
app.command()(refresh)
app.command()(revisions)
app.command()(preview)
app.command()(table)
app.command()(profile)
app.command()(difference)


@app.command("list")
def list_datasets(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List the datasets with their newest versions."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.datasets.list(limit=limit + 1)
    datasets = found[:limit]
    if json:
        terminal.json([each.raw for each in datasets])
        return
    text = terminal.text
    if not datasets:
        terminal.say(text("no_datasets"))
        return
    terminal.table(
        [text("name"), text("versions"), text("rows"), text("target"), text("frequency"), text("time_range")],
        [
            [
                each.name,
                str(each.versions),
                text.number(each.latest.rows, 0),
                each.latest.dataset_schema.target,
                each.latest.dataset_schema.frequency or "–",
                time_range(terminal, each.latest),
            ]
            for each in datasets
        ],
        right=(1, 2),
    )
    say_more(terminal, found, limit)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the dataset.")],
    version: Annotated[int | None, typer.Option(min=1, help="Version of the dataset. Default: the newest.")] = None,
    json: AsJson = False,
) -> None:
    """Show a version of a dataset: columns, time range, fingerprint and findings."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.datasets.get(name, version)
    if json:
        terminal.json(found.raw)
    else:
        show_version(terminal, found)


@app.command()
def images(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name or id of the dataset.")],
    version: Annotated[int | None, typer.Option(min=1, help="Version of the dataset. Default: the newest.")] = None,
    per_class: Annotated[
        int, typer.Option(min=1, max=24, help="Number of example images per class in the --json output.")
    ] = 8,
    json: AsJson = False,
) -> None:
    """Count the images of each class. With --json, also print examples as base64-encoded PNG."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.datasets.images(name, version, per_class)
    if json:
        terminal.json(found.raw)
        return
    text = terminal.text
    parts = [part for part in ("train", "test", "all") if any(part in each.counts for each in found.classes)]
    most = max(sum(each.counts.values()) for each in found.classes)
    terminal.table(
        [text("class"), *(text(f"part.{part}") for part in parts), ""],
        [
            [
                each.name,
                *(text.number(each.counts.get(part, 0), 0) for part in parts),
                "█" * round(30 * sum(each.counts.values()) / most),
            ]
            for each in found.classes
        ],
        right=tuple(range(1, len(parts) + 1)),
    )


def _missing_values(terminal: Terminal, given: list[str] | None) -> dict[str, list[object]] | None:
    found: dict[str, list[object]] = {}
    for text in given or ():
        column, _, _ = text.partition("=")
        # The column name may contain dots, which would otherwise create inner mappings.
        value = values.pairs(terminal, [f"value={text.partition('=')[2]}" if "=" in text else text], "--missing-value")
        found.setdefault(column, []).append(value["value"])
    return found or None


def _stated(terminal: Terminal, given: list[str] | None, option: str) -> dict[str, str] | None:
    """Return ``COLUMN=WHEN`` pairs as a mapping, or None if there are none.

    The last ``=`` separates the two, because a column name may contain one. Raises CommandError for other text.
    """
    found: dict[str, str] = {}
    for text in given or ():
        column, equals, when = text.rpartition("=")
        if not equals or not column or not when.strip():
            message = terminal.text("no_availability", option=option, given=text)
            raise CommandError(message, exit_code=USAGE)
        found[column] = when.strip()
    return found or None


def _refuse_file_options(terminal: Terminal, file: Path | None, given: Mapping[str, object]) -> None:
    if file is not None:
        raise CommandError(terminal.text("not_file_and_source"), exit_code=USAGE)
    for name, value in given.items():
        if value is not None:
            option = "--" + name.replace("_", "-")
            raise CommandError(terminal.text("only_for_files", option=option), exit_code=USAGE)
