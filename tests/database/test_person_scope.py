"""The scope of a person: the person's own rows and memberships, and nothing that a project owns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from azuraforge.database import Base, Database, PersonKey, Scope, ScopeError, UnitOfWork, now, row_security
from azuraforge.database.tables import Owned, PersonOwned
from azuraforge.people.tables import Administrator, Person
from azuraforge.projects.tables import Member, Project
from azuraforge.runs.tables import Run
from azuraforge.server.packages import import_tables
from tests.filling import fill, reflected
from tests.postgres import TEMPLATE

import_tables()
#: Rows of the two marks have the ids ``aid`` and ``bid`` in all tables, so a project has the id of a person.
MINE, THEIRS = "aid", "bid"
PERSONAL = {each.local_table.name for each in Base.registry.mappers if issubclass(each.class_, PersonOwned)}
#: Tables of which a person sees rows.
VISIBLE = PERSONAL | {"person", "project"}
#: Option that switches the suite's guard off, so that the session alone is tested.
UNGUARDED = {"crosses_projects": True}


@dataclass
class Place:
    """A database with a row of each mark in every table; ``owner`` sees all of them."""

    app: Database
    owner: Database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request, tmp_path_factory) -> Iterator[Place]:
    if request.param == "sqlite":
        app = owner = Database(f"sqlite:///{tmp_path_factory.mktemp('person') / 'azuraforge.db'}")
        Base.metadata.create_all(app.engine)
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        made = cluster.create(TEMPLATE)
        app, owner = Database(made.url), Database(made.owner_url)
    with owner.engine.begin() as connection:
        if request.param != "sqlite":
            row_security.see_all(connection)
        tables = reflected_any(connection)
        fill(connection, tables, "a")
        fill(connection, tables, "b")
        # The person ``aid`` is a member of a second project, and the project ``aid`` has a second member.
        values = {"name": "c", "slug": "c", "created_at": now()}
        connection.execute(insert(Project).values(id="cid", **values))
        connection.execute(insert(Person).values(id="cid", name="c", name_key="c", kind="person", created_at=now()))
        for project_id, person_id in (("cid", MINE), (MINE, "cid")):
            connection.execute(
                insert(Member).values(project_id=project_id, person_id=person_id, role="viewer", created_at=now())
            )
    yield Place(app, owner)
    app.close()
    owner.close()
    if request.param != "sqlite":
        cluster.drop(made)


def reflected_any(connection):
    """The tables as the database has them; on SQLite, made from the metadata, there is no table of the revision."""
    if connection.dialect.name != "sqlite":
        return reflected(connection)
    from sqlalchemy import MetaData

    tables = MetaData()
    tables.reflect(connection)
    return tables


def test_a_person_sees_the_own_rows_and_memberships(place):
    with place.app.read_person(MINE) as session:
        assert session.person_id == MINE
        assert session.scalars(select(Person.id)).all() == [MINE]
        assert session.scalars(select(Administrator.person_id)).all() == [MINE]
        assert sorted(session.scalars(select(Project.id))) == [MINE, "cid"]
        assert sorted(session.execute(select(Member.project_id, Member.person_id)).all()) == [
            (MINE, MINE),
            ("cid", MINE),
        ]
        other = aliased(Member)
        joined = select(Project.slug, other.role).join(other, other.project_id == Project.id)
        assert sorted(session.execute(joined).all()) == [("aslug", "arole"), ("c", "viewer")]


def test_conditions_are_those_of_the_session_and_not_of_an_earlier_one(place):
    """SQLAlchemy compiles the conditions once: the ids must still be those of each session."""
    statements = [select(Person.id), select(Project.id).where(Project.slug != "c"), select(aliased(Member).person_id)]
    for _ in range(2):
        for id_ in (MINE, THEIRS):
            with place.app.read_person(id_) as session:
                assert [set(session.scalars(each)) for each in statements] == [{id_}] * 3, id_
            with place.app.read(id_) as session:
                assert session.scalars(select(Project.id)).all() == [id_]
                assert THEIRS not in [*session.scalars(select(Person.id))] or id_ == THEIRS


def test_a_project_sees_its_members_and_no_other_person(place):
    with place.app.read(MINE) as session:
        assert sorted(session.scalars(select(Person.id))) == [MINE, "cid"]
        assert sorted(session.scalars(select(Member.person_id))) == [MINE, "cid"]
        assert session.scalars(select(Project.id)).all() == [MINE]
    with place.app.read(THEIRS) as session:
        assert session.scalars(select(Person.id)).all() == [THEIRS]


def test_a_person_sees_nothing_that_a_project_owns(place):
    owned = [each.class_ for each in Base.registry.mappers if issubclass(each.class_, Owned)]
    for class_ in owned:
        if issubclass(class_, PersonOwned):
            continue
        with place.app.read_person(MINE) as session, pytest.raises(ScopeError, match="does not see"):
            session.execute(select(class_))
    with place.app.read_person(MINE) as session:
        hidden = select(Person.id).where(select(Run.id).exists())
        assert session.scalars(hidden, execution_options=UNGUARDED).all() == [], "in a subquery, too"


def test_a_project_does_not_see_what_a_person_owns(place):
    for class_ in [each.class_ for each in Base.registry.mappers if issubclass(each.class_, PersonOwned)]:
        if issubclass(class_, Owned):
            continue
        with place.app.read(MINE) as session, pytest.raises(ScopeError, match="does not see"):
            session.execute(select(class_))
        with place.app.read(MINE) as session:
            hidden = select(Project.id).where(select(class_.person_id).exists())
            assert session.scalars(hidden, execution_options=UNGUARDED).all() == [], "in a subquery, too"


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_row_level_security_shows_a_person_the_same(place):
    for name in Base.metadata.tables:
        with place.app.read_person(MINE) as session:
            found = session.connection().scalars(text(f"SELECT to_jsonb(t)::text FROM {name} AS t")).all()
        assert bool(found) == (name in VISIBLE), name
        assert not [row for row in found if '"bid"' in row], name
    with place.app.read_person(MINE) as session:  # nor a member of the same project
        assert session.connection().scalars(text("SELECT id FROM person")).all() == [MINE]
        assert set(session.connection().scalars(text("SELECT person_id FROM member"))) == {MINE}
    with place.app.read(MINE) as session:
        for name in PERSONAL - {"member"}:
            assert session.connection().scalar(text(f"SELECT count(*) FROM {name}")) == 0, name


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_the_guard_stands_in_for_it_on_sqlite(place):
    for statement, problem in (
        ("SELECT * FROM person", "no person in the condition"),
        ("SELECT * FROM project", "no person in the condition"),
        ("SELECT * FROM member WHERE project_id = 'aid'", "no person in the condition"),
        ("SELECT * FROM run WHERE project_id = 'aid'", "in the session of a person"),
    ):
        with place.app.read_person(MINE) as session, pytest.raises(AssertionError, match=problem):
            session.connection().execute(text(statement))
    for statement, problem in (
        ("SELECT * FROM project WHERE slug = 'bslug'", "no project in the condition"),
        ("SELECT * FROM person WHERE name = 'bname'", "no project in the condition"),
        ("SELECT * FROM administrator WHERE person_id = 'aid'", "in the session of a project"),
    ):
        with place.app.read(MINE) as session, pytest.raises(AssertionError, match=problem):
            session.connection().execute(text(statement))
    with place.app.read_person(MINE) as session:
        session.connection().execute(text("SELECT * FROM member AS m WHERE m.person_id = 'aid'"))


def test_a_session_has_one_scope(place):
    with place.app.read_person(MINE) as session, pytest.raises(ScopeError, match="person 'aid' has no project"):
        assert session.project_id
    with place.app.read(MINE) as session, pytest.raises(ScopeError, match="project 'aid' has no person"):
        assert session.person_id
    with place.app.read_system() as session:
        with pytest.raises(ScopeError, match="the system has no person"):
            assert session.person_id
        for class_ in (Person, Project, Administrator):
            with pytest.raises(ScopeError, match="through cross-project queries only"):
                session.execute(select(class_))


def test_a_person_writes_no_membership_no_project_and_no_other_person(place):
    rows = (
        Member(project_id="bid", person_id=MINE, role="owner"),
        Administrator(person_id=THEIRS),
        Project(id="did", slug="d", name="d"),
        Person(id="did", name="d"),
    )
    for row in rows:
        with pytest.raises(ScopeError, match="may not write"):
            place.app.write_person(MINE, lambda session, row=row: session.add(row))
    if place.app.dialect == "sqlite":
        return
    for statement in (
        insert(Member.__table__).values(project_id="bid", person_id=MINE, role="owner", created_at=now()),
        insert(Administrator.__table__).values(person_id="cid"),
        insert(Project.__table__).values(id="did", slug="d", name="d", created_at=now()),
    ):
        with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
            place.app.write_person(MINE, lambda session, it=statement: session.connection().execute(it))
    for statement in (
        update(Project.__table__).values(name="renamed"),
        update(Member.__table__).values(role="renamed"),
        update(Person.__table__).where(Person.__table__.c.id != MINE).values(name="renamed"),
    ):  # a membership alone lets no person change a project or its members
        place.app.write_person(MINE, lambda session, it=statement: session.connection().execute(it))
    with place.app.read(MINE) as session:
        assert session.scalar(select(Project.name)) == "aname"
        assert "renamed" not in {*session.scalars(select(Member.role)), *session.scalars(select(Person.name))}


def test_a_key_of_a_person_moves_the_transaction_to_that_person(place):
    def work(session, key):
        return key.person_id, session.person_id, session.scalars(select(Person.id)).all()

    assert place.app.write_claimed(lambda _session: PersonKey(THEIRS), work) == (THEIRS, THEIRS, [THEIRS])


def test_a_unit_of_work_belongs_to_one_scope(place):
    for scope in (Scope(MINE), Scope(person_id=THEIRS)):
        unit = UnitOfWork(scope, lambda _session: None)
        with pytest.raises(ScopeError, match="a unit of work of"):
            place.app.write_person(MINE, lambda _session: None, unit=unit)
    recorded = []
    unit = UnitOfWork(Scope(person_id=MINE), lambda session: recorded.append(session.person_id))
    place.app.write_person(MINE, lambda session: recorded.append("effect"), unit=unit)
    assert recorded == [MINE, "effect"]
