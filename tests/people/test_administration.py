"""Administrators manage people, at least one of them remains, and a disabled person loses all access."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound, Unauthorized
from azuraforge.people.accounts import Accounts
from azuraforge.people.administration.schemas import PersonChange
from azuraforge.people.administration.service import PeopleAdministration
from azuraforge.projects.schemas import TokenRequest

URL = "http://x"


@pytest.fixture
def accounts(database, world):
    return Accounts(database, world.people)


@pytest.fixture
def administration(database, world, accounts):
    return PeopleAdministration(database, world.people, accounts)


@pytest.fixture
def caller(world):
    """The first administrator, who owns ``default``."""
    return world.projects.identify(world.session())


@pytest.fixture
def other(world):
    return world.projects.identify(world.session("other"))


def sign_in(world, link):
    return world.people.sign_in(link.url.split("#link=")[1])


def test_people_are_listed_by_name_in_pages(administration, caller, other):
    for name in ("Zoë", "ayşe"):
        administration.create(caller, name, URL)
    names = [each.name for each in administration.people().items]
    assert names == ["ayşe", "other", "owner", "Zoë"]
    first = administration.people(limit=3)
    assert [each.name for each in first.items] == names[:3]
    assert [each.name for each in administration.people(limit=3, after=first.next).items] == names[3:]
    found = {each.name: each for each in administration.people().items}
    assert (found["owner"].administrator, found["other"].administrator) == (True, False)
    assert (found["owner"].projects, found["other"].projects, found["ayşe"].projects) == (2, 2, 0)
    assert found["owner"].used_at is not None
    assert found["ayşe"].used_at is None


def test_only_administrators_may_do_any_of_it(world, administration, caller, other):
    wrong = {"not_administrator"}
    token = world.projects.identify(world.token())  # of the administrator
    for refused in (other, token):
        assert {outcome(lambda refused=refused: administration.check(refused))} == wrong
        assert {outcome(lambda refused=refused: administration.create(refused, "n", URL))} == wrong
        assert {outcome(lambda refused=refused: administration.first_link(refused, "other", URL))} == wrong
    change = PersonChange(administrator=True)
    assert outcome(lambda: administration.change(other, "other", change)) == "not_administrator"
    administration.check(caller)


def outcome(work):
    try:
        work()
    except AzuraError as error:
        return error.error_code
    return "done"


def test_a_new_person_signs_in_with_the_link_once(world, administration, caller):
    made = administration.create(caller, "new", URL)
    assert (made.name, made.projects, made.has_password) == ("new", 0, False)
    with pytest.raises(Conflict, match="not available"):
        administration.create(caller, "NEW", URL)
    later = administration.first_link(caller, made.id, URL)
    with pytest.raises(Unauthorized):
        sign_in(world, made.link)
    assert sign_in(world, later)[1].person_name == "new"
    with pytest.raises(Forbidden, match="only be created on the platform's machine"):
        administration.first_link(caller, made.id, URL)


def test_no_link_leads_an_administrator_into_foreign_projects(administration, caller):
    with pytest.raises(Forbidden) as refused:
        administration.first_link(caller, "other", URL)
    assert refused.value.error_code == "account_in_use"


def test_a_disabled_person_loses_sessions_tokens_and_invitations_until_enabled(world, administration, caller, other):
    projects = world.projects
    secret, idle = world.session("other"), world.people.link("other", URL)
    access = projects.authenticate(secret, "third")
    token = projects.create_token(access, TokenRequest(name="n", role="owner")).token
    held = projects.authenticate(token)
    temporary = projects.authenticate(secret, "second")
    administration.change(caller, "other", PersonChange(disabled=True))
    assert not held.is_current, "open streams check this"
    assert not temporary.is_current
    for given, project in ((secret, "third"), (token, None)):
        with pytest.raises(Unauthorized):
            projects.authenticate(given, project)
    with pytest.raises(Unauthorized):
        sign_in(world, idle)
    enabled = administration.change(caller, "other", PersonChange(disabled=False))
    assert enabled.disabled_at is None
    with pytest.raises(Unauthorized):
        projects.authenticate(secret, "third")  # sessions do not return
    assert projects.authenticate(token).person_id == "other"


def test_a_link_does_not_admit_a_disabled_person(world, administration, caller):
    administration.change(caller, "other", PersonChange(disabled=True))
    link = world.people.link("other", URL)
    with pytest.raises(Unauthorized):
        sign_in(world, link)


def test_the_last_administrator_stays(administration, caller, other):
    own = caller.person_id
    for change in (PersonChange(disabled=True), PersonChange(administrator=False)):
        assert outcome(lambda change=change: administration.change(caller, own, change)) == "last_administrator"
    administration.change(caller, "other", PersonChange(administrator=True))
    administration.check(other)
    administration.change(caller, "other", PersonChange(disabled=True))
    assert outcome(lambda: administration.change(caller, own, PersonChange(administrator=False))) == (
        "last_administrator"
    ), "a disabled one does not count"
    administration.change(caller, "other", PersonChange(disabled=False))
    assert not administration.change(other, own, PersonChange(administrator=False)).administrator
    assert outcome(lambda: administration.check(caller)) == "not_administrator"


def test_two_administrators_cannot_revoke_each_other_at_once(administration, caller, other):
    administration.change(caller, "other", PersonChange(administrator=True))
    for _ in range(5):
        found, ready = [], threading.Barrier(2)

        def revoke(by, whom, found=found, ready=ready):
            ready.wait()
            change = PersonChange(administrator=False)
            found.append(outcome(lambda: administration.change(by, whom, change)))

        threads = [
            threading.Thread(target=revoke, args=(by, whom))
            for by, whom in ((caller, "other"), (other, caller.person_id))
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(found) == ["done", "not_administrator"]
        left = caller if outcome(lambda: administration.check(caller)) == "done" else other
        gone = other if left is caller else caller
        administration.change(left, gone.person_id, PersonChange(administrator=True))


def test_service_accounts_are_no_people_of_the_platform(administration, caller, administer):
    administer("UPDATE person SET kind = 'service' WHERE id = 'other'")
    assert [each.name for each in administration.people().items] == ["owner"]
    for change in (PersonChange(administrator=True), PersonChange(disabled=True)):
        with pytest.raises(NotFound):
            administration.change(caller, "other", change)
    with pytest.raises(NotFound):
        administration.change(caller, "nobody", PersonChange(disabled=True))


def test_an_administrator_is_no_member(world, administration, caller):
    assert outcome(lambda: world.projects.authenticate(world.session(), "third")) == "not_found"


def test_on_postgresql_no_other_scope_names_administrators(database, dialect, world):
    if dialect != "postgresql":
        pytest.skip("policies exist on PostgreSQL only")

    def grant(session):
        session.connection().execute(text("INSERT INTO administrator (person_id) VALUES ('other')"))

    for write in (
        lambda: database.write_person(world.owner, grant),
        lambda: database.write(world.default, grant),
    ):
        with pytest.raises(Exception, match="row-level security"):
            write()
