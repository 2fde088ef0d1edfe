"""Replacement of an SQLite file; after a kill at any step, either the old or the new database is in place.

The new file is complete, on disk and named ``azuraforge.db.incoming-<time>`` before anything else changes. From then
on, the replacement is decided: the next process that opens the database completes it. The old file and its journals are
kept as ``azuraforge.db.before-<time>``.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from azuraforge import claims
from azuraforge.claims import Claim
from azuraforge.clock import utc_now
from azuraforge.crashpoints import crashpoint
from azuraforge.database.soundness import problem_of
from azuraforge.durable import sync_path
from azuraforge.errors import AzuraError, StorageError
from azuraforge.messages import Message

_INCOMING, _BEFORE, _WORK = ".incoming-", ".before-", ".azuraforge-restore"
#: Suffixes of the journals that SQLite writes next to a file. The write-ahead log may contain committed transactions
#: that the file lacks.
_JOURNALS = ("-wal", "-shm", "-journal")


def replace(path: Path, contents: Path) -> Path | None:
    """Replace the database at ``path`` by ``contents``; return the path at which the old database is kept.

    Return None if there was no old database.

    No process may have either file open. Raises StorageError if the disk is full or the folder is not writable; its
    next step states whether the old database is unchanged or the next start completes the replacement.
    """
    with _storage(path):
        _fold(path)
        sync_path(contents)
        crashpoint("restore_before_decided")
        incoming = path.with_name(f"{path.name}{_INCOMING}{utc_now():%Y%m%dT%H%M%S%f}")
        os.replace(contents, incoming)
    with _storage(path, incoming):
        sync_path(path.parent)
        crashpoint("restore_decided")
        return _finish(path, incoming)


def settle(path: Path) -> Path | None:
    """Complete an interrupted replacement and remove work folders of ended processes; the data home must be locked.

    Return the path at which the replaced database is kept; None if there is none. Raises StorageError if the disk is
    full or the folder is not writable.
    """
    kept = None
    for incoming in unfinished(path):
        with _storage(path, incoming):
            kept = _finish(path, incoming) or kept
    folders = path.with_name(_WORK)
    claims.sweep(folders)  # another database in this folder may be in the middle of a restore
    _remove_empty(folders)
    return kept


def unfinished(path: Path) -> list[Path]:
    """Return the new databases of interrupted replacements, oldest first."""
    return sorted(path.parent.glob(f"{glob.escape(path.name)}{_INCOMING}*"))


def kept(path: Path) -> list[Path]:
    """Return the old databases that earlier replacements kept, oldest first."""
    found = sorted(path.parent.glob(f"{glob.escape(path.name)}{_BEFORE}*"))
    return [each for each in found if not each.name.endswith(_JOURNALS)]


def journals(path: Path) -> list[Path]:
    """Return the paths of a database file's journals, which need not exist."""
    return [path.with_name(path.name + ending) for ending in _JOURNALS]


@contextmanager
def workroom(path: Path) -> Iterator[Path]:
    """Create a folder next to the database, on its file system, to prepare the replacement in; remove it afterwards.

    Raises StorageError if the folder cannot be created.
    """
    folders = path.with_name(_WORK)
    with _storage(path):
        claim = Claim(folders)
    try:
        yield claim.folder
    finally:
        claim.release()
        _remove_empty(folders)


def _finish(path: Path, incoming: Path) -> Path | None:
    """Complete a replacement. Each step can be repeated, because all names are derived from ``incoming``."""
    before = _before(path, incoming)
    for old, new in zip(journals(path), journals(before), strict=True):  # first, because SQLite would apply an old log
        with contextlib.suppress(FileNotFoundError):  # to the new file
            os.replace(old, new)
    crashpoint("restore_journals_aside")
    if path.exists() and not before.exists():
        try:
            os.link(path, before)  # the old database stays in place until the new one replaces it
        except OSError:  # a file system without hard links
            os.replace(path, before)
    sync_path(path.parent)
    crashpoint("restore_before_placed")
    os.replace(incoming, path)
    sync_path(path.parent)
    crashpoint("restore_placed")
    return before if before.exists() else None


def _fold(path: Path) -> None:
    """Write the write-ahead log back into an intact file, so that this file alone contains all transactions."""
    with contextlib.suppress(AzuraError, sqlite3.Error):  # an unreadable file is kept with its journals
        if path.exists() and problem_of(path) is None:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _before(path: Path, incoming: Path) -> Path:
    return path.with_name(path.name + _BEFORE + incoming.name.rpartition(_INCOMING)[2])


def _remove_empty(folders: Path) -> None:
    with contextlib.suppress(OSError):  # another database in this folder is being restored
        folders.rmdir()


@contextmanager
def _storage(path: Path, incoming: Path | None = None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            "the database could not be replaced: {reason}",
            where="{place}",
            next_step="free disk space or make the folder writable, then try again; the old database is unchanged"
            if incoming is None
            else "free disk space or make the folder writable, then {then}",
            then=None if incoming is None else _once_decided(path, incoming),
            reason=error.strerror,
            place=str(error.filename or path),
        ) from error


def _once_decided(path: Path, incoming: Path) -> Message:
    before = _before(path, incoming)
    if not incoming.exists():
        return Message(
            "start the platform: the restored database is in place, and the old one is {before}", {"before": before}
        )
    moved = [old for old in (before, *journals(before)) if old.exists()]
    if path.exists() and before in moved:
        moved.remove(before)  # second name of the same file
    renamings = [
        Message("rename {old} to {name}", {"old": old, "name": f"{path.name}{old.name.removeprefix(before.name)}"})
        for old in moved
    ]
    return Message(
        "run `azuraforge up`: the next start finishes the restore; to keep the old database instead, remove {incoming} "
        "and {renamings}"
        if moved
        else "run `azuraforge up`: the next start finishes the restore; to keep the old database instead, remove "
        "{incoming}",
        {"incoming": incoming, "renamings": renamings},
    )
