"""Terminal output of a dataset version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from azuraforge.cli.output.data_findings import show_data_findings
from azuraforge.cli.terminal import Terminal
from azuraforge.row_time import row_time

if TYPE_CHECKING:
    from azuraforge.client import DatasetVersion
    from azuraforge.client.datasets import IncumbentColumns


def show_version(terminal: Terminal, version: DatasetVersion) -> None:
    """Print the properties and the findings of a dataset version."""
    text = terminal.text
    schema = version.dataset_schema
    if schema.classes is not None:
        _show_images(terminal, version, schema.classes)
        return
    terminal.fields(
        {
            text("dataset"): f"{version.name} v{version.version}",
            text("target"): schema.target + (f" ({schema.unit})" if schema.unit else ""),
            **({text("series"): _series(schema.series, schema.series_names or [])} if schema.series else {}),
            **({text("groups"): _groups(schema.groups)} if schema.groups else {}),
            text("features"): ", ".join(schema.features) or text("none"),
            **({text("incumbent"): _incumbent(schema.incumbent)} if schema.incumbent else {}),
            **({text("available_after"): _availability(schema.available_after)} if schema.available_after else {}),
            text("rows"): text.number(version.rows, 0),
            text("time_range"): time_range(terminal, version),
            text("frequency"): schema.frequency or "–",
            text("season"): str(schema.season),
            text("timezone"): schema.timezone,
            text("source"): version.source,
            text("fingerprint"): version.fingerprint,
        }
    )
    show_data_findings(terminal, version.findings)


def _incumbent(columns: IncumbentColumns) -> str:
    return columns.forecast if columns.file is None else f"{columns.forecast} ({columns.file_name})"


def _groups(groups: dict[str, dict[str, list[str]]]) -> str:
    named = {column: ", ".join([*found][:10]) + (", …" if len(found) > 10 else "") for column, found in groups.items()}
    return "; ".join(f"{column}: {shown}" for column, shown in named.items())


def _series(column: str, names: list[str]) -> str:
    return f"{column}: {len(names)} ({', '.join(names[:10])}{', …' if len(names) > 10 else ''})"


def _availability(stated: Mapping[str, str]) -> str:
    return ", ".join(f"{column}={when}" for column, when in stated.items())


def _show_images(terminal: Terminal, version: DatasetVersion, classes: list[str]) -> None:
    text, schema = terminal.text, version.dataset_schema
    colour = text("grey" if schema.channels == 1 else "colour")
    terminal.fields(
        {
            text("dataset"): f"{version.name} v{version.version}",
            text("images"): text.number(version.rows, 0),
            text("image_size"): f"{schema.height}×{schema.width}, {colour}",
            text("classes"): f"{len(classes)}: {', '.join(classes[:20])}{', …' if len(classes) > 20 else ''}",
            text("source"): version.source,
            text("fingerprint"): version.fingerprint,
        }
    )
    show_data_findings(terminal, version.findings)


def time_range(terminal: Terminal, version: DatasetVersion) -> str:
    if version.start is None or version.end is None:
        return "–"
    schema = version.dataset_schema
    return f"{row_time(version.start, schema)} – {row_time(version.end, schema)}"
