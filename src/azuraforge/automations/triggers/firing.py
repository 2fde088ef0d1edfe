"""Firings of automations: at most one for each cause, one at a time, within the cool-down and the daily limit.

Every function works in the caller's transaction with the automation's row locked, so several schedulers may process the
same cause. Causes that a cool-down or a running firing delays are counted and become one later firing with the data of
the newest cause. Automations of one cool-down group delay each other, and a firing of one of them covers the causes
that are pending for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from azuraforge.automations.events import AutomationEvent, AutomationFinished, AutomationFired
from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.causes import Cause
from azuraforge.automations.triggers.tables import Automation, AutomationFiring, AutomationStep
from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session
from azuraforge.events.service import EventLog

DAY_SECONDS = 86_400.0
#: Number of firings that are kept for each automation; older ones are deleted in batches of a hundred.
KEPT_FIRINGS = 1000
_SWEEP_EVERY = 100
#: Time after which causes are tried again that a running firing of the same group delays.
_GROUP_SECONDS = 5.0


def automation_stream(automation_id: str) -> str:
    """Return the name of an automation's event stream."""
    return f"automation/{automation_id}"


class Firings:
    """Service that starts and ends firings."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    def offer(self, session: Session, row: Automation, cause: Cause, at: datetime) -> AutomationFiring | None:
        """Fire for a cause, or count the cause for a later firing.

        Return the firing that started; None if the cause was counted, has already fired, or exceeds the daily limit.
        """
        others = store.others_of_group(session, row)
        ready_at = self._ready_at(row, others, at)
        if row.firing_id is not None or ready_at > at or row.pending_count:
            # Not flushed, so that only the last of thousands of causes is written.
            row.pending_key, row.pending_data, row.pending_at = cause.key, cause.data, ready_at
            row.pending_count, row.grouped = row.pending_count + 1, row.grouped + 1
            return None
        if store.firing_of(session, row.id, cause.key) is not None:
            return None
        return self._begin(session, row, others, cause, 1)

    def release(self, session: Session, row: Automation, at: datetime) -> AutomationFiring | None:
        """Fire once for all pending causes if nothing delays them. Return the firing that started, or None."""
        if row.firing_id is not None or row.pending_at is None or row.pending_at > at or row.paused:
            return None
        others = store.others_of_group(session, row)
        ready_at = self._ready_at(row, others, at)
        if others and ready_at > at:  # another automation of the group has fired since
            store.change(session, row, pending_at=ready_at)
            return None
        cause = Cause(row.pending_key or "", row.pending_data or {})
        return self._begin(session, row, others, cause, self._take_pending(session, row))

    def end(self, session: Session, firing: AutomationFiring, state: str) -> None:
        """Record the end of a firing, with the ``state`` "succeeded" or "failed", and allow the next one."""
        store.change(session, firing, state=state, waits_for=None, look_at=None, ended_at=store.clock(session))
        row = store.lock(session, firing.automation_id)
        if row is None:
            return
        if row.firing_id == firing.id:
            store.change(session, row, firing_id=None)
        self.emit(session, row, AutomationFinished(firing=firing.id, state=state))

    def emit(self, session: Session, row: Automation, body: AutomationEvent) -> None:
        """Append an event to the automation's stream and to the project's."""
        body.automation_id, body.name = row.id, row.name
        for stream in (automation_stream(row.id), store.PROJECT):
            self._events.append(session, stream, body)

    @staticmethod
    def _ready_at(row: Automation, others: Sequence[Automation], at: datetime) -> datetime:
        """Return the earliest time of the next firing; ``others`` are the other automations of the cool-down group."""
        fired = [each.last_fired_at for each in (row, *others) if each.last_fired_at is not None]
        ready_at = max([at, *(each + timedelta(seconds=row.cool_down_seconds) for each in fired)])
        if any(each.firing_id is not None for each in others):
            ready_at = max(ready_at, at + timedelta(seconds=_GROUP_SECONDS))
        return ready_at

    @staticmethod
    def _take_pending(session: Session, row: Automation) -> int:
        """Reset the pending causes and return their number."""
        causes = row.pending_count
        store.change(session, row, pending_key=None, pending_data=None, pending_count=0, pending_at=None)
        return causes

    def _begin(
        self, session: Session, row: Automation, others: Sequence[Automation], cause: Cause, causes: int
    ) -> AutomationFiring | None:
        if store.fired_within(session, row.id, DAY_SECONDS) >= row.most_per_day:
            store.change(session, row, withheld=row.withheld + causes)
            return None
        causes += sum(self._take_pending(session, each) for each in others if each.pending_count)
        at = store.clock(session)
        firing = AutomationFiring(
            project_id=row.project_id,
            automation_id=row.id,
            cause=cause.key,
            causes=causes,
            data=cause.data,
            state="running",
            look_at=at,
            fired_at=at,
        )
        store.add(session, firing)
        store.add_all(
            session,
            [
                AutomationStep(
                    project_id=row.project_id,
                    firing_id=firing.id,
                    position=position,
                    definition=definition,
                    state="waiting",
                )
                for position, definition in enumerate(row.steps, 1)
            ],
        )
        fires = row.fires + 1
        store.change(session, row, firing_id=firing.id, last_fired_at=at, fires=fires)
        if fires % _SWEEP_EVERY == 0:
            store.forget_firings(session, row.id, KEPT_FIRINGS)
        self.emit(session, row, AutomationFired(firing=firing.id, cause=cause.key, causes=causes))
        crashpoint("firing_before_commit")
        return firing
