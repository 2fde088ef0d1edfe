"""Local journal of an external run: JSON lines that survive a crash of the platform or of the process.

Each run has one file, ``<home>/journal/<key>.jsonl``, locked by the process that writes it:

    {"run": {"name": …, "config": …}, "platform": null, "named": null, "token": null}
                                                             the run to create; ``key`` is the idempotency key
    {"project": "default"}                                   the run's project, as the platform states it
    {"run_id": "k3v9…"}                                      the run's id on the platform, once created
    {"batch": 1, "points": {"loss": [[1, 0.5, 1767225600000]]}}  logged points with their times
    {"shipped": 1}                                           the platform has all batches up to this one
    {"addition": 1, "file": {"name": "loss.png", …}}         a file, whose content is in ``<key>.files/1``
    {"addition": 2, "change": {"add_tags": ["good"]}}        tags, or the note
    {"added": 1}                                             the platform has all additions up to this one
    {"finish": {"state": "succeeded"}}                       the end of the run

Journal and files are deleted once the platform has all of them. They are written without fsync, because they need not
survive a power cut.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

#: series → (step, value, milliseconds since 1970); a value of None represents NaN or an infinity
Points: TypeAlias = dict[str, list[tuple[int, float | None, int]]]


class Request(TypedDict):
    """The run to create."""

    name: str
    config: dict[str, object]
    seed: int


class Header(TypedDict):
    """The first line of a journal.

    ``platform`` is the URL given by the caller, ``named`` the project and ``token`` the hash of the token; each is None
    if none was given. The last two matter only as long as the platform has not stated the project.
    """

    run: Request
    platform: str | None
    named: str | None
    token: str | None


class Progress(TypedDict):
    """The progress of a run; ``share`` is the completed share, from 0 to 1."""

    done: int
    total: int
    note: str
    share: float


class Finish(TypedDict):
    """The end of a run: its state, and its summary or error if it has one."""

    state: str
    summary: dict[str, object] | None
    error: str | None


class LoggedFile(TypedDict):
    """A file's name in the run, and its kind."""

    name: str
    kind: str


class Change(TypedDict, total=False):
    """Tags to add to the run, or its note."""

    add_tags: list[str]
    note: str


FOLDER = "journal"
#: Approximate maximum size of one request, in bytes.
SHIPMENT_BYTES = 512 * 1024


@dataclass(frozen=True)
class Shipment:
    """Batches that are sent in one request.

    Attributes:
        number: number of the last batch.
        points: points of all batches, by series.
        progress: the newest progress; None if there is none.
        end: offset in the journal after the last batch, in bytes.
    """

    number: int
    points: Points
    progress: Progress | None
    end: int


@dataclass(frozen=True)
class Addition:
    """A file, or a change of tags and note; the other one is None."""

    number: int
    file: LoggedFile | None = None
    change: Change | None = None


class Journal:
    """The journal of one run. One thread may write batches while another one sends them.

    Methods that write to the journal raise OSError if they fail, for example because the disk is full.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._adding = threading.Lock()
        self._batches = 0
        self._shipped = 0
        self._read_at = 0
        self._additions = 0
        self._pending: deque[Addition] = deque()
        #: Files and changes that the platform refused, with its reason and the place of the file's content.
        self.refused: list[str] = []
        self.header: Header | None = None
        self.run_id: str | None = None
        self.project: str | None = None
        self.finish: Finish | None = None

    @property
    def key(self) -> str:
        """Name of the file and idempotency key of the run, so that one journal never creates two runs."""
        return self.path.stem

    @classmethod
    def create(
        cls, home: Path, run: Request, platform: str | None, named: str | None = None, token: str | None = None
    ) -> Journal:
        """Create and lock a journal; see ``Header``. Raises OSError if the data home cannot be written."""
        folder = home / FOLDER
        for each in (home, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{uuid.uuid4().hex}.jsonl"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        journal = cls(path, descriptor)
        header: Header = {"run": run, "platform": platform, "named": named, "token": token}
        journal.header = header
        journal._append(header)
        return journal

    @classmethod
    def adopt(cls, path: Path) -> Journal | None:
        """Lock and return the journal of a run whose process has ended.

        Return None if the process still holds the lock, or if the journal is gone or contains no header.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None  # another process has sent it already
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        journal = cls(path, descriptor)
        journal._replay()
        if journal.header is None:
            journal.close()
            return None
        return journal

    def batch(self, points: Points, progress: Progress | None) -> None:
        """Append a batch with the points logged since the last one. Raises OSError, and then writes nothing."""
        number = self._batches + 1
        line: dict[str, object] = {"batch": number, "points": points}
        if progress is not None:
            line["progress"] = progress
        self._append(line)
        self._batches = number

    def end(self, finish: Finish) -> None:
        """Append the end of the run. If this raises OSError (full disk), ``finish`` still holds the end."""
        self.finish = finish
        self._append({"finish": finish})

    def belongs_to(self, project: str) -> None:
        """Record the slug of the project in which the platform creates the run."""
        self.project = project
        self._append({"project": project})

    def know(self, run_id: str) -> None:
        """Record the id that the platform gave to the run."""
        self.run_id = run_id
        self._append({"run_id": run_id})

    def shipments(self) -> Iterator[Shipment]:
        """Yield the batches that are not sent yet, in order. Call ``shipped`` after sending each shipment."""
        while (shipment := self._next_shipment()) is not None:
            yield shipment

    def shipped(self, shipment: Shipment) -> None:
        """Record that the platform has stored the batches of a shipment."""
        self._read_at = shipment.end
        self._shipped = shipment.number
        self._append({"shipped": shipment.number})

    def add_file(self, file: LoggedFile, write: Callable[[Path], None]) -> None:
        """Append a file, whose content ``write`` stores at the given path. Raises its errors, and then adds nothing."""
        with self._adding:
            number = self._additions + 1
            path = self.content(number)
            try:
                path.parent.mkdir(mode=0o700, exist_ok=True)
                write(path)
                path.chmod(0o600)
                self._append({"addition": number, "file": file})
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            self._additions = number
            self._await(Addition(number, file=file))

    def change(self, change: Change) -> None:
        """Append a change of tags and note. If this raises OSError (full disk), it is nevertheless sent."""
        with self._adding:
            self._additions += 1
            self._await(Addition(self._additions, change=change))
            self._append({"addition": self._additions, "change": change})

    def content(self, number: int) -> Path:
        """Return the path of the content of the file that was added with this number."""
        return self.path.with_suffix(".files") / str(number)

    def next_addition(self) -> Addition | None:
        """Return the first addition that is not sent yet. Files that a later one replaces are skipped."""
        while True:
            with self._lock:
                waiting = list(self._pending)
            if not waiting:
                return None
            first, *later = waiting
            name = first.file["name"] if first.file is not None else None
            if name is None or all(each.file is None or each.file["name"] != name for each in later):
                return first
            self._pending.popleft()
            self.content(first.number).unlink(missing_ok=True)

    def added(self, addition: Addition) -> None:
        """Record that the platform has stored an addition."""
        self._pending.popleft()
        self.content(addition.number).unlink(missing_ok=True)
        self._append({"added": addition.number})

    def refuse(self, addition: Addition, reason: str) -> str:
        """Record that the platform refuses an addition permanently; return a sentence. A file's content is kept."""
        text = f"the platform refuses {_named(addition)}: {reason}"
        if addition.file is not None:
            kept = self.path.with_suffix(".refused-files") / addition.file["name"]
            content = self.content(addition.number)
            if content.exists():
                kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                content.replace(kept)
                text += f" (kept at {kept})"
        self.refused.append(text)
        self.added(addition)
        return text

    def remove(self) -> None:
        """Delete the journal after the platform has stored all of it."""
        shutil.rmtree(self.path.with_suffix(".files"), ignore_errors=True)
        self.path.unlink(missing_ok=True)
        self.close()

    def set_aside(self) -> Path:
        """Rename a journal that the platform refuses permanently, so that it is not sent again; return the new path."""
        aside = self.path.with_suffix(".refused")
        self.path.rename(aside)
        self.close()
        return aside

    def close(self) -> None:
        """Release the lock. The file is kept."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _await(self, addition: Addition) -> None:
        with self._lock:
            self._pending.append(addition)

    def _append(self, line: Mapping[str, object]) -> None:
        text = json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        with self._lock:
            start = os.fstat(self._descriptor).st_size
            if os.write(self._descriptor, text) != len(
                text
            ):  # a full disk writes only part of the line, without an error
                os.ftruncate(self._descriptor, start)
                raise OSError(28, "no space left on device", str(self.path))

    def _next_shipment(self) -> Shipment | None:
        number, end = self._shipped, self._read_at
        points: Points = {}
        progress = None
        for line, after in self._lines(self._read_at):
            if line.get("batch", 0) > self._shipped:
                number = line["batch"]
                for series, more in line["points"].items():
                    points.setdefault(series, []).extend((step, value, at) for step, value, at in more)
                progress = line.get("progress", progress)
            end = after
            if end - self._read_at >= SHIPMENT_BYTES:
                break
        if number == self._shipped:
            self._read_at = end
            return None
        return Shipment(number, points, progress, end)

    def _lines(self, start: int) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield the complete lines from an offset in bytes, each with the offset after it."""
        with self.path.open("rb") as file:
            file.seek(start)
            for text in file:
                if not text.endswith(b"\n"):
                    return
                start += len(text)
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line, start

    def _replay(self) -> None:
        """Restore the state from the file, and remove an incomplete last line."""
        whole = 0
        for line, after in self._lines(0):
            whole = after
            if "run" in line:
                self.header = {
                    "run": line["run"],
                    "platform": line.get("platform"),
                    "named": line.get("named"),
                    "token": line.get("token"),
                }
            self.project = line.get("project", self.project)
            self.run_id = line.get("run_id", self.run_id)
            self._batches = max(self._batches, line.get("batch", 0))
            self._shipped = max(self._shipped, line.get("shipped", 0))
            self.finish = line.get("finish", self.finish)
            if "addition" in line:
                self._additions = line["addition"]
                self._pending.append(Addition(line["addition"], line.get("file"), line.get("change")))
            while "added" in line and self._pending and self._pending[0].number <= line["added"]:
                self._pending.popleft()
        os.ftruncate(self._descriptor, whole)


def _named(addition: Addition) -> str:
    if addition.file is not None:
        return f"the file {addition.file['name']!r}"
    return "tags" if "add_tags" in (addition.change or {}) else "the note"


def leftovers(home: Path, platform: str | None, paths: Iterable[Path] | None = None) -> Iterator[Journal]:
    """Yield the locked journals of ended processes, oldest first, whose header names ``platform`` (None: no URL)."""
    for path in sorted((home / FOLDER).glob("*.jsonl") if paths is None else paths, key=_written_at):
        journal = Journal.adopt(path)
        if journal is None:
            continue
        if journal.header is not None and journal.header["platform"] == platform:
            yield journal
        else:
            journal.close()


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
