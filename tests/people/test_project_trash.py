"""A deleted project is gone for everyone at once, can be restored, and is purged with every row and file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Boolean, Double, Float, Integer, LargeBinary, Table, inspect, select
from sqlalchemy.types import BigInteger

from azuraforge.database import Base, Owned, Timestamp, seconds_from_now
from azuraforge.database.tables import JsonText
from azuraforge.errors import Conflict, Forbidden, InvalidInput, NotFound, StorageError, Unauthorized
from azuraforge.events.service import EventLog
from azuraforge.projects.history import History
from azuraforge.projects.housekeeping import Housekeeping
from azuraforge.projects.lifecycle import purging
from azuraforge.projects.lifecycle import store as lifecycle_store
from azuraforge.projects.lifecycle.purging import ProjectPurger, owned_tables
from azuraforge.projects.lifecycle.service import LifecycleService
from azuraforge.projects.lifecycle.trash import ProjectTrash
from azuraforge.projects.registry import ProjectRegistry
from azuraforge.projects.schemas import NewProject, TokenRequest
from azuraforge.projects.tables import Project
from azuraforge.projects.trash import Trash
from azuraforge.runs import reads
from azuraforge.runs.execution.scratch import clear
from azuraforge.server.packages import import_tables

import_tables()
LITERALS = ((JsonText, "'{}'"), (Boolean, "true"), (LargeBinary, "'x'"))
NUMBERS = (Integer, BigInteger, Double, Float)


def literal(column, name, number, dialect):
    """An SQL value; ids are equal in all tables, so that each row refers to one of the same name."""
    if isinstance(column.type, Timestamp):
        return "now()" if dialect == "postgresql" else "1700000000000000"
    for kind, value in LITERALS:
        if isinstance(column.type, kind):
            return value
    return str(number) if isinstance(column.type, NUMBERS) else f"'{name}'"


def insertions(table: Table, project_id: str, dialect: str) -> list[str]:
    alone = [each.name for each in table.primary_key.columns] == ["project_id"]
    made = []
    for number, name in enumerate(("x", "y")[: 1 if alone else 2], start=1):
        values = [
            f"'{project_id}'" if each.name == "project_id" else literal(each, name, number, dialect)
            for each in table.columns
        ]
        columns = ", ".join(f'"{each.name}"' for each in table.columns)
        made.append(f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join(values)})')
    return made


@pytest.fixture
def events(database):
    return EventLog(database)


@pytest.fixture
def folders(tmp_path):
    return [tmp_path / "artifacts", tmp_path / "studies"]


@pytest.fixture
def scratch(tmp_path):
    return tmp_path / "work"


@pytest.fixture
def purger(database, world, folders, scratch, tmp_path):
    clears = [lambda project_id: clear(database, scratch, project_id)]
    return ProjectPurger(database, world.people.revocations, folders, clears, tmp_path / "history")


@pytest.fixture
def trash(database, world, events, purger):
    return ProjectTrash(database, events, world.people.revocations, purger, [reads.count_active])


@pytest.fixture
def caller(world):
    return world.projects.identify(world.session())


@pytest.fixture
def fresh(database, world, events, caller):
    """The id of a project ``fresh`` of the owner."""
    ProjectRegistry(database, events, world.people.revocations).create(caller, NewProject(slug="fresh", name="Fresh"))
    return world.projects.authenticate(world.session(), "fresh").project_id


@pytest.fixture
def delete(world, trash):
    return lambda: trash.delete(world.projects.authenticate(world.session(), "fresh"), "fresh")


@pytest.fixture
def keeper(database, events, purger, tmp_path):
    history = History(events, tmp_path / "history")
    return Housekeeping(database, Trash(database, events, []), [], events, history, purger=purger)


@pytest.fixture
def full(administer, dialect, fresh, world, folders, scratch, tmp_path):
    """Both projects, ``fresh`` and ``default``, with rows in every table and files in every folder."""
    for name in ("x", "y"):
        administer(
            f"INSERT INTO person (id, name, name_key, kind, created_at) SELECT '{name}', '{name}', '{name}', kind,"
            " created_at FROM person WHERE id = 'other'"
        )
    for project_id in (fresh, world.default):
        for table in reversed(owned_tables()):
            administer(*insertions(table, project_id, dialect))
        for folder in folders:
            (folder / project_id / "files").mkdir(parents=True)
            (folder / project_id / "files" / "a").write_text("12345")
        (tmp_path / "history").mkdir(exist_ok=True)
        (tmp_path / "history" / f"{project_id}.json").write_text("{}")
    (scratch / "x").mkdir(parents=True)
    (scratch / "x" / "file").write_text("123")
    administer("UPDATE run SET state = 'failed' WHERE project_id <> ''")
    return fresh


def keys(database, project_id):
    """The keys of the project's rows, by table."""
    with database.read(project_id) as session:
        connection = session.connection()
        return {
            table.name: sorted(
                connection.execute(select(*table.primary_key.columns).where(table.c.project_id == project_id)).all()
            )
            for table in owned_tables()
        }


def age(administer, project_id):
    """Let the project be in the trash for 31 days."""
    administer(
        Project.__table__.update().where(Project.id == project_id).values(deleted_at=seconds_from_now(-31 * 86_400))
    )


def test_every_owned_table_is_purged_in_an_order_without_cycles():
    owned = {each.local_table.name for each in Base.registry.mappers if issubclass(each.class_, Owned)}
    assert {table.name for table in owned_tables()} == owned
    assert {table.name for table in Base.metadata.sorted_tables if "project_id" in table.columns} == owned
    gone = set()
    for table in owned_tables():
        referring = {
            each.name for each in owned_tables() for key in each.foreign_key_constraints if key.referred_table is table
        }
        assert referring <= gone, table.name  # also fails for a table that refers to itself
        gone.add(table.name)
    referring = {
        each.name
        for each in Base.metadata.sorted_tables
        for key in each.foreign_key_constraints
        if key.referred_table is Project.__table__
    }
    assert referring <= owned, "purging does not delete a table that refers to projects"
    assert inspect(Project).local_table.name not in owned


def test_a_deleted_project_does_not_exist_at_once(world, delete, trash, fresh, caller):
    session = world.session()
    token = world.projects.create_token(
        world.projects.authenticate(session, "fresh"), TokenRequest(name="n", role="owner")
    ).token
    assert world.projects.authenticate(token).project_id == fresh
    delete()
    for _ in range(2):
        with pytest.raises(NotFound):
            world.projects.authenticate(session, "fresh")
        with pytest.raises(Unauthorized):
            world.projects.authenticate(token)
    assert "fresh" not in [each.slug for each in world.projects.projects(caller).items]
    (listed,) = trash.list(caller).items
    assert (listed.slug, listed.deleted_by, listed.purged_after - listed.deleted_at) == (
        "fresh",
        "owner",
        timedelta(days=30),
    )
    assert trash.restore(caller, "fresh").slug == "fresh"
    assert world.projects.authenticate(session, "fresh").role == "owner"
    assert world.projects.authenticate(token).project_id == fresh
    assert trash.list(caller).items == []


def test_a_restored_project_keeps_its_state_and_events(database, world, delete, trash, fresh, caller, events):
    archiving = LifecycleService(database, events, world.people.revocations, [])
    archiving.archive(world.projects.authenticate(world.session(), "fresh"))
    delete()
    assert trash.restore(caller, "fresh").archived
    types = [each.type for each in events.read(fresh, "project")]
    assert types == ["project.created", "project.archived", "project.deleted", "project.restored"]


def test_the_name_must_be_repeated_and_default_stays(world, trash, fresh):
    access = world.projects.authenticate(world.session(), "fresh")
    with pytest.raises(InvalidInput, match="confirmation"):
        trash.delete(access, "default")
    with pytest.raises(Conflict, match="needs it to start") as refused:
        trash.delete(world.projects.authenticate(world.session(), "default"), "default")
    assert refused.value.error_code == "default_project"
    with pytest.raises(Forbidden, match="API token"):
        trash.delete(world.projects.authenticate(world.token()), "default")


def test_only_its_owner_restores_and_purges(world, delete, trash, fresh, caller, administer):
    administer(
        "INSERT INTO member (project_id, person_id, role, created_at) SELECT project_id, 'other', 'admin', created_at"
        f" FROM member WHERE project_id = '{fresh}'"
    )
    other = world.projects.identify(world.session(world.other))
    assert trash.restore(caller, "fresh").role == "owner"  # no effect
    with pytest.raises(NotFound):
        trash.purge(caller, "fresh")
    delete()
    for person in (other, world.projects.identify(world.session(world.other))):
        assert trash.list(person).items == []
        for act in (trash.restore, trash.purge):
            with pytest.raises(NotFound):
                act(person, "fresh")
    token = world.projects.identify(world.token())
    assert trash.list(token).items == []
    for act in (trash.restore, trash.purge):
        with pytest.raises(Forbidden):
            act(token, "fresh")
    assert [each.slug for each in trash.list(caller).items] == ["fresh"]


def test_ownership_is_read_again_in_the_transaction(world, delete, trash, fresh, caller, monkeypatch):
    delete()
    other = world.projects.identify(world.session(world.other))
    monkeypatch.setattr(lifecycle_store, "owned", lambda *_, **__: fresh)  # as if the owner changed afterwards
    for act in (trash.restore, trash.purge):
        with pytest.raises(NotFound):
            act(other, "fresh")
    assert [each.slug for each in trash.list(caller).items] == ["fresh"]


def test_a_project_with_active_runs_is_not_deleted(world, full, administer, delete, trash, caller):
    administer(f"UPDATE run SET state = 'running' WHERE project_id = '{full}' AND id = 'x'")
    with pytest.raises(Conflict, match="1 runs"):
        delete()
    assert trash.list(caller).items == []


def test_a_purge_deletes_every_row_and_file_of_this_project_only(
    database, world, full, delete, trash, caller, folders, scratch, tmp_path, monkeypatch
):
    monkeypatch.setattr(purging, "_BATCH", 1)
    assert all(keys(database, full).values())
    before = keys(database, world.default)
    assert all(before.values())
    delete()
    purged = trash.purge(caller, "fresh")
    assert purged.rows > 2 * len(owned_tables()) - 3
    assert purged.bytes_freed == 13
    assert not any(keys(database, full).values())
    with database.read(full) as session:
        assert session.scalars(select(Project.slug)).all() == []
    assert keys(database, world.default) == before
    for folder in folders:
        assert [path.name for path in folder.iterdir()] == [world.default]
    assert not (scratch / "x").exists()
    assert [path.name for path in (tmp_path / "history").iterdir()] == [f"{world.default}.json"]
    with pytest.raises(NotFound):
        trash.restore(caller, "fresh")


class Killed(BaseException):
    """Ends the process at a transaction."""


def test_a_purge_that_was_killed_anywhere_is_continued(
    database, world, full, delete, trash, caller, keeper, purger, folders, monkeypatch
):
    """Each attempt dies two transactions later than the one before, until housekeeping reaches the end."""
    delete()
    write, attempts = type(database).write, 0
    while purger.has_begun(full) or attempts == 0:
        left = 2

        def failing(self, *arguments, **options):
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return write(self, *arguments, **options)

        monkeypatch.setattr(type(database), "write", failing)
        try:
            trash.purge(caller, "fresh") if attempts == 0 else keeper._purge([full])
        except Killed:
            with pytest.raises(NotFound):
                trash.restore(caller, "fresh")
        finally:
            monkeypatch.setattr(type(database), "write", write)
        attempts += 1
        if attempts % 2 == 0:  # some progress in each attempt: a table more is empty
            keeper._purge([full])
        assert attempts < 500
    assert attempts > 1
    assert not any(keys(database, full).values())
    assert not any((folder / full).exists() for folder in folders)


def test_files_that_cannot_be_deleted_are_tried_again(
    database, full, delete, trash, caller, keeper, purger, folders, monkeypatch
):
    delete()
    remove = purging.shutil.rmtree
    monkeypatch.setattr(purging.shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(StorageError, match="cannot be deleted"):
        trash.purge(caller, "fresh")
    assert purger.has_begun(full)
    assert trash.list(caller).items == []
    monkeypatch.setattr(purging.shutil, "rmtree", remove)
    keeper.round()
    assert not any((folder / full).exists() for folder in folders)
    with database.read(full) as session:
        assert session.scalars(select(Project.slug)).all() == []


def test_housekeeping_purges_after_the_time_of_the_policy(database, fresh, delete, keeper, administer):
    def exists():
        with database.read(fresh) as session:
            return session.scalar(select(Project.slug)) == "fresh"

    age_of_active = (
        Project.__table__.update().where(Project.id == fresh).values(archived_at=seconds_from_now(-31 * 86_400))
    )
    administer(age_of_active)
    keeper.round()
    assert exists()  # archived
    delete()
    keeper.round()
    assert exists()  # deleted just now
    age(administer, fresh)
    keeper.round()
    assert not exists()


def test_a_project_of_an_older_database_is_not_purged(database, fresh, delete, keeper, administer, tmp_path):
    keeper.round()
    delete()
    age(administer, fresh)
    mark = tmp_path / "history" / f"{fresh}.json"
    mark.write_text(mark.read_text().replace('"seq":1,', '"seq":99,'))
    keeper.round()
    with database.read(fresh) as session:
        assert session.scalar(select(Project.slug)) == "fresh"


def test_folders_of_unknown_projects_are_swept_after_a_month(fresh, purger, folders, monkeypatch):
    for folder in folders:
        for name in (fresh, "a" * 16, "not-a-project"):
            (folder / name).mkdir(parents=True)
    for days, left in ((0, True), (29, True), (31, False)):
        from azuraforge.projects import unnamed

        moment = unnamed.time.time
        monkeypatch.setattr(unnamed.time, "time", lambda moment=moment, days=days: moment() + days * 86_400)
        purger.sweep({fresh})
        monkeypatch.undo()
        assert all((folder / ("a" * 16)).exists() is left for folder in folders)
    assert all((folder / name).exists() for folder in folders for name in (fresh, "not-a-project"))
