"""Two projects with a row in every table: whatever one asks PostgreSQL, it never meets the other's."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, literal_column, select, text, union_all, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from azuraforge.database import Base, Database, ProjectKey, row_security
from azuraforge.database.cross_project import CROSS_PROJECT_QUERIES
from azuraforge.events.tables import Event, EventStream
from azuraforge.people.tables import Person
from azuraforge.projects.tables import Member, Project
from azuraforge.runs.tables import Run, RunAttempt
from azuraforge.server.packages import import_tables
from tests.filling import fill, reflected
from tests.postgres import TEMPLATE

import_tables()
TABLES = sorted(Base.metadata.tables)
#: Tables of which a project sees no row; ``test_person_scope`` is about them.
OF_A_PERSON = {"administrator", "answered_person_request", "password", "person_session"}
#: Tables whose rows have no owner; only the system scope sees them.
OF_THE_SYSTEM = {"sign_in_counter"}


@pytest.fixture(scope="module")
def filled(postgres_cluster):
    """Read only; whoever commits takes a copy."""
    made = postgres_cluster.create(TEMPLATE)
    owner = Database(made.owner_url)
    with owner.engine.begin() as connection:
        row_security.see_all(connection)
        tables = reflected(connection)
        fill(connection, tables, "a")
        fill(connection, tables, "b")
    owner.close()
    yield made
    postgres_cluster.drop(made)


@pytest.fixture
def owner(filled):
    made = Database(filled.owner_url)
    yield made
    made.close()


@pytest.fixture
def app(filled):
    made = Database(filled.url)
    yield made
    made.close()


MINE, THEIRS = "aid", "bid"


def core(session):
    """The session's connection: none of the ORM's own conditions are added there."""
    return session.connection()


def test_every_table_shows_its_own_project_only(app, owner):
    for table in Base.metadata.tables.values():
        if table.name in OF_A_PERSON | OF_THE_SYSTEM:
            continue
        shown = text(f"SELECT to_jsonb(t)::text FROM {table.name} AS t")
        with app.read(MINE) as session:
            mine = core(session).scalars(shown).all()
        with app.read(THEIRS) as session:
            theirs = core(session).scalars(shown).all()
        with owner.engine.connect() as connection:
            row_security.see_all(connection)
            everything = connection.scalars(shown).all()
        assert len(mine) == len(theirs) == 1, table.name
        assert sorted(mine + theirs) == sorted(everything), table.name
        assert mine != theirs, table.name


def test_no_table_shows_anything_outside_of_a_project(app, owner):
    for table in TABLES:
        with app.read_system() as session:
            seen = core(session).scalar(text(f"SELECT count(*) FROM {table}"))
            assert seen == (2 if table in OF_THE_SYSTEM else 0), table
        with app.read(MINE) as session:
            assert table not in OF_THE_SYSTEM or core(session).scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        with app.engine.connect() as connection:  # not even a session
            assert table in OF_THE_SYSTEM or connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


def test_forced_the_owner_sees_nothing_either_unless_it_says_so(owner):
    with owner.engine.connect() as connection:
        assert {connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES} == {0}
        row_security.see_all(connection)
        assert {connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES} == {2}


def test_what_opens_the_owners_eyes_does_nothing_for_the_application(app):
    with app.read(MINE) as session:
        row_security.see_all(core(session))
        assert core(session).scalar(text("SELECT count(*) FROM run")) == 1


def test_a_pooled_connection_forgets_whose_it_was(app):
    with app.read(MINE) as session:
        assert core(session).scalar(text("SELECT count(*) FROM run")) == 1
    app.write(MINE, lambda session: core(session).execute(text("SELECT 1")))
    with app.engine.connect() as connection:
        assert connection.scalar(text("SELECT current_setting('azuraforge.project', true)")) in (None, "")


other = aliased(Run)
READS = {
    "core select": select(Run.__table__),
    "core select by foreign key": select(Run.__table__).where(Run.project_id == THEIRS),
    "core select by foreign id": select(Run.__table__).where(Run.id == THEIRS),
    "orm select": select(Run),
    "orm select by foreign project": select(Run).where(Run.project_id == THEIRS),
    "text": text("SELECT * FROM run"),
    "text with or": text(f"SELECT * FROM run WHERE project_id = '{THEIRS}' OR true"),
    "alias": select(other),
    "join": select(Run.id, RunAttempt.worker).join(RunAttempt, RunAttempt.run_id != "x"),
    "cross join": select(Run.id, other.id.label("other")).join(other, literal_column("true")),
    "outer join": select(Person.name, Member.role).outerjoin(Member, Member.person_id == Person.id),
    "subquery": select(select(Run).subquery()),
    "scalar subquery": select(select(func.max(Run.id)).scalar_subquery()),
    "exists": select(Run.id).where(select(other.id).where(other.project_id == THEIRS).exists()),
    "in subquery": select(Run.id).where(Run.id.in_(select(other.id).where(other.project_id == THEIRS))),
    "union": union_all(select(Run.id), select(Run.id).where(Run.project_id == THEIRS)),
    "cte": select(select(Run.id).cte("c")),
    "aggregate": select(func.array_agg(Run.id)),
    "window": select(Run.id, func.count().over()),
    "group": select(Run.project_id, func.count()).group_by(Run.project_id),
    "user by name": select(Person).where(Person.name == "bname"),
    "projects": select(Project),
    "json of the whole row": text("SELECT row_to_json(run) FROM run"),
    "lateral": text("SELECT e.data FROM event_stream s, LATERAL (SELECT * FROM event) e"),
    "tablesample": text("SELECT * FROM run TABLESAMPLE SYSTEM (100)"),
    "a function that leaks what it sees": text("SELECT * FROM run WHERE CAST(id AS text) LIKE '%'"),
}


@pytest.mark.parametrize("way", READS)
def test_no_way_of_reading_leaks(app, way):
    for execute in ("session", "connection"):
        with app.read(MINE) as session:
            asked = session if execute == "session" else core(session)
            told = [
                str(vars(value)) if hasattr(value, "_sa_instance_state") else str(value)
                for row in asked.execute(READS[way])
                for value in row
            ]
        assert not [value for value in told if THEIRS in value or "bname" in value or value.startswith("b")], way


def test_the_ways_of_reading_would_tell_the_other_project(owner):
    """A control: without the policies, nearly all of them do."""
    telling = 0
    for statement in READS.values():
        with owner.engine.connect() as connection:
            row_security.see_all(connection)
            told = str(connection.execute(statement).all())
        telling += "'b" in told or THEIRS in told
    assert telling >= len(READS) - 2


WRITES = {
    "core update": update(Run.__table__).values(name="stolen"),
    "core update of theirs": update(Run.__table__).where(Run.project_id == THEIRS).values(name="stolen"),
    "text update": text("UPDATE run SET name = 'stolen'"),
    "update from": text("UPDATE run SET name = 'stolen' FROM run AS r WHERE r.project_id <> run.project_id OR true"),
    "core delete": text(f"DELETE FROM run_note WHERE project_id = '{THEIRS}'"),
    "text delete": text("DELETE FROM run_note"),
    "delete using": text("DELETE FROM run_note USING run"),
    "truncating by updates": text("UPDATE event SET data = '{}'"),
    "returning": text("UPDATE run SET name = 'stolen' RETURNING id"),
    "lock": text("SELECT id FROM run FOR UPDATE"),
    "upsert on a foreign key": text(
        f"INSERT INTO event_stream VALUES ('{MINE}', 'bstream', 9)"
        " ON CONFLICT (project_id, stream) DO UPDATE SET last_seq = 9"
    ),
}


@pytest.fixture
def copied(filled, postgres_cluster):
    made = postgres_cluster.create(filled.name)
    yield Database(made.url), Database(made.owner_url)
    postgres_cluster.drop(made)


@pytest.mark.parametrize("way", WRITES)
def test_no_way_of_writing_reaches_the_other_project(copied, way):
    app, owner = copied

    def theirs() -> list[str]:
        with owner.engine.connect() as connection:
            row_security.see_all(connection)
            return [
                str(connection.execute(text(f"SELECT * FROM {table} WHERE project_id = '{THEIRS}'")).all())
                for table in ("run", "run_note", "event", "event_stream")
            ]

    before = theirs()
    app.write(MINE, lambda session: core(session).execute(WRITES[way]))
    assert theirs() == before
    app.close()
    owner.close()


REFUSED = {
    "insert for another": insert(EventStream).values(project_id=THEIRS, stream="new", last_seq=1),
    "insert from a select": text(f"INSERT INTO event_stream SELECT '{THEIRS}', 'new', 1 FROM run"),
    "upsert over theirs": text(
        f"INSERT INTO event_stream VALUES ('{THEIRS}', 'bstream', 9)"
        " ON CONFLICT (project_id, stream) DO UPDATE SET last_seq = 9"
    ),
    "giving a row away": text(f"UPDATE run_note SET project_id = '{THEIRS}'"),
    "a project of another id": insert(Project).values(id="cid", slug="c", name="c", created_at=func.now()),
    "truncate": text("TRUNCATE run_note"),
    "dropping the policies": text("ALTER TABLE run DISABLE ROW LEVEL SECURITY"),
    "another policy": text("CREATE POLICY all_of_it ON run USING (true)"),
    "becoming the owner": text("SET ROLE azuraforge_owner"),
    "writing the schema's revision": text("UPDATE azuraforge_schema SET version_num = 'x'"),
    "a new function": text("CREATE FUNCTION azuraforge_mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    "asking not to be walled": text("SELECT set_config('row_security', 'off', true), count(*) FROM run"),
}


@pytest.mark.parametrize("way", REFUSED)
def test_what_would_cross_is_refused(app, way):
    with pytest.raises(DBAPIError, match=r"row-level security|permission denied|must be owner"):
        app.write(MINE, lambda session: [core(session).execute(REFUSED[way]), _count(session)])


def _count(session) -> int | None:
    return core(session).scalar(text("SELECT count(*) FROM run"))


def test_cross_project_queries_return_keys_only(app):
    """What is told across projects are names of rows, never what is in them."""
    allowed = {"id", "dataset_id", "attempt"}
    for query in CROSS_PROJECT_QUERIES.values():
        told = {column.name for column in query.body().selected_columns}
        assert len(told & {"project_id", "person_id"}) == 1, query.name
        assert told - {"project_id", "person_id"} <= allowed, query.name


def test_cross_project_queries_see_every_project_and_no_other_role_may_call_them(app, postgres_cluster, filled):
    with app.read_system() as session:
        found = CROSS_PROJECT_QUERIES["places_of_runs"](session, ids=["aid", "bid"])
    assert {row.project_id for row in found} == {MINE, THEIRS}
    with app.read(MINE) as session, pytest.raises(Exception, match="only a session of system scope"):
        CROSS_PROJECT_QUERIES["places_of_runs"](session, ids=["aid", "bid"])
    if not postgres_cluster.execute("SELECT 1 FROM pg_roles WHERE rolname = 'other_role'"):
        postgres_cluster.execute("CREATE ROLE other_role LOGIN")
    other_role = Database(filled.url.replace("azuraforge_app", "other_role"))
    for query in CROSS_PROJECT_QUERIES.values():
        arguments = ", ".join("NULL" for _ in query.parameters)
        with other_role.engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(text(f"SELECT * FROM {query.function}({arguments})"))
    other_role.close()


def test_after_a_cross_project_query_the_same_transaction_sees_the_found_project_only(app):
    def find(session):
        return ProjectKey(CROSS_PROJECT_QUERIES["project_by_slug"](session, slug="bslug")[0].project_id)

    def work(session, key):
        return core(session).scalars(text("SELECT id FROM run")).all(), session.scalars(select(Event.project_id)).all()

    assert app.write_claimed(find, work) == ([THEIRS], [THEIRS])
