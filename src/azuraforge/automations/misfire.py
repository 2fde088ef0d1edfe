"""Policies for missed fires. The functions are pure: the caller passes the time.

A fire is *missed* if it is late by more than the grace period. The policies are:

- ``once``: only the newest due fire is executed.
- ``all``: every due fire is executed, at most the newest ``MOST_MADE_UP``.
- ``skip``: missed fires are skipped; fires within the grace period are executed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from azuraforge.automations.recurrence import Recurrence, between, count_between, newest

MisfirePolicy = Literal["once", "all", "skip"]

#: Maximum number of missed fires that are executed later, so that a long outage does not queue thousands of runs.
MOST_MADE_UP = 100
#: Maximum number of skipped fires that one step counts.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Step:
    """Decision on a due fire.

    Attributes:
        fire_at: fire time to execute now; None if there is none.
        next_at: next fire time; None if there is none.
        left_out: number of skipped fires; counts no further than ``MOST_COUNTED``.
    """

    fire_at: datetime | None
    next_at: datetime | None
    left_out: int = 0


def decide(recurrence: Recurrence, due_at: datetime, at: datetime, policy: MisfirePolicy, grace_seconds: float) -> Step:
    """Decide at the time ``at`` on a fire that was due at ``due_at``. Call it again while ``next_at`` is due.

    ``policy`` applies only if the fire is late by more than ``grace_seconds``.
    """
    grace = timedelta(seconds=grace_seconds)
    if at - due_at <= grace:
        return _fire(recurrence, due_at, due_at)
    if policy == "skip":
        next_at = next(between(recurrence, max(due_at, at - grace), at), None) or next(recurrence.after(at), None)
        end = next_at or at
        return Step(None, next_at, max(1, count_between(recurrence, due_at, end, MOST_COUNTED)))
    if policy == "once":
        found = newest(recurrence, due_at, at, 1)
        return _fire(recurrence, due_at, found[0] if found else due_at)
    found = newest(recurrence, due_at, at, MOST_MADE_UP + 1)
    return _fire(recurrence, due_at, found[1] if len(found) > MOST_MADE_UP else due_at)


def _fire(recurrence: Recurrence, due_at: datetime, fire_at: datetime) -> Step:
    left_out = count_between(recurrence, due_at, fire_at, MOST_COUNTED) if fire_at > due_at else 0
    return Step(fire_at, next(recurrence.after(fire_at), None), left_out)
