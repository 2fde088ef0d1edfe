"""Members get no authority above that of the member who changes them, and a project keeps an owner."""

from __future__ import annotations

import asyncio
import itertools
import threading

import pytest
from fastapi.requests import HTTPConnection
from sqlalchemy import insert, select

from azuraforge.database import now
from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound, Unauthorized
from azuraforge.events.routes import _while_allowed
from azuraforge.events.service import EventLog
from azuraforge.people.service import PeopleService
from azuraforge.people.tables import Person
from azuraforge.projects.access import require_access
from azuraforge.projects.callers import ROLES
from azuraforge.projects.membership.service import MemberService
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.projects.tables import Member, Token
from azuraforge.server.application import create_api

#: Members of the project ``team``, one with each role, and a second admin and owner.
TEAM = {"v": "viewer", "m": "member", "a": "admin", "a2": "admin", "o": "owner", "o2": "owner"}


@pytest.fixture
def events(database):
    return EventLog(database)


@pytest.fixture
def members(database, world, events):
    return MemberService(database, events, world.people.revocations)


@pytest.fixture
def team(world, administer):
    """Access of each of TEAM in a project of theirs, and of a service account ``s``."""
    people = {**dict.fromkeys(TEAM, "person"), "s": "service"}
    administer(
        *(
            insert(Person).values(id=each, name=f"person {each}", name_key=each, kind=kind, created_at=now())
            for each, kind in people.items()
        ),
        "INSERT INTO project (id, slug, name, created_at) SELECT 'team', 'team', 'Team', created_at FROM project"
        " WHERE slug = 'default'",
        *(
            insert(Member).values(project_id="team", person_id=each, role=role, created_at=now())
            for each, role in {**TEAM, "s": "member"}.items()
        ),
    )
    return {each: world.projects.authenticate(world.session(each), "team") for each in TEAM}


def roles(members, access):
    return {each.id: each.role for each in members.list(access).items}


def outcome(work):
    try:
        work()
    except AzuraError as error:
        return error.error_code
    return "done"


def test_members_are_listed_with_their_roles(members, team):
    listed = members.list(team["v"])
    assert {each.id: each.role for each in listed.items} == {**TEAM, "s": "member"}
    assert [each.id for each in listed.items if each.own] == ["v"]
    assert {each.kind for each in listed.items if each.id == "s"} == {"service"}
    assert {each.name for each in listed.items} == {f"person {each}" for each in (*TEAM, "s")}
    first = members.list(team["v"], limit=4)
    second = members.list(team["v"], limit=4, after=first.next)
    assert [each.id for each in (*first.items, *second.items)] == [each.id for each in listed.items]


def expected(own, target, role):
    """What changing a member's role may end with; owners here are never the last one."""
    above = ROLES.index(own) < max(ROLES.index(target), ROLES.index(role))
    if ROLES.index(own) < ROLES.index("admin"):
        return "forbidden"
    return "role_above_own" if above else "done"


def test_no_member_gives_or_takes_a_role_above_the_own_one(members, team, administer):
    """Every role against a member of every role and every new role."""
    wrong = {}
    for own, target, role in itertools.product(("v", "m", "a", "o"), ("v", "m", "a2", "o2"), ROLES):
        if own == target:
            continue
        found = outcome(lambda own=own, target=target, role=role: members.set_role(team[own], target, role))
        if found != expected(TEAM[own], TEAM[target], role):
            wrong[own, target, role] = found
        administer(f"UPDATE member SET role = '{TEAM[target]}' WHERE project_id = 'team' AND person_id = '{target}'")
    assert wrong == {}


@pytest.mark.parametrize("own", ["v", "m", "a", "o"])
def test_a_member_removes_those_who_are_not_above(members, team, own):
    for target in (each for each in ("v", "m", "a2", "o2") if each != own):
        allowed = ROLES.index(TEAM[own]) >= max(ROLES.index("admin"), ROLES.index(TEAM[target]))
        assert (outcome(lambda target=target: members.remove(team[own], target)) == "done") == allowed, target
        assert (target not in roles(members, team[own])) == allowed


def test_an_api_token_has_its_own_role_here_too(world, members, team):
    made = world.projects.create_token(team["o"], TokenRequest(name="n", role="admin")).token
    access = world.projects.authenticate(made)
    assert outcome(lambda: members.set_role(access, "m", "owner")) == "role_above_own"
    assert outcome(lambda: members.set_role(access, "m", "admin")) == "done"
    assert outcome(lambda: members.remove(access, "o")) == "forbidden", "it cannot leave for its person"
    assert outcome(lambda: members.transfer(access, "m")) == "forbidden"


def test_a_role_that_was_lost_after_authentication_changes_nothing(members, team, administer):
    administer("UPDATE member SET role = 'viewer' WHERE project_id = 'team' AND person_id = 'o'")
    for work in (
        lambda: members.set_role(team["o"], "m", "admin"),
        lambda: members.remove(team["o"], "m"),
        lambda: members.transfer(team["o"], "m"),
    ):
        with pytest.raises(Forbidden):
            work()
    administer("DELETE FROM member WHERE project_id = 'team' AND person_id = 'o'")
    with pytest.raises(NotFound, match="not one of its members"):
        members.set_role(team["o"], "m", "admin")


def test_everyone_may_leave_but_the_only_owner(members, team):
    for each in ("v", "m", "a", "o"):
        members.remove(team[each], each)
        assert each not in roles(members, team["o2"])
    for work in (
        lambda: members.remove(team["o2"], "o2"),
        lambda: members.set_role(team["o2"], "o2", "admin"),
    ):
        with pytest.raises(Conflict) as refused:
            work()
        assert refused.value.error_code == "last_owner"
    members.set_role(team["o2"], "a2", "owner")
    members.remove(team["o2"], "o2")


def test_two_owners_cannot_leave_at_once(world, members, team, administer):
    for _ in range(8):
        start, found = threading.Barrier(2), []

        def leave(each, how, start=start, found=found):
            start.wait()
            found.append(outcome(lambda: how(team[each])))

        ways = [
            ("o", lambda access: members.remove(access, "o")),
            ("o2", lambda access: members.set_role(access, "o2", "member")),
        ]
        threads = [threading.Thread(target=leave, args=each) for each in ways]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(found) == ["done", "last_owner"]
        administer(
            "DELETE FROM member WHERE project_id = 'team' AND person_id IN ('o', 'o2')",
            *(
                insert(Member).values(project_id="team", person_id=each, role="owner", created_at=now())
                for each in ("o", "o2")
            ),
        )


def test_a_transfer_swaps_the_owner(members, team, events):
    members.remove(team["o2"], "o2")
    assert outcome(lambda: members.transfer(team["o"], "o")) == "conflict"
    assert outcome(lambda: members.transfer(team["o"], "s")) == "service_account"
    assert outcome(lambda: members.transfer(team["a"], "m")) == "forbidden"
    made = members.transfer(team["o"], "v")
    assert (made.id, made.role) == ("v", "owner")
    found = roles(members, team["m"])
    assert (found["v"], found["o"]) == ("owner", "admin")
    changes = [each.data for each in events.read("team", "project") if each.type == "member.role_changed"]
    assert [(each["person"], each["previous_role"], each["role"]) for each in changes] == [
        ("person v", "viewer", "owner"),
        ("person o", "owner", "admin"),
    ]


def test_members_of_other_projects_are_unknown(world, members, team):
    for work in (
        lambda: members.set_role(team["o"], "other", "viewer"),
        lambda: members.remove(team["o"], "other"),
        lambda: members.transfer(team["o"], "other"),
    ):
        with pytest.raises(NotFound, match="no member 'other'"):
            work()
    assert world.projects.authenticate(world.session("other"), "second").role == "owner"


def test_a_removed_member_has_no_access_at_once(world, database, members, team, events):
    """Session and token end in this process and, through the notification, in another one."""
    told = []
    elsewhere = PeopleService(database)
    there = ProjectService(database, elsewhere)
    world.people.revocations._tell = lambda key: (told.append(key), elsewhere.revocations.forget(key))
    session = world.session("m")
    token = world.projects.create_token(team["m"], TokenRequest(name="n")).token
    for projects in (world.projects, there):
        projects.authenticate(session, "team"), projects.authenticate(token)
        projects.identify(token)
    members.remove(team["a"], "m")
    for projects in (world.projects, there):
        with pytest.raises(NotFound):
            projects.authenticate(session, "team")
        for ask in (projects.authenticate, projects.identify):
            with pytest.raises(Unauthorized):
                ask(token)
        assert projects.identify(session).person_id == "m", "still signed in"
    assert "person/m" in told
    assert len(told) == 2
    with database.read("team") as connection:
        assert connection.scalars(select(Token.person_id)).all() == []
    (removed,) = events.read("team", "project")
    assert (removed.type, removed.data) == (
        "member.removed",
        {"person": "person m", "role": "member", "by": "person a"},
    )
    with pytest.raises(NotFound):
        world.projects.create_token(team["m"], TokenRequest(name="late"))


def test_a_demoted_member_has_less_at_once(world, members, team):
    session = world.session("a")
    token = world.projects.create_token(team["a"], TokenRequest(name="n", role="admin")).token
    assert {world.projects.authenticate(each, "team").role for each in (session, token)} == {"admin"}
    members.set_role(team["o"], "a", "viewer")
    assert {world.projects.authenticate(each, "team").role for each in (session, token)} == {"viewer"}


@pytest.mark.sqlite_only
def test_an_open_stream_ends_with_the_removal(world, members, team, events):
    """The event of the removal wakes it, and it is not shown to the removed member."""
    api = create_api()
    api.state.projects, api.state.events = world.projects, events
    scope = {
        "type": "http",
        "app": api,
        "method": "GET",
        "path": "/",
        "query_string": b"project=team",
        "headers": [(b"authorization", f"Bearer {world.session('m')}".encode())],
    }

    async def followed():
        connection = HTTPConnection(scope)
        caller = await require_access(connection)
        assert caller.seconds_left > 30, "the check of each minute does not end it"
        seen = []

        async def read():
            async for frame in _while_allowed(connection, events, caller, "project", 0):
                seen.extend(line.type for line in frame)

        reading = asyncio.create_task(read())
        await asyncio.to_thread(members.set_role, team["o"], "v", "member")
        while not seen:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(members.remove, team["a"], "m")
        await asyncio.wait_for(reading, 8)  # below the heartbeat's interval
        return seen

    assert asyncio.run(followed()) == ["member.role_changed"]
