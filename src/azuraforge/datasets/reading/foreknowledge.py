"""Columns that seem to know the future of the target, as findings. Runs in children only."""

from __future__ import annotations

import polars as pl

from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.schemas import Finding
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.foreknowledge.frames import examine_frame
from azuraforge.plugins.forecasting.foreknowledge.sentences import evidence

#: Rows ahead that are examined at least; the verdict examines those that the run predicts.
_HORIZON = 12


def report_foreknowledge(frame: pl.DataFrame, schema: DatasetSchema, findings: list[Finding]) -> None:
    """Examine a canonical frame and append a warning for each suspicious column."""
    for found in examine_frame(frame, Schema.of(schema), horizon=_HORIZON):
        code = "column_knows_future" if found.blocks else "column_repeats_target"
        findings.append(finding(code, column=found.column, evidence=evidence(found)))
