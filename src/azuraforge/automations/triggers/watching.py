"""Detection of causes from times and measured values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from azuraforge.automations.misfire import decide
from azuraforge.automations.recurrence import Cron, Interval, Recurrence, zone_of
from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.causes import Cause
from azuraforge.automations.triggers.definition import OnMeasure, OnSchedule
from azuraforge.automations.triggers.firing import Firings
from azuraforge.automations.triggers.tables import Automation, AutomationSample
from azuraforge.clock import iso
from azuraforge.database import Database, Session
from azuraforge.errors import InvalidInput, UserError
from azuraforge.measures import Measure

#: A time is missed if it is late by more than this; of several missed times, only the newest fires.
GRACE_SECONDS = 60.0
SAMPLES_DAYS = 31
_Work = Callable[[Session, Automation], bool]


def recurrence_of(when: OnSchedule, anchor_at: datetime) -> Recurrence:
    """Return the recurrence of a schedule. Raises InvalidInput if this machine does not know the time zone."""
    zone = zone_of(when.timezone)
    if when.cron is not None:
        return Cron(when.cron, zone)
    assert when.interval is not None
    return Interval(when.interval.every, when.interval.unit, when.anchor_at or anchor_at, zone)


def beyond(when: OnMeasure, value: float | None) -> bool:
    """Return whether a value is beyond the limit of ``when``; False for None."""
    if value is None:
        return False
    return value > when.above if when.above is not None else value < (when.below or 0.0)


class Watch:
    """Watcher of times and measures, which fires automations."""

    def __init__(self, database: Database, firings: Firings, measures: Iterable[Measure]) -> None:
        self._database = database
        self._firings = firings
        #: Measures by name.
        self.measures: Mapping[str, Measure] = {each.name: each for each in measures}

    def look(self, key: store.Key) -> bool:
        """Process a due time, a due reading or pending causes of an automation.

        Return whether a time or reading was processed or a firing started. Raises InvalidInput if this machine does
        not know the time zone of a schedule.
        """
        with self._database.read(key.project_id) as session:
            seen = store.find(session, key.id)
            at = store.clock(session)
        if seen is None or seen.paused:
            return False
        if seen.next_at is None or seen.next_at > at:
            return self._write(seen, lambda session, row: self._firings.release(session, row, at) is not None)
        if isinstance(seen.when, OnSchedule):
            return self._time(seen, seen.when, at)
        assert isinstance(seen.when, OnMeasure)
        return self._value(seen, seen.when, at)

    def measure(self, name: str) -> Measure:
        """Return the measure with this name. Raises InvalidInput if there is none."""
        found = self.measures.get(name)
        if found is None:
            raise InvalidInput(
                "measure {name!r} does not exist",
                where="when.measure",
                next_step="choose one of: {measures}",
                name=name,
                measures=", ".join(sorted(self.measures)) or "none is registered",
            )
        return found

    def _time(self, seen: Automation, when: OnSchedule, at: datetime) -> bool:
        assert seen.next_at is not None
        step = decide(recurrence_of(when, seen.anchor_at), seen.next_at, at, "once", GRACE_SECONDS)

        def work(session: Session, row: Automation) -> bool:
            if row.next_at != seen.next_at:
                return False
            store.change(session, row, next_at=step.next_at)
            if step.fire_at is not None:
                due = iso(step.fire_at)
                self._firings.offer(session, row, Cause(f"time:{due}", {"time": due}), at)
            return True

        return self._write(seen, work)

    def _value(self, seen: Automation, when: OnMeasure, at: datetime) -> bool:
        value, problem = None, None
        try:
            value = self.measure(when.measure).read(seen.project_id, when.of)
        except UserError as error:
            problem = str(error)[:500]

        def work(session: Session, row: Automation) -> bool:
            if row.next_at != seen.next_at:
                return False
            if problem is not None:  # without a value, the state of the limit is unknown
                store.change(session, row, problem=problem, next_at=at + timedelta(seconds=when.every_seconds))
                return True
            is_beyond = beyond(when, value)
            since = (row.true_since or at) if is_beyond else None
            used = row.crossing_used and is_beyond
            held = since is not None and at - since >= timedelta(seconds=when.for_seconds)
            if value != row.value:
                _sample(session, row, at, value)
            fields: dict[str, object] = {"value": value, "problem": None, "true_since": since}
            next_at = at + timedelta(seconds=when.every_seconds)
            store.change(session, row, **fields, crossing_used=used or held, next_at=next_at)
            if held and not used and since is not None:
                data: dict[str, JsonValue] = {
                    "measure": when.measure,
                    "of": when.of,
                    "value": value,
                    "since": iso(since),
                }
                self._firings.offer(session, row, Cause(f"measure:{iso(since)}", data), at)
            return True

        return self._write(seen, work)

    def _write(self, seen: Automation, work: _Work) -> bool:
        def both(session: Session) -> bool:
            row = store.lock(session, seen.id)
            if row is None or row.paused or row.revision != seen.revision:
                return False
            return work(session, row)

        return self._database.write(seen.project_id, both)


def _sample(session: Session, row: Automation, at: datetime, value: float | None) -> None:
    store.add_all(session, [AutomationSample(project_id=row.project_id, automation_id=row.id, at=at, value=value)])
    store.forget_samples(session, row.id, at - timedelta(days=SAMPLES_DAYS))
