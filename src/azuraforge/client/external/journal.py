"""The local journal of an external run: JSON lines that survive a crash of the platform and of the process.

One file for each run, ``<home>/journal/<key>.jsonl``, locked by the process that writes it:

    {"run": {"name": …, "config": …}, "platform": null}     what to create; ``key`` is the idempotency key
    {"run_id": "k3v9…"}                                      once the platform knows it
    {"batch": 1, "points": {"loss": [[1, 0.5, 1767225600000]]}}  what was logged, and when
    {"shipped": 1}                                           batches up to here are with the platform
    {"finish": {"state": "succeeded"}}                       how it ended

The file is removed once the platform has it all. Written without fsync: it must survive this process and the
platform, not a power cut.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

#: series → (step, value, milliseconds since 1970); None stands for NaN and infinities
Points: TypeAlias = dict[str, list[tuple[int, float | None, int]]]


class Request(TypedDict):
    """The run to create."""

    name: str
    config: dict[str, object]
    seed: int


class Header(TypedDict):
    """The first line of a journal; ``platform``: the address that the caller named."""

    run: Request
    platform: str | None


class Progress(TypedDict):
    """The progress of a run; ``share`` from 0 to 1."""

    done: int
    total: int
    note: str
    share: float


class Finish(TypedDict):
    """The end of a run."""

    state: str
    summary: dict[str, object] | None
    error: str | None


FOLDER = "journal"
#: The approximate size limit of one request.
SHIPMENT_BYTES = 512 * 1024


@dataclass(frozen=True)
class Shipment:
    """Batches that are shipped together: their points, the newest progress, the last batch's number."""

    number: int
    points: Points
    progress: Progress | None
    end: int


class Journal:
    """One run's journal. ``append`` and shipping may happen on two threads."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._batches = 0
        self._shipped = 0
        self._read_at = 0
        self.header: Header | None = None
        self.run_id: str | None = None
        self.finish: Finish | None = None

    @property
    def key(self) -> str:
        """The journal's key, also the run's idempotency key: one journal never creates two runs."""
        return self.path.stem

    @classmethod
    def create(cls, home: Path, run: Request, platform: str | None) -> Journal:
        """Create a journal, locked. Raises OSError if the data home cannot be written."""
        folder = home / FOLDER
        for each in (home, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{uuid.uuid4().hex}.jsonl"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        journal = cls(path, descriptor)
        header: Header = {"run": run, "platform": platform}
        journal.header = header
        journal._append(header)
        return journal

    @classmethod
    def adopt(cls, path: Path) -> Journal | None:
        """Return the journal of a run whose process has ended; None if it still runs or nothing can be read."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None  # another process was faster to ship it
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
        """Write the points logged since the last batch. Raises OSError and then writes nothing."""
        number = self._batches + 1
        line: dict[str, object] = {"batch": number, "points": points}
        if progress is not None:
            line["progress"] = progress
        self._append(line)
        self._batches = number

    def end(self, finish: Finish) -> None:
        """Write the end of the run. It is also kept in memory in case the disk is full."""
        self.finish = finish
        self._append({"finish": finish})

    def know(self, run_id: str) -> None:
        """Store the run's id on the platform."""
        self.run_id = run_id
        self._append({"run_id": run_id})

    def shipments(self) -> Iterator[Shipment]:
        """Yield what the platform does not have yet, in order. Call ``shipped`` for each before the next."""
        while (shipment := self._next_shipment()) is not None:
            yield shipment

    def shipped(self, shipment: Shipment) -> None:
        """Record that the platform has these batches."""
        self._read_at = shipment.end
        self._shipped = shipment.number
        self._append({"shipped": shipment.number})

    def remove(self) -> None:
        """Remove the journal, which the platform has completely."""
        self.path.unlink(missing_ok=True)
        self.close()

    def set_aside(self) -> Path:
        """Rename a journal that the platform refuses permanently, so that it is not tried again."""
        aside = self.path.with_suffix(".refused")
        self.path.rename(aside)
        self.close()
        return aside

    def close(self) -> None:
        """Release the lock; the file stays."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _append(self, line: Mapping[str, object]) -> None:
        text = json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        with self._lock:
            start = os.fstat(self._descriptor).st_size
            if os.write(self._descriptor, text) != len(text):  # a full disk takes a part and tells by the next write
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
        """Yield complete lines from an offset, each with the offset after it."""
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
        """Restore the state from the file; an incomplete last line is removed."""
        whole = 0
        for line, after in self._lines(0):
            whole = after
            self.header = {"run": line["run"], "platform": line.get("platform")} if "run" in line else self.header
            self.run_id = line.get("run_id", self.run_id)
            self._batches = max(self._batches, line.get("batch", 0))
            self._shipped = max(self._shipped, line.get("shipped", 0))
            self.finish = line.get("finish", self.finish)
        os.ftruncate(self._descriptor, whole)


def leftovers(home: Path, platform: str | None) -> Iterator[Journal]:
    """Yield journals for this platform whose processes have ended, oldest first; each is locked for the caller."""
    paths = list((home / FOLDER).glob("*.jsonl"))
    for path in sorted(paths, key=_written_at):
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
