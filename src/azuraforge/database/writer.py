"""A single writer thread with group commit, so that many callers can write to SQLite without lock errors.

Each piece of work runs inside a savepoint of a shared transaction; all work that arrives during a commit is part of the
next transaction. If a piece raises an error, only its savepoint is rolled back. Results are returned after COMMIT.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine

from azuraforge.database.scopes import Scope, Session, bind
from azuraforge.database.soundness import FileWatch
from azuraforge.errors import StorageError

T = TypeVar("T")

_BATCH = 256
#: Key in ``Session.info`` of the callbacks that run after the commit.
AFTER_COMMIT = "after_commit"


@dataclass(frozen=True)
class _Work(Generic[T]):
    run: Callable[[Session], T]
    scope: Scope
    durable: bool
    future: Future[T]

    def execute(self, connection: Connection) -> _Answer:
        """Run the work inside a savepoint of the transaction."""
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            bind(session, self.scope)
            result = self.run(session)
            session.commit()
            return _Answer(partial(self.future.set_result, result), session.info.get(AFTER_COMMIT, []))


@dataclass(frozen=True)
class _Answer:
    deliver: Callable[[], None]
    callbacks: Sequence[Callable[[], None]]


#: Work with any type of result.
_AnyWork = _Work[Any]


class Writer:
    """Executor of all writes to an SQLite database, one after another, on a separate thread."""

    def __init__(self, engine: Engine, watch: FileWatch) -> None:
        self._engine = engine
        self._watch = watch
        self._queue: queue.SimpleQueue[_AnyWork | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="database-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[Session], T], scope: Scope, durable: bool) -> T:
        """Call ``run`` and return its result after the commit. ``durable`` commits also survive a power failure.

        Raises RuntimeError inside another write, and StorageError if the database is closed.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write may not be started inside another write")
        return self.submit_soon(run, scope, durable).result()

    def submit_soon(self, run: Callable[[Session], T], scope: Scope, durable: bool) -> Future[T]:
        """Queue work like ``submit``; return the future of its result. Raises StorageError after ``close``."""
        work: _Work[T] = _Work(run, scope, durable, Future())
        work.future.set_running_or_notify_cancel()  # the work is executed even if its caller stops waiting
        with self._closing:
            if self._closed:
                raise StorageError("the database is closed", next_step="start the platform again")
            self._queue.put(work)
        return work.future

    def close(self) -> None:
        """Complete queued work, then stop the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _loop(self) -> None:
        connection: Connection | None = None
        while (first := self._queue.get()) is not None:
            batch, last = self._gather(first)
            try:
                if (problem := self._watch.problem()) is not None:
                    raise problem
                connection = connection or self._engine.connect()
            except Exception as error:  # no usable database; all waiting callers receive the error
                self._refuse(batch, error)
            else:
                self._commit(connection, batch)
            if last:
                break
        if connection is not None:
            connection.close()

    def _gather(self, first: _AnyWork) -> tuple[list[_AnyWork], bool]:
        batch = [first]
        while len(batch) < _BATCH:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
            if work is None:
                return batch, True
            batch.append(work)
        return batch, False

    def _commit(self, connection: Connection, batch: list[_AnyWork]) -> None:
        answers: list[_Answer] = []
        try:
            self._set_durability(connection, any(work.durable for work in batch))
            with connection.begin():
                for work in batch:
                    try:
                        answers.append(work.execute(connection))
                    except Exception as error:  # the error of this work, returned to its caller
                        # A full or broken disk makes SQLite roll back the whole transaction, not just the savepoint.
                        if not _in_transaction(connection):
                            raise _root_of(error) from error
                        answers.append(_Answer(partial(work.future.set_exception, self._watch.learn(error)), ()))
                if not _in_transaction(connection):
                    raise StorageError("the database aborted a transaction", next_step="check the disk")
        except Exception as error:  # nothing of the batch is stored, so all callers receive the error
            self._refuse(batch, error)
            return
        self._watch.opened()
        for answer in answers:
            for callback in answer.callbacks:
                callback()
        for answer in answers:
            answer.deliver()

    def _refuse(self, batch: list[_AnyWork], error: Exception) -> None:
        said = self._watch.learn(error)
        for work in batch:
            work.future.set_exception(said)

    @staticmethod
    def _set_durability(connection: Connection, durable: bool) -> None:
        # PRAGMA has no effect inside a transaction, so it is executed outside SQLAlchemy's one.
        _driver(connection).execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")


def _in_transaction(connection: Connection) -> bool:
    return _driver(connection).in_transaction


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: sqlite3.Connection | None = connection.connection.driver_connection
    assert driver is not None
    return driver


def _root_of(error: BaseException) -> BaseException:
    """Return the first error of a chain; after a lost transaction, later ones only report missing savepoints."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Call ``callback`` after the commit of the work's transaction; it must be fast and must not raise errors."""
    session.info.setdefault(AFTER_COMMIT, []).append(callback)
