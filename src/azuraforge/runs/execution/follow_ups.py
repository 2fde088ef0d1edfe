"""Follow-up computations after a run's success, such as explanations of a verdict: one at a time, at low priority.

A file in the run's work folder lists its follow-ups. The file is written before the success is committed and removed
when all follow-ups have ended, so that a killed worker resumes them when it restarts. The run's row names the
follow-ups that have not ended. One transaction stores a follow-up's figures and notes and removes its name from the
row, so nothing is attached twice. A file lock excludes other processes on the same disk.
"""

from __future__ import annotations

import fcntl
import os
import queue
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.durable import sync, sync_path
from azuraforge.errors import AzuraError, TransientError
from azuraforge.events.service import EventLog
from azuraforge.messages import LANGUAGES, Message, translated
from azuraforge.messages.stored import text_from_json, text_to_json
from azuraforge.processes.child_process import ChildProcess
from azuraforge.processes.exchange import Exchange
from azuraforge.processes.failures import Interruption, sentence_of, storage_error
from azuraforge.processes.frames import SentMessage, Start
from azuraforge.processes.launcher import Launcher
from azuraforge.runs import store
from azuraforge.runs.events import RunFollowedUp
from azuraforge.runs.execution.recording import Figure, Note
from azuraforge.runs.handlers import ChildSettings, ClaimedRun, FollowUp
from azuraforge.runs.tables import Run
from azuraforge.telemetry import logger

#: Name of the file in a run's work folder that lists its follow-ups.
FILE = "follow_ups.json"
#: Increase of the children's niceness, so that training has priority.
_NICENESS = 10
#: Time limit of one computation, long enough for a busy machine.
_SECONDS = 1800.0
#: Number of tries in one worker process before the failure is noted in the report.
_TRIES = 3
_PAUSE_SECONDS = 1.0
_AWAY_SECONDS = 5.0

log = logger("runs")


class Task(BaseModel):
    """Content of the follow-up file. ``settings`` are the settings of the run's child processes."""

    project_id: str
    run_id: str
    settings: ChildSettings
    memory_bytes: int | None
    steps: list[FollowUp]


class _Attached:
    """Figures and notes that a child sent, collected until the child has ended."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.notes: list[Note] = []

    def hear(self, message: SentMessage) -> None:
        if message["name"] == "figure":
            self.figures.append(Figure.model_validate(message["data"]))
        elif message["name"] == "note":
            self.notes.append(Note.model_validate(message["data"]))


def keep(folder: Path, run: ClaimedRun, settings: ChildSettings, steps: Sequence[FollowUp]) -> None:
    """Write a run's follow-ups to its work folder; call it before the run's success is committed.

    Raises StorageError if the disk is full, and OSError if the file cannot be written for another reason.
    """
    task = Task(
        project_id=run.project_id,
        run_id=run.id,
        settings=settings,
        memory_bytes=run.memory_limit_bytes,
        steps=[*steps],
    )
    draft = folder / f".{FILE}"
    try:
        with draft.open("wb") as file:
            file.write(task.model_dump_json().encode())
            file.flush()
            sync(file.fileno())
        draft.replace(folder / FILE)
        sync_path(folder)
    except OSError as error:
        raise storage_error(error, Message("the run's follow-up computations"), str(folder)) or error from error


class FollowUps:
    """Executor of follow-ups in a background thread, beginning with those that an earlier process did not finish.

    Args:
        scratch: folder that contains the runs' work folders.
    """

    def __init__(self, database: Database, events: EventLog, launcher: Launcher, scratch: Path) -> None:
        self._database = database
        self._events = events
        self._launcher = launcher
        self._scratch = scratch
        self._folders: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._tries: Counter[tuple[str, str]] = Counter()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._thread = threading.Thread(target=self._loop, name="runs-follow-ups", daemon=True)

    def start(self) -> None:
        """Start the thread, beginning with the follow-ups that earlier processes did not finish."""
        for file in sorted(self._scratch.glob(f"*/{FILE}"), key=_written_at):
            self._folders.put(file.parent)
        self._thread.start()

    def add(self, folder: Path) -> None:
        """Schedule the follow-ups of a succeeded run, which ``keep`` has written to its work folder."""
        self._folders.put(folder)

    def stop(self) -> None:
        """Stop immediately; unfinished follow-ups are executed again after the next start."""
        self._stopping.set()
        self._folders.put(None)
        with self._lock:
            if self._child is not None:
                self._child.signal(signal.SIGKILL)
        if self._thread.is_alive():
            self._thread.join(10)

    def _loop(self) -> None:
        while not self._stopping.is_set() and (folder := self._folders.get()) is not None:
            try:
                self.execute(folder)
            except TransientError as error:  # the database or the launcher is unavailable
                self._again(folder, error, _AWAY_SECONDS)
            except Exception as error:
                self._again(folder, error, _PAUSE_SECONDS)

    def _again(self, folder: Path, error: Exception, seconds: float) -> None:
        if not self._stopping.is_set():
            log.warning("follow_ups_wait", folder=folder.name, reason=str(error))
            self._stopping.wait(seconds)
            self._folders.put(folder)

    def execute(self, folder: Path) -> None:
        """Execute the remaining follow-ups of one run, then remove its folder.

        Do nothing if the file is missing or locked by another process, or if the run has not succeeded. After ``stop``,
        the folder is kept. Raises Interruption, AzuraError or TimeoutError if a follow-up must be retried.
        """
        with _alone(folder / FILE) as content:
            if content is None:
                return
            task = Task.model_validate_json(content)
            with self._database.read(task.project_id) as session:
                run = store.get(session, task.run_id)
                if run is not None and run.state != "succeeded":
                    return  # the worker died before the success was committed; the next attempt rewrites the file
                left = [] if run is None else run.follow_ups
            for step in task.steps:
                if step.name in left and not self._stopping.is_set():
                    self._execute(task, step)
            if not self._stopping.is_set():
                shutil.rmtree(folder, ignore_errors=True)

    def _execute(self, task: Task, step: FollowUp) -> None:
        attached, key = _Attached(), (task.run_id, step.name)
        try:
            self._ask(task, step, attached)
        except (Interruption, AzuraError, TimeoutError) as error:
            if self._stopping.is_set():
                raise
            self._tries[key] += 1
            if self._tries[key] < _TRIES:
                raise
            attached = _Attached()
            problem = Message("it took too long") if isinstance(error, TimeoutError) else sentence_of(error)
            attached.notes.append(Note(markdown=text_to_json(_failed(step, problem))))
        crashpoint("follow_up_before_stored")
        self._database.write(task.project_id, lambda session: self._store(session, task.run_id, step.name, attached))
        self._tries.pop(key, None)

    def _ask(self, task: Task, step: FollowUp, attached: _Attached) -> None:
        frame: Start = {
            "type": "call",
            "entry": step.entry,
            "payload": step.payload,
            "niceness": _NICENESS,
            "seed": task.settings.seed,
            "threads": task.settings.threads,
            "environment": task.settings.environment,
            "kernels_folder": task.settings.kernels_folder,
        }
        if task.memory_bytes is not None:
            frame["memory_bytes"] = task.memory_bytes
        child = self._launcher.spawn()
        with self._lock:
            self._child = child
        try:
            if self._stopping.is_set():
                child.signal(signal.SIGKILL)
            with Exchange(child, attached.hear) as exchange:
                exchange.exchange(frame, time.monotonic() + _SECONDS)
        finally:
            with self._lock:
                self._child = None

    def _store(self, session: Session, run_id: str, name: str, attached: _Attached) -> None:
        """Attach figures and notes and mark the follow-up as ended.

        Do nothing if the run was purged or the follow-up has already ended.
        """
        run = store.lock(session, run_id)
        if run is None or name not in run.follow_ups:
            return
        for figure in attached.figures:
            store.save_figure(session, run_id, figure.name, figure.data)
        for note in attached.notes:
            store.add_note(session, run_id, run.attempt, text_from_json(note.markdown))
        left = [each for each in run.follow_ups if each != name]
        store.change(session, run, follow_ups=left)
        if not left:
            note_end(session, self._events, run)


def note_end(session: Session, events: EventLog, run: Run) -> None:
    """Append the event that all follow-ups of a run have ended, in the caller's transaction."""
    body = RunFollowedUp(run_id=run.id, kind=run.kind, name=run.name, model=run.model, state=run.state)
    events.append(session, "project", body)


@contextmanager
def _alone(file: Path) -> Iterator[bytes | None]:
    """Lock the file and yield its content, or None if it was removed or another process has locked it."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        yield None
        return
    with os.fdopen(descriptor, "rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        yield opened.read() if file.exists() else None


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _failed(step: FollowUp, problem: Message) -> Mapping[str, str]:
    """Return the note on a follow-up that failed, in each language."""
    return {code: step.problem[code].replace("{problem}", translated(problem, code)) for code in LANGUAGES}
