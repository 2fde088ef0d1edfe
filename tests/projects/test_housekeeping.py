"""Every project is tended by its own policy, and the trouble of one does not hold up the others."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from azuraforge.errors import StorageError
from azuraforge.events.service import EventLog
from azuraforge.projects import housekeeping, reads
from azuraforge.projects.history import History
from azuraforge.projects.housekeeping import Housekeeping
from azuraforge.projects.schemas import RetentionPolicy
from azuraforge.projects.trash import Contents, Purged, Trash
from tests.events.ticking import Tick


class RememberingBin:
    """A package's trash that writes down what it is asked, and fails for one project."""

    def __init__(self, fails_for: str = "") -> None:
        self.fails_for = fails_for
        self.expired: dict[str, RetentionPolicy] = {}
        self.purged: dict[str, object] = {}
        self.left = 0

    def contents(self, session, project_id, policy, after, limit):
        return Contents([], 0, 0)

    def expire(self, project_id, policy):
        if project_id == self.fails_for:
            raise StorageError("the disk is gone")
        self.expired[project_id] = policy

    def purge(self, project_id, before):
        self.purged[project_id] = before
        self.left -= 1
        return Purged(Counter(runs=2), bytes=5, left=self.left > 0)

    def sweep(self, project_id, older_than_seconds):
        return 7


@pytest.fixture
def events(database):
    return EventLog(database)


@pytest.fixture
def history(events, tmp_path):
    return History(events, tmp_path / "history")


def test_every_project_is_tended_by_its_own_policy(
    database, events, history, project_id, other_project_id, monkeypatch
):
    monkeypatch.setattr(reads, "_AT_ONCE", 1)  # one page for each
    bin_, swept = RememberingBin(), []
    trash = Trash(database, events, [bin_])
    trash.set_policy(other_project_id, RetentionPolicy(trash_days=2, keep_run_days=9), "Ada")
    Housekeeping(database, trash, [swept.append], events, history).round()
    assert bin_.expired == {
        project_id: RetentionPolicy(),
        other_project_id: RetentionPolicy(trash_days=2, keep_run_days=9),
    }
    ages = {name: database.clock() - before for name, before in bin_.purged.items()}
    assert timedelta(days=30) < ages[project_id] < timedelta(days=30, minutes=5)
    assert timedelta(days=2) < ages[other_project_id] < timedelta(days=2, minutes=5)
    assert swept == [set()]
    newest = events.read(other_project_id, "project")[-1]
    assert (newest.type, newest.data) == ("trash.purged", {"runs": 2, "bytes_freed": 12, "by": "policy"})


def test_a_project_of_an_older_database_is_left_alone(
    database, events, history, project_id, other_project_id, tmp_path
):
    bin_, held = RememberingBin(), []
    keeper = Housekeeping(database, Trash(database, events, [bin_]), [held.append], events, history)
    database.write(project_id, lambda session: events.append(session, "project", Tick()))
    keeper.round()
    assert set(bin_.purged) == {project_id, other_project_id}
    bin_.purged.clear()
    bin_.expired.clear()
    mark = tmp_path / "history" / f"{project_id}.json"
    mark.write_text(mark.read_text().replace('"seq":1,', '"seq":99,'))
    keeper.round()
    assert set(bin_.purged) == set(bin_.expired) == {other_project_id}
    assert held == [set(), {project_id}]


def test_the_trouble_of_one_project_does_not_hold_up_the_others(
    database, events, history, project_id, other_project_id
):
    bin_ = RememberingBin(fails_for=min(project_id, other_project_id))
    Housekeeping(database, Trash(database, events, [bin_]), [], events, history).round()
    assert set(bin_.expired) == {max(project_id, other_project_id)}


def test_a_large_trash_is_purged_to_its_end(database, events, history, project_id):
    bin_ = RememberingBin()
    bin_.left = 3
    Housekeeping(database, Trash(database, events, [bin_]), [], events, history).round()
    assert bin_.left == 0


def test_the_loop_begins_and_ends(database, events, history, project_id, monkeypatch):
    monkeypatch.setattr(housekeeping, "FIRST_SECONDS", 0.01)
    bin_ = RememberingBin()
    loop = Housekeeping(database, Trash(database, events, [bin_]), [], events, history, round_seconds=0.01)
    loop.start()
    while not bin_.purged:
        pass
    loop.stop()
    assert not loop._thread.is_alive()


def test_old_lines_of_the_log_go_but_a_run_keeps_its_own(database, events, project_id, other_project_id):
    def tell(project, stream, count):
        for _ in range(count):
            database.write(project, lambda session: events.append(session, stream, Tick()))

    streams = ("project", "run/a", "schedule/b")
    for stream in streams:
        tell(project_id, stream, 5)
    tell(other_project_id, "project", 5)
    before = database.clock()
    for stream in streams:
        tell(project_id, stream, 2)
    last = {stream: events.last_seq(project_id, stream) for stream in streams}
    assert events.forget_before(project_id, before, spared="run/") >= 10
    kept = {stream: [line.seq for line in events.read(project_id, stream)] for stream in streams}
    assert kept == {
        "project": [last["project"] - 1, last["project"]],
        "run/a": [1, 2, 3, 4, 5, 6, 7],
        "schedule/b": [6, 7],
    }
    assert {stream: events.last_seq(project_id, stream) for stream in streams} == last
    assert len(events.read(other_project_id, "project")) >= 5
    tell(project_id, "project", 1)
    assert events.read(project_id, "project")[-1].seq == last["project"] + 1
