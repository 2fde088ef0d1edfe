"""The writer, the clock and row-level security."""

from __future__ import annotations

import math
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Double, func, literal, select, text, update

from azuraforge.clock import utc_now
from azuraforge.database import Database, ScopeError, after_commit, new_id, now, seconds_from_now
from azuraforge.errors import StorageError
from azuraforge.events.tables import Event, EventStream
from azuraforge.projects.tables import Project


def add_stream(database: Database, project_id: str, name: str) -> None:
    database.write(project_id, lambda s: s.add(EventStream(project_id=project_id, stream=name, last_seq=0)))


def names(database: Database, project_id: str) -> list[str]:
    with database.read(project_id) as session:
        return list(session.scalars(select(EventStream.stream).where(EventStream.project_id == project_id)))


def test_many_threads_write_and_nothing_is_lost(database, project_id):
    made = [f"stream {i}" for i in range(200)]
    threads = [threading.Thread(target=add_stream, args=(database, project_id, name)) for name in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(database, project_id)) == sorted(made)


def test_a_failing_write_is_rolled_back_alone_and_reaches_its_caller(database, project_id):
    def fail(session):
        session.add(EventStream(project_id=project_id, stream="never", last_seq=0))
        session.flush()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(project_id, fail)
    add_stream(database, project_id, "never")  # the name is free
    assert names(database, project_id) == ["never"]


def test_callbacks_run_after_the_commit_and_only_then(database, project_id):
    seen: list[str] = []

    def look() -> None:
        with database.read(project_id) as session:
            seen.append(session.scalar(select(Project.name).where(Project.id == project_id)))

    def work(session):
        session.execute(update(Project).where(Project.id == project_id).values(name="committed"))
        after_commit(session, look)

    def fail(session):
        after_commit(session, look)
        raise ValueError

    database.write(project_id, work)
    with pytest.raises(ValueError):
        database.write(project_id, fail)
    assert seen == ["committed"]


def test_a_write_inside_a_write_is_refused(database, project_id):
    with pytest.raises(RuntimeError, match="inside another write"):
        database.write(project_id, lambda _: database.write(project_id, lambda _: None))


def test_a_closed_database_says_so(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'x.db'}")
    made.close()
    with pytest.raises(Exception, match="closed"):
        made.write_system(lambda session: None)


def test_a_file_that_is_no_database_is_reported_to_every_writer(tmp_path):
    (tmp_path / "x.db").write_bytes(b"this is no database" * 100)
    made = Database(f"sqlite:///{tmp_path / 'x.db'}")
    for _ in range(2):
        with pytest.raises(Exception, match="not a database"):
            made.write("project", lambda session: session.connection())
    made.close()


def test_a_session_sees_its_own_project_only(database, project_id, other_project_id):
    add_stream(database, project_id, "mine")
    add_stream(database, other_project_id, "theirs")
    with database.read(project_id) as session:
        assert {stream.project_id for stream in session.scalars(select(EventStream))} == {project_id}


def test_an_update_without_a_project_stays_in_its_own(database, project_id, other_project_id):
    add_stream(database, project_id, "mine")
    add_stream(database, other_project_id, "theirs")
    database.write(project_id, lambda session: session.execute(update(EventStream).values(last_seq=7)))
    with database.read(other_project_id) as session:
        assert session.get(EventStream, (other_project_id, "theirs")).last_seq == 0


def test_a_row_of_another_project_is_not_flushed(database, project_id, other_project_id):
    with pytest.raises(ScopeError):
        database.write(
            project_id,
            lambda session: session.add(EventStream(project_id=other_project_id, stream="theirs", last_seq=0)),
        )


def test_reading_sessions_cannot_write(database, project_id):
    for session_of in (database.read_system, partial(database.read, project_id)):
        with pytest.raises(Exception, match=r"read-?only"), session_of() as session:
            session.connection().execute(text("DELETE FROM project"), execution_options={"crosses_projects": True})


def test_the_clock_is_utc_and_moves_by_seconds(database):
    with database.read_system() as session:
        here, later = session.execute(select(now(), seconds_from_now(90.5))).one()
    assert abs(here - utc_now()) < timedelta(seconds=5)
    assert timedelta(seconds=90.4) < later - here < timedelta(seconds=90.6)


def test_timestamps_come_back_as_they_went(database):
    at = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)
    made = _insert(database, at)
    with database.read(made) as session:
        assert session.get(Project, made).created_at == at


def test_a_naive_timestamp_is_refused(database):
    with pytest.raises(Exception, match="time zone"):
        _insert(database, datetime(2024, 1, 1))


def _insert(database, at) -> str:
    id_ = new_id()
    database.write(id_, lambda session: session.add(Project(id=id_, slug="clock", name="Clock", created_at=at)))
    return id_


@pytest.mark.parametrize(
    "value",
    [
        {"b": 1, "aa": 2, "a": 3},
        {"huge": 1e300, "whole": 1e22, "zero": -0.0, "one": 1.0, "int": 2**63 - 1},
        {"text": "a\u0000b \u2028 ğ😀", "\u0000": None},
        [[], {}, "", False],
        "only a text",
        0,
    ],
    ids=repr,
)
def test_json_comes_back_as_it_went(database, project_id, value):
    def work(session):
        session.add(EventStream(project_id=project_id, stream="s", last_seq=1))
        session.flush()
        session.add(Event(project_id=project_id, stream="s", seq=1, type="t", data=value, at=now()))

    database.write(project_id, work)
    with database.read(project_id) as session:
        found = session.get(Event, (project_id, "s", 1)).data
    assert repr(found) == repr(value), "the order of keys and the kind of each number too"


@pytest.mark.parametrize("value", [math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 0.1, -0.0])
def test_doubles_come_back_bit_for_bit(database, project_id, value):
    with database.read(project_id) as session:
        found = session.scalar(select(literal(value, Double())))
    assert struct.pack("d", found) == struct.pack("d", value)


def test_a_reader_sees_one_moment(database, project_id):
    """A page and the cursor that it hands out must agree."""
    with database.read(project_id) as session:
        before = session.scalar(
            select(func.count()).select_from(EventStream).where(EventStream.project_id == project_id)
        )
        add_stream(database, project_id, "meanwhile")
        after = session.scalar(
            select(func.count()).select_from(EventStream).where(EventStream.project_id == project_id)
        )
    assert before == after == 0


def test_a_row_that_was_read_for_change_is_not_changed_by_others_before(database, project_id):
    """Counting up under ``with_for_update`` loses nothing, however many write."""
    statement = select(Project).where(Project.id == project_id).with_for_update()

    def count(session):
        row = session.scalar(statement)
        row.name = str(int(row.name) + 1)

    database.write(
        project_id, lambda session: session.execute(update(Project).values(name="0").where(Project.id == project_id))
    )
    threads = [
        threading.Thread(target=lambda: [database.write(project_id, count) for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read(project_id) as session:
        assert session.get(Project, project_id).name == "40"


@pytest.mark.sqlite_only
def test_a_full_disk_fails_everyone_of_the_commit_and_stores_nothing(database, project_id):
    """SQLite rolls back the whole transaction there, so the writers that shared it must hear of it too."""
    database.write_system(lambda s: s.connection().execute(text("PRAGMA max_page_count = 1")))
    gate, results = threading.Event(), {}

    def small(session):
        session.connection().execute(
            text("UPDATE project SET name = 'changed'"), execution_options={"crosses_projects": True}
        )
        return "stored"

    def large(session):
        session.connection().execute(text("CREATE TABLE big (x)"))
        session.connection().execute(text("INSERT INTO big SELECT randomblob(1000000)"))

    def call(name, work):
        try:
            results[name] = database.write_system(work)
        except Exception as error:
            results[name] = error

    blocker = threading.Thread(target=call, args=("blocker", lambda _: gate.wait(10)))
    blocker.start()
    others = [threading.Thread(target=call, args=item) for item in (("a", small), ("b", large), ("c", small))]
    for thread in others:
        thread.start()
        time.sleep(0.05)
    gate.set()
    for thread in (blocker, *others):
        thread.join()
    assert isinstance(results["b"], StorageError), results["b"]
    assert "full" in results["b"].message
    with database.read(project_id) as session:
        stored = session.scalar(select(Project.name)) == "changed"
    assert [results[name] == "stored" for name in ("a", "c")].count(True) == 0 or stored
    told = {name: results[name] == "stored" for name in ("a", "c")}
    assert stored == any(told.values()), "what was answered is what is stored"
    database.write_system(lambda s: s.connection().execute(text("PRAGMA max_page_count = 1000000")))
    assert database.write_system(small) == "stored", "the writer lives on"
