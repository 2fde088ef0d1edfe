"""Checks of the stated times at which columns become known. Runs only in child processes."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.schemas import Finding
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.availability import delay_of
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.forecasting.availability import known_table

STATED = "availability_stated"


def check_stated(stated: Collection[str], columns: Collection[str], taken: Collection[str | None]) -> None:
    """Raise InvalidInput if a stated column does not exist or is one of ``taken``, such as the time or the target."""
    for name in stated:
        if name not in columns or name in taken:
            inputs = [column for column in columns if column not in taken]
            raise InvalidInput(
                "available_after contains {column!r}, which is not an input column; a target that becomes known late "
                "needs a longer horizon instead"
                if name in taken
                else "available_after contains {column!r}, which is not an input column",
                where="option available_after",
                next_step="choose one of {known}" if inputs else "omit the option available_after",
                code="no_input_column",
                column=name,
                known=inputs[:8],
            )


def report_availability(frame: pl.DataFrame, schema: DatasetSchema, findings: list[Finding]) -> None:
    """Append a finding for each stated column.

    Raises InvalidInput if a column would only become known after the last row.
    """
    known = known_table(frame, schema).frame
    for name, stated in schema.available_after.items():
        rows = int(known[name].is_not_null().sum())
        if delay_of(stated) is not None and not rows:
            raise InvalidInput(
                "the column {column!r} becomes known {delay} after its row, but the data end before that",
                where="option available_after",
                next_step="specify a shorter delay, or leave the column out (exclude)",
                code="never_known",
                column=name,
                delay=stated,
            )
        kind = STATED if delay_of(stated) is not None else f"{STATED}_{stated}"
        findings.append(finding(kind, column=name, delay=stated))
