"""Termination of follow-ups whose files are missing because the worker's disk was lost or cleared."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Text, cast, func, select

from azuraforge.database import Database, Session
from azuraforge.events.service import EventLog
from azuraforge.projects.reads import every_project
from azuraforge.projects.trash import policy_of
from azuraforge.runs import store
from azuraforge.runs.execution.follow_ups import FILE, note_end
from azuraforge.runs.tables import Run
from azuraforge.telemetry import logger

_EMPTY = len("[]")

log = logger("runs")


def end_lost(database: Database, events: EventLog, scratch: Path | None, held: Collection[str] = ()) -> int:
    """End lost follow-ups and add a note to the report of each affected run; return the number of these runs.

    A worker retries its follow-ups at each start while the run's work folder exists. Follow-ups are lost if their file
    in ``scratch`` is missing, or if the run ended more than the project's ``keep_work_days`` ago, after which work
    folders are deleted.

    Args:
        database: database of the runs.
        events: log for the events that report the end of the follow-ups.
        scratch: folder with all work folders, if all workers share one disk; None if workers have separate disks.
        held: ids of projects to skip.
    """
    ended = 0
    for project_id in every_project(database):
        if project_id in held:
            continue
        with database.read(project_id) as session:
            before = database.clock() - timedelta(days=policy_of(session).keep_work_days)
            left = _left(session)
        for run_id, finished_at in left:
            gone = scratch is not None and not (scratch / run_id / FILE).exists()
            if gone or finished_at < before:
                database.write(project_id, partial(_end, events=events, run_id=run_id))
                log.warning("follow_ups_lost", project_id=project_id, run_id=run_id)
                ended += 1
    return ended


def _left(session: Session) -> list[tuple[str, datetime]]:
    named = func.length(cast(Run.follow_ups, Text)) > _EMPTY
    found = session.execute(
        select(Run.id, Run.finished_at).where(Run.project_id == session.project_id, Run.state == "succeeded", named)
    )
    return [(row[0], row[1]) for row in found if row[1] is not None]


def _end(session: Session, events: EventLog, run_id: str) -> None:
    run = store.lock(session, run_id)
    if run is None or not run.follow_ups:
        return
    names = ", ".join(run.follow_ups)
    said = f"Not computed: {names}. The worker's files of this run are gone; start the run again to have it computed."
    store.add_note(session, run_id, run.attempt, said)
    store.change(session, run, follow_ups=[])
    note_end(session, events, run)
