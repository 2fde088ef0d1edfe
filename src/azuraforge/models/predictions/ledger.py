"""Writes to the ledger: a prediction is committed before it is returned, and concurrent predictions share a commit.

An entry that arrives while a group is being written joins the next group; no timer delays it. A writer with many
entries writes them as one batch. Live pages receive at most one event per second about the new entries of a version.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from datetime import datetime

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import StorageError, TransientError
from azuraforge.events.service import EventLog
from azuraforge.models.events import PredictionsMade
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.telemetry import logger

#: Maximum number of entries in a group; further entries begin the next group.
_LINES_AT_ONCE = 500
#: Minimum seconds between two events of a project.
TOLD_EVERY_SECONDS = 1.0
_CLOSING_SECONDS = 10.0

_Told = tuple[tuple[str, int], str]

log = logger("models")


class _Group:
    """Entries that are written in one transaction, and the futures that wait for them."""

    def __init__(self) -> None:
        self.lines: list[LedgerLine] = []
        self.waiting: list[Future[datetime]] = []


class Ledger:
    """Writer of predictions; safe to use from many threads."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._open: dict[str, _Group] = {}
        self._news = _News(database, events)

    def enter(self, project_id: str, line: LedgerLine, unit: UnitOfWork | None = None) -> datetime:
        """Write one entry, and return its creation time once it is committed.

        With a unit of work, the entry is written in the transaction of that unit.
        """
        if unit is None:
            return self.enter_soon(project_id, line).result()
        at = self._database.write(project_id, lambda session: self.add(session, [line]), unit=unit)
        self._news.hear(project_id, [_told(line)])
        return at

    def enter_many(self, project_id: str, lines: Sequence[LedgerLine]) -> int:
        """Write a batch of entries for writers other than online serving; return the number of new entries.

        All of them are stored, or none. Entries whose ids are already stored are skipped, so that a writer that died
        before it received the result can send its batch again.
        """
        new: list[LedgerLine] = []

        def work(session: Session) -> None:
            known = ledger_store.known_ids(session, [line.id for line in lines])
            new[:] = [line for line in lines if line.id not in known]
            for first in range(0, len(new), _LINES_AT_ONCE):
                self.add(session, new[first : first + _LINES_AT_ONCE])

        self._database.write(project_id, work)
        if new:
            self._news.hear(project_id, [_told(line) for line in new])
        return len(new)

    @staticmethod
    def add(session: Session, lines: Sequence[LedgerLine]) -> datetime:
        """Write entries in the caller's transaction without emitting an event; return their creation time."""
        return ledger_store.add(session, lines)

    def enter_soon(self, project_id: str, line: LedgerLine) -> Future[datetime]:
        """Write one entry without waiting, and return a future of its creation time.

        The future raises the error if the write fails. Its callbacks run on a database thread and must return quickly.
        """
        written: Future[datetime] = Future()
        written.set_running_or_notify_cancel()
        with self._lock:
            group = self._open.get(project_id)
            first = group is None or len(group.lines) >= _LINES_AT_ONCE
            if group is None or first:
                group = self._open[project_id] = _Group()
            group.lines.append(line)
            group.waiting.append(written)
        if first:
            self._write(project_id, group)
        return written

    def close(self) -> None:
        """Emit the events that are still pending."""
        self._news.close()

    def _write(self, project_id: str, group: _Group) -> None:
        entries: list[_Told] = []

        def work(session: Session) -> datetime:
            with self._lock:  # the group stops growing here; a second try writes the same lines
                if self._open.get(project_id) is group:
                    del self._open[project_id]
            if not entries:
                entries.extend(map(_told, group.lines))
            return ledger_store.add(session, group.lines)

        def after(done: Future[datetime]) -> None:
            with self._lock:
                if self._open.get(project_id) is group:  # work never ran, so the group is still open
                    del self._open[project_id]
            error = done.exception()
            if error is not None and len(entries) > 1 and not isinstance(error, TransientError | StorageError):
                self._write_singly(project_id, group, entries)
                return
            if error is None:
                self._news.hear(project_id, entries)  # before the callers continue: one of them may close the ledger
            for each in group.waiting:
                if error is None:
                    each.set_result(done.result())
                else:
                    each.set_exception(error)

        try:
            writing = self._database.write_soon(project_id, work)
        except Exception as error:  # the database is closed
            writing = Future()
            writing.set_exception(error)
        writing.add_done_callback(after)

    def _write_singly(self, project_id: str, group: _Group, entries: list[_Told]) -> None:
        """Retry a failed group entry by entry, so that one bad entry fails alone."""
        for line, waiting, news in zip(group.lines, group.waiting, entries, strict=True):

            def work(session: Session, line: LedgerLine = line) -> datetime:
                return ledger_store.add(session, [line])

            def after(done: Future[datetime], waiting: Future[datetime] = waiting, news: _Told = news) -> None:
                if (error := done.exception()) is not None:
                    waiting.set_exception(error)
                else:
                    self._news.hear(project_id, [news])
                    waiting.set_result(done.result())

            try:
                writing = self._database.write_soon(project_id, work)
            except Exception as error:  # the database is closed
                waiting.set_exception(error)
            else:
                writing.add_done_callback(after)


def _told(line: LedgerLine) -> _Told:
    """Return the model name and version of an entry, and its id."""
    return (line.model, line.version), line.id


class _News:
    """Emitter of events about new entries: at most one per version and second, with the number of entries since."""

    def __init__(self, database: Database, events: EventLog) -> None:
        self._database = database
        self._events = events
        self._lock = threading.Lock()
        self._untold: dict[str, dict[tuple[str, int], tuple[int, str]]] = {}
        self._due: dict[str, float] = {}
        self._timers: dict[str, threading.Timer] = {}

    def hear(self, project_id: str, entries: list[_Told]) -> None:
        with self._lock:
            sums = self._untold.setdefault(project_id, {})
            for key, last in entries:
                sums[key] = (sums.get(key, (0, ""))[0] + 1, last)
            if project_id in self._timers:
                return
            left = self._due.get(project_id, 0.0) - time.monotonic()
            if left > 0:
                timer = threading.Timer(left, self._flush, (project_id,))
                timer.daemon = True
                self._timers[project_id] = timer
                timer.start()
                return
        self._flush(project_id)

    def close(self) -> None:
        with self._lock:
            timers, self._timers = self._timers, {}
            untold = list(self._untold)
        for timer in timers.values():
            timer.cancel()
        wait([entries for project_id in untold if (entries := self._flush(project_id)) is not None], _CLOSING_SECONDS)

    def _flush(self, project_id: str) -> Future[None] | None:
        with self._lock:
            self._timers.pop(project_id, None)
            self._due[project_id] = time.monotonic() + TOLD_EVERY_SECONDS
            sums = self._untold.pop(project_id, {})
        if not sums:
            return None

        def work(session: Session) -> None:
            for (model, version), (count, last) in sums.items():
                body = PredictionsMade(model=model, version=version, prediction_id=last, count=count)
                self._events.append(session, "project", body)

        try:
            written = self._database.write_soon(project_id, work)
        except Exception as error:  # the entries are stored; only the event is lost
            log.warning("predictions_not_told", project_id=project_id, reason=str(error))
            return None
        written.add_done_callback(_quietly)
        return written


def _quietly(done: Future[None]) -> None:
    if (error := done.exception()) is not None:
        log.warning("predictions_not_told", reason=str(error))
