"""Append a file to a dataset in a process that is killed at a crash point.

Run as ``python -m tests.datasets.killed_append DATABASE_URL HOME PROJECT NAME FILE``, with ``AZURAFORGE_CRASHPOINT``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from azuraforge.database import Database
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.schemas import AppendOptions
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings
from tests.datasets.conftest import call_here


def main() -> None:
    url, home, project_id, name, file = sys.argv[1:]
    import_tables()
    database = Database(url)
    events = EventLog(database)
    service = DatasetService(database, events, call_here, Settings(home=Path(home)))
    GrowingDatasets(service, database, events).append_file(project_id, name, Path(file), "more.csv", AppendOptions())


if __name__ == "__main__":
    main()
