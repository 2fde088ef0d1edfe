"""Refresh a dataset in a process that is killed at a crash point.

Run as ``python -m tests.datasets.killed_refresh ARGUMENTS``, JSON with the fields below, and ``AZURAFORGE_CRASHPOINT``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel

from azuraforge.database import Database
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.sources.sql.source import Sql
from azuraforge.events.service import EventLog
from azuraforge.server.packages import import_tables
from azuraforge.settings import OutgoingSettings, Settings
from tests.datasets.asking import Granted, Refresh
from tests.datasets.conftest import call_here


class Arguments(BaseModel):
    url: str
    home: Path
    project_id: str
    name: str
    folders: str
    secrets: dict[str, str]
    scratch: Path


def main() -> None:
    asked = Arguments.model_validate_json(sys.argv[1])
    import_tables()
    database = Database(asked.url)
    events = EventLog(database)
    settings = Settings(home=asked.home, folders=asked.folders, outgoing=OutgoingSettings(allow="127.0.0.1"))
    grants = Granted(Sql.Options.model_json_schema(), asked.secrets)
    service = DatasetService(database, events, call_here, settings, grants=grants)  # type: ignore[arg-type]
    Refresh(service, database, events, asked.project_id, asked.scratch)(asked.name)


if __name__ == "__main__":
    main()
