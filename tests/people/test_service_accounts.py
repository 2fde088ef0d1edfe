"""Service accounts are members without sign-in, whose tokens stay when the person who created them leaves."""

from __future__ import annotations

import pytest

from azuraforge.errors import AzuraError, Unauthorized
from azuraforge.events.service import EventLog
from azuraforge.people.accounts import Accounts
from azuraforge.projects.membership.schemas import NewServiceAccount
from azuraforge.projects.membership.service import MemberService
from azuraforge.projects.schemas import TokenRequest
from tests.people.test_members import team  # noqa: F401


@pytest.fixture
def members(database, world):
    return MemberService(database, EventLog(database), world.people.revocations)


def outcome(work):
    try:
        work()
    except AzuraError as error:
        return error.error_code
    return "done"


def test_its_tokens_have_its_role_and_outlive_their_creator(world, members, team):  # noqa: F811
    made = members.add_service_account(team["a"], NewServiceAccount(name="nightly", role="member"))
    assert (made.kind, made.role, made.own) == ("service", "member", False)
    create = world.projects.create_token
    token = create(team["a"], TokenRequest(name="job", role="admin", service_account=made.id))
    assert (token.role, token.person, token.service) == ("member", "nightly", True), "the lower role is shown"
    assert token.token.startswith(token.prefix)
    assert len(token.prefix) == 8
    own = create(team["a"], TokenRequest(name="own", role="member"))
    members.remove(team["o"], "a")
    access = world.projects.authenticate(token.token)
    assert (access.person_name, access.role) == ("nightly", "member")
    with pytest.raises(Unauthorized):
        world.projects.authenticate(own.token)
    (listed,) = (each for each in world.projects.tokens("team").items if each.name == "job")
    assert (listed.prefix, listed.person, listed.service) == (token.prefix, "nightly", True)
    assert listed.used_at is not None
    members.remove(team["o"], made.id)
    with pytest.raises(Unauthorized):
        world.projects.authenticate(token.token)


def test_who_may_create_one_and_its_tokens(world, members, team):  # noqa: F811
    ask = NewServiceAccount(name="nightly", role="viewer")
    assert outcome(lambda: members.add_service_account(team["m"], ask)) == "forbidden"
    token = world.projects.create_token(team["a"], TokenRequest(name="t", role="admin")).token
    assert outcome(lambda: members.add_service_account(world.projects.authenticate(token), ask)) == "forbidden"
    made = members.add_service_account(team["a"], ask)
    assert outcome(lambda: members.add_service_account(team["a"], ask)) == "name_taken"
    assert outcome(lambda: members.set_role(team["o"], made.id, "owner")) == "service_account"
    for other in ("m", "nobody", world.other):  # a person of the project, no one, and a person of another one
        request = TokenRequest(name="t", role="viewer", service_account=other)
        assert outcome(lambda request=request: world.projects.create_token(team["a"], request)) == "not_found"


def test_it_cannot_sign_in_and_its_name_stays_free_elsewhere(database, world, members, team):  # noqa: F811
    made = members.add_service_account(team["a"], NewServiceAccount(name="nightly"))
    accounts = Accounts(database, world.people)
    attempt = accounts.begin("nightly", "a long and rare sentence 7", browser="", address="1.2.3.4")
    assert attempt.person_id is None
    assert outcome(lambda: accounts.find("nightly")) == "not_found"
    in_third = world.projects.authenticate(world.session("other"), "third")
    assert members.add_service_account(in_third, NewServiceAccount(name="nightly")).id != made.id
    assert accounts.create("nightly", None).caller.person_name == "nightly", "a name does not reveal a service account"
