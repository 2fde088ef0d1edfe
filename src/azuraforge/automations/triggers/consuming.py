"""Consumption of events, with one durable cursor over the event log of each project.

Automations are looked up by the types of new events, so idle automations cost nothing. The cursor moves in the
transaction that writes the firings, so a crash neither loses an event nor processes it twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pydantic import JsonValue, TypeAdapter

from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.causes import Cause, matches
from azuraforge.automations.triggers.definition import OnEvent
from azuraforge.automations.triggers.firing import Firings
from azuraforge.automations.triggers.tables import Automation
from azuraforge.clock import iso
from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.events.schemas import EventOut
from azuraforge.events.service import EventLog

EVENTS_AT_ONCE = 500
_DATA: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class Consumer:
    """Consumer of the projects' event logs, which offers matching events to automations."""

    def __init__(self, database: Database, events: EventLog, firings: Firings) -> None:
        self._database = database
        self._events = events
        self._firings = firings

    def consume(self, project_id: str) -> int:
        """Consume the next events of a project and return their number.

        Return 0 if there are none, if no automation awaits events, or if the events must be read again because another
        process has consumed them or an automation was changed.
        """
        with self._database.read(project_id) as session:
            cursor = store.cursor(session)
        if cursor is None or not cursor.active:
            return 0
        seen = cursor.seq
        lines = self._events.read(project_id, store.PROJECT, seen, EVENTS_AT_ONCE)
        if not lines:
            return 0
        with self._database.read(project_id) as session:
            found = _causes(store.awaiting(session, {line.type for line in lines}), lines)

        def work(session: Session) -> int:
            locked = store.cursor(session, locked=True)
            if locked is None or locked.seq != seen or not locked.active:
                return 0
            at = store.clock(session)
            rows = [(store.lock(session, id_), revision, causes) for (id_, revision), causes in found.items()]
            if any(row is not None and row.revision != revision for row, revision, _ in rows):
                return 0  # an automation was changed since it was read: consume these events again
            for row, _, causes in rows:
                if row is None or row.paused:
                    continue
                for cause in causes:
                    self._firings.offer(session, row, cause, at)
            store.change(session, locked, seq=lines[-1].seq)
            crashpoint("causes_before_commit")
            return len(lines)

        return self._database.write(project_id, work)


def cause_of(line: EventOut) -> Cause:
    """Return an event as a cause. Its data are the event's fields and ``event``, ``seq`` and ``at``."""
    data = _DATA.validate_python(line.data)
    return Cause(f"event:{line.seq}", {**data, "event": line.type, "seq": line.seq, "at": iso(line.at)})


def _causes(automations: Sequence[Automation], lines: Sequence[EventOut]) -> dict[tuple[str, int], list[Cause]]:
    found: dict[tuple[str, int], list[Cause]] = defaultdict(list)
    for row in automations:
        when = row.when
        if not isinstance(when, OnEvent):
            continue
        for line in lines:
            if line.seq > row.since_seq and matches(when, line.type, line.data):
                found[row.id, row.revision].append(cause_of(line))
    return dict(sorted(found.items()))  # always locked in the same order
