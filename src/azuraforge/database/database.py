"""Sessions on SQLite or PostgreSQL, always inside a project's scope."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.orm import Session

from azuraforge.database.clock import now
from azuraforge.database.tenancy import enter, scope, scope_system
from azuraforge.database.writer import Writer, run_directly

T = TypeVar("T")


class Key(Protocol):
    """What a crossing answers with: it names at least the project."""

    @property
    def project_id(self) -> str: ...


K = TypeVar("K", bound=Key)

_READERS = 8


class Database:
    """The only way to a session.

    Example:
        >>> database = Database("sqlite:////tmp/azuraforge-doctest.db")
        >>> database.dialect
        'sqlite'
        >>> database.close()
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url, pool_size=_READERS, max_overflow=_READERS)
        self.dialect = self._engine.dialect.name
        self._writer: Writer | None = None
        if self.dialect == "sqlite":
            _prepare_sqlite(self._engine, immediate=False)
            self._write_engine = create_engine(url, pool_size=2, max_overflow=0)  # the writer, and migrations
            _prepare_sqlite(self._write_engine, immediate=True)
            self._writer = Writer(self._write_engine)
        else:
            self._write_engine = self._engine

    @property
    def engine(self) -> Engine:
        """The engine that may write; for migrations."""
        return self._write_engine

    @contextmanager
    def read(self, project_id: str) -> Iterator[Session]:
        """A session that sees one project."""
        with Session(self._engine, autoflush=False, expire_on_commit=False) as session:
            yield scope(session, project_id)

    @contextmanager
    def read_system(self) -> Iterator[Session]:
        """A session for crossings; only ``runs``, ``automations`` and ``projects`` may ask for it.

        It belongs to no project: on PostgreSQL it sees no owned row but through a crossing.
        """
        with Session(self._engine, autoflush=False, expire_on_commit=False) as session:
            yield scope_system(session)

    def write(self, project_id: str, work: Callable[[Session], T], *, durable: bool = False) -> T:
        """Run ``work(session)`` in one transaction and return its result after COMMIT.

        ``work`` must be short: on SQLite everyone waits for it. ``durable`` survives a power cut (promotions);
        everything else survives the death of the process.
        """
        return self._write(work, lambda session: scope(session, project_id), durable)

    def write_system(self, work: Callable[[Session], T], *, durable: bool = False) -> T:
        """``write`` in no project; like ``read_system`` it sees no owned row but through a crossing."""
        return self._write(work, scope_system, durable)

    def write_claimed(
        self, find: Callable[[Session], K | None], work: Callable[[Session, K], T], *, durable: bool = False
    ) -> T | None:
        """Look across projects for a key, then work inside its project, in one transaction.

        ``find`` asks a crossing, which may lock the row that it names; ``work`` gets a session of that project alone.
        None where nothing was found.
        """

        def both(session: Session) -> T | None:
            key = find(session)
            return None if key is None else work(enter(session, key.project_id), key)

        return self._write(both, scope_system, durable)

    def clock(self) -> datetime:
        """The database's time."""
        with self.read_system() as session:
            found: datetime = session.connection().execute(select(now())).scalar_one()
            return found

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        if self._writer is not None:
            self._writer.close()
            self._write_engine.dispose()
        self._engine.dispose()

    def _write(self, work: Callable[[Session], T], bind: Callable[[Session], Session], durable: bool) -> T:
        if self._writer is not None:
            return cast(T, self._writer.submit(work, bind, durable))
        return cast(T, run_directly(self._engine, work, bind))


def _prepare_sqlite(engine: Engine, *, immediate: bool) -> None:
    """WAL, foreign keys, explicit BEGIN (pysqlite's own transaction handling breaks savepoints)."""

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA foreign_keys=ON")
        if immediate:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        else:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
