"""Findings about columns that seem to contain future values of the target. Runs only in child processes."""

from __future__ import annotations

import polars as pl

from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.schemas import Finding
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.forecasting.availability import known_ahead_of, known_table
from azuraforge.plugins.forecasting.foreknowledge.frames import examine_frame
from azuraforge.plugins.forecasting.foreknowledge.sentences import evidence

#: Number of rows ahead to examine; the gate later examines the horizon of the run.
_HORIZON = 12
#: Codes of the findings about columns that contain the future, or repeat the target.
CODES = ("column_knows_future", "column_repeats_target")


def report_foreknowledge(frame: pl.DataFrame, schema: DatasetSchema, findings: list[Finding]) -> None:
    """Append a warning for each suspicious column of a canonical frame, considering when its values become known."""
    table = known_table(frame, schema)
    for found in examine_frame(table.frame, table.schema, horizon=_HORIZON, known_ahead=known_ahead_of(schema)):
        code = CODES[0] if found.blocks else CODES[1]
        findings.append(finding(code, column=found.column, evidence=evidence(found)))
