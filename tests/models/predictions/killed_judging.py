"""Judge by a dataset in a process that is killed at a crash point.

Run as ``python -m tests.models.predictions.killed_judging DATABASE_URL HOME PROJECT DATASET``, with
``AZURAFORGE_CRASHPOINT``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from azuraforge.database import Database
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.truths import Truths
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.serving.versions import ServedVersions
from azuraforge.processes.launcher import Launcher
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings


def main() -> None:
    url, home, project_id, dataset_id = sys.argv[1:]
    import_tables()
    database, launcher = Database(url), Launcher()
    events = EventLog(database)
    datasets = DatasetService(database, events, launcher.call, Settings(home=Path(home)))
    warm: Any = None  # no version is asked
    versions = ServedVersions(database, VersionFolders(Path(home) / "artifacts"), datasets, warm)
    Outcomes(database, events, datasets, Truths(versions, launcher.call)).join(project_id, dataset_id)


if __name__ == "__main__":
    main()
