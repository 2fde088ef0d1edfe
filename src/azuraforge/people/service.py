"""Sign-in and sessions of people. Secrets are 256 random bits, stored as SHA-256; there is no default password."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime

from azuraforge.bounds import Moment
from azuraforge.database import Database, PersonKey, Session, UnitOfWork, seconds_from_now
from azuraforge.errors import Conflict, NotFound, Unauthorized
from azuraforge.paging import PAGE, Order
from azuraforge.people import reads, store
from azuraforge.people.callers import CACHE_SECONDS, Caller, Revocations, SecretCache, hash_of
from azuraforge.people.schemas import BrowserSession, BrowserSessionPage, LinkOut

LINK_SECONDS = 10 * 60
#: Seconds after signing in when a browser session ends.
SESSION_SECONDS = 30 * 24 * 3600
#: Seconds without a request after which a browser session ends.
IDLE_SECONDS = 7 * 24 * 3600
#: Minimum interval between two records of a secret's last use.
USE_SECONDS = 3600.0
#: Kind of the token that is stored in the data home for this machine's command line.
LOCAL = "local"
TOKEN_PREFIX = "azf_"  # noqa: S105  the prefix lets secret scanners recognise tokens
_SESSIONS: Order[tuple[datetime, str]] = Order("sessions", tuple[Moment, str])
#: Method of a link that a browser session created, and of the sessions that it starts.
OF_SESSION = "link of session"


class PeopleService:
    """Service for sign-in links, browser sessions and the command line's tokens.

    Args:
        tell: called with the key of each revoked secret, so that other processes forget it, too.
    """

    def __init__(self, database: Database, tell: Callable[[str], None] = lambda _hash: None) -> None:
        self._database = database
        self.revocations = Revocations(tell)
        self._callers: SecretCache[Caller] = SecretCache()
        self.revocations.watch(self._callers)

    def link(
        self,
        person_id: str,
        base_url: str,
        next_page: str | None = None,
        *,
        session_expires_at: datetime | None = None,
        unit: UnitOfWork | None = None,
    ) -> LinkOut:
        """Create a sign-in link that works once, for ``LINK_SECONDS``. Browsers do not send its fragment, the secret.

        ``next_page`` is the page to open after signing in. ``session_expires_at`` is the end of the browser session
        that creates the link, if one does; a session that it starts ends at the same time, and cannot change the
        password without the current one.
        """

        def work(session: Session) -> LinkOut:
            return add_link(session, base_url, next_page, session_expires_at=session_expires_at)

        return self._database.write_person(person_id, work, unit=unit)

    def sign_in(self, link: str) -> tuple[str, Caller]:
        """Exchange a one-time link for a browser session; return the session's secret and its person.

        Raises Unauthorized if the link is unknown, used or expired.
        """
        hash_, secret = hash_of(link), secrets.token_urlsafe(32)

        def take(session: Session, place: PersonKey) -> bool:
            used = store.use_link(session, hash_)
            if used is None:
                return False
            method, until = used
            store.delete_expired(session, IDLE_SECONDS)
            store.add(session, hash_of(secret), "session", until or seconds_from_now(SESSION_SECONDS), method)
            return True

        used = self._database.write_claimed(lambda session: store.find_secret(session, hash_), take)
        caller = self.identify(secret) if used else None
        if caller is None:  # a disabled person's link is used, but its session is not accepted
            raise Unauthorized(
                "this sign-in link is unknown, already used or older than 10 minutes",
                next_step="run `azuraforge link` for a new link",
            )
        return secret, caller

    def sign_out(self, caller: Caller) -> None:
        """End the caller's browser session. Raises Conflict for a token, which must be revoked instead."""
        if caller.kind != "session":
            raise Conflict("a token cannot sign out", next_step="revoke the token with azuraforge tokens revoke ID")
        self._database.write_person(caller.person_id, lambda session: store.delete_secret(session, caller.secret_hash))
        self.revocations.revoke(caller.secret_hash)

    def sessions(self, caller: Caller, *, limit: int = PAGE, after: str | None = None) -> BrowserSessionPage:
        """Return a page of the caller's browser sessions, latest first."""
        key = _SESSIONS.read(after)
        with self._database.read_person(caller.person_id) as session:
            found = store.sessions(session, IDLE_SECONDS, limit + 1, key)
        page, cursor = _SESSIONS.cut(found, limit, lambda row: (row.created_at, row.id))
        items = [
            BrowserSession.model_validate(
                {
                    "id": row.id,
                    "created_at": row.created_at,
                    "expires_at": row.expires_at,
                    "used_at": row.used_at,
                    "method": "link" if row.method == OF_SESSION else row.method,
                    "current": row.hash == caller.secret_hash,
                }
            )
            for row in page
        ]
        return BrowserSessionPage(items=items, next=cursor)

    def end_session(self, person_id: str, id_: str) -> None:
        """End one of a person's browser sessions. Raises NotFound if the person has no session with this id."""
        hash_ = self._database.write_person(person_id, lambda session: store.delete_session(session, id_))
        if hash_ is None:
            raise NotFound(
                "session {id!r} does not exist",
                next_step="list your sessions with GET /sessions",
                id=id_,
            )
        self.revocations.revoke(hash_)

    def end_sessions(self, person_id: str) -> None:
        """End all browser sessions of a person, and withdraw sign-in links that were not used."""
        for hash_ in self._database.write_person(
            person_id, lambda session: store.delete_kinds(session, ("session", "link"))
        ):
            self.revocations.revoke(hash_)

    def local_token(self, person_id: str) -> str:
        """Create a token for this machine's command line, replacing the person's previous one."""
        secret = new_token()

        def work(session: Session) -> list[str]:
            store.delete_expired(session, IDLE_SECONDS)
            former = store.delete_kinds(session, (LOCAL,))
            store.add(session, hash_of(secret), LOCAL, None)
            return former

        for hash_ in self._database.write_person(person_id, work):
            self.revocations.revoke(hash_)
        return secret

    def remembered(self, secret: str) -> Caller | None:
        """Return the person of a secret verified within ``CACHE_SECONDS``; None if the database must be read."""
        return self._callers.get(hash_of(secret), None)

    def identify(self, secret: str) -> Caller | None:
        """Return the person of a session or of the command line's token; None if the secret is not valid."""
        if (cached := self.remembered(secret)) is not None:
            return cached
        hash_ = hash_of(secret)
        mark, until = self._callers.mark(), time.monotonic() + CACHE_SECONDS
        with self._database.read_system() as system:
            person_id = reads.person_of(system, hash_)
        if person_id is None:
            return None
        with self._database.read_person(person_id) as session:
            found = reads.known_secret(session, hash_, IDLE_SECONDS)
        if found is None:
            return None
        caller = Caller(person_id, found.person_name, found.kind, hash_, found.expires_at, until=until)
        self.note_use(caller.person_id, hash_, caller.kind)
        self._callers.keep(hash_, None, caller, mark)
        return caller

    def note_use(self, person_id: str, hash_: str, kind: str) -> None:
        """Record the last use of a browser session, at most once per ``USE_SECONDS``. Failures are ignored."""
        if kind == "session":
            with contextlib.suppress(Exception):
                self._database.write_person(person_id, lambda session: store.note_use(session, hash_, USE_SECONDS))


def new_token() -> str:
    """Return the secret of a new API or command-line token."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def add_link(
    session: Session,
    base_url: str,
    next_page: str | None = None,
    seconds: float = LINK_SECONDS,
    session_expires_at: datetime | None = None,
) -> LinkOut:
    """Add a one-time sign-in link of the session's person; ``session_expires_at`` is None unless a session adds it."""
    secret = secrets.token_urlsafe(32)
    method = None if session_expires_at is None else OF_SESSION
    row = store.add(session, hash_of(secret), "link", seconds_from_now(seconds), method, session_expires_at)
    fragment = f"link={secret}" + (f"&next={next_page}" if next_page else "")
    assert row.expires_at is not None
    return LinkOut(url=f"{base_url}/sign-in#{fragment}", expires_at=row.expires_at)
