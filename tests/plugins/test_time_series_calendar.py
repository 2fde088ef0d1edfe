"""Calendar features: right periods, the dataset's own zone, known ahead, and never read from later rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Schema
from azuraforge.plugins.forecasting.calendar import DAY, HOUR, WEEK, YEAR, Clock, cycles_for


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
    daily = Clock("at", "UTC", "1d", DAY, LONG)
    year = daily.features(rows)[:, column_of(daily, "day_of_year") :]
    angle = np.arctan2(year[:, 0], year[:, 1])
    assert abs(angle[1] - angle[0]) * 365.2425 / (2 * np.pi) < 1.0


def test_hours_are_read_in_the_datasets_zone_across_daylight_saving() -> None:
    winter, summer = datetime(2024, 1, 10, 11, tzinfo=UTC), datetime(2024, 7, 10, 10, tzinfo=UTC)
    rows = pl.DataFrame({"at": [winter, summer], "y": [0.0, 1.0]})  # both are noon in Budapest
    local = Clock("at", "Europe/Budapest", "1h", HOUR, LONG)
    utc = Clock("at", "UTC", "1h", HOUR, LONG)
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
    assert trading.weekdays == (0, 1, 2, 3, 4)
    friday = rows.height - 1
    local_times = trading.following_local_times(rows, np.array([friday]), 3)[0]
    later = [datetime.fromtimestamp(at / 1e6, UTC).date().isoformat() for at in local_times]
    assert later == ["2024-02-19", "2024-02-20", "2024-02-21"]


def stamped(local_times: list[datetime], zone: str) -> pl.DataFrame:
    at = (
        pl.Series("at", sorted(local_times), dtype=pl.Datetime("us"))
        .dt.replace_time_zone(zone)
        .dt.convert_time_zone("UTC")
    )
    return pl.DataFrame({"at": at, "y": np.arange(len(at), dtype=np.float64)})


def weekdays_from(start: datetime, count: int) -> list[datetime]:
    days = [start + timedelta(days=day) for day in range(2 * count + 7)]
    return [day for day in days if day.weekday() < 5][:count]


def at_market_hours(days: int, zone: str) -> pl.DataFrame:
    return stamped([day + timedelta(hours=hour) for day in weekdays_from(datetime(2024, 1, 1), days)
                    for hour in range(9, 18)], zone)  # fmt: skip


def told(rows: pl.DataFrame, schema: Schema, steps: int) -> list[str]:
    """The rows after the last, as a wall clock in the schema's zone shows them."""
    moments = Clock.learn(rows, schema).following_moments(rows, np.array([rows.height - 1]), steps)[0]
    at = pl.Series(moments).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(schema.timezone)
    return at.dt.strftime("%a %m-%d %H:%M").to_list()


def test_trading_days_are_those_of_the_zone_also_when_clocks_change() -> None:
    """Midnight in Berlin is 22:00 or 23:00 UTC of the day before, a Sunday for Mondays."""
    rows = stamped(weekdays_from(datetime(2024, 1, 1), 215), "Europe/Berlin")  # ends on Friday, October 25th
    schema = Schema("at", "y", timezone="Europe/Berlin")
    assert told(rows, schema, 3) == ["Mon 10-28 00:00", "Tue 10-29 00:00", "Wed 10-30 00:00"]
    features = replace(Clock.learn(rows, schema), span=LONG)
    assert features.following(rows, np.array([99]), 20)[0] == pytest.approx(features.features(rows)[100:120])


def test_after_the_last_hour_of_a_session_comes_the_first_of_the_next() -> None:
    rows = at_market_hours(200, "America/New_York")  # over both changes of the clocks; ends on a Friday at 17:00
    schema = Schema("at", "y", timezone="America/New_York")
    assert told(rows, schema, 10)[:2] == ["Mon 10-07 09:00", "Mon 10-07 10:00"]
    assert told(rows, schema, 10)[-1] == "Tue 10-08 09:00"
    assert told(rows.head(rows.height - 4), schema, 5) == [
        "Fri 10-04 14:00", "Fri 10-04 15:00", "Fri 10-04 16:00", "Fri 10-04 17:00", "Mon 10-07 09:00"
    ]  # fmt: skip
    assert told(rows.tail(22), schema, 2) == ["Mon 10-07 09:00", "Mon 10-07 10:00"]  # a caller's own, short history
    learned = Clock.learn(rows, schema)
    begin, end = (int(rows["at"].cast(pl.Int64)[row]) for row in (5, 1205))
    assert learned.rows_between(begin, end) == 1200
    ahead = replace(learned, span=LONG)
    assert ahead.following(rows, np.array([600]), 30)[0] == pytest.approx(ahead.features(rows)[601:631])


def test_one_special_saturday_opens_no_weekend() -> None:
    days = [*weekdays_from(datetime(2018, 1, 1), 2000), datetime(2020, 2, 29)]
    rows = stamped(days, "UTC")
    schema = Schema("at", "y")
    assert Clock.learn(rows, schema).weekdays == (0, 1, 2, 3, 4)
    assert told(rows, schema, 1)[0].startswith("Mon")
    to_saturday = rows.filter(pl.col("at") <= datetime(2020, 2, 29, tzinfo=UTC))
    assert told(to_saturday, schema, 1) == ["Mon 03-02 00:00"]


def test_rows_without_a_timetable_follow_their_median_distance() -> None:
    rng = np.random.default_rng(0)
    moments = np.cumsum(rng.integers(30, 91, 400)) * 60_000_000 + 19_000 * DAY
    rows = pl.DataFrame({"at": pl.Series(moments).cast(pl.Datetime("us", "UTC")), "y": np.zeros(400)})
    learned = clock(rows, None)
    assert learned.slots == ()
    ahead = learned.following_moments(rows, np.array([399]), 2)[0]
    assert (np.diff(ahead, prepend=moments[-1]) == learned.step).all()


def test_hours_with_holes_go_on_round_the_clock_when_clocks_change() -> None:
    whole = frame(datetime(2024, 1, 1), 24 * 90 - 20, "1h", "Europe/Berlin")  # ends hours before March 31st, 02:00
    rows = whole.filter(pl.int_range(pl.len()) % 37 != 5)
    schema = Schema("at", "y", timezone="Europe/Berlin")
    assert Clock.learn(rows, schema).slots == ()
    ahead = Clock.learn(rows, schema).following_moments(rows, np.array([rows.height - 1]), 48)[0]
    assert (np.diff(ahead) == HOUR).all()


@pytest.mark.parametrize(("frequency", "months"), [("1mo", 1), ("3mo", 3), ("1y", 12)])
def test_the_last_day_of_a_month_is_followed_by_the_last_day_of_the_next(frequency: str, months: int) -> None:
    whole = pl.datetime_range(datetime(2010, 2, 1), datetime(2024, 2, 1), f"{months}mo", eager=True, time_zone="UTC")
    ends = whole.dt.month_end().alias("at")
    rows = pl.DataFrame({"at": ends, "y": np.zeros(len(ends))})
    schema = Schema("at", "y", frequency=frequency, month_end=True)
    at = rows["at"].cast(pl.Datetime("us")).cast(pl.Int64).to_numpy()
    ahead = Clock.learn(rows, schema).following_moments(rows, np.arange(len(ends) - 3), 3)
    assert (ahead == at[np.arange(len(ends) - 3)[:, None] + np.arange(1, 4)]).all()


def test_days_follow_the_zone_of_the_rhythm_and_features_the_zone_of_the_dataset() -> None:
    rows = frame(datetime(2024, 1, 1), 120, "1d")  # midnight UTC, over the change of clocks in Berlin
    schema = Schema("at", "y", frequency="1d", timezone="Europe/Berlin", rhythm_timezone="UTC")
    at = rows["at"].cast(pl.Int64).to_numpy()
    learned = Clock.learn(rows, schema)
    assert (learned.following_moments(rows, np.arange(119), 1)[:, 0] == at[1:]).all()
    local_times = learned.following_local_times(rows, np.array([0, 110]), 1)[:, 0]
    assert ((local_times % DAY) // HOUR).tolist() == [1, 2]


def test_a_day_whose_midnight_the_clocks_skip_begins_an_hour_later() -> None:
    rows = stamped([datetime(2017, 10, 1) + timedelta(days=day) for day in range(14)], "America/Sao_Paulo")
    schema = Schema("at", "y", frequency="1d", timezone="America/Sao_Paulo")
    assert told(rows, schema, 2) == ["Sun 10-15 01:00", "Mon 10-16 00:00"]


def test_rows_without_time_have_no_calendar() -> None:
    rows = pl.DataFrame({"y": [1.0, 2.0]})
    none = Clock.learn(rows, Schema(None, "y"))
    assert none.width == 0
    assert none.features(rows).shape == (2, 0)
    assert none.following(rows, np.array([0, 1]), 4).shape == (2, 4, 0)


def test_a_clock_survives_json() -> None:
    import json

    made = clock(at_market_hours(30, "UTC"), None, "Europe/Istanbul")
    assert made.slots
    stored: dict[str, Any] = json.loads(json.dumps(made.to_dict()))
    assert Clock.from_dict(stored) == made
