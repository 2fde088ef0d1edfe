"""Invitations let one person join, once, with the role that the inviting member may give."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy import select, update

from azuraforge.database import Scope, UnitOfWork, seconds_from_now
from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound
from azuraforge.events.service import EventLog
from azuraforge.people import passwords
from azuraforge.people.accounts import Accounts
from azuraforge.people.address import Address
from azuraforge.people.callers import hash_of
from azuraforge.people.tables import Person
from azuraforge.projects.membership import invitations as membership
from azuraforge.projects.membership.invitations import InvitationService
from azuraforge.projects.membership.service import MemberService
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.tables import Invitation, Member
from azuraforge.server.application import create_api
from azuraforge.settings import ReadingSettings, ServerSettings
from azuraforge.waiting.turns import Waiting

URL = "http://127.0.0.1:8787"


@pytest.fixture
def events(database):
    return EventLog(database)


@pytest.fixture
def invitations(database, world, events):
    return InvitationService(database, events, Accounts(database, world.people), world.people.revocations)


@pytest.fixture
def owner(world):
    """Access of the owner of ``third``, of which the owner of ``default`` is no member."""
    return world.projects.authenticate(world.session("other"), "third")


def secret_of(made):
    return made.url.removeprefix(f"{URL}/invitation#invitation=")


def invite(invitations, access, role="member"):
    return secret_of(invitations.create(access, role, URL))


def caller(world, person_id=None):
    return world.projects.identify(world.session(person_id))


def refusal(work):
    with pytest.raises(AzuraError) as refused:
        work()
    return refused.value.error_code


def expire(database):
    database.write("third", lambda session: session.execute(update(Invitation).values(expires_at=seconds_from_now(-1))))


def test_a_signed_in_person_joins_with_the_role_of_the_invitation(world, invitations, owner, events, database):
    made = invitations.create(owner, "admin", URL)
    secret, session = secret_of(made), world.session()
    seen = invitations.lookup(secret)
    assert (seen.project, seen.role, seen.created_by) == ("Third", "admin", "other")
    assert abs((seen.expires_at - database.clock()).total_seconds() - 72 * 3600) < 60
    with pytest.raises(NotFound):
        world.projects.authenticate(session, "third")
    joined = invitations.accept(world.projects.identify(session), secret)
    assert (joined.slug, joined.role) == ("third", "admin")
    assert world.projects.authenticate(session, "third").role == "admin"
    assert [(each.type, each.data) for each in events.read("third", "project")] == [
        ("invitation.created", {"invitation": made.id, "role": "admin", "by": "other"}),
        ("invitation.accepted", {"invitation": made.id, "role": "admin", "person": "owner"}),
        ("member.added", {"person": "owner", "role": "admin", "by": "other"}),
    ]


def test_the_secret_is_stored_as_a_hash_and_listed_nowhere(world, invitations, owner, database):
    secret = invite(invitations, owner)
    assert len(secret) >= 43, "256 bits"
    with database.read("third") as session:
        (row,) = session.scalars(select(Invitation)).all()
    assert row.hash == hash_of(secret)
    assert secret not in str(invitations.list("third"))
    assert invitations.list("default").items == []


def test_it_works_once(world, invitations, owner):
    secret = invite(invitations, owner)
    invitations.accept(caller(world), secret)
    for work in (
        lambda: invitations.lookup(secret),
        lambda: invitations.accept(caller(world, "other"), secret),
        lambda: invitations.sign_up(secret, "late", None),
    ):
        assert refusal(work) == "invitation_used"
    (used,) = invitations.list("third").items
    assert used.state == "used"
    assert refusal(lambda: invitations.revoke(owner, used.id)) == "not_found"
    assert [each.state for each in invitations.list("third").items] == ["used"]


def test_expired_revoked_and_unknown_ones_are_refused(world, invitations, owner, database):
    late = invite(invitations, owner)
    expire(database)
    gone = invitations.create(owner, "member", URL)
    invitations.revoke(owner, gone.id)
    assert refusal(lambda: invitations.revoke(owner, gone.id)) == "not_found"
    refused = {late: "invitation_expired", secret_of(gone): "invitation_unknown", "x" * 43: "invitation_unknown"}
    for secret, code in refused.items():
        for work in (
            lambda secret=secret: invitations.lookup(secret),
            lambda secret=secret: invitations.accept(caller(world), secret),
            lambda secret=secret: invitations.sign_up(secret, "late", None),
        ):
            assert refusal(work) == code
    with pytest.raises(NotFound):
        world.projects.authenticate(world.session(), "third")
    assert [each.state for each in invitations.list("third").items] == ["expired"]


def test_a_deleted_project_is_unknown_and_an_archived_one_accepts_no_members(world, invitations, owner, administer):
    secret = invite(invitations, owner)
    administer("UPDATE project SET archived_at = created_at WHERE id = 'third'")
    assert refusal(lambda: invitations.accept(caller(world), secret)) == "archived"
    administer("UPDATE project SET archived_at = NULL, deleted_at = created_at WHERE id = 'third'")
    assert refusal(lambda: invitations.accept(caller(world), secret)) == "invitation_unknown"


def test_a_member_keeps_the_role_and_the_invitation_stays_usable(world, invitations, owner):
    secret = invite(invitations, owner, "viewer")
    assert refusal(lambda: invitations.accept(caller(world, "other"), secret)) == "already_member"
    assert world.projects.authenticate(world.session("other"), "third").role == "owner"
    assert invitations.accept(caller(world), secret).role == "viewer"


def test_no_member_invites_to_a_role_above_the_own_one(world, invitations, owner):
    invitations.accept(caller(world), invite(invitations, owner, "admin"))
    admin = world.projects.authenticate(world.session(), "third")
    invite(invitations, admin, "admin")
    assert refusal(lambda: invite(invitations, admin, "owner")) == "role_above_own"
    token = world.projects.create_token(owner, TokenRequest(name="n", role="owner")).token
    with pytest.raises(Forbidden):
        invite(invitations, world.projects.authenticate(token), "viewer")
    with pytest.raises(Forbidden):
        invitations.accept(world.projects.identify(token), invite(invitations, admin))
    viewer = world.projects.authenticate(world.session(), "second")
    for work in (lambda: invite(invitations, viewer, "viewer"), lambda: invitations.revoke(viewer, "x")):
        assert refusal(work) == "forbidden"


@pytest.mark.parametrize("how", ["removed", "demoted"])
def test_invitations_end_with_the_authority_of_their_creator(world, invitations, owner, database, events, how):
    """Else a removed admin could return through a link."""
    members = MemberService(database, events, world.people.revocations)
    invitations.accept(caller(world), invite(invitations, owner, "admin"))
    admin = world.projects.authenticate(world.session(), "third")
    secret, kept = invite(invitations, admin, "admin"), invite(invitations, owner, "admin")
    if how == "removed":
        members.remove(owner, world.owner)
    else:
        members.set_role(owner, world.owner, "member")
    assert refusal(lambda: invitations.lookup(secret)) == "invitation_unknown"
    assert [each.type for each in events.read("third", "project")].count("invitation.revoked") == 1
    assert sorted(each.state for each in invitations.list("third").items) == ["open", "used"]
    assert invitations.lookup(kept).role == "admin", "another member's"


def test_used_invitations_stay_listed_after_their_creator_left(world, invitations, owner, database, events):
    members = MemberService(database, events, world.people.revocations)
    invitations.accept(caller(world), invite(invitations, owner, "admin"))
    admin = world.projects.authenticate(world.session(), "third")
    invitations.sign_up(invite(invitations, admin, "viewer"), "Ada", None)
    members.remove(owner, world.owner)
    assert [each.state for each in invitations.list("third").items] == ["used", "used"]


def test_a_project_has_a_limited_number_of_open_invitations(monkeypatch, world, invitations, owner, database):
    monkeypatch.setattr(membership, "_MOST_OPEN", 2)
    used = invite(invitations, owner)
    invitations.accept(caller(world), used)
    for _ in range(2):
        invite(invitations, owner)
    assert refusal(lambda: invite(invitations, owner)) == "conflict"
    expire(database)
    invite(invitations, owner)


def test_old_invitations_are_removed_from_the_list(invitations, owner, database):
    invite(invitations, owner)
    long_ago = update(Invitation).values(expires_at=seconds_from_now(-31 * 24 * 3600))
    database.write("third", lambda session: session.execute(long_ago))
    invite(invitations, owner)
    assert [each.state for each in invitations.list("third").items] == ["open"]


def test_joining_replaces_what_is_cached_about_the_person(world, invitations, owner):
    session = world.session()
    before = world.projects.authenticate(session, "default")
    invitations.accept(world.projects.identify(session), invite(invitations, owner))
    assert not before.is_current


def test_an_invitation_and_the_answer_to_its_request_are_stored_together_or_not_at_all(invitations, owner):
    def fail(_session):
        raise RuntimeError("killed before the commit")

    with pytest.raises(RuntimeError):
        invitations.create(owner, "member", URL, unit=UnitOfWork(Scope("third"), fail))
    assert invitations.list("third").items == []


def test_no_password_is_hashed_for_a_useless_invitation(monkeypatch, invitations, owner, database):
    monkeypatch.setattr(passwords, "make_hash", lambda password: pytest.fail("hashed"))
    secret = invite(invitations, owner)
    expire(database)
    assert refusal(lambda: invitations.sign_up(secret, "Ada", "correct horse battery staple")) == "invitation_expired"


@pytest.mark.parametrize("change", ["UPDATE member SET role = 'member'", "DELETE FROM member"])
def test_a_role_lost_otherwise_ends_them_too(world, invitations, owner, administer, change):
    secret = invite(invitations, owner, "admin")
    administer(f"{change} WHERE project_id = 'third' AND person_id = 'other'")
    assert refusal(lambda: invitations.accept(caller(world), secret)) == "invitation_unknown"


def test_an_invitation_of_one_project_lets_nobody_into_another(world, invitations, owner):
    other = world.projects.authenticate(world.session("other"), "second")
    made = invitations.create(owner, "member", URL)
    with pytest.raises(NotFound):
        invitations.revoke(other, made.id)
    invitations.accept(caller(world), secret_of(made))
    assert world.projects.authenticate(world.session(), "second").role == "viewer", "as before"


def test_one_of_many_simultaneous_recipients_joins(world, invitations, owner, database):
    secret, start, found = invite(invitations, owner), threading.Barrier(4), []

    def join(number):
        start.wait()
        try:
            found.append(invitations.sign_up(secret, f"person {number}", None)[0].role)
        except AzuraError as error:
            found.append(error.error_code)

    threads = [threading.Thread(target=join, args=[number]) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == ["invitation_used"] * 3 + ["member"]
    with database.read("third") as session:
        assert len(session.scalars(select(Member.person_id)).all()) == 2


def test_a_new_account_is_created_only_with_its_membership(world, invitations, owner, database):
    secret = invite(invitations, owner)
    with pytest.raises(Conflict):
        invitations.sign_up(secret, "OTHER", None)
    assert invitations.lookup(secret).role == "member", "a taken name does not use it"
    assert refusal(lambda: invitations.sign_up(secret, "ada", "short")) == "password_too_short"
    made, signed_in = invitations.sign_up(secret, "Ada", "correct horse battery staple")
    assert made.slug == "third"
    assert world.projects.authenticate(signed_in.secret, "third").role == "member"
    assert refusal(lambda: invitations.sign_up(secret, "Bob", None)) == "invitation_used"
    with database.read("third") as session:
        assert sorted(session.scalars(select(Person.name))) == ["Ada", "other"]


def test_over_http_a_recipient_signs_up_and_gets_the_cookie(world, invitations, owner, events):
    api = create_api()
    api.state.projects, api.state.people = world.projects, world.people
    api.state.invitations, api.state.address = invitations, Address.of(ServerSettings(), URL)
    api.state.waiting = Waiting(ReadingSettings(), ServerSettings())
    api.state.settings = SimpleNamespace(server=ServerSettings())
    secret = invite(invitations, owner)

    async def asked():
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url=URL, verify=False) as client:
            own, foreign = {"origin": URL}, {"origin": "http://evil.example"}
            post = lambda path, body, headers: client.post(f"/api/v1/invitations{path}", json=body, headers=headers)  # noqa: E731
            body = {"invitation": secret}
            answers = [
                await post("/lookup", body, foreign),
                await post("/lookup", body, own),
                await post("/accept", {**body, "name": "Ada"}, foreign),
                await post("/accept", body, own),
                await post("/accept", {**body, "name": "Ada"}, own),
            ]
            headers = {**own, "azuraforge-project": "third"}
            answers.append(await client.get("/api/v1/projects/current", headers=headers))
            answers.append(await post("/accept", {**body, "name": "Eve"}, own))
            return answers

    foreign, seen, refused, nameless, joined, current, again = asyncio.run(asked())
    assert [each.status_code for each in (foreign, seen, refused, nameless, joined, current, again)] == [
        403, 200, 403, 401, 201, 200, 422,
    ]  # fmt: skip
    assert seen.json()["project"] == "Third"
    assert joined.json() == {**joined.json(), "slug": "third", "role": "member"}
    assert "HttpOnly" in joined.headers["set-cookie"]
    assert current.json()["person"] == "Ada"
    assert again.json()["code"] == "signed_in"
