"""Accounts on both databases: names, passwords, known browsers and limits of attempts."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from azuraforge.database import Database, now, seconds_from_now
from azuraforge.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthorized
from azuraforge.people import passwords
from azuraforge.people.accounts import FRESH_SECONDS, Accounts, SignedIn
from azuraforge.people.administration.service import PeopleAdministration
from azuraforge.people.tables import Password, Person, PersonSession, SignInCounter
from azuraforge.people.throttling import WINDOW_SECONDS, Counter

GOOD, OTHER = "three purple anchors", "seven green kettles"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hashes with the least work, except where the parameters matter."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def accounts(world, database: Database) -> Accounts:
    made = Accounts(database, world.people)
    made.change_password(world.people.identify(world.people.local_token(world.owner)), GOOD, None)
    return made


def sign_in(accounts: Accounts, name="owner", password=GOOD, browser="", address="192.0.2.1") -> SignedIn:
    return accounts.finish(accounts.begin(name, password, browser=browser, address=address))


def test_name_and_password_open_a_session_of_the_person(world, accounts):
    signed_in = sign_in(accounts, "OWNER")
    assert signed_in.caller.person_id == world.owner
    assert world.projects.authenticate(signed_in.secret, "default").role == "owner"
    (session,) = world.people.sessions(signed_in.caller).items
    assert session.method == "password"
    assert sign_in(accounts).secret != signed_in.secret


@pytest.mark.parametrize(("name", "password"), [("owner", OTHER), ("nobody", GOOD), ("other", GOOD), ("owner", "")])
def test_every_cause_has_the_same_answer(accounts, name, password):
    with pytest.raises(Unauthorized) as refused:
        sign_in(accounts, name, password)
    assert refused.value.error_code == "wrong_password"
    assert refused.value.message == "the name or the password is wrong"
    assert not refused.value.values


def test_an_unknown_name_is_hashed_too(accounts, monkeypatch):
    hashed = []
    plain = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda hash_, given: hashed.append(hash_) or plain(hash_, given))
    for name in ("owner", "nobody", "other"):
        with pytest.raises(Unauthorized):
            sign_in(accounts, name, OTHER)
    assert len(hashed) == 3
    assert hashed[1:] == [None, None]


def test_a_disabled_person_cannot_sign_in_and_no_secret_works(world, accounts, administer):
    secret, local = sign_in(accounts).secret, world.people.local_token(world.owner)
    administer(update(Person).where(Person.name_key == "owner").values(disabled_at=now()))
    world.people.revocations.forget(None)
    with pytest.raises(Unauthorized):
        sign_in(accounts)
    for each in (secret, local):
        with pytest.raises(Unauthorized):
            world.projects.identify(each)
    with pytest.raises(Unauthorized):
        world.people.sign_in(world.people.link(world.owner, "http://x").url.split("#link=")[1])


def test_unknown_browsers_share_the_attempts_of_an_account_and_known_ones_have_their_own(accounts):
    known = sign_in(accounts).browser
    assert known
    for number in range(Counter.of_account("owner").most - 1):  # one was used above
        with pytest.raises(Unauthorized):
            sign_in(accounts, password=OTHER, address=f"192.0.2.{number}")
    with pytest.raises(TooManyRequests) as refused:
        sign_in(accounts)
    assert refused.value.error_code == "too_many_attempts"
    with pytest.raises(TooManyRequests):
        sign_in(accounts, browser="a made-up cookie")
    again = sign_in(accounts, browser=known)
    assert again.browser is None, "the browser keeps its secret"
    with pytest.raises(Unauthorized):
        sign_in(accounts, "other")


def test_names_without_an_account_are_limited_alike(accounts):
    for _ in range(Counter.of_account("nobody").most):
        with pytest.raises(Unauthorized):
            sign_in(accounts, "nobody")
    with pytest.raises(TooManyRequests):
        sign_in(accounts, "Nobody")


def test_a_known_browser_is_limited_until_the_right_password(accounts):
    browser = sign_in(accounts).browser
    most = Counter.of_browser("").most
    for _ in range(2):
        for _ in range(most - 1):
            with pytest.raises(Unauthorized):
                sign_in(accounts, password=OTHER, browser=browser)
        sign_in(accounts, browser=browser)
    for _ in range(most):
        with pytest.raises(Unauthorized):
            sign_in(accounts, password=OTHER, browser=browser)
    with pytest.raises(TooManyRequests):
        sign_in(accounts, browser=browser)


def test_a_browser_is_known_for_its_own_person_only(world, accounts):
    browser = sign_in(accounts).browser
    attempt = accounts.begin("other", GOOD, browser=browser, address="192.0.2.1")
    assert not attempt.is_known
    assert accounts.begin("owner", GOOD, browser=browser, address="192.0.2.1").is_known
    assert not accounts.begin("owner", GOOD, browser=sign_in(accounts).secret, address="192.0.2.1").is_known


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1"])
def test_an_address_is_limited_over_all_names(accounts, monkeypatch, address):
    monkeypatch.setattr(Counter, "of_address", lambda given, make=Counter.of_address: Counter(make(given).key, 3))
    for number in range(3):
        with pytest.raises(Unauthorized):
            sign_in(accounts, f"name{number}", address=address)
    with pytest.raises(TooManyRequests):
        sign_in(accounts, address=address.replace("::1", "::2"))
    sign_in(accounts, address="198.51.100.1")


def test_attempts_are_forgotten_after_the_window(accounts, database):
    for _ in range(Counter.of_account("owner").most):
        with pytest.raises(Unauthorized):
            sign_in(accounts, password=OTHER)
    old = update(SignInCounter).values(started_at=seconds_from_now(-WINDOW_SECONDS - 1))
    database.write_system(lambda session: session.execute(old))
    sign_in(accounts)
    older = update(SignInCounter).values(started_at=seconds_from_now(-2 * WINDOW_SECONDS - 1))
    database.write_system(lambda session: session.execute(older))
    sign_in(accounts, "owner", address="198.51.100.9")
    with database.read_system() as session:
        assert len(session.scalars(select(SignInCounter.key)).all()) == 2, "expired counters are removed"


def test_a_link_signs_in_when_all_attempts_are_used_up(database, world, accounts):
    administration = PeopleAdministration(database, world.people, accounts)
    machine = world.projects.identify(world.people.local_token(world.owner))
    for _ in range(Counter.of_account("owner").most):
        with pytest.raises(Unauthorized):
            sign_in(accounts, password=OTHER)
    link = administration.link_for(machine, "Owner", "http://x", None).url
    assert world.people.sign_in(link.split("#link=")[1])[1].person_id == world.owner
    with pytest.raises(NotFound):
        administration.link_for(machine, "nobody", "http://x", None)


def test_a_new_password_ends_everything_else_that_is_signed_in(world, accounts):
    first, second = sign_in(accounts), sign_in(accounts)
    link = world.people.link(world.owner, "http://x").url.split("#link=")[1]
    local, token = world.people.local_token(world.owner), world.token()
    with pytest.raises(Forbidden):
        accounts.change_password(first.caller, OTHER, OTHER)
    with pytest.raises(Forbidden):
        accounts.change_password(first.caller, OTHER, None)
    made = accounts.change_password(first.caller, OTHER, GOOD)
    for secret in (first.secret, second.secret):
        with pytest.raises(Unauthorized):
            world.projects.identify(secret)
    with pytest.raises(Unauthorized):
        world.people.sign_in(link)
    with pytest.raises(Unauthorized):
        sign_in(accounts)
    assert not accounts.begin("owner", OTHER, browser=first.browser, address="192.0.2.1").is_known
    assert accounts.begin("owner", OTHER, browser=made.browser, address="192.0.2.1").is_known
    for secret in (made.secret, local, token):
        assert world.projects.identify(secret).person_id == world.owner
    assert sign_in(accounts, password=OTHER).caller.person_id == world.owner


def test_a_fresh_link_needs_no_current_password_and_an_old_one_does(world, accounts, database):
    fresh, old = world.session(), world.session()
    late = update(PersonSession).where(PersonSession.hash == world.projects.identify(old).secret_hash)
    late = late.values(created_at=seconds_from_now(-FRESH_SECONDS - 1))
    database.write_person(world.owner, lambda session: session.execute(late))
    with pytest.raises(Forbidden):
        accounts.change_password(world.projects.identify(old), OTHER, None)
    assert accounts.change_password(world.projects.identify(fresh), OTHER, None)
    assert sign_in(accounts, password=OTHER)


def test_a_session_cannot_avoid_the_current_password_with_a_link_to_itself(world, accounts):
    first = sign_in(accounts).caller  # the person has a password
    made = world.people.link(world.owner, "http://x", session_expires_at=first.expires_at)
    _, caller = world.people.sign_in(made.url.split("#link=")[1])
    with pytest.raises(Forbidden):
        accounts.change_password(caller, OTHER, None)
    assert caller.expires_at == first.expires_at, "a session cannot live longer through links to itself"
    assert {each.method for each in world.people.sessions(caller).items} <= {"link", "password"}


def test_guessing_the_current_password_is_limited(accounts):
    caller = sign_in(accounts).caller
    for _ in range(Counter.of_person("").most):
        with pytest.raises(Forbidden):
            accounts.change_password(caller, OTHER, OTHER)
    with pytest.raises(TooManyRequests):
        accounts.change_password(caller, OTHER, GOOD)


def test_an_outdated_hash_is_replaced_at_sign_in(world, accounts, database, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sign_in(accounts)
    with database.read_person(world.owner) as session:
        assert "m=16,t=2" in session.scalar(select(Password.hash))
    sign_in(accounts)


def test_people_are_created_with_unique_names(world, accounts):
    made = accounts.create("Ayşe", GOOD)
    assert (made.caller.person_name, made.caller.kind) == ("Ayşe", "session")
    assert sign_in(accounts, "AYŞE").caller.person_id == made.caller.person_id
    for name in ("ayşe", "Owner"):
        with pytest.raises(Conflict):
            accounts.create(name, GOOD)
    with pytest.raises(InvalidInput):
        accounts.create("Mehmet", "password1234")
    nobody = accounts.create("Mehmet", None)
    with pytest.raises(Unauthorized):
        sign_in(accounts, "Mehmet", "")
    assert accounts.account(nobody.caller.person_id).password_changed_at is None
    assert [each.slug for each in world.projects.projects(made.caller).items] == []


def test_a_person_is_renamed(world, accounts):
    before = world.projects.identify(world.session())
    assert accounts.rename(world.owner, "Ayşe").name == "Ayşe"
    assert world.projects.identify(world.session()).person_name == "Ayşe"
    assert accounts.rename(world.owner, "AYŞE").name == "AYŞE", "its own name, in capitals"
    with pytest.raises(Conflict):
        accounts.rename(before.person_id, "OTHER")
    assert sign_in(accounts, "ayşe").caller.person_id == world.owner


def test_an_account_states_password_and_administrator(world, accounts):
    mine, theirs = accounts.account(world.owner), accounts.account(world.other)
    assert (mine.name, mine.administrator, mine.password_changed_at is not None) == ("owner", True, True)
    assert (theirs.name, theirs.administrator, theirs.password_changed_at) == ("other", False, None)
