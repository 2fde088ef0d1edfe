"""Calendar features: right periods, the dataset's own zone, known ahead, and never read from later rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Schema
from azuraforge.plugins.calendar import DAY, HOUR, WEEK, YEAR, Clock, cycles_for


def frame(start: datetime, rows: int, every: str, zone: str = "UTC") -> pl.DataFrame:
    times = pl.datetime_range(
        start, start.replace(year=start.year + 30), every, eager=True, time_unit="us", time_zone=zone
    ).head(rows)
    return pl.DataFrame({"at": times.dt.convert_time_zone("UTC"), "y": np.arange(len(times), dtype=np.float64)})


LONG = 10 * YEAR


def clock(rows: pl.DataFrame, frequency: str | None, zone: str = "UTC") -> Clock:
    return Clock.learn(rows, Schema("at", "y", frequency=frequency, timezone=zone))


def column_of(clock: Clock, name: str) -> int:
    names = [cycle.name for cycle in clock.cycles for _ in range(2 * cycle.harmonics)]
    return names.index(name)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (HOUR // 12, ["minute_of_hour", "hour_of_day", "day_of_week", "day_of_year"]),
        (HOUR, ["hour_of_day", "day_of_week", "day_of_year"]),
        (DAY, ["day_of_week", "day_of_year"]),
        (WEEK, ["day_of_year"]),
        (YEAR // 12, ["day_of_year"]),
        (YEAR, []),
    ],
)
def test_only_cycles_that_make_sense_for_the_frequency(step: int, expected: list[str]) -> None:
    assert [cycle.name for cycle in cycles_for(step)] == expected


def test_a_cycle_that_training_has_not_seen_whole_is_no_feature() -> None:
    def names(rows: int) -> list[str]:
        return [cycle.name for cycle in clock(frame(datetime(2024, 1, 1), rows, "1h"), "1h").cycles]

    assert names(5 * 24) == ["hour_of_day"]
    assert names(60 * 24) == ["hour_of_day", "day_of_week"]
    assert names(400 * 24) == ["hour_of_day", "day_of_week"]
    assert names(460 * 24) == ["hour_of_day", "day_of_week", "day_of_year"]


def test_harmonics_stay_below_half_a_cycle_per_row() -> None:
    six_hours = {cycle.name: cycle.harmonics for cycle in cycles_for(6 * HOUR)}
    assert six_hours["hour_of_day"] == 2


def test_the_year_has_its_gregorian_length() -> None:
    """After 43 years the phase of a date is still within a day; with 365 days it would be ten off."""
    rows = pl.DataFrame({"at": [datetime(1980, 3, 1, tzinfo=UTC), datetime(2023, 3, 1, tzinfo=UTC)], "y": [0.0, 1.0]})
    daily = Clock("at", "UTC", "1d", DAY, False, LONG)
    year = daily.features(rows)[:, column_of(daily, "day_of_year") :]
    angle = np.arctan2(year[:, 0], year[:, 1])
    assert abs(angle[1] - angle[0]) * 365.2425 / (2 * np.pi) < 1.0


def test_hours_are_read_in_the_datasets_zone_across_daylight_saving() -> None:
    winter, summer = datetime(2024, 1, 10, 11, tzinfo=UTC), datetime(2024, 7, 10, 10, tzinfo=UTC)
    rows = pl.DataFrame({"at": [winter, summer], "y": [0.0, 1.0]})  # both are noon in Budapest
    local = Clock("at", "Europe/Budapest", "1h", HOUR, False, LONG)
    utc = Clock("at", "UTC", "1h", HOUR, False, LONG)
    at = column_of(local, "hour_of_day")
    assert local.features(rows)[0, at : at + 6] == pytest.approx(local.features(rows)[1, at : at + 6])
    assert local.features(rows)[0, at : at + 2] == pytest.approx([0.0, -1.0], abs=1e-12)  # half a day
    assert abs(utc.features(rows)[0, at] - utc.features(rows)[1, at]) > 0.2


def test_a_weekday_is_one_thing_all_day_and_monday_is_the_first() -> None:
    rows = frame(datetime(2024, 1, 1), 7 * 24, "1h")  # a Monday
    hourly = replace(clock(rows, "1h"), span=LONG)
    at = column_of(hourly, "day_of_week")
    week = hourly.features(rows)[:, at : at + 6]
    assert len(np.unique(week.round(9), axis=0)) == 7
    assert week[0] == pytest.approx([0, 1, 0, 1, 0, 1], abs=1e-12)
    assert (week[:24] == week[0]).all()


@pytest.mark.parametrize(
    ("every", "zone"),
    [("15m", "UTC"), ("1h", "Europe/Budapest"), ("1d", "America/New_York"), ("1w", "UTC"), ("1mo", "UTC"),
     ("3mo", "Europe/Istanbul"), ("1d", "UTC")],
)  # fmt: skip
def test_what_is_known_ahead_is_what_later_rows_will_have(every: str, zone: str) -> None:
    rows = frame(datetime(2023, 10, 1), 400, every, zone)
    of_rows = replace(clock(rows, every, zone), span=LONG)
    origins = np.array([0, 17, rows.height // 2, rows.height - 10])
    ahead = of_rows.following(rows, origins, 5)
    features = of_rows.features(rows)
    for index, origin in enumerate(origins):
        assert ahead[index] == pytest.approx(features[origin + 1 : origin + 6], abs=1e-9)


def test_following_times_need_no_later_row() -> None:
    rows = frame(datetime(2023, 10, 1), 400, "1h", "Europe/Budapest")
    hourly = clock(rows, "1h", "Europe/Budapest")
    whole = hourly.following(rows, np.array([100]), 24)
    cut = hourly.following(rows.head(101), np.array([100]), 24)
    assert whole.tobytes() == cut.tobytes()


def test_after_a_friday_without_frequency_comes_a_monday() -> None:
    days = pl.datetime_range(datetime(2024, 1, 1), datetime(2024, 2, 16), "1d", eager=True, time_zone="UTC")
    rows = pl.DataFrame({"at": days.filter(days.dt.weekday() <= 5)}).with_columns(pl.lit(1.0).alias("y"))
    trading = clock(rows, None)
    assert trading.weekdays_only
    friday = rows.height - 1
    walls = trading.following_walls(rows, np.array([friday]), 3)[0]
    later = [datetime.fromtimestamp(wall / 1e6, UTC).date().isoformat() for wall in walls]
    assert later == ["2024-02-19", "2024-02-20", "2024-02-21"]


def test_rows_without_time_have_no_calendar() -> None:
    rows = pl.DataFrame({"y": [1.0, 2.0]})
    none = Clock.learn(rows, Schema(None, "y"))
    assert none.width == 0
    assert none.features(rows).shape == (2, 0)
    assert none.following(rows, np.array([0, 1]), 4).shape == (2, 4, 0)


def test_a_clock_survives_json() -> None:
    import json

    made = clock(frame(datetime(2024, 1, 1), 50, "1h"), "1h", "Europe/Istanbul")
    stored: dict[str, Any] = json.loads(json.dumps(made.to_dict()))
    assert Clock.from_dict(stored) == made
