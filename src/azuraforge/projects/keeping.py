"""Content-addressed files, and their removal without losing a file that is about to be used.

A transaction that writes a row that refers to a file calls ``hold`` and checks that the file exists; if not, it writes
the file again. A transaction that removes files checks that no row refers to them and renames them, while it excludes
transactions that have called ``hold``. Thus no new row can refer to a file between the check and its removal, even if a
process dies, or processes run on several machines. Rows are deleted before their files; files left by a process that
died in between are found by ``sweep``.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from azuraforge.database import Database, Session, new_id
from azuraforge.projects import store
from azuraforge.projects.unnamed import SIGHTINGS, outlasted

#: Returns those of the given addresses that a row of the session's project names.
Named = Callable[[Session, Sequence[str]], set[str]]

_GONE = ".purged-"
_BATCH = 50
#: Age in seconds above which a draft is considered abandoned; a younger one may still be being written.
_DRAFT_SECONDS = 24 * 3600.0


def hold(session: Session) -> None:
    """Prevent the removal of the project's files until this transaction ends."""
    store.share_project(session)


@dataclass(frozen=True)
class Shelf:
    """Folder of one project whose entries (files or folders) are addressed by their content."""

    database: Database
    project_id: str
    folder: Path
    path: Callable[[str], Path]
    entries: Callable[[], Iterable[str]]
    named: Named

    def free(self, addresses: Iterable[str]) -> int:
        """Remove the entries among ``addresses`` that no row names; return the freed bytes."""
        wanted = sorted(set(addresses))
        freed = 0
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            freed += sum(map(_remove, self.database.write(self.project_id, self._mover(batch))))
        return freed

    def sweep(self, older_than_seconds: float) -> int:
        """Remove files that no row has used for the grace period, and abandoned drafts; return the freed bytes.

        The period starts at the first sweep that finds a file unused (``unnamed``), regardless of the file's age,
        because the database may have been replaced by an older one that does not know the newest files.
        """
        if not self.folder.is_dir():
            return 0
        freed = 0
        for path in self.folder.iterdir():
            abandoned = path.name.startswith(".") and path.name != SIGHTINGS and _age(path) > _DRAFT_SECONDS
            if path.name.startswith(_GONE) or abandoned:
                freed += _remove(path)
        found, unnamed = list(self.entries()), set[str]()
        for start in range(0, len(found), 10 * _BATCH):
            batch = found[start : start + 10 * _BATCH]
            with self.database.read(self.project_id) as session:
                unnamed |= set(batch) - self.named(session, batch)
        return freed + self.free(outlasted(self.folder, unnamed, older_than_seconds))

    def _mover(self, addresses: Sequence[str]) -> Callable[[Session], list[Path]]:
        """Return a function that renames the unused files among ``addresses`` and returns their new paths.

        Writers wait for it, but renaming even large files is fast.
        """

        def work(session: Session) -> list[Path]:
            store.seize_project(session)
            named = self.named(session, addresses)
            return [moved for each in addresses if each not in named and (moved := self._move_away(each)) is not None]

        return work

    def _move_away(self, address: str) -> Path | None:
        gone = self.folder / f"{_GONE}{new_id()}"
        try:
            self.path(address).rename(gone)
        except FileNotFoundError:
            return None
        return gone


def _age(path: Path) -> float:
    """Return the seconds since an entry was modified; negative if it no longer exists."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return -1.0


def _remove(path: Path) -> int:
    """Remove a file or a folder; return its size in bytes."""
    freed = size_of(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
    return freed


def size_of(path: Path) -> int:
    """Return the size in bytes of a file, or of all files below a folder."""
    return sum(_size(each) for each in _files(path))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir() and not path.is_symlink():
        yield from (each for each in path.rglob("*") if not each.is_dir())
    else:
        yield path


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
