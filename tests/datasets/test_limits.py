"""Sizes that are computed, compared with what is built."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.datasets.reading.cleaning import settle_gaps
from azuraforge.datasets.reading.frequency import find_rhythm, whole_grid
from azuraforge.datasets.reading.limits import Budget, ReadingLimits
from azuraforge.errors import InvalidInput
from azuraforge.settings import ReadingSettings

STEPS = {"1s": 1, "15m": 900, "1h": 3600, "1d": 86_400, "1w": 604_800}


def times(first: datetime, frequency: str, places: set[int], zone: str) -> pl.Series:
    if frequency in ("1mo", "1q", "1y"):
        months = {"1mo": 1, "1q": 3, "1y": 12}[frequency]
        local = pl.Series("t", [first.replace(tzinfo=None)] * len(places)).dt.offset_by(
            pl.Series([f"{months * place}mo" for place in sorted(places)])
        )
        return local.dt.replace_time_zone(zone, non_existent="null", ambiguous="earliest").dt.convert_time_zone("UTC")
    step = STEPS[frequency]
    return pl.Series("t", [first + timedelta(seconds=step * place) for place in sorted(places)]).cast(
        pl.Datetime("us", "UTC")
    )


@settings(max_examples=50)
@given(
    first=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(
        lambda at: at.replace(minute=0, second=0, microsecond=0, day=min(at.day, 28), tzinfo=UTC)
    ),
    frequency=st.sampled_from([*STEPS, "1mo", "1q", "1y"]),
    places=st.sets(st.integers(0, 120), min_size=3, max_size=30),
    zone=st.sampled_from(["UTC", "Europe/Istanbul", "America/New_York", "Australia/Lord_Howe"]),
)
def test_the_computed_size_of_a_grid_is_never_smaller_than_the_grid(first, frequency, places, zone):
    moments = times(first, frequency, places, zone)
    if moments.null_count() or not moments.is_sorted() or moments.n_unique() < len(moments):
        return
    try:
        rhythm = find_rhythm(moments, zone, frequency)
    except InvalidInput:  # hours of a local calendar do not follow the clock through the year
        return
    if rhythm.kind != "regular":
        return
    assert len(moments) + rhythm.missing >= len(whole_grid(moments, rhythm))


@settings(max_examples=30)
@given(
    places=st.sets(st.integers(0, 300), min_size=3, max_size=20), values=st.integers(1, 900), columns=st.integers(1, 3)
)
def test_gaps_are_filled_exactly_as_far_as_the_limit(places, values, columns):
    moments = times(datetime(2024, 1, 1, tzinfo=UTC), "1h", places, "UTC")
    frame = pl.DataFrame({"t": moments, **{f"c{index}": [1.0] * len(moments) for index in range(columns)}})
    rhythm = find_rhythm(moments, "UTC", "1h")
    budget = Budget(ReadingLimits(values=values))
    size = (max(places) - min(places) + 1) * (columns + 1)
    if not rhythm.missing:
        return
    if size > values:
        with pytest.raises(InvalidInput, match="at most"):
            settle_gaps(frame, "t", "c0", rhythm, "forward_fill", [], budget)
    else:
        assert settle_gaps(frame, "t", "c0", rhythm, "forward_fill", [], budget)[0].height * (columns + 1) == size


def test_the_limits_without_settings_are_those_of_the_settings():
    assert ReadingLimits.of(ReadingSettings()) == ReadingLimits()
