"""The work folders of runs, freed where no run can need them again."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from azuraforge.database import Database
from azuraforge.projects.keeping import size_of
from azuraforge.projects.trash import policy_of
from azuraforge.runs import lease, store


def sweep(database: Database, scratch: Path) -> int:
    """Remove work folders that no run can need again; returns their bytes.

    A run that did not succeed can be resumed from its folder for as many days as its project says.
    """
    if not scratch.is_dir():
        return 0
    folders = {path.name: path for path in scratch.iterdir() if path.is_dir()}
    with database.read_system() as session:
        places = lease.places(session, list(folders))
    states: dict[str, tuple[str, datetime | None, int]] = {}
    for project_id in {place.project_id for place in places}:
        ids = [place.run_id for place in places if place.project_id == project_id]
        with database.read(project_id) as session:
            days = policy_of(session, project_id).keep_work_days
            found = store.states(session, project_id, ids)
        states |= {run_id: (state, finished_at, days) for run_id, (state, finished_at) in found.items()}
    at = database.clock()
    freed = 0
    for run_id, path in folders.items():
        state, finished_at, days = states.get(run_id, ("succeeded", None, 0))
        old = finished_at is not None and at - finished_at > timedelta(days=days)
        if state == "succeeded" or old:
            freed += size_of(path)
            shutil.rmtree(path, ignore_errors=True)
    return freed
