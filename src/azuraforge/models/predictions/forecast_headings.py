"""Names of the columns in files of forecasts; ``azuraforge judge`` reads files by them."""

from __future__ import annotations

from azuraforge.messages import Code, keyed

#: Columns of a CSV file, the same for every reader; ``series`` is there for several series only.
CSV_HEADINGS = (
    "series",
    "time",
    "value",
    "low",
    "high",
    "origin",
    "horizon",
    "interval",
    "unit",
    "time_zone",
    "target",
    "model",
    "version",
)
#: Columns of a workbook's first sheet behind the series, as keys of ``heading``.
SHEET_HEADINGS = (
    "time",
    "offset",
    "value",
    "low",
    "high",
    "origin",
    "horizon",
    "interval",
    "unit",
    "target",
    "model",
    "version",
)


def heading(key: str, language: Code, /, **values: object) -> str:
    """Return a heading of a workbook, or the name of a sheet."""
    return keyed(f"forecast_file.{key}", language, **values)
