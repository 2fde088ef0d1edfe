"""The event log and its live readers. A reader is a cursor, never a queue: it reads what it missed."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import datetime
from functools import cached_property

import orjson

from azuraforge.database import Database, Session, after_commit
from azuraforge.errors import TransientError
from azuraforge.events import store
from azuraforge.events.body import EventBody
from azuraforge.events.notifier import Notifier
from azuraforge.events.schemas import EventOut

#: One frame carries what arrived within this time; the first event after idle leaves at once.
FRAME_SECONDS = 0.015
FRAME_EVENTS = 500
#: Readers of one stream wake together: what the first of them read serves the others for this long.
_SHARED_SECONDS = 1.0
_SHARED_FRAMES = 64
#: So long a reader waits before it asks a database again that did not answer.
_AWAY_SECONDS = 1.0
#: Lines dropped in one transaction; others write in between.
_FORGOTTEN_AT_ONCE = 5000


class Frame(list[EventOut]):
    """Events sent together; serialized once for any number of readers."""

    @cached_property
    def json(self) -> str:
        """The events as JSON, for a WebSocket."""
        return orjson.dumps([event.model_dump() for event in self]).decode()

    @cached_property
    def lines(self) -> bytes:
        """The events as server-sent events."""
        return b"".join(
            b"id: %d\nevent: %s\ndata: %s\n\n" % (each.seq, each.type.encode(), orjson.dumps(each.model_dump()))
            for each in self
        )


class EventLog:
    """Append inside a write; read or follow with a cursor."""

    def __init__(self, database: Database, notifier: Notifier | None = None) -> None:
        self._database = database
        self._shared: OrderedDict[tuple[str, str, int], tuple[float, Frame]] = OrderedDict()
        self.notifier = notifier or Notifier()

    def append(self, session: Session, stream: str, body: EventBody) -> int:
        """Add a line in the caller's transaction and notify readers once it is committed."""
        seq = store.append(session, stream, body.type, body.data())
        project_id = session.project_id
        after_commit(session, lambda: self.notifier.notify(project_id, stream))
        return seq

    def forget(self, session: Session, stream: str) -> None:
        """Delete a stream with all its events; only for a run, study or schedule that was purged."""
        store.delete_stream(session, stream)

    def forget_type(self, session: Session, stream: str, type_: str, keep_after: int) -> None:
        """Empty the data of events of one type up to ``keep_after``, which is also stored elsewhere (metric points)."""
        store.delete_type(session, stream, type_, keep_after)

    def forget_before(self, project_id: str, before: datetime, spared: str) -> int:
        """Drop lines older than ``before``, except those of streams that begin with ``spared``; returns how many.

        A reader whose cursor is older than that reads on from the first line that was kept.
        """
        dropped = 0
        while some := self._database.write(
            project_id, lambda session: store.delete_before(session, before, spared, _FORGOTTEN_AT_ONCE)
        ):
            dropped += some
        return dropped

    def read(self, project_id: str, stream: str, after: int = 0, limit: int = FRAME_EVENTS) -> list[EventOut]:
        """Return events after the cursor, oldest first."""
        with self._database.read(project_id) as session:
            rows = store.read(session, stream, after, limit)
            return [EventOut(stream=row.stream, seq=row.seq, type=row.type, data=row.data, at=row.at) for row in rows]

    def last_seq_in(self, session: Session, stream: str) -> int:
        """Return ``last_seq`` in the caller's snapshot, so that a page and its cursor agree."""
        return store.last_seq(session, stream)

    def last_seq(self, project_id: str, stream: str) -> int:
        """Return the newest number of a stream."""
        with self._database.read(project_id) as session:
            return store.last_seq(session, stream)

    async def follow(self, project_id: str, stream: str, after: int) -> AsyncIterator[Frame]:
        """Yield frames of events after the cursor until shutdown; an empty frame is a heartbeat."""
        with self.notifier.listen(project_id, stream) as subscription:
            while not self.notifier.closed:
                try:
                    frame = await self._frame(project_id, stream, after)
                except TransientError:  # a database that is away costs a reader time, not its stream
                    yield Frame()
                    await subscription.wait(_AWAY_SECONDS)
                    continue
                if frame:
                    after = frame[-1].seq
                    yield frame
                    if len(frame) < FRAME_EVENTS:
                        await asyncio.sleep(FRAME_SECONDS)
                elif not await subscription.wait(self.notifier.patience_seconds):
                    yield Frame()

    async def _frame(self, project_id: str, stream: str, after: int) -> Frame:
        """Lines after the cursor. What another reader found at the same cursor a moment ago is as good: lines do not
        change, and what came since is found with the next frame."""
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
