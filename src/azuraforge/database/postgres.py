"""PostgreSQL-specific parts: connecting, and retrying transactions."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import orjson
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from azuraforge.database.failures import AWAY_NEXT_STEP, lost_connection, may_repeat, readable, refused_write
from azuraforge.database.scopes import Scope, Session, bind
from azuraforge.errors import InvalidInput, TransientError

T = TypeVar("T")

_POOL = 16
_POOL_TIMEOUT_SECONDS = 10.0
_CONNECT_TIMEOUT_SECONDS = 5
#: Maximum attempts of a transaction that a deadlock or a lost connection rolls back.
_ATTEMPTS = 4
#: Arguments of every connection to PostgreSQL.
CONNECT_ARGUMENTS: dict[str, str | int] = {
    "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
    "application_name": "azuraforge",
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
    # A client that hangs or whose machine is lost during a transaction keeps its rows locked. With these settings, the
    # server releases the rows before a lease (15 s) expires, so that the next worker does not wait for them.
    "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=10s"
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
}

_writing = threading.local()


def connect(url: URL) -> Engine:
    """Return an engine for this URL; it connects on first use. Raises InvalidInput if psycopg is not installed."""
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=_POOL,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT_SECONDS,
            json_serializer=lambda value: orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
            json_deserializer=orjson.loads,
            connect_args=dict(CONNECT_ARGUMENTS),
            # Otherwise, rowcount of an INSERT is read from a closed cursor and is -1, which is truthy.
            execution_options={"preserve_rowcount": True},
        )
    except (ImportError, NoSuchModuleError) as error:
        raise InvalidInput(
            "PostgreSQL requires psycopg, which is not installed", next_step="pip install 'azuraforge[scaled]'"
        ) from error


def reading_engine(engine: Engine) -> Engine:
    """Return the engine for read-only transactions with one snapshot, like SQLite's readers."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


@contextmanager
def reading(engine: Engine, scope: Scope) -> Iterator[Session]:
    """Open a session of a scope with a transaction; a pooled connection that has died is replaced.

    Raises TransientError if the database is unavailable.
    """
    session = _begun(engine, scope)
    try:
        with session:
            yield session
    except (DBAPIError, PoolTimeout) as error:
        if refused_write(error):
            raise  # refused by our own read-only transaction, so it is a bug, not a standby
        raise readable(error) from error


def _begun(engine: Engine, scope: Scope) -> Session:
    for left in (1, 0):
        session = bind(Session(engine, autoflush=False, expire_on_commit=False), scope)
        try:
            session.connection()
            return session
        except (DBAPIError, PoolTimeout) as error:
            session.close()
            if not (left and lost_connection(error)):
                raise readable(error) from error
    raise AssertionError("unreachable")


def write(engine: Engine, run: Callable[[Session], T], scope: Scope, after: str) -> T:
    """Call ``run`` in one transaction; repeat it if a deadlock or a lost connection rolled it back before COMMIT.

    The callbacks that ``run`` stored in ``session.info[after]`` are called after the COMMIT. Raises RuntimeError
    inside another write, and TransientError if the database is unavailable.
    """
    if getattr(_writing, "now", False):
        raise RuntimeError("a write may not be started inside another write")
    for left in reversed(range(_ATTEMPTS)):
        _writing.now = True
        try:
            result, callbacks = _once(engine, run, scope, after)
            break
        except (DBAPIError, PoolTimeout) as error:
            if not (left and may_repeat(error)):
                raise readable(error) from error
        finally:
            _writing.now = False
        time.sleep(random.uniform(0, 0.02))  # noqa: S311  so that two conflicting writers do not collide again
    for callback in callbacks:
        callback()
    return result


def _once(engine: Engine, run: Callable[[Session], T], scope: Scope, after: str) -> tuple[T, list[Callable[[], None]]]:
    with Session(engine, expire_on_commit=False) as session:
        bind(session, scope)
        result = run(session)
        session.flush()
        try:
            session.commit()
        except DBAPIError as error:
            if lost_connection(error):  # the outcome is unknown, so it must not be repeated automatically
                raise TransientError(
                    "the connection to the database was lost during a commit",
                    next_step=AWAY_NEXT_STEP,
                    code="commit_lost",
                ) from error
            raise
        return result, session.info.get(after, [])
