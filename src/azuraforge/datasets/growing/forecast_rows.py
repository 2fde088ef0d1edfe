"""Comparison of incumbent forecasts from a separate file with the rows of a version. Runs only in child processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from azuraforge.datasets.growing.messages import Stored
from azuraforge.datasets.loading import load_incumbent, read_columns
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.schemas import Finding
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

_MOMENT = pl.Datetime("us", "UTC")
#: Codes of findings that must be computed again when rows change.
_OF_ROWS = ("incumbent_ahead", "incumbent_no_row", "incumbent_missing")


def without_row(now: pl.DataFrame, rows: pl.DataFrame, meaning: DatasetSchema, end_at: datetime) -> pl.DataFrame:
    """Return the forecasts for times up to ``end_at`` at which the version has no row."""
    own = rows.unique("at") if meaning.groups else rows
    key = ["at"] if meaning.groups else ["series", "at"]
    return now.filter(pl.col("at") <= end_at).join(own, on=key, how="anti", nulls_equal=True)


def against_rows(now: pl.DataFrame, rows: pl.DataFrame, meaning: DatasetSchema, end_at: datetime) -> list[Finding]:
    """Return findings about forecasts after the last row, forecasts without a row, and rows without a forecast.

    Args:
        now: the forecasts, as ``load_incumbent`` returns them.
        rows: ``series`` and ``at`` of each row of the version.
        meaning: schema of the version.
        end_at: time of the version's last row.
    """
    findings: list[Finding] = []
    ahead = now.filter(pl.col("at") > end_at)
    if ahead.height:
        findings.append(finding("incumbent_ahead", count=ahead.height))
    nowhere = without_row(now, rows, meaning, end_at)
    if nowhere.height:
        findings.append(finding("incumbent_no_row", count=nowhere.height, first=named(nowhere)))
    within = rows.filter(pl.col("at").is_between(now["at"].min(), now["at"].max()))
    in_time = now.filter(pl.col("made_at") < pl.col("at"))
    missing = within.join(in_time, on=["series", "at"], how="anti", nulls_equal=True).sort("at")
    if missing.height:
        findings.append(finding("incumbent_missing", count=missing.height, of=within.height, first=named(missing)))
    return findings


def keys_of(frame: pl.DataFrame, meaning: DatasetSchema) -> pl.DataFrame:
    """Return ``series`` and ``at`` of each row; ``series`` is null if there is only one series."""
    series = pl.lit(None, pl.String) if meaning.series is None else pl.col(meaning.series).cast(pl.String)
    return frame.select(series.alias("series"), pl.col(str(meaning.time)).cast(_MOMENT).alias("at"))


def carried_on(stored: Stored, meaning: DatasetSchema, paths: Sequence[Path], end_at: datetime) -> tuple[Finding, ...]:
    """Return the findings about the whole dataset, updated for the rows of the next version.

    Raises StorageError if the forecasts cannot be read.
    """
    if stored.present is None or stored.incumbent is None:
        return stored.carried
    now = load_incumbent(stored.present, stored.incumbent.address)
    names = [] if meaning.series is None else [meaning.series]
    rows = keys_of(read_columns(paths, meaning, [*names, str(meaning.time)]), meaning)
    kept = [each for each in stored.carried if each.code not in _OF_ROWS]
    return (*kept, *against_rows(now, rows, meaning, end_at))


def named(found: pl.DataFrame) -> str:
    """Return the time of the first row of ``found``, followed by the name of its series if the dataset names series."""
    name, at = found["series"][0], found["at"][0].isoformat()
    return at if name is None else f"{at} ({name})"
