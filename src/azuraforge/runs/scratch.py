"""The work folders of runs, freed where no run can need them again."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from azuraforge.database import Database
from azuraforge.runs import lease, store

#: Work folders of runs that did not succeed are kept this long, so that they can be resumed.
KEPT_DAYS = 30


def sweep(database: Database, scratch: Path) -> None:
    """Remove work folders that no run can need again."""
    if not scratch.is_dir():
        return
    folders = {path.name: path for path in scratch.iterdir() if path.is_dir()}
    with database.read_system() as session:
        places = lease.places(session, list(folders))
    states: dict[str, tuple[str, datetime | None]] = {}
    for project_id in {place.project_id for place in places}:
        ids = [place.run_id for place in places if place.project_id == project_id]
        with database.read(project_id) as session:
            states |= store.states(session, project_id, ids)
    at = database.clock()
    for run_id, path in folders.items():
        state, finished_at = states.get(run_id, ("succeeded", None))
        old = finished_at is not None and at - finished_at > timedelta(days=KEPT_DAYS)
        if state == "succeeded" or old:
            shutil.rmtree(path, ignore_errors=True)
