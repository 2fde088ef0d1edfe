"""The data home: one folder of one platform, with a lock file and a token file for the command line.

The processes of a scaled platform hold it together.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from azuraforge.clock import iso, utc_now
from azuraforge.errors import Conflict, StorageError
from azuraforge.messages import Message
from azuraforge.settings import Settings

LOCK = "platform.lock"
ADDRESS = "platform.json"
ANNOUNCING = "announce.lock"
TOKEN = "token"  # noqa: S105  a file's name


@dataclass
class DataHome:
    """An opened and locked data home."""

    folder: Path
    _locks: Sequence[IO[str]]
    _announcing: IO[str] | None = None

    def announce(self, url: str, token: str) -> None:
        """Write the platform's address and token for clients on this machine."""
        _write_atomically(self.folder / TOKEN, token, 0o600)
        address = {"pid": os.getpid(), "url": url, "started_at": iso(utc_now())}
        _write_atomically(self.folder / ADDRESS, json.dumps(address), 0o600)

    def announce_unless_another_does(
        self, url: str, opens: Callable[[str], bool], make_token: Callable[[], str]
    ) -> None:
        """Announce this server unless another one is announced; called repeatedly, it takes over when that one ends.

        An existing token is kept if ``opens`` accepts it.
        """
        if self._announcing is not None:
            return
        lock = (self.folder / ANNOUNCING).open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return
        token = self._token()
        self.announce(url, token if token and opens(token) else make_token())
        self._announcing = lock

    def close(self) -> None:
        """Withdraw this process's announcement and release the lock."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            if json.loads((self.folder / ADDRESS).read_text(encoding="utf-8"))["pid"] == os.getpid():
                (self.folder / ADDRESS).unlink(missing_ok=True)
        if self._announcing is not None:
            self._announcing.close()
        for lock in self._locks:
            lock.close()

    def _token(self) -> str:
        try:
            return (self.folder / TOKEN).read_text(encoding="utf-8")
        except OSError:
            return ""


def open_home(settings: Settings, *, together: bool = False) -> DataHome:
    """Create the folders, check write access and take the lock: exclusively, or shared if ``together``.

    From here on, this process and its children create files for its own user only. Raises StorageError for a
    read-only home and Conflict where another platform holds it.
    """
    keep_files_private()
    home = settings.home
    try:
        for folder in (home, settings.artifacts, settings.plugins, settings.scratch):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "not writable", str(folder))
        locks = [path.open("a+", encoding="utf-8") for path in (home / LOCK, *_database_lock(settings))]
    except OSError as error:
        raise StorageError(
            "the data home cannot be written: {reason}",
            where="{place}",
            next_step="make it writable, or choose another folder with --home or AZURAFORGE_HOME",
            reason=error.strerror,
            place=str(error.filename or home),
        ) from error
    try:
        for lock in locks:
            fcntl.flock(lock, (fcntl.LOCK_SH if together else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        for each in locks:
            each.close()
        if lock is not locks[0]:
            raise Conflict(
                "a platform with another data home already runs on this database",
                where="{place}",
                next_step="stop it first, or give each data home a database of its own",
                place=settings.url,
            ) from None
        raise _held_by_another(home) from None
    return DataHome(home, locks)


def _database_lock(settings: Settings) -> list[Path]:
    """Return the lock of an SQLite file outside of the data home, which another data home may name as well."""
    url = make_url(settings.url)
    path = Path(url.database or "").absolute()
    if url.get_backend_name() != "sqlite" or path.parent == settings.home.absolute():
        return []
    return [path.with_name(f"{path.name}.lock")]


def keep_files_private() -> None:
    """Create files and folders for this user alone, in this process and in every child that it starts."""
    os.umask(0o077)


def _held_by_another(home: Path) -> Conflict:
    who = Message("another platform")
    with contextlib.suppress(OSError, ValueError, KeyError):
        address = json.loads((home / ADDRESS).read_text(encoding="utf-8"))
        since = datetime.fromisoformat(address["started_at"]).strftime("%Y-%m-%d %H:%M UTC")
        who = Message(
            "a platform (process {pid}, {url}, since {since})",
            {"pid": address["pid"], "url": address["url"], "since": since},
        )
    return Conflict(
        "{who} already runs on this data home",
        where="{place}",
        next_step="use it, stop it first, or start this one with another --home",
        who=who,
        place=str(home),
    )


def _write_atomically(path: Path, text: str, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(draft, path)
