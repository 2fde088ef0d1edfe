"""Read-only connections for each kind of database, and the classification of their errors.

Runs only in child processes.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, cast
from urllib.parse import quote

from azuraforge.datasets.sources.sql.address import DialectName, Place
from azuraforge.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection

CONNECT_SECONDS = 10.0
#: Cause of an error: the query or its permissions are wrong; the sign-in is refused; the query took too long; or the
#: server is unavailable or busy, so that a retry may succeed.
Meaning: TypeAlias = Literal["query", "sign_in", "timeout", "away"]


class Dialect(ABC):
    """One kind of database.

    Attributes:
        driver: name of dialect and driver in SQLAlchemy.
        placeholder: placeholder of the parameter ``since`` in a statement.
        extra_percent: whether ``%`` must be doubled in a statement.
        options: execution options of the connection.
        grace_seconds: time after the server's own limit until its connection is closed.
    """

    driver: ClassVar[str]
    placeholder: ClassVar[str] = "%(since)s"
    extra_percent: ClassVar[bool] = True
    options: ClassVar[dict[str, bool]] = {}
    grace_seconds: ClassVar[float] = 15.0

    @abstractmethod
    def connect(self, place: Place, timeout_seconds: float) -> DBAPIConnection:
        """Connect to one of the checked addresses of ``place``. Raises the driver's errors."""

    @abstractmethod
    def begin(self, connection: Connection, timeout_seconds: float) -> None:
        """Begin a transaction in which the server rejects writes and enforces the time limit.

        Raises InvalidInput if the server does not reject writes, and the driver's errors.
        """

    @abstractmethod
    def meaning_of(self, error: BaseException) -> tuple[Meaning, str]:
        """Return the cause of a driver's error and, for a wrong query, the server's message."""

    @contextmanager
    def watched(self, connection: Connection, timeout_seconds: float) -> Iterator[None]:
        """Close the connection if the block takes longer than ``timeout_seconds`` and ``grace_seconds`` together.

        By default, do nothing, because the driver has a limit of its own.
        """
        yield


class Postgresql(Dialect):
    """PostgreSQL, accessed through psycopg."""

    driver: ClassVar[str] = "postgresql+psycopg"
    options: ClassVar[dict[str, bool]] = {"postgresql_readonly": True}

    def connect(self, place: Place, timeout_seconds: float) -> DBAPIConnection:
        import psycopg

        opened = psycopg.connect(
            host=",".join([place.host] * len(place.addresses)),  # the name that the certificate must contain
            hostaddr=",".join(place.addresses),
            port=place.port,
            user=place.user,
            password=place.password,
            dbname=place.database,
            connect_timeout=int(CONNECT_SECONDS),
            application_name="azuraforge",
            sslmode=place.tls or "prefer",
            sslrootcert="system" if place.tls == "verify-full" else None,
        )
        return cast("DBAPIConnection", opened)

    def begin(self, connection: Connection, timeout_seconds: float) -> None:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(timeout_seconds * 1000)}")
        shown = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
        if shown != "on":
            raise InvalidInput(
                "the database does not enforce read-only transactions",
                where="source sql",
                next_step="connect to the database directly, or use a database user with read permission only",
            )

    @contextmanager
    def watched(self, connection: Connection, timeout_seconds: float) -> Iterator[None]:
        import psycopg

        opened = connection.connection.dbapi_connection
        assert isinstance(opened, psycopg.Connection)
        cancel = opened.pgconn.get_cancel()  # independent of the connection, which may be closed before it is used
        with socket.socket(fileno=os.dup(opened.fileno())) as same:
            timer = threading.Timer(timeout_seconds + self.grace_seconds, _cut_off, [same, cancel.cancel])
            timer.daemon = True
            timer.start()
            try:
                yield
            finally:
                timer.cancel()

    def meaning_of(self, error: BaseException) -> tuple[Meaning, str]:
        import psycopg

        state = getattr(error, "sqlstate", None) or ""
        text = str(error)
        refused = ("password authentication failed", "no password supplied", "no pg_hba.conf entry", 'role "')
        if state.startswith("28") or state == "3D000" or (not state and any(each in text for each in refused)):
            return "sign_in", ""
        if not state and 'database "' in text and "does not exist" in text:
            return "sign_in", ""
        if state == "57014":
            return "timeout", ""
        if isinstance(error, psycopg.Error) and state[:2] in ("0A", "22", "25", "42", "54"):
            return "query", error.diag.message_primary or ""
        return "away", ""


class Mysql(Dialect):
    """MySQL and MariaDB, accessed through PyMySQL."""

    driver: ClassVar[str] = "mysql+pymysql"
    _TIMEOUTS: ClassVar[tuple[int, ...]] = (3024, 1969, 1317)
    _SIGN_IN: ClassVar[tuple[int, ...]] = (1044, 1045, 1049, 1130, 1698)
    _AWAY: ClassVar[tuple[int, ...]] = (1040, 1053, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226)

    def connect(self, place: Place, timeout_seconds: float) -> DBAPIConnection:
        import pymysql

        opened = pymysql.connections.Connection(
            host=place.host,  # the name that the certificate must contain
            port=place.port,
            user=place.user,
            password=place.password or "",
            database=place.database,
            charset="utf8mb4",
            connect_timeout=int(CONNECT_SECONDS),
            read_timeout=timeout_seconds + self.grace_seconds,
            write_timeout=CONNECT_SECONDS,
            local_infile=False,
            ssl=_tls(place),
            defer_connect=True,
        )
        opened.connect(_socket(place))
        return cast("DBAPIConnection", opened)

    def begin(self, connection: Connection, timeout_seconds: float) -> None:
        connection.exec_driver_sql("SET SESSION time_zone = '+00:00'")
        version = str(connection.exec_driver_sql("SELECT VERSION()").scalar_one())
        if "mariadb" in version.lower():
            connection.exec_driver_sql(f"SET SESSION max_statement_time = {timeout_seconds:.3f}")
        else:
            connection.exec_driver_sql(f"SET SESSION max_execution_time = {int(timeout_seconds * 1000)}")
        connection.exec_driver_sql("START TRANSACTION READ ONLY")

    def meaning_of(self, error: BaseException) -> tuple[Meaning, str]:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        if number in self._TIMEOUTS:
            return "timeout", ""
        if number in self._SIGN_IN:
            return "sign_in", ""
        if 1000 < number < 2000 and number not in self._AWAY:  # numbers from 2000 are connection errors
            return "query", str(error.args[1]) if len(error.args) > 1 else ""
        return "away", ""


class Sqlite(Dialect):
    """SQLite file, opened read-only."""

    driver: ClassVar[str] = "sqlite+pysqlite"
    placeholder: ClassVar[str] = ":since"
    extra_percent: ClassVar[bool] = False

    def connect(self, place: Place, timeout_seconds: float) -> DBAPIConnection:
        assert place.file is not None
        return sqlite3.connect(  # type: ignore[return-value]
            f"file:{quote(str(place.file))}?mode=ro", uri=True, timeout=CONNECT_SECONDS, check_same_thread=False
        )

    def begin(self, connection: Connection, timeout_seconds: float) -> None:
        opened = connection.connection.dbapi_connection
        assert isinstance(opened, sqlite3.Connection)
        until = time.monotonic() + timeout_seconds
        opened.set_progress_handler(lambda: int(time.monotonic() > until), 10_000)
        opened.set_authorizer(_only_reads)

    def meaning_of(self, error: BaseException) -> tuple[Meaning, str]:
        text = str(error)
        if text == "interrupted":
            return "timeout", ""
        if "locked" in text or "disk I/O" in text or "unable to open" in text:
            return "away", ""
        return "query", text


DIALECTS: dict[DialectName, Dialect] = {"postgresql": Postgresql(), "mysql": Mysql(), "sqlite": Sqlite()}


def _only_reads(action: int, first: str | None, second: str | None, _database: str | None, _by: str | None) -> int:
    """Authorize SELECT and its parts only: no ATTACH, PRAGMA or extension."""
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    if action not in allowed or (action == sqlite3.SQLITE_FUNCTION and second in ("load_extension", "fts3_tokenizer")):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _tls(place: Place) -> ssl.SSLContext | None:
    if place.tls in (None, "disable", "prefer"):
        return None
    context = ssl.create_default_context()
    if place.tls == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _socket(place: Place) -> socket.socket:
    for address in place.addresses[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection((address, place.port), CONNECT_SECONDS)
    return socket.create_connection((place.addresses[-1], place.port), CONNECT_SECONDS)


def _cut_off(connection: socket.socket, cancel: Callable[[], None]) -> None:
    """Shut down the connection to end the wait, then request that the server cancel the query."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(Exception):
        cancel()
