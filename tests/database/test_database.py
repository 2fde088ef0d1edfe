"""The writer, the clock and the walls."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from azuraforge.clock import utc_now
from azuraforge.database import Database, ScopeError, after_commit, new_id, now, seconds_from_now
from azuraforge.errors import StorageError
from azuraforge.projects.tables import Member, Project, User


def add_member(database: Database, project_id: str, name: str) -> str:
    def work(session):
        user = User(name=name)
        session.add(user)
        session.flush()
        session.add(Member(project_id=project_id, user_id=user.id, role="viewer"))
        return user.id

    return database.write(project_id, work)


def test_many_threads_write_and_nothing_is_lost(database, project_id):
    names = [f"user {i}" for i in range(200)]
    threads = [threading.Thread(target=add_member, args=(database, project_id, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read(project_id) as session:
        assert len(session.scalars(select(Member)).all()) == 200


def test_a_failing_write_is_rolled_back_alone_and_reaches_its_caller(database, project_id):
    def fail(session):
        session.add(User(name="never"))
        session.flush()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(project_id, fail)
    add_member(database, project_id, "after")
    with database.read_system() as session:
        assert session.scalars(select(User.name)).all() == ["after"]


def test_callbacks_run_after_the_commit_and_only_then(database, project_id):
    seen: list[list[str]] = []

    def look() -> None:
        with database.read_system() as session:
            seen.append(list(session.scalars(select(User.name))))

    def work(session):
        session.add(User(name="committed"))
        after_commit(session, look)

    def fail(session):
        after_commit(session, look)
        raise ValueError

    database.write(project_id, work)
    with pytest.raises(ValueError):
        database.write(project_id, fail)
    assert seen == [["committed"]]


def test_a_write_inside_a_write_is_refused(database, project_id):
    with pytest.raises(RuntimeError, match="inside another write"):
        database.write(project_id, lambda _: database.write(project_id, lambda _: None))


def test_a_closed_database_says_so(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'x.db'}")
    made.close()
    with pytest.raises(Exception, match="closed"):
        made.write_system(lambda session: None)


def test_a_session_sees_its_own_project_only(database, project_id, other_project_id):
    add_member(database, project_id, "mine")
    add_member(database, other_project_id, "theirs")
    with database.read(project_id) as session:
        assert {member.project_id for member in session.scalars(select(Member))} == {project_id}


def test_an_update_without_a_project_stays_in_its_own(database, project_id, other_project_id):
    add_member(database, project_id, "mine")
    theirs = add_member(database, other_project_id, "theirs")
    database.write(project_id, lambda session: session.execute(update(Member).values(role="owner")))
    with database.read(other_project_id) as session:
        assert session.get(Member, (other_project_id, theirs)).role == "viewer"


def test_a_row_of_another_project_is_not_flushed(database, project_id, other_project_id):
    user_id = add_member(database, project_id, "mine")
    with pytest.raises(ScopeError):
        database.write(
            project_id,
            lambda session: session.add(Member(project_id=other_project_id, user_id=user_id, role="owner")),
        )


def test_reading_sessions_cannot_write(database, project_id):
    with database.read_system() as session, pytest.raises(Exception, match="readonly"):
        session.execute(text("DELETE FROM project"))


def test_the_clock_is_utc_and_moves_by_seconds(database):
    with database.read_system() as session:
        here, later = session.execute(select(now(), seconds_from_now(90.5))).one()
    assert abs(here - utc_now()) < timedelta(seconds=5)
    assert timedelta(seconds=90.4) < later - here < timedelta(seconds=90.6)


def test_timestamps_come_back_as_they_went(database):
    at = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)
    made = database.write_system(lambda session: _insert(session, at))
    with database.read_system() as session:
        assert session.get(Project, made).created_at == at


def test_a_naive_timestamp_is_refused(database):
    with pytest.raises(Exception, match="time zone"):
        database.write_system(lambda session: _insert(session, datetime(2024, 1, 1)))


def _insert(session, at) -> str:
    project = Project(id=new_id(), slug="clock", name="Clock", created_at=at)
    session.add(project)
    session.flush()
    return project.id


def test_a_full_disk_fails_everyone_of_the_commit_and_stores_nothing(database, project_id):
    """SQLite rolls back the whole transaction there, so the writers that shared it must hear of it too."""
    database.write_system(lambda s: s.connection().execute(text("PRAGMA max_page_count = 1")))
    gate, results = threading.Event(), {}

    def small(session):
        session.connection().execute(text("UPDATE project SET name = 'changed'"))
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
    with database.read_system() as session:
        stored = session.scalar(select(Project.name)) == "changed"
    assert [results[name] == "stored" for name in ("a", "c")].count(True) == 0 or stored
    told = {name: results[name] == "stored" for name in ("a", "c")}
    assert stored == any(told.values()), "what was answered is what is stored"
    database.write_system(lambda s: s.connection().execute(text("PRAGMA max_page_count = 1000000")))
    assert database.write_system(small) == "stored", "the writer lives on"
