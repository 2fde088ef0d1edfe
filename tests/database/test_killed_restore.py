"""A restore that is killed at any step leaves the old database or the new one, and nothing of the old is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from azuraforge.database import Database, row_security
from azuraforge.database.backups import placing, postgres_dump
from azuraforge.database.backups.service import Place, back_up, examine, restore
from azuraforge.database.schema import open_database
from azuraforge.errors import Conflict, StorageError
from azuraforge.server.packages import import_tables
from tests.database.killed_restore import kill_at
from tests.postgres import TEMPLATE, binaries
from tests.process_checks import still_alive

#: In the order in which a restore passes them.
STEPS = (
    "restore_extracted",
    "restore_before_decided",
    "restore_decided",
    "restore_journals_aside",
    "restore_before_placed",
    "restore_placed",
)
#: From here on the new database is the one that the next start finds.
DECIDED = STEPS.index("restore_decided")


def place_in(folder: Path) -> Place:
    folder.mkdir(exist_ok=True)
    return Place(f"sqlite:///{folder / 'azuraforge.db'}")


def name_project(path: Path, name: str) -> sqlite3.Connection:
    """Write into the write-ahead log alone; while the connection is open, it is not brought into the file."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("INSERT OR REPLACE INTO project (id, slug, name, created_at) VALUES ('p', 's', ?, 0)", (name,))
    connection.commit()
    return connection


def projects(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM project")]


@pytest.fixture(scope="module")
def old_and_new(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a database that a killed platform left, with rows only in its log; and a backup of another one."""
    import_tables()
    folder = tmp_path_factory.mktemp("restore")
    place, left = place_in(folder / "running"), folder / "left"
    open_database(place.url).close()
    name_project(place.path, "new").close()
    back_up(place, folder / "new.backup")
    writer = name_project(place.path, "old")
    left.mkdir()
    for file in place.path.parent.iterdir():
        shutil.copy(file, left / file.name)
    writer.close()
    assert (left / "azuraforge.db-wal").stat().st_size > 0
    return left, folder / "new.backup"


@pytest.fixture(scope="module")
def killed(old_and_new, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What restores left that were killed: ``sound/<step>`` over a sound database, ``damaged/<step>`` over another."""
    left, backup = old_and_new
    folder = tmp_path_factory.mktemp("killed")
    deaths = []
    for state in ("sound", "damaged"):
        for step in STEPS:
            shutil.copytree(left, folder / state / step)
            place = place_in(folder / state / step)
            deaths.append((step, place))
            if state == "damaged":  # SQLite cannot even say what waits in the log
                place.path.write_bytes(b"\xff" * 100 + place.path.read_bytes()[100:])
    assert kill_at(deaths, backup) == {-signal.SIGKILL}
    return folder


def test_killed_at_every_step_it_leaves_the_old_or_the_new_database(killed, old_and_new, tmp_path):
    for number, step in enumerate(STEPS):
        place = place_in(killed / "sound" / step)
        # Even who opens the file without finishing the restore finds one of the two.
        copied = shutil.copytree(place.path.parent, tmp_path / f"{step} opened")
        assert projects(copied / "azuraforge.db") in (["old"], ["new"]), step
        placing.settle(place.path)
        assert projects(place.path) == (["new"] if number >= DECIDED else ["old"]), step
        assert examine(place).problems == []
        kept = [projects(each) for each in placing.kept(place.path)]
        assert kept == ([["old"]] if number >= DECIDED else []), step
        names = {re.sub(r"before-\d{8}T\d+", "before", each.name) for each in place.path.parent.iterdir()}
        assert {"azuraforge.db"} <= names <= {f"azuraforge.db{end}" for end in ("", "-wal", "-shm", ".before")}, step
    restore(place_in(killed / "sound" / STEPS[0]), old_and_new[1], replace=True)
    assert projects(killed / "sound" / STEPS[0] / "azuraforge.db") == ["new"], "an interrupted one can be repeated"


def test_a_damaged_database_is_kept_with_its_log_whenever_the_restore_is_killed(killed, old_and_new):
    left, _ = old_and_new
    content = b"\xff" * 100 + (left / "azuraforge.db").read_bytes()[100:]
    before = (content, (left / "azuraforge.db-wal").read_bytes())
    for number, step in enumerate(STEPS):
        place = place_in(killed / "damaged" / step)
        placing.settle(place.path)
        old = place.path if number < DECIDED else placing.kept(place.path)[-1]
        assert (old.read_bytes(), old.with_name(f"{old.name}-wal").read_bytes()) == before, step
        if number >= DECIDED:
            assert projects(place.path) == ["new"], step


def test_a_folder_without_hard_links_keeps_both_too(old_and_new, tmp_path, monkeypatch):
    def refused(*_: object) -> None:
        raise PermissionError(1, "no hard links here")

    left, backup = old_and_new
    shutil.copytree(left, tmp_path / "home")
    place = place_in(tmp_path / "home")
    monkeypatch.setattr("azuraforge.database.backups.placing.os.link", refused)
    restore(place, backup, replace=True)
    assert projects(place.path) == ["new"]
    assert [projects(each) for each in placing.kept(place.path)] == [["old"]]


def test_a_restore_that_cannot_be_placed_changes_nothing(old_and_new, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    left, backup = old_and_new
    shutil.copytree(left, tmp_path / "home")
    place = place_in(tmp_path / "home")
    with monkeypatch.context() as patched:
        patched.setattr("azuraforge.database.backups.placing.os.replace", full)
        with pytest.raises(StorageError, match="No space left"):
            restore(place, backup, replace=True)
    assert projects(place.path) == ["old"]
    assert not placing.unfinished(place.path)
    assert not (place.path.parent / ".azuraforge-restore").exists()


def fail_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``os.replace`` work once in a restore: for the step that decides it."""
    done: list[object] = []
    real = os.replace

    def once(*names: object) -> None:
        if done:
            raise OSError(28, "No space left on device")
        done.append(names)
        real(*names)

    monkeypatch.setattr("azuraforge.database.backups.placing.os.replace", once)


@pytest.mark.parametrize("wanted", ["new", "old"])
def test_a_restore_that_fails_once_it_is_decided_says_so_and_how_to_undo_it(old_and_new, tmp_path, monkeypatch, wanted):
    left, backup = old_and_new
    shutil.copytree(left, tmp_path / "home")
    place = place_in(tmp_path / "home")
    with monkeypatch.context() as patched:
        fail_after_the_first(patched)
        with pytest.raises(StorageError, match="No space left") as failed:
            restore(place, backup, replace=True)
    [incoming] = placing.unfinished(place.path)
    assert "unchanged" not in str(failed.value)
    assert f"to keep the old database instead, remove {incoming}" in failed.value.next_step
    if wanted == "old":
        incoming.unlink()
    placing.settle(place.path)
    assert projects(place.path) == [wanted]


def test_a_start_that_cannot_finish_a_restore_says_what_is_where(old_and_new, tmp_path, monkeypatch):
    """On a file system without hard links the old database has another name by then."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "no hard links here")

    left, backup = old_and_new
    shutil.copytree(left, tmp_path / "home")
    place = place_in(tmp_path / "home")
    shutil.copy(backup, tmp_path / "home" / "azuraforge.db.incoming-1")
    real = os.replace

    def full(old: Path, new: Path) -> None:
        if new == place.path:
            raise OSError(28, "No space left on device")
        real(old, new)

    with monkeypatch.context() as patched:
        patched.setattr("azuraforge.database.backups.placing.os.link", refused)
        patched.setattr("azuraforge.database.backups.placing.os.replace", full)
        with pytest.raises(StorageError) as failed:
            placing.settle(place.path)
    (place.path.parent / "azuraforge.db.incoming-1").unlink()
    for old, new in re.findall(r"rename (\S+) to ([^\s;,]+)", failed.value.next_step):
        Path(old).rename(place.path.with_name(new))
    assert projects(place.path) == ["old"], failed.value.next_step


def test_a_start_leaves_the_restore_of_another_database_in_the_folder_alone(old_and_new, tmp_path):
    shutil.copytree(old_and_new[0], tmp_path / "home")
    place = place_in(tmp_path / "home")
    with placing.workroom(place.path.with_name("other.db")) as folder:
        (folder / "database").write_bytes(b"being unpacked")
        placing.settle(place.path)
        assert (folder / "database").read_bytes() == b"being unpacked"
    assert not folder.parent.exists()


def test_a_restore_is_finished_whatever_the_name_of_the_database(old_and_new, tmp_path, monkeypatch):
    left, backup = old_and_new
    shutil.copytree(left, tmp_path / "home")
    place = Place(f"sqlite:///{tmp_path / 'home' / 'data[1]*.db'}")
    (tmp_path / "home" / "azuraforge.db").rename(place.path)
    with monkeypatch.context() as patched:
        fail_after_the_first(patched)
        with pytest.raises(StorageError, match="No space left"):
            restore(place, backup, replace=True)
    assert placing.unfinished(place.path)
    assert placing.settle(place.path) in placing.kept(place.path)
    assert projects(place.path) == ["new"]


FULL = """
import resource, sys
from pathlib import Path
from azuraforge.database.backups.service import Place, back_up, restore
from azuraforge.errors import StorageError
from azuraforge.server.packages import import_tables

import_tables()
place, backup, target = Place(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for work in (lambda: back_up(place, target), lambda: restore(place, backup, replace=True)):
    try:
        work()
    except StorageError as error:
        print(error)
"""


@pytest.mark.proof
def test_a_full_disk_leaves_nothing_half_written(old_and_new, tmp_path):
    left, backup = old_and_new
    shutil.copytree(left, tmp_path / "home")
    place = place_in(tmp_path / "home")
    target = tmp_path / "backups" / "a.backup"
    command = [sys.executable, "-c", FULL, place.url, str(backup), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    saved, restored = done.stdout.splitlines()
    assert "the backup could not be written" in saved
    assert "could not be unpacked" in restored
    assert list(target.parent.iterdir()) == []
    assert {path.name.removesuffix("-shm").removesuffix("-wal") for path in place.path.parent.iterdir()} == {
        "azuraforge.db"
    }
    assert projects(place.path) == ["old"]


@pytest.fixture
def postgres_place(postgres_cluster, monkeypatch) -> Iterator[Place]:
    monkeypatch.setenv("PG_BIN", str(binaries()))
    made = postgres_cluster.create(TEMPLATE)
    yield Place(made.url, made.owner_url)
    postgres_cluster.drop(made)


SLEEPER = """
import sys
from sqlalchemy.engine import make_url
from azuraforge.database import postgres_dump
postgres_dump._run("psql", make_url(sys.argv[1]), "--command=SELECT pg_sleep(600)")
"""


@pytest.mark.proof
def test_what_a_killed_restore_began_on_postgresql_ends_with_it(postgres_cluster, postgres_place):
    """Else it would commit later, under a platform that has started by then."""
    began = subprocess.Popen([sys.executable, "-c", SLEEPER, postgres_place.owner])
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"
    deadline = time.monotonic() + 120
    while not postgres_cluster.execute(sleeping):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    [psql] = psutil.Process(began.pid).children()
    began.kill()
    began.wait()
    assert still_alive([psql], 60) == []


def test_a_program_whose_command_ended_before_it_began_does_not_begin():
    for parent, code in ((os.getpid(), 0), (os.getppid(), 1)):
        if (child := os.fork()) == 0:
            postgres_dump._end_with_parent(parent)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code


def of_owner(place: Place, statement: str) -> list[tuple]:
    owner = Database(place.owner)
    with owner.engine.begin() as connection:
        row_security.see_all(connection)
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    owner.close()
    return rows


@pytest.mark.proof
def test_on_postgresql_a_platform_refuses_what_a_killed_restore_left_until_it_is_upgraded(postgres_place, tmp_path):
    name = "INSERT INTO project (id, slug, name, created_at) VALUES ('p', 's', 'new', now())"
    of_owner(postgres_place, name)
    back_up(postgres_place, tmp_path / "new.backup")
    of_owner(postgres_place, "UPDATE project SET name = 'old'")
    assert kill_at([("restore_before_row_security", postgres_place)], tmp_path / "new.backup") == {-signal.SIGKILL}
    assert of_owner(postgres_place, "SELECT name FROM project") == [("new",)]
    with pytest.raises((Conflict, StorageError)):
        open_database(postgres_place.url).close()
    open_database(postgres_place.url, postgres_place.owner_url).close()
    open_database(postgres_place.url).close()
