"""A refresh that is killed between reading and the commit, for each source that is asked again."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azuraforge.database import Database
from azuraforge.datasets.schemas import FromSource, Json
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.sources.sql.source import Sql
from azuraforge.events.service import EventLog
from azuraforge.settings import OutgoingSettings, Settings
from tests.datasets.asking import Granted, Refresh, invented
from tests.datasets.conftest import call_here
from tests.datasets.killed_refresh import Arguments
from tests.datasets.web import Web

#: How cursor and rows are kept on both databases: test_refresh.py.
pytestmark = pytest.mark.sqlite_only


class Arrivals:
    """60 hours that a source has, and 6 more that arrive."""

    def __init__(self, kind: str, folder: Path, web: Web, hourly: Callable[..., str]) -> None:
        self.kind, self.folder, self._web, self._hourly = kind, folder, web, hourly
        folder.mkdir()
        self.secrets = {"load-db": f"sqlite:///{folder / 'load.db'}"}

    @property
    def options(self) -> Json:
        place: dict[str, Json] = {
            "http": {"url": self._web.url},
            "folder": {"folder": str(self.folder), "pattern": "*.csv"},
            "sql": {"connection": "load-db", "query": "SELECT * FROM load"},
        }
        return {**place[self.kind], "time": "time", "target": "y"}

    def arrive(self, begin: int, end: int) -> None:
        lines = self._hourly(end).splitlines()
        self._web.body, self._web.etag = "\n".join(lines).encode(), f'"{end}"'
        path = self.folder / f"{begin}.csv"
        path.write_text("\n".join([lines[0], *lines[begin + 1 :]]))
        os.utime(path, (time.time() - 60,) * 2)
        with contextlib.closing(sqlite3.connect(self.folder / "load.db")) as opened:
            opened.execute("CREATE TABLE IF NOT EXISTS load (time text, y real, x real)")
            rows = [line.split(",") for line in lines[begin + 1 :]]
            opened.executemany("INSERT INTO load VALUES (?, ?, ?)", rows)
            opened.commit()


@pytest.mark.parametrize(
    ("kind", "point"),
    [
        ("http", "version_added_before_commit"),
        ("folder", "segments_before_version"),
        ("sql", "version_added_before_commit"),
    ],
)
def test_a_killed_refresh_reads_nothing_twice_and_skips_nothing(
    database: Database,
    events: EventLog,
    project_id: str,
    tmp_path: Path,
    web: Web,
    hourly: Callable[..., str],
    kind: str,
    point: str,
) -> None:
    arrivals = Arrivals(kind, tmp_path / "allowed", web, hourly)
    settings = Settings(
        home=tmp_path / "home", folders=str(arrivals.folder), outgoing=OutgoingSettings(allow="127.0.0.1")
    )
    grants: Any = Granted(Sql.Options.model_json_schema(), arrivals.secrets)
    service = DatasetService(database, events, call_here, settings, grants=grants)
    arrivals.arrive(0, 60)
    service.add_from_source(project_id, FromSource(source=kind, name="load", options=arrivals.options))
    arrivals.arrive(60, 66)
    before = service.get(project_id, "load").cursor
    asked = Arguments(
        url=database.engine.url.render_as_string(hide_password=False),
        home=settings.home,
        project_id=project_id,
        name="load",
        folders=str(arrivals.folder),
        secrets=arrivals.secrets,
        scratch=tmp_path / "killed",
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.datasets.killed_refresh", asked.model_dump_json()],
        env={**os.environ, "AZURAFORGE_CRASHPOINT": point},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    found = service.get(project_id, "load")
    assert (found.version, found.cursor) == (1, before)
    summary = Refresh(service, database, events, project_id, tmp_path / "run")("load")
    assert (summary["rows_added"], summary["rows"], summary["version"]) == (6, 66, 2)
    assert summary["rows_repeated"] == (60 if kind == "http" else 0)
    assert invented(service, project_id, "load") == 0
    added = [each for each in events.read(project_id, "project") if each.type == "dataset.version_added"]
    assert len(added) == 2
