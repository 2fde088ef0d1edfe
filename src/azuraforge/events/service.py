"""Event log and its live readers. A reader keeps a cursor instead of a queue, so it can read missed events later."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import cached_property

import orjson

from azuraforge.database import Database, Session, after_commit
from azuraforge.errors import TransientError
from azuraforge.events import store
from azuraforge.events.body import EventBody
from azuraforge.events.notifier import Notifier
from azuraforge.events.schemas import EventOut, EventPage
from azuraforge.events.tables import Event
from azuraforge.paging import Order

#: Events within this time share a frame; the first event after an idle period is sent immediately.
FRAME_SECONDS = 0.015
FRAME_EVENTS = 500
#: Readers of one stream wake together. The frame that the first of them reads is shared for this long.
_SHARED_SECONDS = 1.0
_SHARED_FRAMES = 64
#: Pause of a reader before it retries while the database is unavailable.
_AWAY_SECONDS = 1.0
#: Maximum number of events deleted in one transaction, so that other writers can proceed in between.
_FORGOTTEN_AT_ONCE = 5000
_NEWEST: Order[tuple[int]] = Order("events", tuple[int])


class Frame(list[EventOut]):
    """Events that are sent together, serialized once for all readers."""

    @cached_property
    def json(self) -> str:
        """Events as a JSON array, for a WebSocket."""
        return orjson.dumps([event.model_dump() for event in self]).decode()

    @cached_property
    def lines(self) -> bytes:
        """Events in the format of server-sent events."""
        return b"".join(
            b"id: %d\nevent: %s\ndata: %s\n\n" % (each.seq, each.type.encode(), orjson.dumps(each.model_dump()))
            for each in self
        )


class EventLog:
    """Log of events in numbered streams. Events are appended in transactions and read with a cursor."""

    def __init__(self, database: Database, notifier: Notifier | None = None) -> None:
        self._database = database
        self._shared: OrderedDict[tuple[str, str, int], tuple[float, Frame]] = OrderedDict()
        self.notifier = notifier or Notifier()

    def newest(
        self, project_id: str, stream: str, *, types: str | None, since: int, limit: int, after: str | None
    ) -> EventPage:
        """Return a page of a stream, newest first: events above the number ``since`` whose type begins with ``types``.

        Raises InvalidInput if ``after`` is not a cursor of this list.
        """
        key = _NEWEST.read(after)
        with self._database.read(project_id) as session:
            found = store.newest(session, stream, types, since, None if key is None else key[0], limit + 1)
            page, cursor = _NEWEST.cut(found, limit, lambda row: (row.seq,))
            return EventPage(items=[_event(row) for row in page], next=cursor)

    def append(self, session: Session, stream: str, body: EventBody) -> int:
        """Append an event in the caller's transaction and return its number; notify readers after the commit."""
        seq = store.append(session, stream, body.type, body.data())
        project_id = session.project_id
        after_commit(session, lambda: self.notifier.notify(project_id, stream))
        return seq

    def forget(self, session: Session, stream: str) -> None:
        """Delete a stream with all its events, because its run or study is being purged."""
        store.delete_stream(session, stream)

    def forget_type(self, session: Session, stream: str, type_: str, keep_after: int) -> None:
        """Delete the data of events of the type ``type_`` up to number ``keep_after``; it is stored elsewhere, too."""
        store.delete_type(session, stream, type_, keep_after)

    def forget_before(self, project_id: str, before: datetime, spared: str) -> int:
        """Delete events older than ``before`` and return their number; skip streams that begin with ``spared``.

        A reader with an older cursor continues at the first event that was kept.
        """
        dropped = 0
        while some := self._database.write(
            project_id, lambda session: store.delete_before(session, before, spared, _FORGOTTEN_AT_ONCE)
        ):
            dropped += some
        return dropped

    def read(self, project_id: str, stream: str, after: int = 0, limit: int = FRAME_EVENTS) -> list[EventOut]:
        """Return at most ``limit`` events after the cursor, oldest first."""
        with self._database.read(project_id) as session:
            rows = store.read(session, stream, after, limit)
            return [EventOut(stream=row.stream, seq=row.seq, type=row.type, data=row.data, at=row.at) for row in rows]

    def last_seq_in(self, session: Session, stream: str) -> int:
        """Return the number of a stream's newest event as the caller's transaction reads it; 0 if it has none."""
        return store.last_seq(session, stream)

    def last_seq(self, project_id: str, stream: str) -> int:
        """Return the number of a stream's newest event; 0 if it has none."""
        with self._database.read(project_id) as session:
            return store.last_seq(session, stream)

    async def follow(
        self, project_id: str, stream: str, after: int, patience: Callable[[], float] | None = None
    ) -> AsyncIterator[Frame]:
        """Yield frames of events after the cursor until shutdown; an empty frame is a heartbeat.

        ``patience`` returns the longest time in seconds until the next frame; None: the heartbeat's interval.
        """
        with self.notifier.listen(project_id, stream) as subscription:
            while not self.notifier.closed:
                try:
                    frame = await self._frame(project_id, stream, after)
                except TransientError:  # the database is unavailable: the stream stays open
                    yield Frame()
                    await subscription.wait(_AWAY_SECONDS)
                    continue
                if frame:
                    after = frame[-1].seq
                    yield frame
                    if len(frame) < FRAME_EVENTS:
                        await asyncio.sleep(FRAME_SECONDS)
                elif not await subscription.wait(self._patience(patience)):
                    yield Frame()

    def _patience(self, patience: Callable[[], float] | None) -> float:
        most = self.notifier.patience_seconds
        return most if patience is None else min(most, max(patience(), 0.0))

    async def _frame(self, project_id: str, stream: str, after: int) -> Frame:
        """Return the events after the cursor.

        A frame that another reader has just read at the same cursor is reused: events do not change, and newer ones are
        in the next frame.
        """
        key, now = (project_id, stream, after), time.monotonic()
        until, frame = self._shared.get(key, (0.0, Frame()))
        if until > now:
            return frame
        asked = {"stream": stream, "after": after, "limit": FRAME_EVENTS}
        rows = await self._database.ask(project_id, store.LINES.given(asked))
        frame = Frame(EventOut(stream=row.stream, seq=row.seq, type=row.type, data=row.data, at=row.at) for row in rows)
        if frame:
            self._shared[key] = (now + _SHARED_SECONDS, frame)
            if len(self._shared) > _SHARED_FRAMES:
                self._shared.popitem(last=False)
        return frame


def _event(row: Event) -> EventOut:
    return EventOut(stream=row.stream, seq=row.seq, type=row.type, data=row.data, at=row.at)
