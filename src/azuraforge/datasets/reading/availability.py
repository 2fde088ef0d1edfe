"""Statements of when columns become known: checked on adding, and changed later. Runs in children only."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from azuraforge.datasets.loading import load_version
from azuraforge.datasets.messages import RestateInput
from azuraforge.datasets.reading.canonical import fingerprint
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.foreknowledge import CODES, report_foreknowledge
from azuraforge.datasets.reading.prepared import Prepared
from azuraforge.datasets.schemas import Finding
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.availability import delay_of
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.forecasting.availability import known_table

_STATED = "availability_stated"


def check_stated(stated: Collection[str], columns: Collection[str], taken: Collection[str | None]) -> None:
    """Raise InvalidInput for a statement about no input column of the file: one not there, the time or the target."""
    for name in stated:
        if name not in columns or name in taken:
            inputs = [column for column in columns if column not in taken]
            raise InvalidInput(
                f"available_after names {name!r}, which is no input column"
                + ("; a target that becomes known late needs a longer horizon instead" if name in taken else ""),
                where="option available_after",
                next_step=f"name one of {', '.join(inputs[:8])}" if inputs else "leave it out",
                code="no_input_column",
            )


def report_availability(frame: pl.DataFrame, schema: DatasetSchema, findings: list[Finding]) -> None:
    """Append what is stated of each column. Raises InvalidInput for one that becomes known after the last row."""
    known = known_table(frame, schema).frame
    for name, stated in schema.available_after.items():
        rows = int(known[name].is_not_null().sum())
        if delay_of(stated) is not None and not rows:
            raise InvalidInput(
                f"the column {name!r} becomes known {stated} after its row: no row of the data is that much later",
                where="option available_after",
                next_step="state a shorter time, or leave the column out (exclude)",
                code="never_known",
            )
        kind = _STATED if delay_of(stated) is not None else f"{_STATED}_{stated}"
        findings.append(finding(kind, column=name, delay=stated))


def restated(asked: RestateInput) -> Prepared:
    """Return a stored version with other statements: its rows are the same, its meaning and fingerprint are not."""
    frame = load_version(asked.path, asked.meaning, asked.options, asked.fingerprint)
    meaning = asked.meaning
    if meaning.time is None:
        raise InvalidInput(
            "images have no time at which they become known", where="dataset", next_step="name a dataset of rows"
        )
    check_stated(asked.columns, meaning.features, (meaning.time, meaning.target, meaning.series))
    stated = {**meaning.available_after, **asked.columns}
    kept = {name: text for name, text in sorted(stated.items()) if text is not None}
    schema = meaning.model_copy(update={"available_after": kept})
    dropped = {*CODES, _STATED, f"{_STATED}_0", f"{_STATED}_ahead"}
    findings = [each for each in asked.findings if each.code not in dropped]
    report_availability(frame, schema, findings)
    report_foreknowledge(frame, schema, findings)
    return Prepared(frame, schema, asked.options, findings, fingerprint(frame, schema, asked.options))
