"""Translation of driver errors into the platform's own errors."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from azuraforge.errors import AzuraError, InvalidInput, StorageError, TransientError
from azuraforge.messages import Message
from azuraforge.telemetry import logger

#: PostgreSQL's codes of transactions that can be retried: serialization failure and deadlock.
_REPEATABLE = {"40001", "40P01"}
#: Codes of an unavailable server: it starts or stops, has no free connection, or is read-only as a standby.
_READ_ONLY = "25006"
_AWAY = {"57P01", "57P02", "57P03", "53300", _READ_ONLY}
_FULL = {"53100", "53200"}
#: data_corrupted, index_corrupted
_DAMAGE = {"XX001", "XX002"}

log = logger("database")

#: Code of a TransientError: the database is unavailable; nothing was written, and the same write can be retried.
AWAY = "database_away"
#: Code of a TransientError: the database's file or pages are damaged.
DAMAGED = "database_damaged"
AWAY_NEXT_STEP = "no data is lost; try again when the database is available again"


def unavailable(error: BaseException) -> bool:
    """Return whether the whole database is unavailable or damaged, so that work on it has to wait."""
    return isinstance(error, TransientError) and error.error_code in (AWAY, DAMAGED)


def readable(error: BaseException) -> BaseException:
    """Return the AzuraError that corresponds to a driver error; ``error`` itself if there is none."""
    if isinstance(error, AzuraError):
        return error
    if isinstance(error, PoolTimeout):
        return TransientError("all connections to the database are in use", next_step="try again")
    if isinstance(error, DataError):  # value too long, out of range, or a text with a NUL character
        return InvalidInput(
            "a value cannot be stored: {orig}", next_step="change the value", orig=str(error.orig).splitlines()[0]
        )
    if (said := damage_of(error)) is not None:
        return damaged(said)
    if isinstance(error, DBAPIError) and _code(error):
        return _of_postgresql(error)
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        return _of_sqlite(error)
    if isinstance(error, DBAPIError) and _of_connection(error):
        return away(error)
    return error


def may_repeat(error: BaseException) -> bool:
    """Return whether the error had a temporary cause, so that a retry of the same transaction may succeed."""
    return isinstance(error, DBAPIError) and (_code(error) in _REPEATABLE or lost_connection(error))


def lost_connection(error: BaseException) -> bool:
    """Return whether the connection was lost, so that the outcome of a commit is unknown."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def refused_write(error: BaseException) -> bool:
    """Return whether a write was refused because the transaction is read-only."""
    return isinstance(error, DBAPIError) and _code(error) == _READ_ONLY


def away(error: BaseException) -> TransientError:
    """Return the error of an unreachable database. Only the log contains the reason, because it names hosts."""
    log.warning("database_away", reason=reason_of(error))
    return TransientError("the database does not respond", next_step=AWAY_NEXT_STEP, code=AWAY)


def damaged(reason: str | Message) -> TransientError:
    """Return the error of a damaged database."""
    return TransientError(
        "the database is damaged: {reason}",
        next_step="check the disk, then restore a backup",
        code=DAMAGED,
        reason=reason,
    )


def damage_of(error: BaseException) -> str | None:
    """Return the driver's message if the error means that stored pages are damaged; None for any other error."""
    orig = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(orig, sqlite3.Error):
        code = getattr(orig, "sqlite_errorcode", 0) & 0xFF
        return str(orig) if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else None
    return reason_of(error) if isinstance(error, DBAPIError) and _code(error) in _DAMAGE else None


def reason_of(error: BaseException) -> str:
    """Return the first line of the driver's message."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    return said[0] if said else "no reason was given"


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _of_connection(error: DBAPIError) -> bool:
    # psycopg sets no code if it could not reach the server or lost the connection.
    return error.connection_invalidated or isinstance(error, OperationalError)


def _of_postgresql(error: DBAPIError) -> BaseException:
    code = _code(error)
    if code in _AWAY or code.startswith("08") or error.connection_invalidated:
        return away(error)
    if code in _REPEATABLE:
        return TransientError("another change to the database conflicted with this one", next_step="try again")
    if code in _FULL:
        return StorageError("the disk is full; the database could not be written", next_step="free disk space")
    return error


def _of_sqlite(error: OperationalError | sqlite3.OperationalError) -> BaseException:
    orig = error.orig if isinstance(error, OperationalError) else error
    if not isinstance(orig, sqlite3.Error):
        return away(error)
    reason = str(orig)
    if "full" in reason:
        return StorageError("the disk is full; the database could not be written", next_step="free disk space")
    if "readonly" in reason or "read-only" in reason:
        return StorageError("the database is read-only", next_step="make the data home writable")
    if "locked" in reason:
        return TransientError("another process is writing to the database", next_step="try again")
    if "disk I/O error" in reason or "unable to open database file" in reason:
        log.error("database_not_read", reason=reason)
        return TransientError(
            "the database file cannot be read or written: {reason}",
            next_step="check the disk",
            code=AWAY,
            reason=reason,
        )
    return error
