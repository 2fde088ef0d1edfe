"""Checks of an SQLite file before a platform opens it, and while the platform runs."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from azuraforge.database.failures import damage_of, damaged, readable
from azuraforge.errors import AzuraError, StorageError, TransientError
from azuraforge.messages import Message
from azuraforge.telemetry import logger

#: Time limit of the check at a start; `azuraforge database check` reads the whole file.
CHECK_SECONDS = 2.0
_STEPS = 10_000
_LOCK_SECONDS = 10.0

log = logger("database")
_STOP = "stop the platform, then restore a backup: azuraforge database restore FILE --replace"


def problem_of(path: Path, seconds: float = CHECK_SECONDS) -> str | None:
    """Return the first problem of the file; None if no problem was found within ``seconds``.

    The file is opened read-only, because SQLite deletes the log of a file whose first page it cannot read. Raises
    TransientError or StorageError if the file cannot be read, which does not mean that it is damaged.
    """
    until = time.monotonic() + seconds
    try:
        name = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(name, uri=True, timeout=_LOCK_SECONDS)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            try:
                found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                    return None
                raise
    except sqlite3.Error as error:
        if (said := damage_of(error)) is not None:
            return said
        raise _unreadable(error, path) from error
    return None if found == "ok" else " ".join(found.split())


def _unreadable(error: sqlite3.Error, path: Path) -> AzuraError:
    known = readable(error)
    if not isinstance(known, AzuraError):
        return StorageError(
            "the database cannot be read: {error}",
            where="{place}",
            next_step="make sure that this user can read and write the file",
            error=error,
            place=str(path),
        )
    known.at("{place}", place=str(path))
    if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
        known.with_next_step("make the file readable and writable for this user")
    return known


class FileWatch:
    """State of a running platform's SQLite file: whether it is still the opened file, and whether it is damaged.

    After damage was detected, no further writes are accepted, because they would be built on damaged pages; the next
    start finds runs in their last stored state.
    """

    def __init__(self, path: Path) -> None:
        self._files = (path, path.with_name(f"{path.name}-wal"))
        self._opened: tuple[tuple[int, int] | None, ...] | None = None
        self._damage: str | None = None
        self._logged = ""
        self._lock = threading.Lock()

    def opened(self) -> None:
        """Record the identity of the opened files; only the first call has an effect."""
        with self._lock:
            if self._opened is None:
                self._opened = tuple(map(_identity, self._files))

    def problem(self) -> TransientError | None:
        """Return the reason why this database must no longer be used; None if there is none."""
        said: str | Message | None = self._damage
        for file, opened in zip(self._files, self._opened or (), strict=False):
            if opened is not None and _identity(file) != opened:
                said = Message("{file} was deleted or replaced while the platform was running", {"file": file.name})
        if said is None:
            return None
        self._log(str(said))
        return damaged(said).with_next_step(_STOP)

    def learn(self, error: BaseException) -> BaseException:
        """Return the error to raise instead of a driver error. Damage is recorded for ``problem``."""
        if (said := damage_of(error)) is not None:
            self._damage = said
            self._log(str(said))
            return damaged(said).with_next_step(_STOP)
        if isinstance(error, DBAPIError | sqlite3.Error) and (problem := self.problem()) is not None:
            return problem  # such as "no such table" from an empty file that replaced the database
        return readable(error)

    def _log(self, reason: str) -> None:
        if reason != self._logged:
            self._logged = reason
            log.error("database_damaged", reason=reason, next_step=_STOP)


def _identity(file: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = os.stat(file)
        return found.st_dev, found.st_ino
    return None
