"""Comparison of rows of the past with the stored rows. Runs only in child processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from azuraforge.datasets.growing.messages import Stored
from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.schemas import Finding
from azuraforge.datasets.segments import MOST_CHANGES, RevisedValue
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message


@dataclass(frozen=True)
class Past:
    """Rows of the past, compared with the stored ones.

    Attributes:
        changed: stored rows with their new values, in canonical columns.
        inserted: rows at times that the dataset does not have, in canonical columns.
        repeated: number of rows equal to stored ones.
        changes: the first ``MOST_CHANGES`` changed values.
    """

    changed: pl.DataFrame
    inserted: pl.DataFrame
    repeated: int
    changes: tuple[RevisedValue, ...]

    @property
    def revised(self) -> int:
        return self.changed.height + self.inserted.height

    def first_at(self, time: str) -> datetime | None:
        """Return the time of the earliest revised row; None if no row was revised."""
        return min(self._times(time), default=None)

    def last_at(self, time: str) -> datetime | None:
        """Return the time of the latest revised row; None if no row was revised."""
        return max(self._times(time), default=None)

    def _times(self, time: str) -> list[datetime]:
        ends = [end for each in (self.changed, self.inserted) for end in (each[time].min(), each[time].max())]
        return [at for at in ends if isinstance(at, datetime)]


def compare(past: pl.DataFrame, old: pl.DataFrame, stored: Stored, table: RawTable, findings: list[Finding]) -> Past:
    """Compare the canonical rows ``past`` with the stored rows ``old``, and apply the dataset's policy.

    A missing value does not replace a stored one. A row without a target is not inserted.

    Raises InvalidInput with the code ``rows_revised`` if rows change stored rows and the policy refuses revisions.
    """
    meaning = stored.meaning
    key = [name for name in (meaning.series, meaning.time) if name is not None]
    values = [meaning.target, *meaning.numbers]
    finite = [pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in values]
    past, known = past.with_columns(finite), old.select(*key, *values, pl.lit(True).alias("__old__"))
    joined = past.join(known, on=key, how="left", suffix="__old", maintain_order="left")
    there = joined["__old__"].fill_null(False)
    differs = [
        (pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col(f"{name}__old"))).alias(f"{name}__differs")
        for name in values
    ]
    found = joined.filter(there).with_columns(differs)
    any_differs = pl.any_horizontal(pl.col(f"{name}__differs") for name in values)
    changed = found.filter(any_differs)
    merged = [pl.coalesce(pl.col(name), pl.col(f"{name}__old")).alias(name) for name in values]
    inserted = joined.filter(~there & joined[meaning.target].is_not_null()).select(*key, *values)
    result = Past(
        changed.select(*key, *merged),
        inserted,
        found.height - changed.height,
        _changes(changed, inserted, values, stored),
    )
    if result.revised:
        _decide(result, stored, table, findings)
    return result


def _changes(
    changed: pl.DataFrame, inserted: pl.DataFrame, values: list[str], stored: Stored
) -> tuple[RevisedValue, ...]:
    meaning, found = stored.meaning, list[RevisedValue]()
    for row in changed.head(MOST_CHANGES).iter_rows(named=True):
        series = row[meaning.series] if meaning.series is not None else None
        found += [
            RevisedValue(at=row[str(meaning.time)], series=series, column=name, old=row[f"{name}__old"], new=row[name])
            for name in values
            if row[f"{name}__differs"]
        ]
    for row in inserted.head(MOST_CHANGES).iter_rows(named=True):
        series = row[meaning.series] if meaning.series is not None else None
        target = meaning.target
        found.append(RevisedValue(at=row[str(meaning.time)], series=series, column=target, old=None, new=row[target]))
    return tuple(sorted(found, key=lambda each: each.at)[:MOST_CHANGES])


def _decide(past: Past, stored: Stored, table: RawTable, findings: list[Finding]) -> None:
    first = past.changes[0]
    facts: dict[str, object] = {
        "column": first.column if first.series is None else f"{first.column} ({first.series})",
        "time": first.at.isoformat(),
        "old": _shown(first.old),
        "new": _shown(first.new),
    }
    revised = finding("rows_revised", count=past.revised, where=f"{table.name}, {first.at.isoformat()}", **facts)
    if stored.revisions == "refuse":
        raise InvalidInput(
            "{count:,} [row changes|rows change] the past of dataset {dataset!r}: at {time}, {column} was {old} and is "
            "now {new}",
            where="{place}",
            next_step="correct the rows, or let the dataset accept revisions: azuraforge datasets revisions "
            "{dataset} accept",
            code="rows_revised",
            details={"count": past.revised, "changes": [each.model_dump(mode="json") for each in past.changes]},
            count=past.revised,
            dataset=stored.name,
            time=facts["time"],
            column=facts["column"],
            old=facts["old"],
            new=facts["new"],
            place=table.name,
        )
    findings.append(revised)


def _shown(value: float | None) -> Message:
    return Message("missing") if value is None else Message("{value:.10g}", {"value": value})
