"""Every writing of time that is understood, and the ones that are asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from azuraforge.errors import InvalidInput

START = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = [START + timedelta(hours=index) for index in range(40)]
DAYS = [START + timedelta(days=index) for index in range(40)]


def series(times: list[str]) -> str:
    return "time;y\n" + "\n".join(f"{at};{index % 7}" for index, at in enumerate(times)) + "\n"


@pytest.mark.parametrize(
    "written",
    [
        lambda at: at.strftime("%Y-%m-%d %H:%M:%S"),
        lambda at: at.strftime("%Y-%m-%dT%H:%M"),
        lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        lambda at: at.strftime("%Y-%m-%d %H:%M:%S+00:00"),
        lambda at: at.strftime("%Y-%m-%d %H:%M:%S +0000"),
        lambda at: at.strftime("%Y-%m-%d %H:%M+00"),
        lambda at: (at + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S.000 +0200"),
        lambda at: at.strftime("%Y/%m/%d %H:%M"),
        lambda at: at.strftime("%d.%m.%Y %H:%M"),
        lambda at: at.strftime("%Y%m%d%H%M"),
        lambda at: at.strftime("%Y%m%d%H%M%S"),
        lambda at: at.strftime("%Y%m%dT%H%M%S"),
        lambda at: at.strftime("%m/%d/%Y %I:%M:%S %p"),
        lambda at: str(int(at.timestamp())),
        lambda at: f"{at.timestamp():.1f}",
        lambda at: str(int(at.timestamp() * 1_000)),
        lambda at: str(int(at.timestamp() * 1_000_000)),
        lambda at: str(int(at.timestamp()) * 1_000_000_000),
    ],
)
def test_writings_of_hours_mean_the_same_moments(read, written):
    times = HOURS + [HOURS[-1] + timedelta(hours=1 + index) for index in range(24 * 20)]
    prepared = read(series([written(at) for at in times]))
    assert prepared.frame["time"].to_list() == times
    assert prepared.schema.frequency == "1h"


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%m-%d-%Y", "%d.%m.%y", "%b %d, %Y", "%d-%b-%Y"]
)
def test_writings_of_days_mean_the_same_days(read, form):
    assert read(series([at.strftime(form) for at in DAYS])).frame["time"].to_list() == DAYS


def test_years_and_months(read):
    years = read(series([str(year) for year in range(1900, 1940)]))
    assert (years.schema.frequency, years.frame["time"][0].year) == ("1y", 1900)
    months = read(series([f"{2000 + month // 12}-{month % 12 + 1:02}" for month in range(40)]))
    assert (months.schema.frequency, months.schema.season) == ("1mo", 12)


def test_day_and_month_are_never_guessed(read):
    ambiguous = series([f"{day:02}/{month:02}/2024" for month in range(1, 5) for day in range(1, 13)])
    with pytest.raises(InvalidInput, match="does not show which number is the day") as caught:
        read(ambiguous)
    assert "%d/%m/%Y" in caught.value.next_step
    assert caught.value.where == "series.csv, line 2, column 'time'"
    first = read(ambiguous, time_format="%d/%m/%Y", gaps="keep").frame["time"]
    assert first[1] == datetime(2024, 1, 2, tzinfo=UTC)


def test_one_bad_time_is_named_with_its_line(read, hourly):
    with pytest.raises(InvalidInput, match="'yesterday' does not have the time format of the other rows") as caught:
        read(hourly(edit=lambda lines: lines.__setitem__(9, "yesterday,1,2")))
    assert caught.value.where == "series.csv, line 10, column 'time'"


def test_an_empty_time_is_named_with_its_line(read, hourly):
    with pytest.raises(InvalidInput, match="the time is empty") as caught:
        read(hourly(edit=lambda lines: lines.__setitem__(9, ",1,2")))
    assert caught.value.where == "series.csv, line 10, column 'time'"


@pytest.mark.parametrize("value", ["banana", "12345", "99", "0001-01-01", "9999-12-31"])
def test_what_is_no_time_is_refused(read, value):
    with pytest.raises(InvalidInput) as caught:
        read(series([value] * 30))
    assert caught.value.error_code == "bad_time"


def test_local_times_follow_their_zone_through_both_changes_of_the_clock(read):
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2024, 3, 25, tzinfo=UTC)
    moments = [start + timedelta(hours=index) for index in range(24 * 230)]
    local = [at.astimezone(zone).strftime("%Y-%m-%d %H:%M") for at in moments]
    prepared = read(series(local), timezone="Europe/Berlin")
    assert prepared.frame["time"].to_list() == moments  # the hour that happens twice is there twice
    assert prepared.schema.timezone == "Europe/Berlin"
    assert not [item for item in prepared.findings if item.severity == "warning"]


def test_a_local_time_that_never_was_is_named(read):
    times = [f"2024-03-31 {hour:02}:00" for hour in range(24)]
    with pytest.raises(InvalidInput, match="does not exist in Europe/Berlin") as caught:
        read(series(times), timezone="Europe/Berlin")
    assert caught.value.where == "series.csv, line 4, column 'time'"


def test_local_days_keep_their_rhythm_through_summer_time(read):
    zone = ZoneInfo("Europe/Berlin")
    days = [(datetime(2024, 1, 1, tzinfo=zone) + timedelta(days=index)) for index in range(300)]
    prepared = read(series([day.astimezone(UTC).isoformat() for day in days]), timezone="Europe/Berlin")
    assert prepared.schema.frequency == "1d"
    holed = [day for index, day in enumerate(days) if index not in (91, 92)]  # right after the change
    filled = read(series([day.astimezone(UTC).isoformat() for day in holed]), timezone="Europe/Berlin")
    assert filled.frame["time"].to_list() == prepared.frame["time"].to_list()


def test_an_unknown_zone_is_refused(read, hourly):
    with pytest.raises(InvalidInput, match="time zone 'Mars/Olympus' is unknown"):
        read(hourly(), timezone="Mars/Olympus")


def test_mixed_offsets_are_reported(read):
    start = datetime(2024, 3, 30, tzinfo=UTC)
    times = [(start + timedelta(hours=index)).astimezone(ZoneInfo("Europe/Budapest")) for index in range(48)]
    prepared = read(series([at.strftime("%Y-%m-%d %H:%M:%S %z") for at in times]))
    assert "offsets_vary" in [item.code for item in prepared.findings]
    assert prepared.schema.frequency == "1h"
