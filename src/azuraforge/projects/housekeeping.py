"""The loop that applies retention policies. Several loops may run at once, in any number of processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from azuraforge.database import Database
from azuraforge.events.service import EventLog
from azuraforge.projects.history import History
from azuraforge.projects.lifecycle.purging import ProjectPurger
from azuraforge.projects.reads import every_project
from azuraforge.projects.trash import Trash
from azuraforge.telemetry import logger

ROUND_SECONDS = 3600.0
#: Seconds before the first round, so that a start, or a platform for a single command, is not slowed down.
FIRST_SECONDS = 20.0

log = logger("projects")


class Housekeeping:
    """Loop that applies every project's policy soon after the start, and then every ``round_seconds``.

    Args:
        chores: functions of each round, called with the ids of projects whose files must not be removed.
        history: detects a database that is older than its files; the affected projects are skipped.
        purger: purges deleted projects; None: they are kept.
        event_days: age in days at which events are deleted, except those of runs, which are purged with their run.
    """

    def __init__(
        self,
        database: Database,
        trash: Trash,
        chores: Sequence[Callable[[Collection[str]], object]],
        events: EventLog,
        history: History,
        event_days: int = 90,
        round_seconds: float = ROUND_SECONDS,
        *,
        purger: ProjectPurger | None = None,
    ) -> None:
        self._database = database
        self._trash = trash
        self._chores = chores
        self._events = events
        self._history = history
        self._event_days = event_days
        self._round_seconds = round_seconds
        self._purger = purger
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Start the loop."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop after the current project, and wait for it at most 30 seconds."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(30)
            self._look()

    def round(self) -> None:
        """Process every active project once, and purge old projects in the trash; archived ones stay as they are.

        An error in one project does not stop the others.
        """
        resting = list(every_project(self._database, resting=True))
        projects = list(every_project(self._database))
        self._purge(resting)
        held = {project_id for project_id in projects if self._is_held(project_id)} | set(resting)
        for chore in self._chores:
            chore(held)
        for project_id in projects:
            if project_id in held:
                continue
            try:
                while self._trash.tend(project_id).left and not self._stopping.is_set():
                    pass
                before = self._database.clock() - timedelta(days=self._event_days)
                self._events.forget_before(project_id, before, spared="run/")
            except Exception as error:
                log.warning("housekeeping_waits", project_id=project_id, reason=str(error))
            if self._stopping.is_set():
                return
        if self._purger is not None:
            self._purger.sweep({*projects, *resting})

    def _purge(self, projects: Sequence[str]) -> None:
        """Purge deleted projects whose time in the trash is over, and continue interrupted purges."""
        for project_id in projects if self._purger is not None else ():
            assert self._purger is not None
            try:
                # A purge that has begun is continued: its project's history is incomplete, and cannot be restored.
                if self._purger.has_begun(project_id) or (
                    self._purger.is_due(project_id) and not self._is_held(project_id)
                ):
                    self._purger.purge(project_id)
            except Exception as error:
                log.warning("project_purge_waits", project_id=project_id, reason=str(error))
            if self._stopping.is_set():
                return

    def _look(self) -> None:
        """Compare the database with the marks and update them, directly after the start and when the platform stops."""
        try:
            resting = every_project(self._database, resting=True)
            kept = [each for each in resting if self._purger is None or not self._purger.has_begun(each)]
            for project_id in [*every_project(self._database), *kept]:
                self._history.held_until(project_id, self._trash.policy(project_id).trash_days)
        except Exception as error:
            log.warning("history_not_noted", reason=str(error))

    def _is_held(self, project_id: str) -> bool:
        try:
            until = self._history.held_until(project_id, self._trash.policy(project_id).trash_days)
        except Exception as error:  # without this knowledge, no files may be removed
            log.warning("housekeeping_waits", project_id=project_id, reason=str(error))
            return True
        if until is not None:
            log.info("housekeeping_held", project_id=project_id, until=until.isoformat())
        return until is not None

    def _loop(self) -> None:
        self._look()
        pause = FIRST_SECONDS
        while not self._stopping.wait(pause):
            pause = self._round_seconds
            try:
                self.round()
            except Exception as error:
                log.warning("housekeeping_waits", reason=str(error))
