"""Columns as they were known at each row: rows, clocks, calendars, panels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from pydantic import ValidationError

from azuraforge.plugins import Schema
from azuraforge.plugins.contract.availability import parse_availability
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.forecasting.availability import as_known


def table(times: list[datetime], **columns: list[object]) -> pl.DataFrame:
    at = pl.Series("at", times, dtype=pl.Datetime("us", "UTC"))
    count = len(times)
    return pl.DataFrame({**columns, "at": at, "y": [0.0] * count, "x": [float(row) for row in range(count)]})


def known(frame: pl.DataFrame, delay: str, **schema: object) -> list[float | None]:
    meaning = Schema("at", "y", ("x",), available_after={"x": delay}, **schema)  # type: ignore[arg-type]  # of one test each
    return as_known(frame, meaning)["x"].to_list()


def hours(count: int, start: datetime = datetime(2026, 1, 1, tzinfo=UTC), step: int = 1) -> list[datetime]:
    return [start + timedelta(hours=step * row) for row in range(count)]


def test_a_row_holds_the_newest_value_that_was_known_then() -> None:
    frame = table(hours(5))
    assert known(frame, "2h") == [None, None, 0, 1, 2]
    assert known(frame, "90m") == [None, None, 0, 1, 2]  # between two rows: only the older one was known
    assert known(frame, "1s") == [None, 0, 1, 2, 3]
    assert known(frame, "0") == known(frame, "ahead") == [0, 1, 2, 3, 4]


def test_rows_at_no_fixed_distance_count_by_their_times() -> None:
    days = [0, 1, 4, 5, 6]  # a weekend between
    frame = table([datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in days])
    assert known(frame, "1d") == [None, 0, 1, 2, 3]
    assert known(frame, "3d") == [None, None, 1, 1, 1]


def test_days_are_those_of_the_calendar_where_clocks_change() -> None:
    """Berlin, 2026-03-29: a day of 23 hours. Midnight's value is known at the next midnight, not an hour later."""
    midnights = [
        datetime(2026, 3, 27, 23, tzinfo=UTC),
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    ]
    assert known(table(midnights), "1d", timezone="Europe/Berlin") == [None, 0, 1]
    assert known(table(midnights), "24h", timezone="Europe/Berlin") == [None, 0, 0]
    back = hours(30, datetime(2026, 10, 24, 20, tzinfo=UTC))  # clocks go back at 01:00 UTC of the 25th
    found = known(table(back), "1d", timezone="Europe/Berlin")
    assert all(value is None or row - value >= 24 for row, value in enumerate(found))


def test_months_follow_the_calendar() -> None:
    ends = [datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)]
    assert known(table(ends), "1mo") == [None, 0, 1]


def test_series_of_a_panel_do_not_mix() -> None:
    times = hours(3) + hours(3)
    frame = table(times, shop=["a"] * 3 + ["b"] * 3)
    assert known(frame, "1h", series="shop") == [None, 0, 1, None, 3, 4]


def test_a_hole_stays_a_hole() -> None:
    frame = table(hours(4)).with_columns(pl.Series("x", [1.0, None, 3.0, 4.0]))
    assert known(frame, "1h") == [None, 1, None, 3]


@pytest.mark.parametrize("text", ["soon", "-1d", "1.5h", "6", "", "1 fortnight", "200 years", "999999999999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"is not a delay|100 years"):
        DatasetSchema(target="y", available_after={"x": text})


def test_words_become_short_forms() -> None:
    given = {
        "0": "0",
        "0h": "0",
        " 6  Hours": "6h",
        "1 gün": "1d",
        "2 ay": "2mo",
        "KNOWN AHEAD": "ahead",
        "15min": "15m",
    }
    assert {text: parse_availability(text) for text in given} == given
