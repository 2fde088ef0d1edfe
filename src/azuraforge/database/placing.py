"""Replacement of an SQLite file: a process killed at any step leaves the old database or the new one in its place.

The new file is complete, on disk and named ``azuraforge.db.incoming-<time>`` before anything else changes. From then on
the replacement counts as decided: the next process that opens the database finishes it. The old file and its journals
are kept as ``azuraforge.db.before-<time>``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from azuraforge.clock import utc_now
from azuraforge.crashpoints import crashpoint
from azuraforge.database.soundness import problem_of
from azuraforge.durable import sync
from azuraforge.errors import StorageError

_INCOMING, _BEFORE, _WORK = ".incoming-", ".before-", "azuraforge-restore-"
#: The journals that SQLite keeps next to a file; the write-ahead log holds transactions that the file lacks.
_JOURNALS = ("-wal", "-shm", "-journal")


def replace(path: Path, contents: Path) -> Path | None:
    """Put ``contents`` in the place of the database at ``path``; return the path of the old one, if there was one.

    No process may have either file open. Raises StorageError where the disk is full or the folder cannot be written;
    the old database is then still in place, or the next start finishes the replacement.
    """
    with _storage(path):
        _fold(path)
        _sync(contents)
        crashpoint("restore_before_decided")
        incoming = path.with_name(f"{path.name}{_INCOMING}{utc_now():%Y%m%dT%H%M%S%f}")
        os.replace(contents, incoming)
        _sync(path.parent)
        crashpoint("restore_decided")
        return _finish(path, incoming)


def settle(path: Path) -> Path | None:
    """Finish a replacement that was interrupted and remove what others left; the caller holds the data home.

    Returns where the replaced database is kept; None where nothing had been interrupted.
    """
    with _storage(path):
        kept = None
        for incoming in unfinished(path):
            kept = _finish(path, incoming) or kept
        for left in path.parent.glob(f"{_WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
    return kept


def unfinished(path: Path) -> list[Path]:
    """New databases that were complete when the process that placed them was killed, oldest first."""
    return sorted(path.parent.glob(f"{path.name}{_INCOMING}*"))


def kept(path: Path) -> list[Path]:
    """List the databases that earlier replacements kept, oldest first."""
    return [each for each in sorted(path.parent.glob(f"{path.name}{_BEFORE}*")) if not each.name.endswith(_JOURNALS)]


@contextmanager
def workroom(path: Path) -> Iterator[Path]:
    """Open a folder next to the database in which its successor is prepared, so that one rename places it."""
    with _storage(path):
        folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _finish(path: Path, incoming: Path) -> Path | None:
    """Complete a replacement. Each step can be repeated: all names follow from that of ``incoming``."""
    before = path.with_name(path.name + _BEFORE + incoming.name.rpartition(_INCOMING)[2])
    for ending in _JOURNALS:  # first: SQLite would play an old log into the new file
        with contextlib.suppress(FileNotFoundError):
            os.replace(path.with_name(path.name + ending), before.with_name(before.name + ending))
    crashpoint("restore_journals_aside")
    if path.exists() and not before.exists():
        try:
            os.link(path, before)  # the old database stays in place until the new one takes it
        except OSError:  # a file system without hard links
            os.replace(path, before)
    _sync(path.parent)
    crashpoint("restore_before_placed")
    os.replace(incoming, path)
    _sync(path.parent)
    crashpoint("restore_placed")
    return before if before.exists() else None


def _fold(path: Path) -> None:
    """Bring what waits in the write-ahead log into a sound file: then one file is the whole."""
    if path.exists() and problem_of(path) is None:
        with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"the database could not be replaced: {error.strerror}",
            where=str(error.filename or path),
            next_step="free space or make the folder writable, then try again; the old database is unchanged",
        ) from error
