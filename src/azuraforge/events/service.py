"""The log and its live readers. A reader is a cursor, never a queue: what it missed, it reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session

from azuraforge.database import Database, after_commit
from azuraforge.events import store
from azuraforge.events.bell import Bell
from azuraforge.events.schemas import EventOut

#: One frame carries what arrived within this time; the first event after idle leaves at once.
FRAME_SECONDS = 0.015
FRAME_EVENTS = 500


class EventLog:
    """Append inside a write; read or follow with a cursor."""

    def __init__(self, database: Database, bell: Bell | None = None) -> None:
        self._database = database
        self.bell = bell or Bell()

    def append(self, session: Session, project_id: str, stream: str, type_: str, data: dict[str, Any]) -> int:
        """Add a line in the caller's transaction and ring the bell once it is committed."""
        seq = store.append(session, project_id, stream, type_, data)
        after_commit(session, lambda: self.bell.ring(project_id, stream))
        return seq

    def forget(self, session: Session, project_id: str, stream: str) -> None:
        """Drop a stream with all its lines; only for what does not exist any more."""
        store.delete_stream(session, project_id, stream)

    def read(self, project_id: str, stream: str, after: int = 0, limit: int = FRAME_EVENTS) -> list[EventOut]:
        """Lines after the cursor, oldest first."""
        with self._database.read(project_id) as session:
            rows = store.read(session, project_id, stream, after, limit)
            return [EventOut(stream=row.stream, seq=row.seq, type=row.type, data=row.data, at=row.at) for row in rows]

    def last_seq_in(self, session: Session, project_id: str, stream: str) -> int:
        """``last_seq`` in the caller's snapshot, so that a page and its cursor agree."""
        return store.last_seq(session, project_id, stream)

    def last_seq(self, project_id: str, stream: str) -> int:
        """The newest number of a stream."""
        with self._database.read(project_id) as session:
            return store.last_seq(session, project_id, stream)

    async def follow(self, project_id: str, stream: str, after: int) -> AsyncIterator[list[EventOut]]:
        """Frames of events after the cursor, for ever; an empty frame is a sign of life. Ends on shutdown."""
        with self.bell.listen(project_id, stream) as ear:
            while not self.bell.closed:
                frame = await to_thread.run_sync(self.read, project_id, stream, after)
                if frame:
                    after = frame[-1].seq
                    yield frame
                    if len(frame) < FRAME_EVENTS:
                        await asyncio.sleep(FRAME_SECONDS)
                elif not await ear.wait(self.bell.patience_seconds):
                    yield []
