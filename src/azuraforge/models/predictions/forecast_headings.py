"""Column names of forecast files; ``azuraforge judge`` finds the columns of a file by them."""

from __future__ import annotations

from azuraforge.messages import Code, keyed

#: Columns of a CSV file in every language; ``series`` is omitted if the model has only one series.
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
#: Columns of a workbook's first sheet after the series column, as keys of ``heading``.
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
    """Return a heading of a workbook or the name of one of its sheets."""
    return keyed(f"forecast_file.{key}", language, **values)
