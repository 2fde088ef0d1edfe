"""Links open once, tokens until revoked, and nothing of a secret is stored."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from azuraforge.database import Database, seconds_from_now
from azuraforge.errors import Forbidden, NotFound, Unauthorized
from azuraforge.people.service import PeopleService
from azuraforge.people.tables import PersonSession
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.projects.tables import Member, Token


@pytest.fixture
def projects(database: Database) -> ProjectService:
    return ProjectService(database)


@pytest.fixture
def default_project(projects: ProjectService) -> str:
    return projects.ensure_default()


def secret_of(url: str) -> str:
    return url.split("#link=")[1].split("&")[0]


def test_the_default_project_is_made_once(projects):
    assert projects.ensure_default() == projects.ensure_default()


def test_a_link_opens_a_session_exactly_once(projects, default_project):
    link = secret_of(projects.owner_link(default_project, "http://localhost", "/p/default/runs").url)
    secret, caller = projects.people.sign_in(link)
    access = projects.authenticate(secret, "default")
    assert (access.role, access.project_id, access.person_id) == ("owner", default_project, caller.person_id)
    assert projects.identify(secret) == caller
    with pytest.raises(Unauthorized, match="already used"):
        projects.people.sign_in(link)


def test_a_link_dies_after_ten_minutes(projects, default_project, database):
    link = secret_of(projects.owner_link(default_project, "http://localhost").url)
    with database.read(default_project) as session:
        owner = session.scalars(select(Member.person_id)).one()
    late = update(PersonSession).values(expires_at=seconds_from_now(-1))
    database.write_person(owner, lambda session: session.execute(late))
    with pytest.raises(Unauthorized):
        projects.people.sign_in(link)


def test_a_link_is_no_session_and_no_token(projects, default_project):
    link = secret_of(projects.owner_link(default_project, "http://localhost").url)
    with pytest.raises(Unauthorized):
        projects.authenticate(link)


def test_signing_out_ends_the_session_at_once(projects, default_project):
    secret, caller = projects.people.sign_in(secret_of(projects.owner_link(default_project, "http://x").url))
    projects.people.sign_out(caller)
    with pytest.raises(Unauthorized):
        projects.authenticate(secret, "default")


def test_a_revoked_token_opens_nothing_even_while_cached(projects, default_project):
    owner = projects.authenticate(projects.local_token(default_project))
    made = projects.create_token(owner, TokenRequest(name="notebook", role="viewer", expires_in_days=1))
    assert projects.authenticate(made.token).role == "viewer"
    assert [token.name for token in projects.tokens(default_project).items] == ["notebook"]
    projects.revoke_token(default_project, made.id)
    with pytest.raises(Unauthorized):
        projects.authenticate(made.token)
    with pytest.raises(NotFound):
        projects.revoke_token(default_project, made.id)


def test_what_is_removed_here_is_sent_to_other_processes(database, default_project):
    theirs = ProjectService(database)
    ours = ProjectService(database, PeopleService(database, theirs.people.revocations.forget))
    secret, caller = ours.people.sign_in(secret_of(ours.owner_link(default_project, "http://x").url))
    owner = ours.authenticate(secret, "default")
    made = ours.create_token(owner, TokenRequest(name="notebook", role="viewer"))
    local = ours.local_token(default_project)
    for known in (secret, made.token, local):
        theirs.authenticate(known, "default")
        assert theirs.remembered(known, "default"), "else nothing is shown"
    ours.revoke_token(default_project, made.id)
    assert theirs.remembered(made.token) is None
    assert theirs.remembered(secret, "default"), "one is forgotten, not all"
    ours.people.sign_out(caller)
    ours.local_token(default_project)
    for removed in (made.token, secret, local):
        with pytest.raises(Unauthorized):
            theirs.authenticate(removed, "default")
    again = ours.local_token(default_project)
    theirs.authenticate(again)
    theirs.people.revocations.forget(None)
    assert theirs.remembered(again) is None


def test_a_token_that_is_revoked_while_it_is_verified_is_not_remembered(database, default_project, monkeypatch):
    theirs = ProjectService(database)
    ours = ProjectService(database, PeopleService(database, theirs.people.revocations.forget))
    owner = ours.authenticate(ours.local_token(default_project))
    made = ours.create_token(owner, TokenRequest(name="notebook", role="viewer"))
    note_use = theirs._note_use

    def revoked_meanwhile(*where: str) -> None:
        ours.revoke_token(default_project, made.id)
        note_use(*where)

    monkeypatch.setattr(theirs, "_note_use", revoked_meanwhile)
    theirs.authenticate(made.token)  # it was good when it was looked for
    with pytest.raises(Unauthorized):
        theirs.authenticate(made.token)


def test_the_list_of_tokens_says_when_each_was_last_used(projects, default_project, database):
    owner = projects.authenticate(projects.local_token(default_project))
    made = projects.create_token(owner, TokenRequest(name="notebook", role="viewer"))
    assert projects.tokens(default_project).items[0].used_at is None
    projects.authenticate(made.token)
    first = projects.tokens(default_project).items[0].used_at
    assert abs((database.clock() - first).total_seconds()) < 60
    ProjectService(database).authenticate(made.token)  # within the hour: not written again
    assert projects.tokens(default_project).items[0].used_at == first


def test_nobody_makes_a_token_stronger_than_himself(projects, default_project):
    owner = projects.authenticate(projects.local_token(default_project))
    viewer = projects.authenticate(projects.create_token(owner, TokenRequest(name="v", role="viewer")).token)
    with pytest.raises(Forbidden):
        projects.create_token(viewer, TokenRequest(name="a", role="admin"))


def test_the_command_line_keeps_one_token(projects, default_project):
    first, second = projects.local_token(default_project), projects.local_token(default_project)
    assert projects.authenticate(second).role == "owner"
    with pytest.raises(Unauthorized):
        projects.authenticate(first)


def test_no_secret_is_stored(projects, default_project, database):
    local = projects.local_token(default_project)
    owner = projects.authenticate(local)
    token = projects.create_token(owner, TokenRequest(name="notebook")).token
    with database.read(default_project) as session:
        (row,) = session.scalars(select(Token)).all()
        assert token not in (row.hash, row.id, row.name)
    with database.read_person(owner.person_id) as session:
        (row,) = session.scalars(select(PersonSession)).all()
        assert local not in (row.hash, row.id)


def test_tokens_made_or_revoked_between_two_pages_neither_repeat_nor_hide_others(projects, database, default_project):
    owner = projects.authenticate(projects.local_token(default_project))
    for age, name in enumerate("edcba", 1):
        token = projects.create_token(owner, TokenRequest(name=name))
        older = update(Token).where(Token.id == token.id).values(created_at=seconds_from_now(-age))
        database.write(default_project, lambda session, older=older: session.execute(older))
    first = projects.tokens(default_project, limit=2)
    projects.revoke_token(default_project, first.items[1].id)  # the cursor's own row
    projects.create_token(owner, TokenRequest(name="f"))
    second = projects.tokens(default_project, limit=2, after=first.next)
    third = projects.tokens(default_project, limit=2, after=second.next)
    assert [[token.name for token in page.items] for page in (first, second, third)] == [
        ["a", "b"],
        ["c", "d"],
        ["e", "f"],
    ]
    assert third.next is None
