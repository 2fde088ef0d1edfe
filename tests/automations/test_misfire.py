"""What becomes of fires that nobody was there for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.automations.misfire import MOST_MADE_UP, decide
from azuraforge.automations.recurrence import Cron, Interval, between

START = datetime(2026, 10, 24, 12, tzinfo=UTC)
MINUTELY = Interval(1, "minutes", START, UTC)


def play(recurrence, due_at, looks, policy, grace_seconds):
    """A scheduler that looks at these moments: each fire with the look that made it, and how many were left out."""
    fires, left_out = [], 0
    for at in looks:
        while due_at is not None and due_at <= at:
            step = decide(recurrence, due_at, at, policy, grace_seconds)
            assert step.next_at is None or step.next_at > due_at, "every step goes forward"
            if step.fire_at is not None:
                fires.append((step.fire_at, at))
            left_out += step.left_out
            due_at = step.next_at
    return fires, left_out


@pytest.mark.parametrize(
    ("policy", "minutes", "left_out"),
    [("once", [10], 10), ("all", list(range(11)), 0), ("skip", [9, 10], 9)],
)
def test_after_ten_minutes_away(policy, minutes, left_out):
    fires, counted = play(MINUTELY, START, [START + timedelta(minutes=10, seconds=30)], policy, 100)
    assert [at for at, _ in fires] == [START + timedelta(minutes=each) for each in minutes]
    assert counted == left_out


@pytest.mark.parametrize("policy", ["once", "all", "skip"])
def test_within_the_grace_nothing_was_missed(policy):
    fires, left_out = play(MINUTELY, START, [START + timedelta(seconds=100)], policy, 100)
    assert [at for at, _ in fires] == [START, START + timedelta(minutes=1)]
    assert left_out == 0


def test_a_year_of_minutes_is_made_up_for_by_its_newest_hundred():
    back = START + timedelta(days=365)
    fires, left_out = play(MINUTELY, START, [back], "all", 60)
    assert [at for at, _ in fires] == [back - timedelta(minutes=each) for each in range(MOST_MADE_UP - 1, -1, -1)]
    assert left_out == 1000, "counted only so far"


def test_what_never_comes_again_ends():
    assert decide(_Once(), START, START, "once", 60).next_at is None
    assert decide(_Once(), START, START + timedelta(hours=1), "skip", 60).next_at is None
    assert decide(_Once(), START, START + timedelta(hours=1), "skip", 60).left_out == 1


class _Once:
    shortest = timedelta(minutes=1)

    def after(self, moment):
        return iter([START] if moment < START else [])


zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Europe/Istanbul"]).map(ZoneInfo)
recurrences = st.one_of(
    st.builds(
        Cron, st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 * * * *", "5,50 1-3 * * *", "0 0 * * SUN"]), zones
    ),
    st.builds(
        lambda each, zone: Interval(*each, START, zone),
        st.sampled_from([(40, "seconds"), (7, "minutes"), (1, "hours"), (1, "days")]),
        zones,
    ),
)
#: Gaps between two looks: mostly seconds, sometimes a night, sometimes days.
gaps = st.lists(st.one_of(st.integers(1, 90), st.integers(3600, 50_000), st.integers(80_000, 200_000)), max_size=8)


@settings(max_examples=150, deadline=None)
@given(recurrences, gaps, st.sampled_from(["once", "all", "skip"]), st.integers(1, 7200))
def test_every_fire_is_made_or_left_out_and_none_twice(recurrence, gaps, policy, grace_seconds):
    looks, at = [], START
    for seconds in gaps:
        at += timedelta(seconds=seconds)
        looks.append(at)
    first = next(recurrence.after(START))
    fires, left_out = play(recurrence, first, looks, policy, grace_seconds)
    made = [fire_at for fire_at, _ in fires]
    due = list(between(recurrence, first, looks[-1])) if looks else []
    assert set(made) <= set(due)
    assert all(one < other for one, other in pairwise(made))
    assert left_out <= len(due) - len(made)
    if left_out < 1000:
        assert left_out == len(due) - len(made)
    late = [(fire_at, seen) for fire_at, seen in fires if seen - fire_at > timedelta(seconds=grace_seconds)]
    if policy == "skip":
        assert late == []
    if policy == "once":  # what was missed is made up for by at most one fire at each look
        assert len({seen for _, seen in late}) == len(late)
    if policy == "all" and len(due) <= MOST_MADE_UP:
        assert made == due


@settings(max_examples=100, deadline=None)
@given(recurrences, st.integers(1, 5))
def test_a_scheduler_that_is_always_there_makes_every_fire_in_time(recurrence, seconds):
    due = list(islice(recurrence.after(START), 20))
    looks = [at + timedelta(seconds=seconds) for at in due]
    for policy in ("once", "all", "skip"):
        fires, left_out = play(recurrence, due[0], looks, policy, 60)
        assert [fire_at for fire_at, _ in fires] == due
        assert left_out == 0
