"""Runs that log the work of the caller's own code without waiting for the platform.

log() ──► memory ──► journal on disk ──► platform
      no I/O   ≤ 100 ms            as soon as it responds
"""

from __future__ import annotations

import atexit
import json
import logging
import math
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from azuraforge.client.errors import ApiError, ClientError, PlatformUnreachable
from azuraforge.client.external import shipping
from azuraforge.client.external.additions import Additions
from azuraforge.client.external.journal import FOLDER, Journal, Points, Progress, Request
from azuraforge.client.http.connection import Connection

log = logging.getLogger("azuraforge.client")

BATCH_SECONDS = 0.1
BEAT_SECONDS = 4.0
#: Maximum seconds that ``start`` waits for each of its two responses, and ``finish`` for the last batches to be sent.
START_SECONDS, FINISH_SECONDS = 3.0, 15.0
_LONGEST_PAUSE_SECONDS = 5.0
_ERROR_CHARACTERS = 1000
#: Limits of the platform, checked here because a refused batch would also lose the points logged after it.
_SERIES_CHARACTERS = 200
_MAX_STEP = 2**62 - 1


class ExternalRun(Additions):
    """A run whose work happens in this process. ``client.run`` creates it, for use in a ``with`` block.

    If an exception leaves the block, the run fails with the exception as its error.

    Example::

        with client.run("mine", config={"learning_rate": 0.1}) as run:
            for step in range(1, 1001):
                run.log(step=step, loss=train_step())
                if step % 100 == 0:
                    run.figure(f"samples/{step}", draw_samples())
            run.tag("baseline")
            run.summary(accuracy=0.93)
    """

    def __init__(
        self, connection: Connection, name: str, config: Mapping[str, object] | None = None, seed: int = 0
    ) -> None:
        super().__init__()
        self.name = name
        self._connection = connection
        # An invalid config raises here, before training, rather than later in a thread.
        self._request: Request = {"name": name, "config": json.loads(_to_json(dict(config or {}))), "seed": seed}
        self._lock = threading.Lock()
        self._logs: list[tuple[int, dict[str, float | None], int]] = []
        self._kept: Points = {}
        self._progress: Progress | None = None
        self._summary: dict[str, object] = {}
        self._step = 0
        self._series: set[str] = set()
        self._logged = threading.Event()
        self._recorded = threading.Event()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._journal: Journal | None = None
        self._cancel_requested = False
        self._error: str | None = None
        self._said: str | None = None

    @property
    def id(self) -> str | None:
        """The run's id on the platform; None until the platform has created the run."""
        return self._journal.run_id if self._journal else None

    @property
    def cancel_requested(self) -> bool:
        """Return whether a user has requested to cancel the run. The caller's code decides whether to stop."""
        return self._cancel_requested

    def start(self) -> ExternalRun:
        """Start the run. If the platform is unavailable, the journal keeps the run until it can be sent.

        Raises:
            ApiError: the platform refuses the run, for example because of an invalid token.
            ClientError: the journal cannot be written, or the run was started already.
        """
        if self._journal is not None:
            raise ClientError(
                "the run {name!r} has already been started",
                next_step="create another run with client.run()",
                name=self.name,
            )
        book = self._connection.book
        try:
            journal = Journal.create(
                book.home, self._request, book.given_url, self._connection.project, book.token_hash
            )
        except OSError as error:
            raise _not_written(error, book.home) from error
        try:
            shipping.create(journal, self._connection, START_SECONDS)
        except OSError as error:
            raise _not_written(error, book.home) from error
        except PlatformUnreachable as error:
            self._say(f"{error}. The run goes on; its journal waits in {journal.path}")
        except ApiError as error:
            if not error.may_pass:
                journal.remove()
                raise
            self._say(f"{error}. The run goes on; its journal waits in {journal.path}")
        self._journal = journal
        self._threads = [_thread(self._record, journal), _thread(self._ship, journal)]
        # Journals of now, without its own: it may have ended before the thread looks.
        older = [path for path in (book.home / FOLDER).glob("*.jsonl") if path != journal.path]
        _thread(shipping.ship_leftovers, book.home, self._connection, book.given_url, older)
        atexit.register(self._at_exit)
        return self

    def log(self, step: int | None = None, **metrics: object) -> None:
        """Log metrics at a step. Takes microseconds and never waits for the platform.

        Args:
            step: step of the points; None: the last step plus one. A second value of a metric at the same step is
                ignored.
            metrics: numbers, or values that ``float`` accepts (NumPy scalars, one-element tensors).

        Raises:
            TypeError: a value is not a number.
            ValueError: the platform cannot store a name or the step.
        """
        values: dict[str, float | None] = {}
        for name, value in metrics.items():
            values[name] = value if type(value) is float and math.isfinite(value) else _number(name, value)
            if name not in self._series:
                _check_series(name)
                self._series.add(name)
        logged_at = max(1, int(time.time() * 1000))  # with a clock before 1970, the platform would refuse the points
        with self._lock:
            at = self._step + 1 if step is None else int(step)
            if not -_MAX_STEP <= at <= _MAX_STEP:
                raise ValueError(f"step={at} is out of range; a step lies between -2^62 and 2^62")
            self._step = at
            self._logs.append((at, values, logged_at))  # grouped by series when written to the journal
        if not self._logged.is_set():
            self._logged.set()

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report that ``done`` of ``total`` steps are complete. The run's page shows the rate and the time left."""
        share = min(1.0, max(0.0, done / total)) if total else 0.0
        with self._lock:
            self._progress = {"done": int(done), "total": int(total), "note": note, "share": share}
        self._logged.set()

    def summary(self, **values: object) -> None:
        """Add values to the run's summary, replacing earlier ones of the same name.

        NaN and infinities become null, integers beyond 64 bits and foreign objects become text.
        """
        plain = {_readable(name): _storable(value) for name, value in json.loads(_to_json(values)).items()}
        with self._lock:
            self._summary.update(plain)

    def finish(self, error: str | None = None) -> None:
        """End the run, and wait at most 15 seconds until the last batches are sent.

        Do nothing if the run was not started, has ended, or was created in another process.

        Args:
            error: reason of the failure in one line; None: the run succeeded.
        """
        journal = self._journal
        if journal is None or self._ending.is_set() or os.getpid() != self._pid:
            return
        atexit.unregister(self._at_exit)
        self._error = error
        self._ending.set()
        self._logged.set()
        until = time.monotonic() + FINISH_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if journal.path.exists():
            command = shipping.ship_command(self._connection.book, self._connection.project)
            self._say(f"not everything is with the platform yet; {command} sends {journal.path}")
        if not any(thread.is_alive() for thread in self._threads):
            journal.close()

    def __enter__(self) -> ExternalRun:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish(_one_line(error))

    def _at_exit(self) -> None:
        self.finish("its process ended without run.finish()")

    def _running_journal(self) -> Journal | None:
        return None if self._ending.is_set() else self._journal

    def _sent_soon(self) -> None:
        self._recorded.set()

    def _record(self, journal: Journal) -> None:
        """Move logged points from memory to the journal every 100 ms until the run ends; for a thread."""
        while True:
            self._logged.wait()
            ending = self._ending.is_set()
            self._logged.clear()
            written = self._write_down(journal)
            if ending:
                self._write_end(journal)
                self._recorded.set()
                return
            if written:
                self._recorded.set()
            self._ending.wait(BATCH_SECONDS)

    def _write_down(self, journal: Journal) -> bool:
        with self._lock:
            logs, self._logs = self._logs, []
            progress, self._progress = self._progress, None
        points, self._kept = self._kept, {}
        for step, values, logged_at in logs:
            for name, value in values.items():
                points.setdefault(name, []).append((step, value, logged_at))
        if not points and progress is None:
            return False
        try:
            journal.batch(points, progress)
        except OSError as error:
            self._say(f"the journal {journal.path} cannot be written ({error.strerror}); sending without it")
            self._send_or_keep(journal, points, progress)
            return False
        return True

    def _send_or_keep(self, journal: Journal, points: Points, progress: Progress | None) -> None:
        """Send points that cannot be written to the journal; if that fails, keep them for the next attempt."""
        try:
            shipping.send(shipping.create(journal, self._connection), points, progress, None, self._connection)
        except (ClientError, OSError):
            self._kept = points
            with self._lock:
                self._progress = self._progress or progress
            self._logged.set()

    def _write_end(self, journal: Journal) -> None:
        state = "succeeded" if self._error is None else "failed"
        try:
            journal.end({"state": state, "summary": self._summary or None, "error": self._error})
        except OSError as error:
            self._say(f"the journal {journal.path} cannot be written ({error.strerror})")

    def _ship(self, journal: Journal) -> None:
        """Send the journal to the platform, with heartbeats in between, until the run ends; for a thread."""
        pause, beat_at = 0.0, time.monotonic() + BEAT_SECONDS
        while True:
            self._recorded.wait(max(0.0, min(beat_at - time.monotonic(), BEAT_SECONDS)))
            if pause:
                self._ending.wait(pause * random.uniform(0.7, 1.0))  # noqa: S311  not all clients at once
            last_round = journal.finish is not None
            self._recorded.clear()
            refusals = len(journal.refused)
            try:
                self._cancel_requested |= shipping.ship(journal, self._connection)
                if journal.finish is None and time.monotonic() >= beat_at:
                    self._cancel_requested |= shipping.renew_lease(journal, self._connection)
                    beat_at = time.monotonic() + BEAT_SECONDS
                pause, self._said = 0.0, None
                for text in journal.refused[refusals:]:
                    self._say(text)
            except (PlatformUnreachable, ApiError, OSError) as error:
                if isinstance(error, ApiError) and error.status in (404, 409, 422):
                    self._refused(journal, error)
                    return
                self._say(f"{error}. The run goes on; its journal waits in {journal.path}")
                pause = min(max(0.2, pause * 2), _LONGEST_PAUSE_SECONDS)
                beat_at = time.monotonic()
                self._recorded.set()
            if last_round or not journal.path.exists():
                return

    def _refused(self, journal: Journal, error: ApiError) -> None:
        """Stop sending after the platform refused the run, which was cancelled, closed or deleted there."""
        self._cancel_requested = True
        self._say(f"the platform takes no more of this run: {error}")

    def _say(self, text: str) -> None:
        """Log a warning unless it repeats the last one."""
        if text != self._said:
            self._said = text
            log.warning("run %r: %s", self.name, text)


def _not_written(error: OSError, home: Path) -> ClientError:
    return ClientError(
        "the run's journal cannot be written: {reason}",
        where="{folder}",
        next_step="make the folder writable, or choose another one with azuraforge.Client(home=…)",
        reason=error.strerror,
        folder=str(error.filename or home),
    )


def _thread(work: Callable[..., object], *arguments: object) -> threading.Thread:
    """Start and return a daemon thread, which cannot delay the end of the program."""
    thread = threading.Thread(target=work, args=arguments, name="azuraforge-client", daemon=True)
    thread.start()
    return thread


def _check_series(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        storable = False
    else:
        storable = 0 < len(name) <= _SERIES_CHARACTERS and "\0" not in name
    if not storable:
        raise ValueError(
            f"{name[:80]!a} cannot be a metric's name; take 1 to {_SERIES_CHARACTERS} characters of readable text"
        )


def _number(name: str, value: Any) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None  # an integer beyond the range of floats counts as infinite
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}={value!r} is not a number; log() takes numbers, summary() takes the rest") from error
    return number if math.isfinite(number) else None


def _to_json(values: Mapping[str, object]) -> str:
    return json.dumps(values, default=_plain)


def _storable(value: object) -> object:
    """Return a value with the parts replaced that the platform cannot store in a summary.

    NaN and infinities become None, integers beyond 64 bits become text, and invalid characters become ``?``.
    """
    if isinstance(value, dict):
        return {_readable(name): _storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, str):
        return _readable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _plain(value: Any) -> Any:
    """Return a NumPy scalar or array as Python values, and any other object as text."""
    for name in ("item", "tolist"):
        method = getattr(value, name, None)
        if callable(method):
            try:
                return method()
            except (TypeError, ValueError):
                continue
    return str(value)


def _one_line(error: BaseException | None) -> str | None:
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return None
    if isinstance(error, KeyboardInterrupt):
        return "interrupted from the keyboard"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:_ERROR_CHARACTERS] if text else type(error).__name__
