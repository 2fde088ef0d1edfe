"""Checks of arriving rows, which become arrays for the sequencer. Imports no database."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.learners.feeds.meaning import Meaning, microseconds
from azuraforge.learners.feeds.sequencing import Arrivals
from azuraforge.learners.feeds.shapes import FeedColumn

#: Seconds by which a time may be ahead of the platform's clock.
AHEAD_SECONDS = 60.0
_SHOWN = 8

Value = float | int | str | bool | None


class ArrivingRow(Protocol):
    """A row before it is checked. ``key`` is empty if the feed has no keys."""

    @property
    def at(self) -> datetime: ...
    @property
    def key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, Value]: ...


@dataclass(frozen=True)
class Checked:
    """Usable rows, the number of refused ones, and the error of the first refused row."""

    arrivals: Arrivals
    refused: int = 0
    problem: InvalidInput | None = None


def arrived(rows: Iterable[ArrivingRow], meaning: Meaning, received: datetime | None) -> Arrivals:
    """Check rows and return them as arrays.

    ``received`` is the time of arrival; None if the rows belong to the past, so that each arrived at its own time.
    Raises InvalidInput for the first row that cannot be used.
    """
    found = [_checked(row, index, meaning, received) for index, row in enumerate(rows, 1)]
    return _arrays(found, meaning, received)


def usable(rows: Iterable[ArrivingRow], meaning: Meaning, received: datetime | None) -> Checked:
    """Do what ``arrived`` does, but leave out rows that cannot be used, and count them."""
    found: list[tuple[int, int, list[float]]] = []
    refused, problem = 0, None
    for index, row in enumerate(rows, 1):
        try:
            found.append(_checked(row, index, meaning, received))
        except InvalidInput as error:
            refused += 1
            problem = problem or error
    return Checked(_arrays(found, meaning, received), refused, problem)


def _arrays(found: Sequence[tuple[int, int, list[float]]], meaning: Meaning, received: datetime | None) -> Arrivals:
    at = np.array([at for at, _, _ in found], np.int64)
    return Arrivals(
        at,
        np.array([key for _, key, _ in found], np.int32),
        at if received is None else np.full(len(found), microseconds(received), np.int64),
        np.array([values for _, _, values in found], np.float64).reshape(len(found), len(meaning.columns)),
    )


def _checked(row: ArrivingRow, index: int, meaning: Meaning, received: datetime | None) -> tuple[int, int, list[float]]:
    if row.key not in meaning.keys:
        raise unknown_key(row.key, meaning).at("row {row}", row=index)
    if received is not None:
        refuse_future(row.at, received, index)
    if other := [name for name in row.values if name not in meaning.names]:
        raise InvalidInput(
            "feed {feed!r} has no column {column!r}",
            where="row {row}",
            next_step="use the feed's columns: {known}",
            code="other_columns",
            feed=meaning.feed,
            column=other[0],
            row=index,
            known=", ".join(meaning.names[:_SHOWN]),
        )
    try:
        numbers = [_number(row.values, each) for each in meaning.columns]
    except InvalidInput as error:
        raise error.at("row {row}", row=index) from None
    return microseconds(row.at), meaning.keys.index(row.key), numbers


def unknown_key(key: str, meaning: Meaning) -> InvalidInput:
    """Return the error for a key that the feed does not have."""
    if meaning.keys == ("",):
        return InvalidInput(
            "feed {feed!r} has no keys, but the row has the key {key!r}",
            next_step="omit the key, or create a feed with keys",
            code="unknown_key",
            feed=meaning.feed,
            key=key,
        )
    return InvalidInput(
        "feed {feed!r} has no key {key!r}",
        next_step="use one of its keys, such as {known}, or create a feed with this key",
        code="unknown_key",
        feed=meaning.feed,
        key=key,
        known=", ".join(meaning.keys[:_SHOWN]),
    )


def refuse_future(at: datetime, received: datetime, index: int) -> None:
    """Raise InvalidInput if a row's time is ahead of the platform's clock."""
    ahead = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - received
    if ahead > timedelta(seconds=AHEAD_SECONDS):
        raise InvalidInput(
            "the time {at} is {seconds:,.0f} seconds ahead of the platform's clock",
            where="row {row}",
            next_step="correct the sender's clock, or create the feed as historical",
            code="future_row",
            at=at.isoformat(),
            seconds=ahead.total_seconds(),
            row=index,
        )


def _number(values: Mapping[str, Value], column: FeedColumn) -> float:
    if column.name not in values:
        raise InvalidInput(
            "the row has no column {column!r}",
            next_step="send null if its value is missing",
            code="missing_column",
            column=column.name,
        )
    value = values[column.name]
    if value is None:
        return math.nan
    if column.classes is not None:
        if not isinstance(value, str) or value not in column.classes:
            raise InvalidInput(
                "{value!r} is not a class of the column {column!r}",
                next_step="use one of its classes, such as {known}",
                code="unknown_class",
                value=str(value)[:200],
                column=column.name,
                known=", ".join(column.classes[:_SHOWN]),
            )
        return float(column.classes.index(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(
            "{value!r} in the column {column!r} is not a number",
            next_step="send a number, or null if the value is missing",
            code="not_a_number",
            value=str(value)[:200],
            column=column.name,
        )
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidInput(
            "the value in the column {column!r} is {value}",
            next_step="send a finite number, or null if the value is missing",
            code="not_finite",
            column=column.name,
            value="NaN" if math.isnan(number) else "infinite",
        )
    return number
