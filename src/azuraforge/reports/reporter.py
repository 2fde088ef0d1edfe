"""Background loop that writes the reports of ended runs, one at a time, at low priority, in a thread of its own.

The loop reads the ends of runs from the projects' event logs, so that it also finds ends recorded by other processes.
After a start, it reads the last events again, in case the platform stopped before all reports were written. Several
processes may run the loop, because existing reports are not written again.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from azuraforge.database import Database, unavailable
from azuraforge.errors import AzuraError, TransientError
from azuraforge.events.schemas import EventOut
from azuraforge.events.service import EventLog
from azuraforge.processes.exchange import TOO_SLOW
from azuraforge.projects.reads import every_project
from azuraforge.reports.material import Question, Written
from azuraforge.reports.service import RunReports
from azuraforge.strict_json import JsonObject
from azuraforge.telemetry import logger

ENTRY = "azuraforge.reports.child:serve"
#: Seconds between two checks of all projects without a notification.
ROUND_SECONDS = 60.0
#: Delay of the first check, so that it does not slow down the start of the platform.
_FIRST_SECONDS = 5.0
#: Delay after a notification, so that runs that end together are processed together.
_GATHER_SECONDS = 0.5
#: Timeout of one report. It is long because the child has low priority and a busy machine slows it down.
_ANSWER_SECONDS = 120.0
#: Maximum attempts per report; fewer after a timeout, because a hanging child delays all other reports.
_TRIES, _SLOW_TRIES = 3, 2
#: Number of events of a project's log that are read again after a start.
_BEHIND = 500
#: Number of reports after which the child is replaced, because drawing leaks a little memory each time.
REPORTS_PER_CHILD = 50
_ENDS = frozenset({"succeeded", "failed", "cancelled", "quarantined"})
#: Kinds of runs without a report at their end: trials, and external runs, whose reports are written on request.
_WITHOUT = frozenset({"trial", "external"})

log = logger("runs")


class ChildSession(Protocol):
    """Protocol of a long-lived child process, see ``processes.exchange``."""

    def ask(self, payload: Mapping[str, object], timeout_seconds: float) -> JsonObject: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


Open = Callable[[str, JsonObject], ChildSession]


class _Unanswered(TransientError):
    """Error for a child that died or timed out while it wrote a report."""


class Reporter:
    """Background loop that finds ended runs in the projects' event logs and writes their reports."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        reports: RunReports,
        open_child: Open,
        round_seconds: float = ROUND_SECONDS,
        reports_per_child: int = REPORTS_PER_CHILD,
    ) -> None:
        self._database = database
        self._events = events
        self._reports = reports
        self._open = open_child
        self._round_seconds = round_seconds
        self._reports_per_child = reports_per_child
        self._written = 0  # by the current child
        self._cursors: dict[str, int] = {}
        self._noticed: set[str] = set()
        self._tries: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._child: ChildSession | None = None
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="reports", daemon=True)

    def start(self) -> None:
        """Start the loop."""
        self._events.notifier.subscribe(self.notice)
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop immediately. An unfinished report is written after the next start."""
        self._stopping.set()
        self._woken.set()
        with self._lock:
            if self._child is not None:
                self._child.kill()
        if self._thread.is_alive():
            self._thread.join(10)
        self._end_child()

    def notice(self, project_id: str, stream: str) -> None:
        """Wake the loop after an event of a project, which may be the end of a run."""
        if stream == "project":
            with self._lock:
                self._noticed.add(project_id)
            self._woken.set()

    def look(self, project_id: str) -> int:
        """Process the new events of a project, and return how many of them end a run or its follow-ups.

        Raises the error if a report could not be written; the next call retries that report first. After a few failed
        attempts, the reason is stored with the run instead.
        """
        after = self._cursors.get(project_id)
        if after is None:
            after = max(0, self._events.last_seq(project_id, "project") - _BEHIND)
            self._cursors[project_id] = after  # later calls continue here, even if the first one fails
        found = 0
        while not self._stopping.is_set() and (lines := self._events.read(project_id, "project", after)):
            for line in lines:
                if _is_end(line) and not self._stopping.is_set():
                    self._report(project_id, str(line.data["run_id"]))
                    found += 1
            after = self._cursors[project_id] = lines[-1].seq
        return found

    def _report(self, project_id: str, run_id: str) -> None:
        key = (project_id, run_id)
        try:
            self._reports.write_at_end(project_id, run_id, self._ask)
        except Exception as error:
            if self._stopping.is_set():
                raise
            self._end_child()
            if isinstance(error, TransientError) and not isinstance(error, _Unanswered):
                raise  # an error of the database or the launcher does not count as an attempt
            self._tries[key] += 1
            slow = isinstance(error, AzuraError) and error.error_code == TOO_SLOW
            if self._tries[key] < (_SLOW_TRIES if slow else _TRIES):
                raise
            log.warning("report_not_written", project_id=project_id, run=run_id, reason=str(error))
            self._reports.give_up(project_id, run_id, str(error))
        self._tries.pop(key, None)

    def _ask(self, question: Question) -> Written:
        if self._written >= self._reports_per_child:
            self._end_child()
        if self._child is None:
            child = self._open(ENTRY, {})
            with self._lock:
                self._child, self._written = child, 0
        if self._stopping.is_set():  # the child was opened after the stop was requested
            self._end_child()
        assert self._child is not None
        self._written += 1
        try:
            answer = self._child.ask(question.model_dump(mode="json", by_alias=True), _ANSWER_SECONDS)
        except TransientError as error:
            raise _Unanswered(error.message, next_step=error.next_step, code=error.error_code) from error
        return Written.model_validate(answer)

    def _end_child(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.close()

    def _loop(self) -> None:
        due = time.monotonic() + _FIRST_SECONDS
        while not self._stopping.is_set():
            self._woken.wait(max(0.0, due - time.monotonic()))
            self._stopping.wait(_GATHER_SECONDS)
            self._woken.clear()  # cleared before the check, so that no notification is lost
            with self._lock:
                noticed, self._noticed = self._noticed, set()
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + self._round_seconds
                    noticed |= set(every_project(self._database, self._stopping))
                self._look_at(noticed)
            except Exception as error:
                self._wait_with(noticed, error)
            finally:
                self._end_child()  # frees its memory

    def _look_at(self, projects: set[str]) -> None:
        """Check each project; an error in one does not delay the others.

        Raises the error if the database is unavailable or the loop is stopping.
        """
        for project_id in list(projects):
            try:
                self.look(project_id)
            except Exception as error:
                if self._stopping.is_set() or unavailable(error):
                    raise
                self._wait_with({project_id}, error)
            projects.discard(project_id)

    def _wait_with(self, projects: set[str], error: Exception) -> None:
        """Schedule projects for the next notification or check after an error, and log the error."""
        with self._lock:
            self._noticed |= projects
        if not self._stopping.is_set():
            log.warning("reports_wait", project_ids=sorted(projects), reason=str(error))


def _is_end(line: EventOut) -> bool:
    """Return whether an event is the end of a run with a report, or the end of such a run's follow-ups."""
    if line.type not in ("run.state", "run.followed_up"):
        return False
    return line.data["state"] in _ENDS and line.data["kind"] not in _WITHOUT
