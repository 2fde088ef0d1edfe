"""Cleaning of the rows after the end of a series, in the same way as the stored rows. Runs only in child processes."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from azuraforge.datasets.growing.messages import Stored
from azuraforge.datasets.reading import cleaning
from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.datasets.reading.frequency import Rhythm, find_rhythm
from azuraforge.datasets.reading.limits import Budget
from azuraforge.datasets.schemas import FileOptions, Finding
from azuraforge.errors import InvalidInput


def following(
    fresh: pl.DataFrame,
    last: pl.DataFrame,
    rows_before: int,
    table: RawTable,
    stored: Stored,
    options: FileOptions,
    findings: list[Finding],
    budget: Budget,
) -> pl.DataFrame:
    """Return the rows of one series after its last stored row, with gaps filled or refused as in a new dataset.

    Args:
        fresh: sorted rows of the table after the end of the series, with ``ROW``.
        last: the last stored row (time, target and features); empty for a new series.
        rows_before: number of stored rows of the series.
        table: the table of the rows, for places in messages.
        stored: the version that the rows are added to.
        options: the options for reading the rows.
        findings: receives the findings.
        budget: limit for the total size of all series.

    Raises InvalidInput if the rows cannot be cleaned, or do not follow the dataset's frequency.
    """
    meaning = stored.meaning
    time, target, features = str(meaning.time), meaning.target, list(meaning.features)
    fresh = fresh.select(ROW, time, target, *features)
    before = last.select(
        pl.lit(0, dtype=fresh.schema[ROW]).alias(ROW), pl.col(time), pl.col(target).fill_null(0.0), *features
    )
    frame = pl.concat([before, fresh]) if last.height else fresh
    if not frame[target].is_finite().fill_null(False).any():
        return fresh.clear().drop(ROW)
    frame = cleaning.settle_target(frame, time, target, options, table, findings)
    frame = cleaning.carry_features(frame, time, features, table, findings)
    if not last.height and features:  # a new series starts at the first row with all features
        known = pl.all_horizontal(pl.col(name).is_not_null() for name in features)
        frame = frame.filter(known.cum_sum() > 0)
    frame = _on_the_grid(frame.drop(ROW), rows_before, table, stored, options, findings, budget)
    return frame.slice(last.height)


def _on_the_grid(
    frame: pl.DataFrame,
    rows_before: int,
    table: RawTable,
    stored: Stored,
    options: FileOptions,
    findings: list[Finding],
    budget: Budget,
) -> pl.DataFrame:
    meaning, time = stored.meaning, str(stored.meaning.time)
    if meaning.frequency is None or frame.height < 2:
        return frame
    rhythm = _rhythm(frame, table, stored, meaning.frequency)
    if options.gaps == "keep" and rhythm.missing:
        options = options.model_copy(update={"gaps": "error"})  # a dataset with a frequency has no gaps
    whole, _ = cleaning.settle_gaps(
        frame, time, meaning.target, rhythm, options.gaps, findings, budget, max(rows_before - 1, 0)
    )
    return whole


def _rhythm(frame: pl.DataFrame, table: RawTable, stored: Stored, frequency: str) -> Rhythm:
    meaning, time = stored.meaning, str(stored.meaning.time)
    zone = meaning.rhythm_timezone or meaning.timezone
    try:
        rhythm = find_rhythm(frame[time], zone, frequency)
    except InvalidInput as error:
        raise InvalidInput(
            "the new rows do not have the frequency of dataset {dataset!r}: {reason}",
            where="{place}",
            next_step="correct the times, or resample the rows",
            code="wrong_frequency",
            reason=error,
            dataset=stored.name,
            place=table.name,
        ) from None
    if not meaning.month_end:
        return rhythm
    local = frame[time].dt.convert_time_zone(zone)
    if not (local.dt.day() == local.dt.month_end().dt.day()).all():
        raise InvalidInput(
            "the new rows are not on the last days of months, unlike those of dataset {dataset!r}",
            where="{place}",
            next_step="correct the times",
            code="wrong_frequency",
            dataset=stored.name,
            place=table.name,
        )
    return replace(rhythm, month_end=True)
