"""A person creates a project and owns it; only a joining person can become a member."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from azuraforge.database import Scope, ScopeError, new_id, now
from azuraforge.database.scopes import join
from azuraforge.errors import Conflict, Forbidden, InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.projects.idempotency import KeyedRequest
from azuraforge.projects.registry import ProjectRegistry
from azuraforge.projects.schemas import NewProject
from azuraforge.projects.slugs import RESERVED
from azuraforge.projects.tables import AnsweredPersonRequest, Member, Project


@pytest.fixture
def events(database):
    return EventLog(database)


@pytest.fixture
def registry(database, world, events):
    return ProjectRegistry(database, events, world.people.revocations)


def new(slug="fresh", name="Fresh"):
    return NewProject(slug=slug, name=name)


def test_its_creator_owns_it_at_once(world, registry, events):
    session = world.session(world.other)
    made = registry.create(world.projects.identify(session), new())
    assert (made.slug, made.name, made.role) == ("fresh", "Fresh", "owner")
    access = world.projects.authenticate(session, "fresh")
    assert (access.role, access.person_id) == ("owner", world.other)
    assert [(each.type, each.data) for each in events.read(access.project_id, "project")] == [
        ("project.created", {"name": "Fresh", "by": "other"})
    ]
    assert "fresh" not in [
        each.slug for each in world.projects.projects(world.projects.identify(world.session())).items
    ]


def test_a_second_project_ends_the_command_line_s_only_one(world, registry, administer):
    administer(f"DELETE FROM member WHERE project_id = 'second' AND person_id = '{world.owner}'")
    local = world.people.local_token(world.owner)
    assert world.projects.authenticate(local).project_slug == "default"
    registry.create(world.projects.identify(local), new())
    with pytest.raises(InvalidInput, match="names no project"):
        world.projects.authenticate(local)


def test_an_api_token_creates_no_project(world, registry):
    with pytest.raises(Forbidden):
        registry.create(world.projects.identify(world.token()), new())


@pytest.mark.parametrize(
    "slug", ["", "a", "A1", "1a", "-ab", "ab-", "a--b", "a_b", "ä1", "a b", "a/b", "a" * 41, "ab\n"]
)
def test_a_slug_is_a_word_that_fits_into_a_url(world, registry, slug):
    with pytest.raises((InvalidInput, ValueError)):
        registry.create(world.projects.identify(world.session()), new(slug))


def test_taken_reserved_and_deleted_slugs_get_one_answer(world, registry, administer):
    administer("UPDATE project SET deleted_at = created_at WHERE slug = 'third'")
    caller, answers = world.projects.identify(world.session()), set()
    for slug in ("default", "second", "third", "current", "new"):  # own, another's, deleted, reserved
        with pytest.raises(Conflict) as refused:
            registry.create(caller, new(slug))
        problem = refused.value.to_dict()
        assert problem["code"] == "slug_unavailable"
        answers.add(str(problem).replace(slug, "SLUG"))
    assert len(answers) == 1
    assert {"current", "policy", "deleted", "new", "trash", "default"} <= RESERVED


def test_a_refused_creation_stores_nothing(world, registry, database):
    request = KeyedRequest(Scope(person_id=world.owner), "key", "POST /api/v1/projects")
    with pytest.raises(Conflict):
        registry.create(
            world.projects.identify(world.session()), new("second"), unit=world.projects.answers.unit_of_work(request)
        )
    assert world.projects.answers.known(request) is None
    with database.read_person(world.owner) as session:
        assert session.scalars(select(AnsweredPersonRequest.key)).all() == []
        assert sorted(session.scalars(select(Project.slug))) == ["default", "second"]


def test_a_repeated_request_creates_one_project(world, registry):
    caller = world.projects.identify(world.session())
    request = KeyedRequest(Scope(person_id=world.owner), "key", "POST /api/v1/projects")
    registry.create(caller, new(), unit=world.projects.answers.unit_of_work(request))
    with pytest.raises(Conflict, match="took effect"):
        registry.create(caller, new("again"), unit=world.projects.answers.unit_of_work(request))
    assert [each.slug for each in world.projects.projects(caller).items] == ["default", "fresh", "second"]


def test_one_of_two_simultaneous_creations_gets_the_slug(world, registry):
    callers = [world.projects.identify(world.session(each)) for each in (world.owner, world.other)]
    start, results = threading.Barrier(2), []

    def create(caller):
        start.wait()
        try:
            results.append(registry.create(caller, new()).role)
        except Conflict as error:
            results.append(error.error_code)

    threads = [threading.Thread(target=create, args=[each]) for each in callers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(results) == ["owner", "slug_unavailable"]


def test_a_rename_is_seen_at_once_and_recorded_once(world, registry, events):
    secret = world.session()
    access = world.projects.authenticate(secret, "default")
    for _ in range(2):
        assert registry.rename(access, "Weather").name == "Weather"
    renamed = world.projects.authenticate(secret, "default")
    assert (renamed.project_name, renamed.project_slug) == ("Weather", "default")
    assert [each.data for each in events.read(world.default, "project")] == [
        {"name": "Weather", "previous_name": "Default", "by": "owner"}
    ]
    assert world.projects.authenticate(secret, "second").project_name == "Second"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201])
def test_a_name_is_one_line(name):
    with pytest.raises(ValueError, match="name"):
        new(name=name)
    assert new(name=" Hava Durumu ").name == "Hava Durumu"


def member(project_id, person_id):
    return Member(project_id=project_id, person_id=person_id, role="owner")


def test_only_the_joining_person_becomes_a_member(world, database):
    """Neither a session of the project nor one of the person adds a member, and a joining one adds no other person."""
    added = {
        "project": lambda: database.write("third", lambda session: session.add(member("third", world.owner))),
        "person": lambda: database.write_person(world.owner, lambda session: session.add(member("third", world.owner))),
        "another person": lambda: database.write_joining(
            "other", "default", lambda _: None, lambda session, _: session.add(member("default", world.owner))
        ),
        "another project": lambda: database.write_joining(
            world.owner, "second", lambda _: None, lambda session, _: session.add(member("third", world.owner))
        ),
    }
    for name, add in added.items():
        with pytest.raises(ScopeError, match="may not"):
            pytest.fail(f"{name}: {add()}")
    database.write_joining(
        world.owner, "third", lambda _: None, lambda session, _: session.add(member("third", world.owner))
    )
    assert world.projects.authenticate(world.session(), "third").role == "owner"


def test_row_level_security_adds_no_other_member(world, database):
    if database.dialect != "postgresql":
        pytest.skip("SQLite has no row-level security")

    def add(person_id):
        values = {"project_id": "third", "person_id": person_id, "role": "owner", "created_at": now()}
        return lambda session, *_: session.connection().execute(insert(Member.__table__).values(values))

    for write in (
        lambda: database.write("third", add(world.owner)),
        lambda: database.write_person(world.owner, add(world.owner)),
        lambda: database.write_joining("other", "third", lambda _: None, add(world.owner)),
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            write()
    database.write_joining(world.owner, "third", lambda _: None, add(world.owner))


def test_a_joining_session_leaves_the_person_s_scope(world, database):
    def in_person(session):
        assert session.scope == Scope(person_id=world.owner)
        found = session.scalars(select(Project)).all()
        assert len(found) == 2
        return found

    def in_project(session, found):
        assert session.scope == Scope("third", world.owner)
        assert not any(each in session for each in found)
        assert session.get(Project, found[0].id) is None, "it was loaded, but in another scope"
        if database.dialect == "postgresql":
            names = session.connection().scalars(text("SELECT slug FROM project")).all()
            assert sorted(names) == ["default", "second", "third"], "the person's memberships are visible, too"
        return session.scalars(select(Project.id)).all()

    assert database.write_joining(world.owner, "third", in_person, in_project) == ["third"]
    with pytest.raises(ScopeError, match="cannot join"):
        database.write_joining(world.owner, "third", lambda _: None, lambda session, _: join(session, "second"))


def test_a_failure_in_the_project_undoes_what_the_person_wrote(world, database):
    key = new_id()

    def in_person(session):
        session.add(AnsweredPersonRequest(person_id=world.owner, key=key, route="x"))

    def fail(*_):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        database.write_joining(world.owner, "second", in_person, fail)
    with database.read_person(world.owner) as session:
        assert session.get(AnsweredPersonRequest, (world.owner, key)) is None
