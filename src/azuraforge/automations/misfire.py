"""Policy for missed fires. Pure: the caller passes the time.

A fire is *missed* if it is late by more than the grace period. Then, by policy:

- ``once``: only the newest due fire is made.
- ``all``: every fire is made up for, the newest ``MOST_MADE_UP`` at most.
- ``skip``: missed fires are skipped; fires still within the grace period are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from azuraforge.automations.recurrence import Recurrence, between, count_between, newest

MisfirePolicy = Literal["once", "all", "skip"]

#: A year of missed minutes must not become half a million runs.
MOST_MADE_UP = 100
#: Skipped fires that are counted in one step.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Step:
    """One decision: the time to fire (or None), the number of skipped fires, and the next time (None: no more)."""

    fire_at: datetime | None
    next_at: datetime | None
    left_out: int = 0


def decide(recurrence: Recurrence, due_at: datetime, at: datetime, policy: MisfirePolicy, grace_seconds: float) -> Step:
    """Decide at ``at`` on a fire that was due at ``due_at``; call again while the next is due, too."""
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
