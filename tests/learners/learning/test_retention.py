"""Retention of states: what is kept, and that a replay that leaves out the rest keeps the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.learners.learning.retention import Retention

HOUR = 3_600_000_000
State = tuple[int, int, int, bool]


def states_of(hours: int, first: int, archive_hours: int) -> list[State]:
    """States of every hour, of which each ``archive_hours``-th hour of the clock is an archive, newest first."""
    times = range(first + 1, first + hours + 1)
    return [(hour, 0, hour * HOUR, hour % archive_hours == 0) for hour in reversed(times)]


def kept(retention: Retention, states: list[State]) -> list[int]:
    gone = set(retention.outdated(states))
    return [seq for seq, fact, _, _ in states if (seq, fact) not in gone]


def test_the_newest_states_stay_and_archives_thin_out_with_their_age() -> None:
    states = states_of(60 * 24, 0, 6)
    held = kept(Retention(newest=48, all_days=2, daily_days=30), states)
    assert held[:48] == [seq for seq, *_ in states[:48]]
    older = held[48:]
    assert all(hour % 6 == 0 for hour in older)
    days = [hour // 24 for hour in older]
    of_month = [day for day in days if 60 * 24 - 30 * 24 <= day * 24 < 60 * 24 - 3 * 24]
    assert of_month == sorted(set(of_month), reverse=True)
    assert len(of_month) >= 26
    of_weeks = [day // 7 for day in days if day < 28]
    assert of_weeks == sorted(set(of_weeks), reverse=True)


@settings(max_examples=60, deadline=None)
@given(
    hours=st.integers(1, 80 * 24),
    first=st.integers(0, 400_000),
    archive_hours=st.sampled_from([1, 2, 6, 12, 24]),
    newest=st.integers(1, 100),
    all_days=st.integers(0, 5),
    more_days=st.integers(0, 40),
)
def test_a_replay_that_leaves_out_states_keeps_the_same(
    hours: int, first: int, archive_hours: int, newest: int, all_days: int, more_days: int
) -> None:
    retention = Retention(newest=newest, all_days=all_days, daily_days=all_days + more_days)
    states = states_of(hours, first, archive_hours)
    end = states[0][2]
    step = archive_hours * HOUR

    def lasts(state: State) -> bool:
        _, _, at, archive = state
        return retention.lasts(at, archive, (at // step + 1) * step, HOUR, end) or at == end

    assert kept(retention, [each for each in states if lasts(each)]) == kept(retention, states)
