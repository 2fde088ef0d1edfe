"""What to do with fires that nobody was there for. Pure: the caller brings the time.

A fire is *missed* once it is more than the grace late. Then, by policy:

- ``once``: the newest due fire stands for all of them.
- ``all``: every one is made up for, the newest ``MOST_MADE_UP`` at most.
- ``skip``: the missed ones are left out; those that are still within the grace fire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from azuraforge.automations.recurrence import Recurrence, between, count_between, newest

MisfirePolicy = Literal["once", "all", "skip"]

#: A year of missed minutes must not become half a million runs.
MOST_MADE_UP = 100
#: How many fires that were left out are counted in one go.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Step:
    """What to do now: fire (or not), how many fires were left out, and which one is next (None: never again)."""

    fire_at: datetime | None
    next_at: datetime | None
    left_out: int = 0


def decide(recurrence: Recurrence, due_at: datetime, at: datetime, policy: MisfirePolicy, grace_seconds: float) -> Step:
    """One step for a fire that was due at ``due_at``, seen at ``at``; call again while the next is due, too."""
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
