"""The loop that writes the report of every ended run, one at a time, at low priority, in a thread of its own.

Which runs ended is read from the project's log, so an end counts whoever wrote it. A platform that stopped before all
were written goes over the last lines again when it starts. Any number may run, in any number of processes: what is
there is not written again.
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
#: How often every project is looked at, without a notification.
ROUND_SECONDS = 60.0
#: A platform that just starts, perhaps for one command only, has better things to do.
_FIRST_SECONDS = 5.0
#: Ends that come together are looked at together.
_GATHER_SECONDS = 0.5
#: So long one report may take: its child gives way to everybody, and a busy machine has little left for it.
_ANSWER_SECONDS = 120.0
#: How often this process tries to write one run's report; a hanging child holds up everybody's, so that less often.
_TRIES, _SLOW_TRIES = 3, 2
#: Lines of a project's log that a start goes over again.
_BEHIND = 500
#: A child is ended after so many reports: drawing keeps a little memory each time, and a backlog may last for hours.
REPORTS_PER_CHILD = 50
_ENDS = frozenset({"succeeded", "failed", "cancelled", "quarantined"})
#: A study's winner has a report, its trials have none; an external run's is written when it is first asked for.
_WITHOUT = frozenset({"trial", "external"})

log = logger("runs")


class ChildSession(Protocol):
    """A long-lived child, see ``processes.exchange``."""

    def ask(self, payload: Mapping[str, object], timeout_seconds: float) -> JsonObject: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


Open = Callable[[str, JsonObject], ChildSession]


class _Unanswered(TransientError):
    """The child died while answering, or took too long."""


class Reporter:
    """Finds ended runs in each project, continuing where it left off."""

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
        self._written = 0  # by the present child
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
        """End the loop at once; an unfinished report is written after the next start."""
        self._stopping.set()
        self._woken.set()
        with self._lock:
            if self._child is not None:
                self._child.kill()
        if self._thread.is_alive():
            self._thread.join(10)
        self._end_child()

    def notice(self, project_id: str, stream: str) -> None:
        """Wake the loop after an event of this process, perhaps the end of a run."""
        if stream == "project":
            with self._lock:
                self._noticed.add(project_id)
            self._woken.set()

    def look(self, project_id: str) -> int:
        """Process a project's new events; return the number of ended runs among them.

        Raises if a report could not be written just now: the next call begins with it.
        """
        after = self._cursors.get(project_id)
        if after is None:
            after = max(0, self._events.last_seq(project_id, "project") - _BEHIND)
            self._cursors[project_id] = after  # what could not be written at first does not fall behind
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
                raise  # of the database or the launcher, not of this run
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
        if self._stopping.is_set():  # it was opened after everybody was told to end
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
            self._woken.clear()  # before looking, so that no notification is missed
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
                self._end_child()  # its memory is given back

    def _look_at(self, projects: set[str]) -> None:
        """Look at each project; one that must wait does not delay the others. Raises if the database is unavailable."""
        for project_id in list(projects):
            try:
                self.look(project_id)
            except Exception as error:
                if self._stopping.is_set() or unavailable(error):
                    raise
                self._wait_with({project_id}, error)
            projects.discard(project_id)

    def _wait_with(self, projects: set[str], error: Exception) -> None:
        """Wait for the next notification, or the next round."""
        with self._lock:
            self._noticed |= projects
        if not self._stopping.is_set():
            log.warning("reports_wait", project_ids=sorted(projects), reason=str(error))


def _is_end(line: EventOut) -> bool:
    """Return whether an event ends a run or its follow-ups, which a report also shows."""
    if line.type not in ("run.state", "run.followed_up"):
        return False
    return line.data["state"] in _ENDS and line.data["kind"] not in _WITHOUT
