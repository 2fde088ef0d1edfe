"""When schedules fire, over changes of the clock and in every kind of zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.automations.recurrence import Cron, Interval, between, count_between, cron, existing, newest, zone_of
from azuraforge.errors import InvalidInput

BERLIN, NEW_YORK, ISTANBUL = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Europe/Istanbul"))
#: Besides the usual: half an hour of summer time, a day that was skipped, summer time below zero, no rule at all.
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Europe/Istanbul", "Australia/Lord_Howe", "Pacific/Apia"]
ZONES += ["Europe/Dublin", "Asia/Kolkata", "America/Sao_Paulo", "Africa/Casablanca"]


def local(recurrence, zone, start: datetime, count: int) -> list[str]:
    """The next times as clocks in the zone show them, with the offset."""
    found = islice(recurrence.after(start.replace(tzinfo=zone)), count)
    return [at.astimezone(zone).strftime("%m-%d %H:%M %z") for at in found]


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        (BERLIN, datetime(2026, 3, 28), ["03-28 02:30 +0100", "03-29 03:00 +0200", "03-30 02:30 +0200"]),
        (NEW_YORK, datetime(2026, 3, 7), ["03-07 02:30 -0500", "03-08 03:00 -0400", "03-09 02:30 -0400"]),
        (ISTANBUL, datetime(2026, 3, 28), ["03-28 02:30 +0300", "03-29 02:30 +0300", "03-30 02:30 +0300"]),
    ],
)
def test_a_time_of_day_that_spring_leaves_out_fires_once_at_the_next_moment_there_is(zone, day, expected):
    assert local(Cron("30 2 * * *", zone), zone, day, 3) == expected
    anchor = datetime(day.year, day.month, day.day, 2, 30, tzinfo=zone) - timedelta(days=3)
    assert local(Interval(1, "days", anchor, zone), zone, day, 3) == expected


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        (BERLIN, datetime(2026, 10, 24), ["10-24 02:30 +0200", "10-25 02:30 +0200", "10-26 02:30 +0100"]),
        (NEW_YORK, datetime(2026, 10, 31), ["10-31 01:30 -0400", "11-01 01:30 -0400", "11-02 01:30 -0500"]),
        (ISTANBUL, datetime(2026, 10, 24), ["10-24 02:30 +0300", "10-25 02:30 +0300", "10-26 02:30 +0300"]),
    ],
)
def test_a_time_of_day_that_autumn_has_twice_fires_once_at_the_first(zone, day, expected):
    hour = int(expected[0][6:8])
    assert local(Cron(f"30 {hour} * * *", zone), zone, day, 3) == expected
    anchor = datetime(day.year, day.month, day.day, hour, 30, tzinfo=zone) - timedelta(days=3)
    assert local(Interval(1, "days", anchor, zone), zone, day, 3) == expected


def test_a_scheduler_that_looks_again_inside_the_doubled_hour_does_not_fire_a_second_time():
    line = Cron("30 2 * * *", BERLIN)
    second_pass = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    assert next(line.after(second_pass)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_several_times_that_spring_leaves_out_become_one_fire():
    line = Cron("0,30 2,3 * * *", BERLIN)
    expected = ["03-29 03:00 +0200", "03-29 03:30 +0200", "03-30 02:00 +0200"]
    assert local(line, BERLIN, datetime(2026, 3, 29), 3) == expected


def test_a_star_follows_real_time_through_both_hours_of_one_name():
    hourly = Cron("0 * * * *", BERLIN)
    assert local(hourly, BERLIN, datetime(2026, 10, 25, 1, 30), 3) == [
        "10-25 02:00 +0200",
        "10-25 02:00 +0100",
        "10-25 03:00 +0100",
    ]
    assert local(hourly, BERLIN, datetime(2026, 3, 29, 0, 30), 3) == [
        "03-29 01:00 +0100",
        "03-29 03:00 +0200",
        "03-29 04:00 +0200",
    ]


def test_hours_of_an_interval_are_real_hours_and_days_keep_the_time_of_day():
    anchor = datetime(2026, 10, 24, 6, tzinfo=BERLIN)
    assert local(Interval(24, "hours", anchor, BERLIN), BERLIN, datetime(2026, 10, 24, 7), 1) == ["10-25 05:00 +0100"]
    assert local(Interval(1, "days", anchor, BERLIN), BERLIN, datetime(2026, 10, 24, 7), 1) == ["10-25 06:00 +0100"]


def test_a_day_that_a_country_left_out_is_made_up_for_at_its_end():
    samoa = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    daily = Interval(1, "days", datetime(2011, 12, 28, 10, tzinfo=samoa), samoa)
    assert local(daily, samoa, datetime(2011, 12, 29, 9), 3) == [
        "12-29 10:00 -1000",
        "12-31 00:00 +1400",
        "12-31 10:00 +1400",
    ]


def test_an_interval_counts_from_its_anchor_and_fires_there_first():
    anchor = datetime(2026, 1, 1, 12, 0, 7, tzinfo=UTC)
    ten = Interval(10, "minutes", anchor, UTC)
    assert next(ten.after(anchor - timedelta(days=9))) == anchor
    assert next(ten.after(anchor)) == anchor + timedelta(minutes=10)
    assert next(ten.after(anchor + timedelta(minutes=25))) == anchor + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("*/20 8-9 * * MON-FRI", ["2026-11-23 08:00", "2026-11-23 08:20", "2026-11-23 08:40", "2026-11-23 09:00"]),
        ("0 0 L * *", ["2026-11-30 00:00", "2026-12-31 00:00", "2027-01-31 00:00", "2027-02-28 00:00"]),
        ("0 6 LW * *", ["2026-11-30 06:00", "2026-12-31 06:00", "2027-01-29 06:00", "2027-02-26 06:00"]),
        ("15 10 * * tue#2", ["2026-12-08 10:15", "2027-01-12 10:15", "2027-02-09 10:15", "2027-03-09 10:15"]),
        ("0 0 29 feb *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00", "2040-02-29 00:00"]),
        ("0 0 13 * 5", ["2026-11-27 00:00", "2026-12-04 00:00", "2026-12-11 00:00", "2026-12-13 00:00"]),
    ],
)
def test_cron_lines_mean_what_cron_means(line, expected):
    found = islice(cron(line, UTC).after(datetime(2026, 11, 21, tzinfo=UTC)), 4)
    assert [at.strftime("%Y-%m-%d %H:%M") for at in found] == expected


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", "five fields"),
        ("* * * *", "this one has 4"),
        ("0 * * * * *", "this one has 6"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day-of-month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day-of-week"),
        ("*/0 * * * *", "minute"),
        ("5-1 * * * *", "minute"),
        ("1, * * * *", "minute"),
        ("² * * * *", "minute"),
        ("0 0 30 2 *", "day-of-month"),
        ("* * */20 * 1L", "never fires"),
    ],
)
def test_a_line_that_cannot_be_read_or_never_fires_is_refused_in_one_sentence(line, word):
    with pytest.raises(InvalidInput, match=word) as raised:
        cron(line, UTC)
    assert raised.value.where == "cron"
    assert "minute, hour, day, month and weekday" in raised.value.next_step


@pytest.mark.parametrize("name", ["", "Europe/Ankara", "../etc/passwd", "Europe", "a" * 300, "/etc/localtime", "é"])
def test_a_zone_that_is_not_there_is_refused(name):
    with pytest.raises(InvalidInput, match="is unknown"):
        zone_of(name)


moments = st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
zones = st.sampled_from(ZONES).map(zone_of)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.lists(number, min_size=1, max_size=4).map(lambda each: ",".join(map(str, each))),
        pair.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.integers(1, 30).map(lambda step: f"*/{step}"),
        st.tuples(pair, st.integers(1, 9)).map(lambda each: f"{each[0][0]}-{each[0][1]}/{each[1]}"),
    )


lines = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7)).map(" ".join)
intervals = st.tuples(st.integers(1, 1000), st.sampled_from(["seconds", "minutes", "hours", "days"]))
recurrences = st.one_of(
    st.builds(Cron, lines, zones),
    st.builds(lambda each, anchor, zone: Interval(*each, anchor, zone), intervals, moments, zones),
)


@settings(max_examples=300, deadline=None)
@given(recurrences, moments)
def test_times_only_go_forward_and_do_not_depend_on_when_one_looks(recurrence, moment):
    found = list(islice(recurrence.after(moment), 12))
    assert all(at > moment for at in found)
    assert all(first < second for first, second in pairwise(found))
    # Whoever looks between two fires, or at one, finds the very next one.
    for first, second in pairwise(found):
        assert next(recurrence.after(first)) == second
        assert next(recurrence.after(first + (second - first) / 2)) == second


@settings(max_examples=200, deadline=None)
@given(recurrences, moments, st.integers(1, 40), st.integers(0, 60))
def test_the_newest_are_the_end_of_all(recurrence, start, count, many):
    until = next(islice(recurrence.after(start), many, None), start)
    every = list(between(recurrence, start, until))
    assert newest(recurrence, start, until, count) == every[-count:]
    assert count_between(recurrence, start, until, 1000) == len([at for at in every if at < until])


@settings(max_examples=300, deadline=None)
@given(st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1)), zones)
def test_a_time_of_day_is_itself_or_the_first_moment_behind_its_gap(clock, zone):
    at = existing(clock, zone)
    shown = at.astimezone(zone).replace(tzinfo=None)
    if shown != clock:
        just_before = (at - timedelta(microseconds=1)).astimezone(zone).replace(tzinfo=None)
        assert just_before < clock < shown


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789*,-/#LWMON ", max_size=24))
def test_no_line_makes_anything_but_a_sentence(line):
    try:
        made = cron(line, BERLIN)
    except InvalidInput:
        return
    assert next(made.after(datetime(2026, 1, 1, tzinfo=UTC))).tzinfo is UTC
