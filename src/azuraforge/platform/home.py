"""The data home: the folder of one platform, with a lock file and a token file for the command line.

All processes of a scaled platform share its lock.
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
        """Write the platform's address and token to files, for clients on this machine."""
        _write_atomically(self.folder / TOKEN, token, 0o600)
        address = {"pid": os.getpid(), "url": url, "started_at": iso(utc_now())}
        _write_atomically(self.folder / ADDRESS, json.dumps(address), 0o600)

    def announce_unless_another_does(
        self, url: str, opens: Callable[[str], bool], make_token: Callable[[], str]
    ) -> None:
        """Write this server's address and token unless another server's are written.

        Call this repeatedly: it takes over when the other server ends. An existing token is kept if ``opens`` accepts
        it.
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
        """Remove this process's address file and release the locks."""
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
    """Create the folders, check write access and acquire the locks: exclusively, or shared if ``together``.

    Afterwards, this process and its children create files that only its user can access. Raises StorageError if the
    home is read-only, and Conflict if another platform has locked the home or its SQLite database.
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
            next_step="make the folder writable, or choose another one with --home or AZURAFORGE_HOME",
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
                "a platform with another data home already uses this database",
                where="{place}",
                next_step="stop the other platform first, or use a separate database for each data home",
                place=settings.url,
            ) from None
        raise _held_by_another(home) from None
    return DataHome(home, locks)


def _database_lock(settings: Settings) -> list[Path]:
    """Return the lock file of an SQLite database outside the data home, which other data homes may also use."""
    url = make_url(settings.url)
    path = Path(url.database or "").absolute()
    if url.get_backend_name() != "sqlite" or path.parent == settings.home.absolute():
        return []
    return [path.with_name(f"{path.name}.lock")]


def keep_files_private() -> None:
    """Let only this user access the files and folders that this process and its children create."""
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
        "{who} already uses this data home",
        where="{place}",
        next_step="use the running platform, stop it first, or start this one with another --home",
        who=who,
        place=str(home),
    )


def _write_atomically(path: Path, text: str, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(draft, path)
