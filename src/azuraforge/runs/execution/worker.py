"""Execution of runs: claim a run, call its handler, and record how the attempt ended.

The embedded ``Supervisor`` or the slots of a ``QueueWorker`` call ``run_one``, from one thread for each concurrent run.
A heartbeat thread renews all leases and notices cancellation requests.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import threading
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session, new_id
from azuraforge.errors import AzuraError, TransientError
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.processes.failures import (
    Cancelled,
    ChildDied,
    Draining,
    Interruption,
    LauncherDied,
    Outgrown,
    Replaced,
    error_fields,
)
from azuraforge.processes.kernels import Kernels
from azuraforge.processes.launcher import Launcher
from azuraforge.runs import lease, store
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.execution.follow_ups import FollowUps, keep
from azuraforge.runs.execution.job import AttemptJob, work_folder
from azuraforge.runs.execution.recording import by_name
from azuraforge.runs.handlers import ClaimedRun, Finish, Handler, by_kind
from azuraforge.runs.lease import Held
from azuraforge.runs.limits import Limits
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import Transitions
from azuraforge.settings import QUEUES, Settings
from azuraforge.telemetry import logger

_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 1.0, 60.0
_DRAIN_SECONDS = 20.0

log = logger("runs")


class Worker:
    """Executor of runs; each attempt is executed in the thread that calls ``run_one``."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        launcher: Launcher,
        artifacts: ArtifactStore,
        handlers: Iterable[Handler],
        settings: Settings,
        name: str | None = None,
        kernels: Kernels | None = None,
    ) -> None:
        self.name = name or f"{socket.gethostname()[:60]}:{os.getpid()}:{new_id()[:6]}"
        self._database = database
        self._events = events
        self._transitions = Transitions(events)
        self._launcher = launcher
        self._artifacts = artifacts
        self._handlers = by_kind(handlers)
        self._messages = {kind: by_name(handler.messages) for kind, handler in self._handlers.items()}
        self._settings = settings
        self._kernels = kernels or Kernels(launcher.call, settings.engine, settings.kernels)
        self._lock = threading.Lock()
        self._jobs: dict[Held, AttemptJob] = {}
        self._idle = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._follow_ups = FollowUps(database, events, launcher, settings.scratch)
        self._beating = threading.Thread(target=self._beat, name="runs-beat", daemon=True)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of runs that this worker can execute."""
        return tuple(self._handlers)

    def start(self) -> None:
        """Start heartbeats and the execution of follow-ups."""
        self._beating.start()
        self._follow_ups.start()

    def run_one(self, wanted: tuple[str, str] | None = None, queues: Sequence[str] = QUEUES) -> bool:
        """Claim the first due run of ``queues``, or ``wanted`` from any queue, and execute one attempt.

        ``wanted`` is the pair (project id, run id) of a run. Return False if no run could be claimed or the worker is
        draining. Errors of the attempt are recorded, not raised. Raises TransientError if the launcher does not start.
        """
        if self._stopping.is_set():
            return False
        self._launcher.start()  # a launcher that cannot start must not consume an attempt

        def take(session: Session, found: Held) -> ClaimedRun | None:
            if not lease.has_room(session, self._settings.runs.max_running_per_project):
                return None
            return self._take(session, found)

        run = self._claim(take, wanted, queues)
        if run is None:
            return False
        self.execute(run)
        return True

    def claim_standing(self) -> ClaimedRun | None:
        """Claim the oldest due run without end; ``execute`` must follow. Return None if none is due.

        Raises TransientError if the launcher does not start.
        """
        if self._stopping.is_set():
            return None
        self._launcher.start()
        return self._database.write_claimed(lambda session: lease.find_standing(session, self.kinds), self._take)

    def execute(self, run: ClaimedRun) -> None:
        """Execute a claimed attempt in this thread. Its errors are recorded, not raised."""
        crashpoint("claimed_before_carried")
        self._carry(run)

    def _take(self, session: Session, found: Held) -> ClaimedRun | None:
        row = lease.claim(session, found, self.name, self._settings.runs.lease_seconds)
        if row is None:
            return None
        self._transitions.claimed(session, row, self.name)
        crashpoint("claim_before_commit")
        return _claimed(row)

    def _claim(
        self,
        take: Callable[[Session, Held], ClaimedRun | None],
        wanted: tuple[str, str] | None,
        queues: Sequence[str] = QUEUES,
    ) -> ClaimedRun | None:
        if wanted is None:
            most = self._settings.runs.max_running_per_project
            return self._database.write_claimed(lambda session: lease.find_due(session, self.kinds, most, queues), take)

        def take_wanted(session: Session) -> ClaimedRun | None:
            found = lease.wanted_due(session, wanted[1], self.kinds)
            return None if found is None else take(session, found)

        return self._database.write(wanted[0], take_wanted)

    def notice_cancel(self, run_id: str) -> None:
        """Interrupt a run whose cancellation was requested, without waiting for the next heartbeat."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.run.id == run_id]
        for job in jobs:
            job.interrupt.set(Cancelled())

    def send(self, run_id: str, name: str, body: BaseModel) -> bool:
        """Send a message to the child of a run; return False if this worker does not execute the run."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.run.id == run_id]
        for job in jobs:
            job.send(name, body)
        return bool(jobs)

    def drain(self) -> None:
        """Requeue all running runs, wait at most 20 seconds for their ends, and stop heartbeats and follow-ups.

        The interrupted attempts do not count as child deaths.
        """
        self._stopping.set()
        self._follow_ups.stop()
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.interrupt.set(Draining())
        with self._idle:
            self._idle.wait_for(lambda: not self._jobs, _DRAIN_SECONDS)
        if self._beating.is_alive():
            self._beating.join(self._settings.runs.beat_seconds + 1)

    def _carry(self, run: ClaimedRun) -> None:
        limits = Limits.of(run, self._settings.runs)
        held = Held(run.project_id, run.id, run.attempt)
        job: AttemptJob | None = None
        try:
            folder = work_folder(self._settings.scratch, run.id)
            job = AttemptJob(
                run,
                folder,
                self._database,
                self._events,
                self._launcher,
                self._artifacts,
                limits,
                self._kernels,
                self._settings.runs.sample_seconds,
                self._messages[run.kind],
            )
            with self._lock:
                self._jobs[held] = job
                if self._stopping.is_set():
                    job.interrupt.set(Draining())
            finish = self._handlers[run.kind].execute(job)
            if not isinstance(job.interrupt.why, Draining):  # draining does not discard a completed run
                job.check()
            self._keep_log(job)
            if finish.follow_ups:
                keep(folder, run, job.child_settings(), finish.follow_ups)
            self._succeed(job, finish)
            crashpoint("success_before_swept")
            if finish.follow_ups:
                self._follow_ups.add(folder)
            else:
                shutil.rmtree(folder, ignore_errors=True)
        except Replaced:
            log.info("attempt_replaced", run=run.id, attempt=run.attempt)
        except Exception as error:
            self._conclude(held, job, error)
        finally:
            with self._idle:
                self._jobs.pop(held, None)
                self._idle.notify_all()
            if job is not None:
                job.close()

    def _succeed(self, job: AttemptJob, finish: Finish) -> None:
        def work(session: Session) -> None:
            if finish.commit is not None:
                finish.commit(session)
            names = [each.name for each in finish.follow_ups]
            self._transitions.ended(
                session, job.held, "succeeded", summary=finish.summary, follow_ups=names, timed=finish.timed
            )
            crashpoint("success_before_commit")

        job.write(work, durable=True)

    def _conclude(self, held: Held, job: AttemptJob | None, error: Exception) -> None:
        """Record the end of an attempt that did not succeed. If that fails, the reaper requeues the run later."""
        if job is not None:
            if not isinstance(error, AzuraError | Interruption | Cancelled):
                job.log.write("".join(traceback.format_exception(error)).encode())
                log.error("run_failed_internally", run=held.run_id, exc_info=error)
            with contextlib.suppress(Replaced, AzuraError):
                self._keep_log(job)
        crashpoint("end_before_written")
        try:
            self._database.write(held.project_id, lambda session: self._end(session, held, error))
        except Replaced:
            log.info("attempt_replaced", run=held.run_id, attempt=held.attempt)
        except Exception as failure:
            log.error("end_not_written", run=held.run_id, attempt=held.attempt, reason=str(failure))

    def _end(self, session: Session, held: Held, error: Exception) -> None:
        """Record the end of an attempt according to the class of its error; see ``processes.failures``."""
        match error:
            case Cancelled():
                self._transitions.ended(session, held, "cancelled", reason=Message("cancelled"))
            case ChildDied():
                self._died(session, held, error)
            case Outgrown():
                self._died(session, held, error, "memory")
            case LauncherDied() | Draining():
                ended_as = "drained" if isinstance(error, Draining) else "interrupted"
                self._transitions.requeued(session, held, ended_as, error.sentence)
            case TransientError():
                self._retry(session, held, error)
            case _:
                self._transitions.ended(session, held, "failed", error=error_fields(error)["error"])

    def _died(self, session: Session, held: Held, error: Interruption, ended_as: str = "died") -> None:
        row = self._row(session, held)
        deaths = row.deaths + 1
        if deaths < self._settings.runs.max_consecutive_deaths or row.cancel_requested:
            self._transitions.requeued(session, held, ended_as, error.sentence, deaths=1)
            return
        quarantined = AzuraError(
            "its process died {deaths} times in a row without progress: {reason}",
            code="quarantined",
            next_step="read the run's log, then resume the run: azuraforge runs resume {run}",
            deaths=deaths,
            reason=error.sentence,
            run=held.run_id,
        )
        self._transitions.ended(session, held, "quarantined", error=quarantined.to_dict())

    def _retry(self, session: Session, held: Held, error: TransientError) -> None:
        row = self._row(session, held)
        failures = row.transient_failures
        if failures >= self._settings.runs.max_transient_retries and not row.cancel_requested:
            self._transitions.ended(session, held, "failed", error=error.to_dict())
            return
        delay = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2**failures) * random.uniform(0.5, 1.0)  # noqa: S311
        self._transitions.requeued(
            session, held, "transient", error.as_message(), delay_seconds=delay, transient_failures=1
        )

    def _row(self, session: Session, held: Held) -> Run:
        lease.fenced_update(session, held)
        row = store.get(session, held.run_id)
        assert row is not None
        return row

    def _keep_log(self, job: AttemptJob) -> None:
        """Store the log of this attempt, and those of earlier attempts whose worker died; empty logs are not kept."""
        job.log.close()
        written = {path for path in job.log.path.parent.glob("*.txt") if path.stat().st_size}
        if written - {job.log.path}:
            with self._database.read(job.run.project_id) as session:
                kept = {row.name for row in store.artifacts_of_kind(session, job.run.id, "log")}
            written = {path for path in written if f"log-{path.stem}.txt" not in kept}
        for path in sorted(written):
            job.artifact(f"log-{path.stem}.txt", path, "text/plain", "log")

    def _beat(self) -> None:
        while not self._stopping.wait(self._settings.runs.beat_seconds):
            with self._lock:
                jobs = dict(self._jobs)
            try:
                held = self._renew(list(jobs))
            except Exception as error:  # the lease lasts several heartbeats, and the next one may succeed
                log.warning("beat_failed", reason=str(error))
                continue
            for key, job in jobs.items():
                if key not in held:
                    job.interrupt.set(Replaced())
                elif held[key]:
                    job.interrupt.set(Cancelled())

    def _renew(self, held: list[Held]) -> dict[Held, bool]:
        seconds = self._settings.runs.lease_seconds
        renewed: dict[Held, bool] = {}
        for project_id in {each.project_id for each in held}:
            beat = partial(lease.beat, held=held, lease_seconds=seconds)
            renewed |= self._database.write(project_id, beat)
        return renewed


def _claimed(row: Run) -> ClaimedRun:
    fields: dict[str, Any] = {name: getattr(row, name) for name in ClaimedRun.__dataclass_fields__}
    return ClaimedRun(**fields)
