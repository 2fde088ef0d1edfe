"""Every way of reading and writing through a session on SQLite, where only the session separates projects.

No statement here names a project: stores rely on the session to add the condition to ORM statements.
"""

from __future__ import annotations

import pytest
from sqlalchemy import MetaData, delete, func, literal_column, select, text, union_all, update
from sqlalchemy.orm import aliased

from azuraforge.database import Base, Database, ScopeError
from azuraforge.database.scopes import SCOPE
from azuraforge.events.tables import EventStream
from azuraforge.platform.migration import import_tables
from azuraforge.projects.tables import Member
from azuraforge.runs.tables import Run, RunAttempt, RunNote
from tests.filling import fill

MINE, THEIRS = "aid", "bid"
other = aliased(Run)

READS = {
    "entity": select(Run),
    "entity of the other project": select(Run).where(Run.project_id == THEIRS),
    "entity by the other's id": select(Run).where(Run.id == THEIRS),
    "columns": select(Run.id, Run.name),
    "one function": select(func.max(Run.id)),
    "count": select(func.count()).select_from(Run).where(Run.id == THEIRS).having(func.count() > 0),
    "alias": select(other),
    "join": select(Run.id, RunAttempt.worker).join(RunAttempt, RunAttempt.run_id != "x"),
    "outer join": select(Member.role, RunNote.run_id).outerjoin(RunNote, literal_column("1") == 1),
    "cross join": select(Run.id, other.id.label("other")).join(other, literal_column("1") == 1),
    "two entities": select(Run.id, RunAttempt.run_id).where(Run.attempt == RunAttempt.attempt),
    "subquery": select(select(Run).subquery()),
    "scalar subquery": select(select(func.max(Run.id)).scalar_subquery()),
    "exists": select(Run.id).where(select(other.id).where(other.id == THEIRS).exists()),
    "in subquery": select(Run.id).where(Run.id.in_(select(other.id).where(other.id == THEIRS))),
    "correlated subquery": select(
        Run.id, select(func.max(RunAttempt.run_id)).where(RunAttempt.attempt == Run.attempt).scalar_subquery()
    ),
    "union": union_all(select(Run.id), select(Run.id).where(Run.project_id == THEIRS)),
    "common table expression": select(select(Run.id).cte("c")),
    "window": select(Run.id, func.max(Run.id).over()),
    "group": select(Run.project_id, func.count()).group_by(Run.project_id),
    "lock": select(Run).with_for_update(),
}

WRITES = {
    "update": update(Run).values(name="stolen"),
    "update of theirs": update(Run).where(Run.project_id == THEIRS).values(name="stolen"),
    "update by an expression": update(Run).values(name=Run.name + "x"),
    "update where a subquery": update(Run).where(Run.id.in_(select(other.id))).values(name="stolen"),
    "update from a subquery": update(Run).values(name=select(func.max(RunNote.run_id)).scalar_subquery()),
    "update returning": update(Run).values(name="stolen").returning(Run.id),
    "delete": delete(RunNote),
    "delete of theirs": delete(RunNote).where(RunNote.project_id == THEIRS),
    "delete where a subquery": delete(RunNote).where(RunNote.run_id.in_(select(Run.id))),
    "delete returning": delete(RunNote).returning(RunNote.run_id),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    import_tables()
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('scope') / 'azuraforge.db'}")
    Base.metadata.create_all(made.engine)
    tables = MetaData()
    with made.engine.begin() as connection:
        tables.reflect(connection)
        for mark in "ab":
            fill(connection, tables, mark)
    yield made
    made.close()


@pytest.mark.parametrize("way", READS)
def test_no_way_of_reading_through_the_orm_leaks(filled, way):
    with filled.read(MINE) as session:
        told = _told(session.execute(READS[way]))
    assert not [value for value in told if THEIRS in value or value.startswith("b")], told


def test_the_ways_of_reading_would_leak_without_the_session(filled):
    """A control: outside of the ORM, nearly all of them see the other project."""
    leaking = 0
    for statement in READS.values():
        with filled.engine.connect() as connection:
            connection.info.pop(SCOPE, None)
            leaking += any(value.startswith("b") for value in _told(connection.execute(statement)))
    assert leaking >= len(READS) - 2


run, attempt = Run.__table__, RunAttempt.__table__
CORE = {
    "core select": select(run.c.id),
    "core select of the project column": select(run.c.project_id),
    "core join with one condition": select(run.c.id)
    .join(attempt, run.c.id == attempt.c.run_id)
    .where(run.c.project_id == MINE),
    "core subquery": select(run.c.id).where(run.c.project_id == MINE, run.c.id.in_(select(attempt.c.run_id))),
    "core update": update(run).values(name="stolen"),
    "text": text("SELECT id FROM run"),
    "text join": text("SELECT r.id FROM run AS r JOIN run_attempt AS a ON a.run_id = r.id WHERE r.project_id = 'aid'"),
    "text delete": text("DELETE FROM run_note"),
}


@pytest.mark.parametrize("way", CORE)
def test_the_lint_refuses_core_and_raw_statements_that_do_not_name_the_project_for_each_table(filled, way):
    with filled.read(MINE) as session, pytest.raises(AssertionError, match="no project in the condition"):
        session.connection().execute(CORE[way])


def test_the_lint_allows_statements_that_name_it(filled):
    joined = select(run.c.id).join(attempt, (run.c.project_id == attempt.c.project_id) & (run.c.id == attempt.c.run_id))
    with filled.read(MINE) as session:
        session.connection().execute(joined.where(run.c.project_id == MINE))
        session.connection().execute(text("SELECT id FROM run WHERE project_id = 'aid'"))


def test_a_row_of_another_project_is_not_loaded_by_its_key(filled):
    with filled.read(MINE) as session:
        assert session.get(Run, (MINE, MINE)) is not None
        assert session.get(Run, (THEIRS, THEIRS)) is None


@pytest.mark.parametrize("way", WRITES)
def test_no_way_of_writing_through_the_orm_reaches_the_other_project(filled, way):
    def theirs() -> list[str]:
        with filled.read(THEIRS) as session:
            return _told(session.execute(select(Run.name, Run.id))) + _told(session.execute(select(RunNote.run_id)))

    before = theirs()
    assert len(before) == 3

    def work(session):
        session.execute(WRITES[way], execution_options={"synchronize_session": False})
        raise LookupError("undone")

    def commit(session):
        session.execute(WRITES[way], execution_options={"synchronize_session": False})

    with pytest.raises(LookupError):
        filled.write(MINE, work)
    filled.write(MINE, commit)
    assert theirs() == before


@pytest.mark.parametrize("statement", [READS["entity"], READS["columns"], WRITES["update"], WRITES["delete"]])
def test_system_scope_reaches_owned_rows_through_cross_project_queries_only(filled, statement):
    with pytest.raises(ScopeError, match="through cross-project queries only"):
        filled.write_system(lambda session: session.execute(statement))
    with filled.read_system() as session, pytest.raises(ScopeError, match="has no project"):
        assert session.project_id


def test_a_row_of_another_project_is_not_added(filled):
    with pytest.raises(ScopeError, match="may not write"):
        filled.write(MINE, lambda session: session.add(EventStream(project_id=THEIRS, stream="new", last_seq=1)))


def _told(result) -> list[str]:
    return [
        str({key: each for key, each in vars(value).items() if key != "_sa_instance_state"})
        if hasattr(value, "_sa_instance_state")
        else str(value)
        for row in (result if getattr(result, "returns_rows", True) else [])
        for value in row
        if value is not None
    ]
