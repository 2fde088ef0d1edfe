"""All SQL of the event log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session, now
from azuraforge.database.fast_reads import Question
from azuraforge.events.tables import Event, EventStream


class LineRow(NamedTuple):
    """An event of a stream."""

    stream: str
    seq: int
    type: str
    data: dict[str, object]
    at: datetime


#: Lines with a number above ``after``, in order.
LINES = Question(
    LineRow,
    select(Event.stream, Event.seq, Event.type, Event.data, Event.at)
    .where(Event.stream == bindparam("stream"), Event.seq > bindparam("after"))
    .order_by(Event.seq)
    .limit(bindparam("limit")),
)

# Built once: nearly every transaction adds a line, and building a statement costs more than running it.
_STREAM = cast(Table, EventStream.__table__)
_NEXT = {
    dialect.dialect.name: dialect.insert(_STREAM)
    .on_conflict_do_update(index_elements=["project_id", "stream"], set_={"last_seq": _STREAM.c.last_seq + 1})
    .returning(_STREAM.c.last_seq)
    for dialect in (postgresql, sqlite)
}
_EVENT = cast(Table, Event.__table__)
_ADD = insert(_EVENT).values(at=now())


def append(session: Session, stream: str, type_: str, data: Mapping[str, object]) -> int:
    """Add one line and return its number. The stream's row stays locked until commit, so numbers appear in order."""
    connection = session.connection()
    key = {"project_id": session.project_id, "stream": stream}
    seq = int(connection.execute(_NEXT[connection.dialect.name], {**key, "last_seq": 1}).scalar_one())
    connection.execute(_ADD, {**key, "seq": seq, "type": type_, "data": data})
    crashpoint("event_before_commit")
    return seq


def read(session: Session, stream: str, after: int, limit: int) -> list[Event]:
    """Return events of ``stream`` with a number above ``after``, in order."""
    statement = select(Event).where(Event.stream == stream, Event.seq > after).order_by(Event.seq).limit(limit)
    return list(session.scalars(statement))


def last_seq(session: Session, stream: str) -> int:
    """Return the newest number of ``stream``; 0 if it has no event yet."""
    statement = select(func.max(EventStream.last_seq)).where(EventStream.stream == stream)
    return session.scalar(statement) or 0


def delete_type(session: Session, stream: str, type_: str, keep_after: int) -> int:
    """Empty the data of events of one type up to ``keep_after``, which is also stored elsewhere (metric points)."""
    statement = (
        update(Event).where(Event.stream == stream, Event.type == type_, Event.seq <= keep_after).values(data={})
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a CursorResult


def delete_before(session: Session, before: datetime, spared: str, limit: int) -> int:
    """Drop at most ``limit`` lines of one stream that are older than ``before``; streams that begin with ``spared``
    keep theirs. Returns how many went. The stream's number stays, so cursors stay right."""
    ours = (Event.at < before, Event.stream.not_like(f"{spared}%"))
    found = session.execute(select(Event.stream, Event.seq).where(*ours).order_by(Event.stream, Event.seq).limit(1))
    first = found.one_or_none()
    if first is None:
        return 0
    old = (
        Event.stream == first.stream,
        Event.seq < first.seq + limit,
        Event.at < before,
    )
    return int(session.execute(delete(Event).where(*old)).rowcount)  # type: ignore[attr-defined]  # a CursorResult


def delete_stream(session: Session, stream: str) -> None:
    """Delete every event of a stream, and its number."""
    for table in (Event, EventStream):
        session.execute(
            delete(table).where(table.stream == stream),
            execution_options={"synchronize_session": False},
        )
