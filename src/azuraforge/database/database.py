"""Sessions on SQLite or PostgreSQL, each restricted to one project, one person or the system scope."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from azuraforge.database import postgres
from azuraforge.database.clock import now
from azuraforge.database.failures import damaged
from azuraforge.database.fast_reads import PAGE_CACHE, Asked, FastReader, Plan, RowT_co, SqliteReader, existing
from azuraforge.database.scopes import (
    SYSTEM,
    Key,
    Scope,
    Session,
    administer,
    bind,
    enter,
    join,
    owned,
)
from azuraforge.database.soundness import FileWatch
from azuraforge.database.unit_of_work import UnitOfWork
from azuraforge.database.writer import AFTER_COMMIT, Writer
from azuraforge.messages import Message

T = TypeVar("T")
P = TypeVar("P")


#: Key returned by a cross-project query; it contains at least the id of a project or of a person.
K = TypeVar("K", bound=Key)

_READERS = 8
_PENS = 2
_WAL_SECONDS = 10.0


class Database:
    """Access to an SQLite or PostgreSQL database; it opens all sessions.

    Example:
        >>> database = Database("sqlite:////tmp/azuraforge-doctest.db")
        >>> database.dialect
        'sqlite'
        >>> database.close()
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        #: The database URL without its password, for messages and logs.
        self.url = self._url.render_as_string(hide_password=True)
        self._writer: Writer | None = None
        self._pens: ThreadPoolExecutor | None = None
        self._opening = threading.Lock()
        if self._url.get_backend_name() == "sqlite":
            path = Path(self._url.database or "")
            self._engine = create_engine(
                url,
                pool_size=_READERS,
                max_overflow=_READERS,
                creator=lambda: sqlite3.connect(existing(path), uri=True, check_same_thread=False),
            )
            _prepare_sqlite(self._engine, immediate=False)
            self._write_engine = create_engine(url, pool_size=2, max_overflow=0)  # for the writer and for migrations
            _prepare_sqlite(self._write_engine, immediate=True)
            self._watch = FileWatch(path)
            self._writer = Writer(self._write_engine, self._watch)
            self._reader: FastReader = SqliteReader(self._url, self._watch)
        else:
            self._write_engine = postgres.connect(self._url)
            self._engine = postgres.reading_engine(self._write_engine)
            # Imported here, because psycopg is an optional dependency; ``connect`` has checked that it is installed.
            from azuraforge.database.fast_reads_postgres import PostgresReader

            self._reader = PostgresReader(self._url, self._engine.dialect)
        self.dialect = self._engine.dialect.name

    @property
    def engine(self) -> Engine:
        """The engine with write access, used by migrations."""
        return self._write_engine

    @contextmanager
    def read(self, project_id: str) -> Iterator[Session]:
        """Open a session that reads one project in a consistent snapshot.

        Raises TransientError if the database is unavailable.
        """
        with self._read(Scope(project_id)) as session:
            yield session

    @contextmanager
    def read_in(self, scope: Scope) -> Iterator[Session]:
        """Open a session like ``read`` or ``read_person``, for code that serves both kinds of owners.

        Raises ScopeError for the system scope.
        """
        with self._read(owned(scope)) as session:
            yield session

    @contextmanager
    def read_person(self, person_id: str) -> Iterator[Session]:
        """Open a session like ``read``, but of one person: it sees the person's own rows and memberships.

        Raises TransientError if the database is unavailable.
        """
        with self._read(Scope(person_id=person_id)) as session:
            yield session

    async def ask(self, project_id: str, asked: Asked[RowT_co]) -> Sequence[RowT_co]:
        """Return the rows of a frequent query (``fast_reads.Question``) of one project.

        Await this method on the event loop; do not call it in a thread. Raises TransientError if the database is
        unavailable.
        """
        await self._reader.ask(project_id, (asked,))
        return asked.rows

    async def ask_all(self, project_id: str, *asked: Asked[object]) -> None:
        """Execute several queries in one snapshot, like ``ask``; each query's rows are then in its ``Asked.rows``."""
        await self._reader.ask(project_id, asked)

    async def follow(self, project_id: str, plan: Plan[T]) -> T:
        """Execute the queries of a plan on the event loop, each step in one snapshot, and return the plan's result.

        Raises TransientError if the database is unavailable.
        """
        while True:
            try:
                asked = next(plan)
            except StopIteration as end:
                result: T = end.value
                return result
            if asked:
                await self._reader.ask(project_id, asked)

    def follow_now(self, project_id: str, plan: Plan[T]) -> T:
        """Execute the queries of a plan in this thread, in one snapshot, and return the plan's result."""
        with self.read(project_id) as session:
            connection = session.connection()
            while True:
                try:
                    asked = next(plan)
                except StopIteration as end:
                    result: T = end.value
                    return result
                for each in asked:
                    values = {**each.given, "project_id": project_id}
                    each.answer_converted(connection.execute(each.question.statement, values))

    @contextmanager
    def read_system(self) -> Iterator[Session]:
        """Open a session for cross-project queries. It has no project and no person and sees no rows of theirs.

        Raises TransientError if the database is unavailable.
        """
        with self._read(SYSTEM) as session:
            yield session

    def write(
        self,
        project_id: str,
        work: Callable[[Session], T],
        *,
        durable: bool = False,
        unit: UnitOfWork | None = None,
    ) -> T:
        """Run ``work(session)`` in one transaction and return its result after COMMIT.

        ``work`` must be short, because on SQLite all other writes wait for it. On PostgreSQL, it is called again if a
        deadlock or a lost connection rolled it back.

        Args:
            durable: the commit survives a power failure (promotions). Other commits survive the death of the process;
                on PostgreSQL, ``synchronous_commit`` decides.
            unit: unit of work of the request whose effect this write is; None: no record of a request is stored.

        Raises TransientError if the database is unavailable and StorageError if it cannot be written.
        """
        if unit is not None:
            work = unit.include(work)
        return self._write(work, Scope(project_id), durable)

    def write_person(
        self,
        person_id: str,
        work: Callable[[Session], T],
        *,
        durable: bool = False,
        unit: UnitOfWork | None = None,
    ) -> T:
        """Run ``work(session)`` like ``write``, but in a session of one person, as ``read_person`` opens it."""
        if unit is not None:
            work = unit.include(work)
        return self._write(work, Scope(person_id=person_id), durable)

    def write_joining(
        self,
        person_id: str,
        project_id: str,
        in_person: Callable[[Session], P],
        in_project: Callable[[Session, P], T],
        *,
        unit: UnitOfWork | None = None,
        project_unit: UnitOfWork | None = None,
    ) -> T:
        """Call ``in_person`` in a session of the person, then ``in_project`` in one of the project, in one transaction.

        Only the second session can add the person as a member, and no other person. ``in_project`` receives the result
        of ``in_person``, and its own result is returned. ``unit`` is a unit of work of the person, ``project_unit`` one
        of the project.
        """
        first = in_person if unit is None else unit.include(in_person)

        def both(session: Session) -> T:
            found = first(session)

            def second(joined: Session) -> T:
                return in_project(joined, found)

            return (second if project_unit is None else project_unit.include(second))(join(session, project_id))

        return self._write(both, Scope(person_id=person_id), False)

    def write_administering(
        self,
        administrator_id: str,
        person_id: str,
        in_own: Callable[[Session], P],
        in_person: Callable[[Session, P], T],
        *,
        unit: UnitOfWork | None = None,
    ) -> T:
        """Call ``in_own`` in a session of the administrator, then ``in_person`` in one of another person.

        Both are one transaction. ``in_own`` checks that its person is an administrator; ``unit`` is a unit of work of
        the administrator.
        """
        first = in_own if unit is None else unit.include(in_own)

        def both(session: Session) -> T:
            found = first(session)
            return in_person(administer(session, person_id), found)

        return self._write(both, Scope(person_id=administrator_id), False)

    def write_in(self, scope: Scope, work: Callable[[Session], T]) -> T:
        """Run ``work(session)`` like ``write`` or ``write_person``. Raises ScopeError for the system scope."""
        return self._write(work, owned(scope), False)

    def write_soon(self, project_id: str, work: Callable[[Session], T]) -> Future[T]:
        """Queue a ``write`` and return the future of its result.

        Callbacks of the future run on a thread of the database and must be fast.
        """
        if self._writer is not None:
            return self._writer.submit_soon(work, Scope(project_id), False)
        with self._opening:
            if self._pens is None:  # only a few threads, so that callers combine waiting entries
                self._pens = ThreadPoolExecutor(_PENS, thread_name_prefix="database-pen")
        return self._pens.submit(self._write, work, Scope(project_id), False)

    def write_system(self, work: Callable[[Session], T], *, durable: bool = False) -> T:
        """Run ``work(session)`` like ``write``, but in a session of system scope, as ``read_system`` opens it."""
        return self._write(work, SYSTEM, durable)

    def write_claimed(
        self, find: Callable[[Session], K | None], work: Callable[[Session, K], T], *, durable: bool = False
    ) -> T | None:
        """Find a key across projects, then call ``work`` inside its project or person, in one transaction.

        ``find`` calls a cross-project query, which may lock the row that it returns; ``work`` receives a session of
        that scope only. Return the result of ``work``; None if ``find`` returns None.
        """

        def both(session: Session) -> T | None:
            key = find(session)
            return None if key is None else work(enter(session, key), key)

        return self._write(both, SYSTEM, durable)

    async def read_row(self, project_id: str, asked: Asked[object]) -> None:
        """Check that the database can be read, by executing a query that must return rows.

        Raises TransientError if the database is unavailable, damaged, or replaced since it was opened.
        """
        if self._writer is None:
            await self._reader.ask(project_id, (asked,))
        else:
            if (problem := self._watch.problem()) is not None:
                raise problem
            fresh = SqliteReader(self._url, self._watch)  # an existing connection may answer from cached pages
            try:
                await fresh.ask(project_id, (asked,))
            finally:
                fresh.close()
        if not asked.rows:
            raise damaged(Message("rows that existed at startup are missing"))

    def clock(self) -> datetime:
        """Return the database's current time."""
        with self.read_system() as session:
            found: datetime = session.connection().execute(select(now())).scalar_one()
            return found

    def close(self) -> None:
        """Complete queued writes and close all connections."""
        self._reader.close()
        if self._pens is not None:
            self._pens.shutdown()
        if self._writer is not None:
            self._writer.close()
            self._write_engine.dispose()
        self._engine.dispose()

    @contextmanager
    def _read(self, scope: Scope) -> Iterator[Session]:
        if self._writer is None:
            with postgres.reading(self._engine, scope) as session:
                yield session
            return
        if (problem := self._watch.problem()) is not None:
            raise problem
        try:
            with Session(self._engine, autoflush=False, expire_on_commit=False) as session:
                yield bind(session, scope)
        except (DBAPIError, PoolTimeout) as error:
            raise self._watch.learn(error) from error

    def _write(self, work: Callable[[Session], T], scope: Scope, durable: bool) -> T:
        if self._writer is not None:
            return self._writer.submit(work, scope, durable)
        return postgres.write(self._write_engine, work, scope, AFTER_COMMIT)


def _prepare_sqlite(engine: Engine, *, immediate: bool) -> None:
    """Set up WAL, foreign keys and explicit BEGIN, because the transaction handling of pysqlite breaks savepoints."""

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(PAGE_CACHE)
        if immediate:
            _switch_to_wal(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA fullfsync=ON")  # effective on macOS only, see ``durable``
            connection.execute("PRAGMA checkpoint_fullfsync=ON")
        else:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL, and wait for processes that do the same: SQLite ignores ``busy_timeout`` there."""
    deadline = time.monotonic() + _WAL_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
