"""Browser sessions end: unused, after thirty days, one by one, or all at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from azuraforge.database import seconds_from_now
from azuraforge.errors import NotFound, Unauthorized
from azuraforge.people.service import IDLE_SECONDS, SESSION_SECONDS, PeopleService
from azuraforge.people.tables import PersonSession

DAY = 24 * 3600


def aged(world, database, **seconds):
    """Set times of all sessions to so many seconds from now, and forget what was verified."""
    values = {name: seconds_from_now(value) for name, value in seconds.items()}
    late = update(PersonSession).where(PersonSession.kind == "session").values(**values)
    database.write_person(world.owner, lambda session: session.execute(late))
    world.people.revocations.forget(None)


def test_a_session_that_is_not_used_for_a_week_ends(world, database):
    secret = world.session()
    aged(world, database, used_at=60 - IDLE_SECONDS, created_at=-20 * DAY)
    world.projects.authenticate(secret, "default")  # this use counts
    world.people.revocations.forget(None)
    assert world.people.sessions(world.projects.identify(secret)).items[0].used_at is not None
    aged(world, database, used_at=-IDLE_SECONDS - 1)
    for refused in (lambda: world.projects.authenticate(secret, "default"), lambda: world.projects.identify(secret)):
        with pytest.raises(Unauthorized):
            refused()
    assert IDLE_SECONDS == 7 * DAY


def test_a_session_that_was_never_used_counts_from_signing_in(world, database):
    secret = world.session()
    never = update(PersonSession).values(used_at=None, created_at=seconds_from_now(-IDLE_SECONDS - 1))
    database.write_person(world.owner, lambda session: session.execute(never))
    world.people.revocations.forget(None)
    with pytest.raises(Unauthorized):
        world.projects.authenticate(secret, "default")


def test_a_session_ends_after_thirty_days_however_often_it_is_used(world, database):
    secret = world.session()
    signed_in = world.projects.identify(secret)
    assert abs((signed_in.expires_at - database.clock()).total_seconds() - SESSION_SECONDS) < 60
    assert SESSION_SECONDS == 30 * DAY
    aged(world, database, used_at=0, expires_at=-1)
    with pytest.raises(Unauthorized):
        world.projects.authenticate(secret, "default")


def test_signing_in_removes_what_has_expired_and_keeps_the_command_line_s_token(world, database):
    world.session()
    local = world.people.local_token(world.owner)
    aged(world, database, used_at=-IDLE_SECONDS - 1)
    world.session()
    with database.read_person(world.owner) as session:
        kinds = sorted(session.scalars(select(PersonSession.kind)))
    assert kinds == ["link", "link", "local", "session"]
    assert world.projects.identify(local).kind == "local"


def test_sessions_are_listed_and_ended_one_by_one(world):
    first, second = world.session(), world.session()
    caller = world.projects.identify(second)
    listed = world.people.sessions(caller).items
    assert [each.current for each in listed] == [True, False], "the latest first"
    assert [each.id for each in world.people.sessions(caller, limit=1).items] == [listed[0].id]
    assert world.projects.remembered_caller(second), "else nothing is shown"
    world.people.end_session(world.owner, listed[1].id)
    with pytest.raises(Unauthorized):
        world.projects.identify(first)
    world.projects.identify(second)
    with pytest.raises(NotFound):
        world.people.end_session(world.owner, listed[1].id)


def test_nobody_ends_the_session_of_another_person(world):
    secret = world.session()
    (mine,) = world.people.sessions(world.projects.identify(secret)).items
    assert world.people.sessions(world.projects.identify(world.session(world.other))).items[0].id != mine.id
    with pytest.raises(NotFound):
        world.people.end_session(world.other, mine.id)
    world.people.end_sessions(world.other)
    assert world.projects.identify(secret).person_id == world.owner


def test_all_sessions_end_at_once_in_every_process(world, database):
    theirs = PeopleService(database)
    ours = PeopleService(database, theirs.revocations.forget)
    secrets, local, token = [world.session(), world.session()], world.people.local_token(world.owner), world.token()
    link = ours.link(world.owner, "http://x").url.split("#link=")[1]
    for each in secrets:
        assert theirs.identify(each) is not None
    ours.end_sessions(world.owner)
    for each in secrets:
        assert theirs.identify(each) is None
    with pytest.raises(Unauthorized):
        ours.sign_in(link)
    for each in (local, token):
        assert world.projects.identify(each).person_id == world.owner, "neither is a browser session"
