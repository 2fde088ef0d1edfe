"""Logs of runs: the output of each attempt's processes, readable while the attempt is running.

While an attempt is running, its log is a file in the run's work folder, which all processes of the platform share.
When it ends, the log becomes the artifact ``log-<attempt>.txt``.
"""

from __future__ import annotations

import re
from pathlib import Path

from azuraforge.database import Database
from azuraforge.errors import NotFound, StorageError
from azuraforge.runs import store
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.logs.lines import LogReader
from azuraforge.runs.logs.schemas import LogLevel, LogLine, LogOut

_ARTIFACT = re.compile(r"log-(\d{1,9})\.txt")


class RunLogs:
    """Reads of the logs of all projects."""

    def __init__(self, database: Database, artifacts: ArtifactStore, scratch: Path) -> None:
        self._database = database
        self._artifacts = artifacts
        self._scratch = scratch
        self._reader = LogReader()

    def read(
        self,
        project_id: str,
        run_id: str,
        *,
        attempt: int | None = None,
        after: int = 0,
        last: int | None = None,
        limit: int = 500,
        search: str = "",
        level: LogLevel | None = None,
    ) -> LogOut:
        """Return a part of the log of one attempt.

        Raises NotFound if the run does not exist or the attempt has no log, StorageError if a log cannot be read.

        Args:
            attempt: number of the attempt; None means the newest one that has a log, or else the newest.
            after: number of the first line; lines are numbered from 0.
            last: return the last lines instead, this many at most.
            search: return only lines that contain this text; case is ignored.
            level: return only lines that state this level or a higher one.
        """
        with self._database.read(project_id) as session:
            run = store.get(session, run_id)
            if run is None:
                raise NotFound("run {run_id!r} does not exist", next_step="azuraforge runs list", run_id=run_id)
            newest, going = run.attempt, run.state == "running"
            stored = {
                int(found[1]): row.sha256
                for row in store.artifacts_of_kind(session, run_id, "log")
                if (found := _ARTIFACT.fullmatch(row.name))
            }
        paths = {number: self._artifacts.path(project_id, sha256) for number, sha256 in stored.items()}
        paths = {**_open_logs(self._scratch / run_id / "logs"), **paths}
        chosen = attempt if attempt is not None else max(paths, default=newest)
        out = LogOut(attempt=chosen, attempts=sorted(paths), lines=[], total_lines=0, bytes=0, next=None, open=False)
        out.open = going and chosen == newest and chosen not in stored
        path = paths.get(chosen)
        if path is None:
            if attempt is not None and not 1 <= attempt <= newest:
                raise NotFound(
                    "run {run_id!r} has no attempt {attempt}",
                    next_step="azuraforge runs show {run_id}",
                    run_id=run_id,
                    attempt=attempt,
                )
            return out
        try:
            out.bytes = path.stat().st_size
            out.total_lines = self._reader.count(path)
            if search or level is not None:
                lines, out.next = self._reader.search(path, search, level, after, limit)
            else:
                first = after if last is None else max(after, out.total_lines - min(last, limit))
                lines = self._reader.page(path, first, limit)
                end = first + len(lines)
                out.next = end if lines and end < out.total_lines else None
        except FileNotFoundError:  # the attempt has just ended and its folder was removed
            return out
        except OSError as error:
            raise StorageError(
                "the log cannot be read: {reason}",
                where="{place}",
                next_step="check the disk, then try again",
                reason=error.strerror,
                place=str(path),
            ) from error
        out.lines = [LogLine(number=line.number, text=line.text, level=line.level) for line in lines]
        return out


def _open_logs(folder: Path) -> dict[int, Path]:
    """Return the log files of a work folder by attempt; empty files are omitted."""
    if not folder.is_dir():
        return {}
    found = {int(path.stem): path for path in folder.glob("*.txt") if path.stem.isdigit()}
    return {number: path for number, path in found.items() if _size(path) > 0}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
