"""Execution of one attempt on behalf of its handler: phases, artifacts, figures, notes. Every write is fenced."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import BaseModel, JsonValue

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session, unavailable
from azuraforge.errors import StorageError, TransientError
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.messages.stored import StoredText, text_to_json
from azuraforge.processes.environment import code_version, differences
from azuraforge.processes.failures import storage_error
from azuraforge.processes.frames import SavedCheckpoint, SentMessage
from azuraforge.processes.kernels import Kernels
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.log_file import LogFile
from azuraforge.processes.messages import message_frame, sent
from azuraforge.processes.resources.usage import Sampler
from azuraforge.processes.sealed_folders import problem_with
from azuraforge.projects.keeping import hold
from azuraforge.runs import store
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.events import PhaseBegan, PhaseEnded
from azuraforge.runs.execution.outgoing import Outgoing
from azuraforge.runs.execution.phase import Interrupt, PhaseChild, start_frame
from azuraforge.runs.execution.recording import Recorder
from azuraforge.runs.handlers import ChildSettings, ClaimedRun, PhaseResult, RegisteredMessage
from azuraforge.runs.lease import Held, fenced_update
from azuraforge.runs.limits import Limits
from azuraforge.runs.progress import ProgressMeter
from azuraforge.runs.transitions import Transitions, run_stream
from azuraforge.strict_json import JsonObject

T = TypeVar("T")
R = TypeVar("R", bound=BaseModel)

#: Pause between retries of a write while the database is unavailable.
_AWAY_SECONDS = 0.25
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class _Ended:
    """Result of a phase as its child sent it, and the folder with its outputs."""

    value: JsonObject
    outputs: Path


class AttemptJob:
    """Implementation of ``handlers.Job`` for one worker thread; other threads may use ``interrupt`` and ``send``.

    The constructor raises StorageError or OSError if the attempt's log file cannot be created.
    """

    def __init__(
        self,
        run: ClaimedRun,
        folder: Path,
        database: Database,
        events: EventLog,
        launcher: Launcher,
        artifacts: ArtifactStore,
        limits: Limits,
        kernels: Kernels,
        sample_seconds: float,
        messages: Mapping[str, RegisteredMessage],
    ) -> None:
        self.run = run
        self.folder = folder
        self.held = Held(run.project_id, run.id, run.attempt)
        self.interrupt = Interrupt()
        self._database = database
        self._events = events
        self._launcher = launcher
        self._artifacts = artifacts
        self._limits = limits
        self._kernels = kernels
        self._sample_seconds = sample_seconds
        self._messages = messages
        self._outgoing = Outgoing()
        self._sampler: Sampler | None = None
        self._environment: JsonObject | None = None
        self._kernels_folder: str | None = None
        self._waits = False
        self._meter = ProgressMeter()
        self._index = 0
        try:
            self.log = LogFile(folder / "logs" / f"{run.attempt}.txt")
        except OSError as error:
            raise storage_error(error, Message("the run's log"), str(folder)) or error from error

    def check(self) -> None:
        """Raise Cancelled, Replaced or Draining if the attempt must stop."""
        self.interrupt.check()

    def phase(
        self,
        name: str,
        entry: str,
        payload: BaseModel,
        *,
        share: float,
        result: type[R],
        secrets: Mapping[str, str] | None = None,
    ) -> PhaseResult[R]:
        """Run one child process to completion; see ``handlers.Job``."""
        found = self._phase(name, entry, payload.model_dump(mode="json", by_alias=True), share, secrets or {})
        return PhaseResult(result.model_validate(found.value), found.outputs)

    def _phase(self, name: str, entry: str, payload: JsonObject, share: float, secrets: Mapping[str, str]) -> _Ended:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a phase: lower-case letters, digits, '_', '.' and '-'")
        self.check()
        if self._environment is None:
            self._environment = self._fix_environment()
        self._meter.enter(name, share)
        self._index += 1
        wanted = _hash(entry, payload)
        result = self._finished_before(name, wanted)
        if result is None:
            self._announce(name)
            crashpoint("phase_announced")
            self.log.hide(secrets.values())
            handed: JsonObject = {**payload, "secrets": {**secrets}} if secrets else payload  # secrets are not hashed
            result = self._execute(name, entry, handed, wanted)
        self._meter.leave()
        return result

    def artifact(self, name: str, path: Path, media_type: str, kind: str) -> None:
        """Copy a file into the artifact store and add it to the run's artifacts.

        Raises StorageError if the file cannot be read or stored.
        """
        project_id = self.run.project_id
        while True:
            stored = self._artifacts.put_file(project_id, path)
            crashpoint("artifact_before_listed")
            values: dict[str, str | int] = {
                "kind": kind,
                "media_type": media_type,
                "bytes": stored.bytes,
                "sha256": stored.sha256,
            }
            listed = partial(self._list_artifact, name=name, values=values)
            if self.write(listed):
                return

    def _list_artifact(self, session: Session, name: str, values: Mapping[str, str | int]) -> bool:
        """Add a stored file to the run's artifacts; return False if the file was just deleted with another run."""
        hold(session)
        if not self._artifacts.path(self.run.project_id, str(values["sha256"])).exists():
            return False
        store.save_artifact(session, self.run.id, name, values)
        return True

    def figure(self, name: str, data: Mapping[str, JsonValue]) -> None:
        """Attach the data of a figure to the run, replacing an earlier figure of the same name."""
        self._record("", [sent("figure", {"name": name, "data": dict(data)})])

    def note(self, markdown: StoredText) -> None:
        """Add a paragraph to the run's report."""
        self._record("", [sent("note", {"markdown": text_to_json(markdown)})])

    def send(self, name: str, body: BaseModel) -> None:
        """Send a message to the child of the current phase, which reads it with ``child.receive``. Thread-safe."""
        self._outgoing.put(message_frame(name, body))

    def write(self, work: Callable[[Session], T], *, durable: bool = False) -> T:
        """Run ``work`` in a fenced transaction; retry while the database is unavailable.

        ``durable`` states whether the commit must survive a power failure. Raises Replaced if this attempt no longer
        holds the run, and the reason of an interrupt during a retry.
        """

        def fenced(session: Session) -> T:
            fenced_update(session, self.held)
            return work(session)

        while True:
            try:
                return self._database.write(self.run.project_id, fenced, durable=durable)
            except TransientError as error:
                if not unavailable(error):
                    raise
            self.check()  # the child keeps computing; its messages wait in the socket
            time.sleep(_AWAY_SECONDS)

    def close(self) -> None:
        """Close sockets and the open log; the log file remains on disk."""
        self.interrupt.close()
        self._outgoing.close()
        self.log.close()

    def child_settings(self) -> ChildSettings:
        """Return the settings that all child processes of this attempt use."""
        assert self._environment is not None
        return ChildSettings(
            seed=self.run.seed,
            threads=int(str(self._environment["threads"])),
            environment=self._environment,
            kernels_folder=self._kernels_folder,
        )

    def _fix_environment(self) -> JsonObject:
        """Record the environment of this attempt's children, with the earlier attempts' backend if it is available."""
        recorded, asked = self.run.environment, self.run.threads
        fixed = self._kernels.fix(recorded, asked, self._wait_for_kernels)
        self._kernels_folder = fixed.folder
        environment = {**self._launcher.environment, **fixed.fields}
        changed = differences(recorded, environment)
        changes = None
        if changed:
            values = {"changes": changed, "reason": fixed.problem}
            changes = Message(
                "No longer reproducible bit for bit: {changes} ({reason})."
                if fixed.problem
                else "No longer reproducible bit for bit: {changes}.",
                values,
            )
        transitions = Transitions(self._events)
        self.write(
            lambda session: transitions.environment_fixed(
                session, self.held, environment, changes, first=recorded is None
            )
        )
        if recorded is None:
            self.run = replace(self.run, code_version=code_version())
        return environment

    def _wait_for_kernels(self, compiling: bool) -> None:
        self.check()
        if compiling and not self._waits:
            self._waits = True
            self._meter.enter("kernels", 0.0)
            self._announce("kernels")

    def _announce(self, name: str) -> None:
        def work(session: Session) -> None:
            self._events.append(session, run_stream(self.run.id), PhaseBegan(name=name, index=self._index, count=None))
            fenced_update(session, self.held, progress=self._meter.update(0, 0))

        self.write(work)

    def _finished_before(self, name: str, wanted: str) -> _Ended | None:
        """Return the stored result of a phase if its inputs are the same and its outputs intact; otherwise None."""
        with self._database.read(self.run.project_id) as session:
            row = store.phase(session, self.run.id, name)
        if row is None or row.payload_hash != wanted:
            return None
        outputs = self.folder / row.folder
        if problem_with(outputs, row.sha256) is not None:
            return None
        return _Ended(row.result, outputs)

    def _execute(self, name: str, entry: str, payload: JsonObject, wanted: str) -> _Ended:
        began = time.monotonic()
        inside = Path("phases") / name / str(self.run.attempt)
        work, outputs = self.folder / inside / "work", self.folder / inside / "outputs"
        checkpoints = Path("checkpoints") / name / str(self.run.attempt)
        try:
            forget_earlier(self.folder / "phases" / name, self.run.attempt)
            work.mkdir(parents=True)
            outputs.mkdir()
        except OSError as error:
            raise storage_error(error, Message("the run's folder"), str(self.folder)) or error from error
        settings = self.child_settings()
        start = start_frame(
            entry, payload, work, outputs, self.folder / checkpoints, self._saved_checkpoints(name), settings
        )
        habits, kind = self._launcher.habits, f"{entry} {self.run.plugin}"
        child = self._launcher.spawn(output=True, warm=habits.warm(kind, settings.threads))
        crashpoint("child_started")
        driver = PhaseChild(
            child,
            self.interrupt,
            self._limits,
            self.log,
            lambda frames: self._record(name, frames),
            self._outgoing,
            self._measured(),
        )
        try:
            answer = driver.run(start)
        finally:
            self._outgoing.clear()
        habits.learn(kind, answer.get("heavy", ()))
        self._launcher.share(answer.get("shared", ()))
        if not isinstance(answer["value"], dict):
            raise TypeError(f"{entry} returned {type(answer['value']).__name__}; a phase returns a dictionary")
        values = {
            "attempt": self.run.attempt,
            "payload_hash": wanted,
            "result": answer["value"],
            "folder": str(inside / "outputs"),
            "sha256": answer["sha256"],
        }
        crashpoint("phase_before_kept")
        seconds = round(time.monotonic() - began, 3)
        self._keep_result(name, values, PhaseEnded(name=name, seconds=seconds, cpu_seconds=answer.get("cpu_seconds")))
        crashpoint("phase_kept")
        shutil.rmtree(work, ignore_errors=True)
        return _Ended(answer["value"], outputs)

    def _measured(self) -> Sampler:
        """Return the resource sampler that all phases share; its time axis starts at the run's first attempt."""
        if self._sampler is None:
            with self._database.read(self.run.project_id) as session:
                first = store.attempts(session, self.run.id)[0].started_at
            elapsed_seconds = (self._database.clock() - first).total_seconds()
            self._sampler = Sampler(self._sample_seconds, elapsed_seconds)
        return self._sampler

    def _keep_result(self, name: str, values: Mapping[str, object], ended: PhaseEnded) -> None:
        def work(session: Session) -> None:
            first = store.phase(session, self.run.id, name) is None
            store.save_phase(session, self.run.id, name, values)
            self._events.append(session, run_stream(self.run.id), ended)
            if first:
                fenced_update(session, self.held, deaths=0)

        self.write(work)

    def _saved_checkpoints(self, name: str) -> list[SavedCheckpoint]:
        with self._database.read(self.run.project_id) as session:
            rows = store.checkpoints(session, self.run.id, name)
        return [{"step": row.step, "folder": str(self.folder / row.folder), "sha256": row.sha256} for row in rows]

    def _record(self, phase: str, frames: Sequence[SentMessage]) -> Sequence[SentMessage]:
        """Store a child's frames in one transaction, then delete superfluous checkpoints; return the replies."""
        recorder = Recorder(self._events, self.held, self.folder, self._meter, phase, self._messages)

        def work(session: Session) -> None:
            recorder.record(session, frames)
            crashpoint("record_before_commit")

        self.write(work)
        if recorder.superfluous:
            crashpoint("recorded_before_freed")
        for folder in recorder.superfluous:
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        return recorder.answers


def forget_earlier(phase: Path, attempt: int) -> None:
    """Remove the folders of ``attempt`` and of earlier attempts from the folder ``phase``.

    Folders of later attempts are kept, because ``attempt`` may have been suspended and replaced.
    """
    for left in phase.iterdir() if phase.is_dir() else ():
        if left.name.isdigit() and int(left.name) <= attempt:
            shutil.rmtree(left, ignore_errors=True)


def _hash(entry: str, payload: JsonObject) -> str:
    asked = orjson.dumps([entry, payload], option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return hashlib.sha256(asked).hexdigest()


def work_folder(scratch: Path, run_id: str) -> Path:
    """Create and return the work folder of a run, which all its attempts share.

    Raises StorageError if the folder cannot be created or is not writable.
    """
    folder = scratch / run_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable", str(folder))
    except OSError as error:
        raise storage_error(error, Message("the run's folder"), str(folder)) or StorageError(
            "the run's folder cannot be created: {reason}",
            where="{folder}",
            next_step="make the data home writable",
            reason=str(error),
            folder=str(folder),
        ) from error
    return folder
