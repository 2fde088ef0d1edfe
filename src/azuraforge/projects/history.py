"""Detection of a database that is older than the files next to it.

A restored backup, or an older copy of the database, does not contain items that were created after it, or record that
items were restored from the trash since then. In this case, no files are removed for the length of the trash period. A
file in the data home contains the newest event of each project. If the database lacks this event, or has a different
one with its number, its history differs from the one that this data home last saw.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from azuraforge.clock import utc_now
from azuraforge.database import new_id
from azuraforge.durable import sync
from azuraforge.errors import StorageError
from azuraforge.events.service import EventLog
from azuraforge.telemetry import logger

#: Minimum number of days without removals, even if the policy keeps the trash for less: time to notice that a database
#: is too old.
LEAST_DAYS = 7
_STREAM = "project"
_RESTORED = "restored.json"

log = logger("projects")


@dataclass(frozen=True)
class _Mark:
    """The newest event of a project, and the time since which its files are held (ISO 8601; None: not held)."""

    seq: int
    event: str
    held_since: str | None = None


class History:
    """Marks of all projects, in a folder that all processes of a platform share."""

    def __init__(self, events: EventLog, folder: Path) -> None:
        self._events = events
        self._folder = folder

    def held_until(self, project_id: str, trash_days: int) -> datetime | None:
        """Compare the database with the mark, update the mark, and return the time until which no files may be removed.

        Return None if files may be removed. Raises OSError if the mark cannot be written; then no files may be removed
        either.
        """
        before = self._read(project_id)
        last = self._events.last_seq(project_id, _STREAM)
        held_since = before.held_since if before is not None else None
        if before is not None and self._differs(project_id, before, last):
            held_since = utc_now().isoformat()
            log.warning("database_older_than_files", project_id=project_id, known=before.seq, found=last)
        mark = _Mark(last, self._event(project_id, last), held_since)
        if mark != before:
            _write(self._folder / f"{project_id}.json", orjson.dumps(asdict(mark)))
        since = [datetime.fromisoformat(each) for each in (held_since, _restored(self._folder)) if each is not None]
        if not since:
            return None
        until = max(since) + timedelta(days=max(trash_days, LEAST_DAYS))
        return until if until > utc_now() else None

    def _differs(self, project_id: str, mark: _Mark, last: int) -> bool:
        if last < mark.seq:
            return True
        found = self._event(project_id, mark.seq)
        return bool(found and mark.event and found != mark.event)  # deleted events' numbers are not reused

    def _event(self, project_id: str, seq: int) -> str:
        lines = self._events.read(project_id, _STREAM, after=seq - 1, limit=1) if seq else []
        return f"{lines[0].type} {lines[0].at.isoformat()}" if lines and lines[0].seq == seq else ""

    def _read(self, project_id: str) -> _Mark | None:
        try:
            return _Mark(**orjson.loads((self._folder / f"{project_id}.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None


def marked(folder: Path) -> int:
    """Return the number of projects for which this data home has marks."""
    return sum(1 for path in folder.glob("*.json") if path.name != _RESTORED and not path.name.startswith("."))


def hold_all(folder: Path) -> None:
    """Record a restore, so that no project's files are removed before its trash period has passed.

    Raises StorageError if the record cannot be written.
    """
    try:
        _write(folder / _RESTORED, orjson.dumps({"at": utc_now().isoformat()}))
    except OSError as error:
        raise StorageError(
            "the restore could not be recorded: {reason}; nothing was changed",
            where="{place}",
            next_step="free disk space or make the data home writable, then try again",
            reason=error.strerror,
            place=str(folder),
        ) from error


def _restored(folder: Path) -> str | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        path = folder / _RESTORED
        if not path.exists():
            return None
        return str(orjson.loads(path.read_bytes())["at"])
    # A record that cannot be parsed still proves that there was a restore.
    return datetime.fromtimestamp((folder / _RESTORED).stat().st_mtime, UTC).isoformat()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{new_id()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            sync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
