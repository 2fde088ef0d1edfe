"""Accounts: signing in with name and password, changing the password, and creating people."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from azuraforge.database import Database, Session, UnitOfWork, new_id, seconds_from_now
from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound, Unauthorized
from azuraforge.people import account_store, passwords, store
from azuraforge.people.callers import Caller, hash_of
from azuraforge.people.schemas import AccountOut
from azuraforge.people.service import IDLE_SECONDS, SESSION_SECONDS, PeopleService
from azuraforge.people.tables import name_key
from azuraforge.people.throttling import Counter, Throttle

#: Seconds for which a browser is known after its last sign-in with a password.
BROWSER_SECONDS = 180 * 24 * 3600
#: Seconds after opening a sign-in link in which a new password needs no current one, so that a link restores access.
FRESH_SECONDS = 10 * 60


@dataclass(frozen=True)
class Attempt:
    """A sign-in whose password is not checked yet.

    Attributes:
        person_id: the person with the given name; None if there is none.
        hash: hash of the password; None if the person has none.
        browser: hash of the secret of a browser in which this person signed in before; None for other browsers.
    """

    person_id: str | None
    hash: str | None
    password: str
    browser: str | None

    @property
    def is_known(self) -> bool:
        """Return whether the person signed in with this browser before."""
        return self.browser is not None


@dataclass(frozen=True)
class SignedIn:
    """A new browser session. ``browser`` is the new secret of a browser that was not known; else None."""

    secret: str
    caller: Caller
    browser: str | None


@dataclass(frozen=True)
class Joining:
    """A project that a new person joins in the transaction that creates the account.

    ``work`` is called in a session of the project; if it raises an error, no account is created.
    """

    project_id: str
    work: Callable[[Session], None]


class Accounts:
    """Service for accounts.

    Methods that hash a password take tens of milliseconds of one core: call them in a thread, few at a time.

    Args:
        people: the service of the same database's sessions.
    """

    def __init__(self, database: Database, people: PeopleService) -> None:
        self._database = database
        self._people = people
        self._throttle = Throttle(database)

    def begin(self, name: str, password: str, *, browser: str, address: str) -> Attempt:
        """Count a sign-in with name and password and read what is needed to check it, without hashing.

        ``browser`` is the secret of the browser's cookie, or empty, and ``address`` is the client's. Raises
        TooManyRequests. A name without an account takes the same steps.
        """
        key = name_key(name)
        with self._database.read_system() as system:
            person_id = account_store.find_person(system, key)
        with self._database.read_person(person_id or new_id()) as session:
            hash_ = account_store.password_of(session)
            known = bool(browser) and store.known(session, hash_of(browser), ("browser",), IDLE_SECONDS) is not None
        browser_hash = hash_of(browser) if known else None
        if browser_hash is not None:
            self._throttle.take(Counter.of_browser(browser_hash))
        else:
            self._throttle.take(Counter.of_account(key), Counter.of_address(address))
        return Attempt(person_id, hash_, password, browser_hash)

    def finish(self, attempt: Attempt) -> SignedIn:
        """Check the password and create a browser session. Raises Unauthorized, with one text for all causes."""
        right = passwords.matches(attempt.hash, attempt.password)
        if not right or attempt.person_id is None or attempt.hash is None:
            raise Unauthorized(
                "the name or the password is wrong",
                next_step="check both, or ask the person who runs the platform for a sign-in link: azuraforge people"
                " link NAME",
                code="wrong_password",
            )
        former = attempt.hash
        newer = passwords.make_hash(attempt.password) if passwords.is_outdated(former) else None

        def work(session: Session) -> tuple[str, str | None]:
            if newer is not None:
                account_store.replace_hash(session, former, newer)
            return self._add_session(session, "password", None if attempt.is_known else "")

        secret, browser = self._database.write_person(attempt.person_id, work)
        if attempt.browser is not None:
            self._throttle.clear(Counter.of_browser(attempt.browser))
        return SignedIn(secret, self._caller(secret), browser)

    def account(self, person_id: str) -> AccountOut:
        """Return a person's account."""
        with self._database.read_person(person_id) as session:
            found = account_store.account(session)
        assert found is not None, "the caller is a person"
        return AccountOut(
            name=found.name, password_changed_at=found.password_changed_at, administrator=found.administrator
        )

    def rename(self, person_id: str, name: str) -> AccountOut:
        """Rename a person. Raises Conflict if the name is taken."""
        self.refuse_taken(name, person_id)
        try:
            self._database.write_person(person_id, lambda session: account_store.rename(session, name))
        except IntegrityError:  # another request took the name after the check
            raise taken(name) from None
        self._people.revocations.forget(None)  # cached callers contain the name
        return self.account(person_id)

    def create(
        self,
        name: str,
        password: str | None,
        *,
        method: str = "invitation",
        joining: Joining | None = None,
        unit: UnitOfWork | None = None,
    ) -> SignedIn:
        """Create a person, with a password or without one, and sign the person in.

        ``joining`` is a project of which the person becomes a member in the same transaction.

        Raises InvalidInput for a password that may not be used, and Conflict if the name is taken.
        """
        if password is not None:
            passwords.check_new(password)
        self.refuse_taken(name)
        hash_ = None if password is None else passwords.make_hash(password)

        def work(session: Session) -> tuple[str, str | None]:
            account_store.add_person(session, name, hash_)
            return self._add_session(session, method, "" if hash_ else None)

        try:
            if joining is None:
                secret, browser = self._database.write_person(new_id(), work, unit=unit)
            else:
                secret, browser = self._join(joining, work, unit)
        except IntegrityError:
            raise taken(name) from None
        return SignedIn(secret, self._caller(secret), browser)

    def _join(
        self, joining: Joining, work: Callable[[Session], tuple[str, str | None]], unit: UnitOfWork | None
    ) -> tuple[str, str | None]:
        def in_project(session: Session, made: tuple[str, str | None]) -> tuple[str, str | None]:
            joining.work(session)
            return made

        return self._database.write_joining(new_id(), joining.project_id, work, in_project, unit=unit)

    def change_password(self, caller: Caller, password: str, current: str | None) -> SignedIn | None:
        """Set the caller's password and end all browser sessions, links and known browsers of the person.

        Return the caller's new session, or None if the caller is this machine's command line, which needs no current
        password. Raises InvalidInput for a password that may not be used, Forbidden if the current one is missing or
        wrong, and TooManyRequests.
        """
        passwords.check_new(password)
        self._check_current(caller, current)
        hash_ = passwords.make_hash(password)

        def work(session: Session) -> tuple[list[str], tuple[str, str | None] | None]:
            account_store.set_password(session, hash_)
            ended = store.delete_kinds(session, ("session", "link", "browser"))
            return ended, self._add_session(session, "password", "") if caller.kind == "session" else None

        ended, added = self._database.write_person(caller.person_id, work)
        for each in ended:
            self._people.revocations.revoke(each)
        return None if added is None else SignedIn(added[0], self._caller(added[0]), added[1])

    def find(self, name: str) -> str:
        """Return the id of the person with a name. Raises NotFound if there is none."""
        with self._database.read_system() as system:
            person_id = account_store.find_person(system, name_key(name))
        if person_id is None:
            raise NotFound("there is no person named {name!r}", next_step="check the name", name=name)
        return person_id

    def _check_current(self, caller: Caller, current: str | None) -> None:
        if caller.kind == "local":
            return
        with self._database.read_person(caller.person_id) as session:
            hash_ = account_store.password_of(session)
            fresh = store.is_fresh_link(session, caller.secret_hash, FRESH_SECONDS)
        if hash_ is None or (fresh and current is None):
            return
        self._throttle.take(Counter.of_person(caller.person_id))
        if current is None or not passwords.matches(hash_, current):
            raise Forbidden(
                "the current password is missing or wrong",
                next_step="send the current password, or open a new sign-in link first",
                code="wrong_password",
            )
        self._throttle.clear(Counter.of_person(caller.person_id))

    def _add_session(self, session: Session, method: str, browser: str | None) -> tuple[str, str | None]:
        """Add a browser session; with ``browser`` not None, also remember the browser. Return both secrets."""
        store.delete_expired(session, IDLE_SECONDS)
        secret = secrets.token_urlsafe(32)
        store.add(session, hash_of(secret), "session", seconds_from_now(SESSION_SECONDS), method)
        if browser is None:
            return secret, None
        made = secrets.token_urlsafe(32)
        store.add(session, hash_of(made), "browser", seconds_from_now(BROWSER_SECONDS))
        return secret, made

    def _caller(self, secret: str) -> Caller:
        caller = self._people.identify(secret)
        if caller is None:  # disabled, or all sessions ended, directly after signing in
            raise Unauthorized("the session has ended", next_step="sign in again")
        return caller

    def refuse_taken(self, name: str, own: str | None = None) -> None:
        """Raise Conflict if another person than ``own`` has the name."""
        with self._database.read_system() as system:
            found = account_store.find_person(system, name_key(name))
        if found not in (None, own):
            raise taken(name)


def add_service_account(session: Session, name: str) -> None:
    """Add the session's person as a service account, which cannot sign in."""
    account_store.add_service_account(session, name)


def taken(name: str) -> AzuraError:
    """Return the error for a name that another person has."""
    return Conflict("the name {name!r} is not available", next_step="choose another name", code="name_taken", name=name)
