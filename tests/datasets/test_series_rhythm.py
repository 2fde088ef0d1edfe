"""Which rhythm a series has, and which rows it misses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge.datasets.reading.delimited import read_delimited
from azuraforge.datasets.reading.frequency import find_rhythm, season_of, whole_grid
from azuraforge.datasets.reading.reader import _prepare
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput

START = datetime(2024, 1, 1, tzinfo=UTC)


def stamps(*times: datetime) -> pl.Series:
    return pl.Series("time", times, dtype=pl.Datetime("us", "UTC"))


def every(step: timedelta, rows: int = 60) -> list[datetime]:
    return [START + index * step for index in range(rows)]


@pytest.mark.parametrize(
    ("step", "frequency", "season"),
    [
        (timedelta(milliseconds=500), "500ms", 7200),
        (timedelta(seconds=10), "10s", 8640),
        (timedelta(minutes=1), "1m", 1440),
        (timedelta(minutes=5), "5m", 288),
        (timedelta(minutes=15), "15m", 96),
        (timedelta(hours=1), "1h", 24),
        (timedelta(hours=6), "6h", 4),
        (timedelta(days=1), "1d", 7),
        (timedelta(days=7), "1w", 52),
        (timedelta(hours=36), "36h", 1),
        (timedelta(days=10), "10d", 1),
    ],
)
def test_fixed_steps(step, frequency, season):
    rhythm = find_rhythm(stamps(*every(step)), "UTC")
    assert (rhythm.kind, rhythm.frequency, rhythm.season, rhythm.missing) == ("regular", frequency, season, 0)
    assert season_of(frequency) == season


@pytest.mark.parametrize(
    ("step", "frequency", "season"), [(1, "1mo", 12), (3, "3mo", 4), (6, "6mo", 2), (12, "1y", 1), (24, "2y", 1)]
)
@pytest.mark.parametrize("day", ["first", "fifteenth", "last"])
def test_calendar_steps(step, frequency, season, day):
    firsts = [datetime(2000 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(0, 40 * step, step)]
    shown = {
        "first": firsts,
        "fifteenth": [at.replace(day=15) for at in firsts],
        "last": [(at.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) for at in firsts],
    }[day]
    rhythm = find_rhythm(stamps(*shown), "UTC")
    assert (rhythm.frequency, rhythm.season, rhythm.missing) == (frequency, season, 0)
    assert whole_grid(stamps(*shown), rhythm).to_list() == shown
    holed = stamps(*(at for index, at in enumerate(shown) if index != 17))
    rhythm = find_rhythm(holed, "UTC")
    assert (rhythm.frequency, rhythm.missing, rhythm.gap_after) == (frequency, 1, 16)
    assert whole_grid(holed, rhythm).to_list() == shown


def test_trading_days_have_a_season_of_their_week_and_no_frequency():
    days = [START + timedelta(days=index) for index in range(200)]
    open_days = [day for day in days if day.weekday() < 5 and day.date() != date(2024, 5, 1)]
    rhythm = find_rhythm(stamps(*open_days), "UTC")
    assert (rhythm.kind, rhythm.frequency, rhythm.season, rhythm.missing) == ("trading_days", None, 5, 0)


def test_sessions_of_an_exchange_are_not_gaps():
    minutes = [
        START + timedelta(days=day, hours=9, minutes=5 * slot)
        for day in range(40)
        for slot in range(78)
        if (START + timedelta(days=day)).weekday() < 5
    ]
    rhythm = find_rhythm(stamps(*minutes), "UTC")
    assert (rhythm.kind, rhythm.frequency, rhythm.season) == ("sessions", None, 78)


def test_one_special_saturday_makes_no_week_of_six_days():
    days = [START + timedelta(days=index) for index in range(700)]
    rhythm = find_rhythm(stamps(*(day for day in days if day.weekday() < 5 or day == days[96])), "UTC")
    assert days[96].weekday() == 5
    assert (rhythm.kind, rhythm.season) == ("trading_days", 5)


def prepared(times, **options):
    text = "at,y\n" + "".join(f"{at:%Y-%m-%dT%H:%M}Z,{index % 7}.{index % 10}\n" for index, at in enumerate(times))
    return _prepare(read_delimited(text, "f", None, {}), FileOptions(time="at", target="y", **options), [])


def test_the_schema_tells_month_ends_and_the_zone_of_the_rhythm_only_where_they_matter():
    firsts = [datetime(2000 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(61)]
    assert prepared([at - timedelta(days=1) for at in firsts]).schema.month_end is True
    assert "month_end" not in prepared(firsts).schema.to_json()
    days = every(timedelta(days=1), 200)  # midnight UTC over the change of clocks in Berlin
    schema = prepared(days, timezone="Europe/Berlin").schema
    assert (schema.frequency, schema.timezone, schema.rhythm_timezone) == ("1d", "Europe/Berlin", "UTC")
    trading = [day for day in days if day.weekday() < 5]
    assert prepared(trading, timezone="Europe/Berlin").schema.rhythm_timezone == "UTC"
    hours = every(timedelta(hours=1), 3000)
    assert "rhythm_timezone" not in prepared(hours, timezone="Europe/Berlin").schema.to_json()
    assert "rhythm_timezone" not in prepared(days).schema.to_json()
    sessions = [day + timedelta(hours=hour) for day in trading for hour in range(9, 18)]
    assert "rhythm_timezone" not in prepared(sessions, timezone="Asia/Tokyo").schema.to_json()


def test_a_day_asked_for_in_hours_is_a_day():
    assert find_rhythm(stamps(*every(timedelta(days=1))), "UTC", "24h").frequency == "1d"


def test_rows_without_a_rhythm_are_irregular():
    moments = [START + timedelta(seconds=index * index * 17 + index % 3) for index in range(50)]
    assert find_rhythm(stamps(*moments), "UTC").kind == "irregular"


def test_a_frequency_that_is_asked_for_must_fit():
    hours = stamps(*every(timedelta(hours=1)))
    assert find_rhythm(hours, "UTC", "30m").missing == 59
    with pytest.raises(InvalidInput, match="do not have the frequency 2h: the row at 2024-01-01T01:00:00") as caught:
        find_rhythm(hours, "UTC", "2h")
    assert caught.value.error_code == "wrong_frequency"
    with pytest.raises(InvalidInput, match="do not have the frequency 1mo"):
        find_rhythm(hours, "UTC", "1mo")
    days = stamps(*every(timedelta(days=31)))
    assert find_rhythm(days, "UTC", "1d").missing == 30 * 59


@given(
    st.sampled_from([timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=7)]),
    st.sets(st.integers(1, 58), max_size=12),
)
def test_holes_are_counted_and_the_grid_fills_exactly_them(step, holes):
    whole = every(step)
    kept = [at for index, at in enumerate(whole) if index not in holes]
    rhythm = find_rhythm(stamps(*kept), "UTC")
    if rhythm.kind == "regular":
        assert rhythm.missing == len(holes)
        assert whole_grid(stamps(*kept), rhythm).to_list() == whole
    else:  # so few days that they look like trading days
        assert len({at.weekday() for at in kept}) < 7
