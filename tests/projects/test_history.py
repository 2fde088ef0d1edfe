"""A database that is older than the files next to it is recognised, and nothing is removed for the trash period."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from azuraforge.clock import utc_now
from azuraforge.database import Database
from azuraforge.events.service import EventLog
from azuraforge.projects.history import LEAST_DAYS, History, hold_all
from tests.conftest import add_project
from tests.events.ticking import Tick


class Home:
    """A data home whose SQLite file is exchanged while nothing has it open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "azuraforge.db"
        self.open()

    def open(self) -> None:
        self.database = Database(f"sqlite:///{self.path}")
        self.events = EventLog(self.database)
        self.history = History(self.events, self.folder / "history")

    def exchange(self, source: Path, target: Path) -> None:
        """Copy the database, as somebody does by hand."""
        self.database.close()
        shutil.copy(source, target)
        self.open()

    def add(self, project_id: str, count: int = 1) -> None:
        for _ in range(count):
            self.database.write(project_id, lambda session: self.events.append(session, "project", Tick()))


@pytest.fixture
def home(database, tmp_path):
    database.close()
    made = Home(tmp_path)
    yield made
    made.database.close()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("goes_on", [0, 9], ids=["just started", "already further than the newer one was"])
def test_an_older_database_put_in_place_by_hand_is_recognised(home, goes_on):
    project_id = add_project(home.database, "first")
    home.add(project_id, 3)
    assert home.history.held_until(project_id, 30) is None
    home.exchange(home.path, home.folder / "older.db")
    home.add(project_id, 2)
    assert home.history.held_until(project_id, 30) is None
    home.exchange(home.path, home.folder / "newer.db")

    home.exchange(home.folder / "older.db", home.path)
    home.add(project_id, goes_on)
    until = home.history.held_until(project_id, 30)
    assert timedelta(days=29) < until - utc_now() <= timedelta(days=30)
    home.add(project_id)
    assert home.history.held_until(project_id, 30) == until, "it lasts, whatever the database does"
    assert home.history.held_until(project_id, 0) - utc_now() > timedelta(days=LEAST_DAYS - 1)


def test_a_database_that_only_goes_on_is_not_held(database, events, project_id, tmp_path):
    history = History(events, tmp_path / "history")
    assert history.held_until(project_id, 30) is None
    for _ in range(3):
        database.write(project_id, lambda session: events.append(session, "project", Tick()))
        assert history.held_until(project_id, 30) is None
    events.forget_before(project_id, database.clock() + timedelta(days=1), spared="run/")
    assert history.held_until(project_id, 30) is None, "old events are forgotten, which is no other history"


def test_a_restored_backup_holds_every_project_whatever_its_note_says(events, project_id, tmp_path):
    hold_all(tmp_path / "history")
    history = History(events, tmp_path / "history")
    assert history.held_until(project_id, 30) is not None
    (tmp_path / "history" / "restored.json").write_text("half a no")
    assert history.held_until(project_id, 30) is not None


@pytest.fixture
def events(database):
    return EventLog(database)
