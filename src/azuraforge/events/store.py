"""SQL queries for the event log."""

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


#: Events with a number greater than ``after``, in order.
LINES = Question(
    LineRow,
    select(Event.stream, Event.seq, Event.type, Event.data, Event.at)
    .where(Event.stream == bindparam("stream"), Event.seq > bindparam("after"))
    .order_by(Event.seq)
    .limit(bindparam("limit")),
)

# Built once, since nearly every transaction appends an event and building a statement costs more than executing it.
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
    """Append an event and return its number.

    The stream's row stays locked until commit, so events become visible in the order of their numbers.
    """
    connection = session.connection()
    key = {"project_id": session.project_id, "stream": stream}
    seq = int(connection.execute(_NEXT[connection.dialect.name], {**key, "last_seq": 1}).scalar_one())
    connection.execute(_ADD, {**key, "seq": seq, "type": type_, "data": data})
    crashpoint("event_before_commit")
    return seq


def read(session: Session, stream: str, after: int, limit: int) -> list[Event]:
    """Return at most ``limit`` events of ``stream`` with a number greater than ``after``, in order."""
    statement = select(Event).where(Event.stream == stream, Event.seq > after).order_by(Event.seq).limit(limit)
    return list(session.scalars(statement))


def newest(session: Session, stream: str, types: str | None, since: int, before: int | None, limit: int) -> list[Event]:
    """Return at most ``limit`` events with a number above ``since`` and below ``before``, newest first.

    ``types`` is the beginning of the events' type, such as ``run.``.
    """
    statement = select(Event).where(Event.stream == stream, Event.seq > since)
    if types is not None:
        statement = statement.where(Event.type.startswith(types, autoescape=True))
    if before is not None:
        statement = statement.where(Event.seq < before)
    return list(session.scalars(statement.order_by(Event.seq.desc()).limit(limit)))


def last_seq(session: Session, stream: str) -> int:
    """Return the number of the newest event of ``stream``; 0 if it has none."""
    statement = select(func.max(EventStream.last_seq)).where(EventStream.stream == stream)
    return session.scalar(statement) or 0


def delete_type(session: Session, stream: str, type_: str, keep_after: int) -> int:
    """Delete the data of events of the type ``type_`` up to number ``keep_after``; return the number of events."""
    statement = (
        update(Event).where(Event.stream == stream, Event.type == type_, Event.seq <= keep_after).values(data={})
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a CursorResult


def delete_before(session: Session, before: datetime, spared: str, limit: int) -> int:
    """Delete at most ``limit`` events of one stream that are older than ``before``; return their number.

    Streams whose name begins with ``spared`` are skipped. The stream's last number is kept, so cursors stay valid.
    """
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
    """Delete all events of a stream, and its last number."""
    for table in (Event, EventStream):
        session.execute(
            delete(table).where(table.stream == stream),
            execution_options={"synchronize_session": False},
        )
