"""Authentication and authorization. Secrets are 256 random bits, stored as SHA-256; there is no default password.

A credential has the role with which it was created, and its member has a role; requests have the lower of the two.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork, new_id, seconds_from_now
from azuraforge.database.short_ids import ShortId
from azuraforge.errors import Conflict, Forbidden, NotFound, Unauthorized
from azuraforge.paging import PAGE, Order
from azuraforge.projects import store
from azuraforge.projects.callers import Access, Caller, lower_role
from azuraforge.projects.idempotency import AnsweredRequests
from azuraforge.projects.named import check_named
from azuraforge.projects.schemas import (
    LinkOut,
    ProjectOut,
    ProjectPage,
    TokenCreated,
    TokenOut,
    TokenPage,
    TokenRequest,
)
from azuraforge.projects.tables import Credential

LINK_SECONDS = 10 * 60
_TOKENS: Order[tuple[datetime, str]] = Order("tokens", tuple[Moment, str])
_PROJECTS: Order[tuple[str]] = Order("projects", tuple[str])
SESSION_SECONDS = 30 * 24 * 3600
#: Seconds after which a credential and its membership are read again. A revoked secret is removed from the cache
#: immediately: in this process, and in others if the notification reaches them.
CACHE_SECONDS = 60.0
#: Minimum interval between two records of a token's last use.
_USE_SECONDS = 3600.0
#: Kind of the token that is stored in the data home for this machine's command line.
LOCAL = "local"
TOKEN_PREFIX = "azf_"  # noqa: S105  the prefix lets secret scanners recognise tokens


class ProjectService:
    """Service for projects, sign-in links, browser sessions and API tokens.

    Args:
        tell: called with the hash of each revoked secret, so that other processes ``forget`` it, too.
    """

    def __init__(self, database: Database, tell: Callable[[str], None] = lambda _hash: None) -> None:
        self._database = database
        self._tell = tell
        self.answers = AnsweredRequests(database)
        self._cache: dict[str, Access] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    def ensure_default(self) -> str:
        """Return the id of the default project; on the first start, create it with its owner.

        Raises Conflict if the database has members but no default project.
        """
        place = self._find(lambda session: store.find_project(session, "default"))
        if place is None:
            ids = new_id(), new_id()
            self._database.write_system(
                lambda session: store.found_project(session, *ids, "default", "Default", "owner")
            )
            place = self._find(lambda session: store.find_project(session, "default"))
        if place is None:
            raise Conflict(
                "the database has members but no project 'default'",
                where="{place}",
                next_step="restore a backup, or choose an empty database",
                place=self._database.url,
            )
        project_id = place.project_id
        self._database.write(project_id, lambda session: store.delete_expired(session))
        return project_id

    async def look(self, project_id: str) -> None:
        """Check that the database can be read, by reading a row of the project. Raises TransientError otherwise."""
        await self._database.read_row(project_id, store.MEMBER.given({}))

    def is_new(self) -> bool:
        """Return whether the database has no project yet, as before the first start."""
        return self._find(lambda session: store.find_project(session, "default")) is None

    def owner_link(self, project_id: str, base_url: str, next_page: str | None = None) -> LinkOut:
        """Create a one-time sign-in link for the project's owner. Raises Conflict if the project has no owner."""
        return self._link(project_id, self._owner_of(project_id), "owner", base_url, next_page)

    def link(
        self, caller: Caller, base_url: str, next_page: str | None = None, *, unit: UnitOfWork | None = None
    ) -> LinkOut:
        """Create a sign-in link that works once, for ``LINK_SECONDS``. Browsers do not send its fragment, the secret.

        ``next_page`` is the page to open after signing in.
        """
        return self._link(caller.project_id, caller.person_id, caller.role, base_url, next_page, unit)

    def _link(
        self,
        project_id: str,
        user_id: str,
        role: str,
        base_url: str,
        next_page: str | None,
        unit: UnitOfWork | None = None,
    ) -> LinkOut:
        secret, row = self._issue(project_id, user_id, "link", role, expires_in_seconds=LINK_SECONDS, unit=unit)
        fragment = f"link={secret}" + (f"&next={next_page}" if next_page else "")
        assert row.expires_at is not None
        return LinkOut(url=f"{base_url}/sign-in#{fragment}", expires_at=row.expires_at)

    def sign_in(self, link: str) -> tuple[str, Caller]:
        """Exchange a one-time link for a browser session; return the session's secret and its person.

        Raises Unauthorized if the link is unknown, used or expired.
        """

        hash_ = _hash(link)

        def take(session: Session, place: store.Place) -> tuple[str, str, str] | None:
            row = store.use_link(session, hash_)
            return (row.project_id, row.person_id, row.role) if row else None

        taken = self._database.write_claimed(lambda session: store.find_secret(session, hash_), take)
        if taken is None:
            raise Unauthorized(
                "this sign-in link is unknown, already used or older than 10 minutes",
                next_step="run `azuraforge link` for a new one",
            )
        project_id, user_id, role = taken
        secret, _ = self._issue(project_id, user_id, "session", role, expires_in_seconds=SESSION_SECONDS)
        return secret, self.identify(secret)

    def sign_out(self, caller: Caller) -> None:
        """End a browser session. Raises Conflict for a token, which must be revoked instead."""
        if caller.kind != "session":
            raise Conflict("a token cannot sign out", next_step="revoke it with azuraforge tokens revoke ID")
        place, hash_ = caller.project_id, caller.secret_hash
        self._database.write(place, lambda session: store.delete_credential(session, hash_))
        self._removed(hash_)

    def authenticate(self, secret: str, project: str | None = None) -> Access:
        """Authenticate a session or token for a request that names ``project`` (a slug; None: no project).

        Raises Unauthorized if the secret is unknown or has expired, and the errors of ``check_named``.
        """
        return _named(self._verified(secret), project)

    def identify(self, secret: str) -> Caller:
        """Return the person of a session or token. Raises Unauthorized if it is unknown or has expired."""
        return Caller.of(self._verified(secret))

    def remembered(self, secret: str, project: str | None = None) -> Access | None:
        """Return the cached access of a secret verified within ``CACHE_SECONDS``; None if the database must be read.

        Raises the errors of ``check_named``.
        """
        known = self._cached(secret)
        return None if known is None else _named(known, project)

    def remembered_caller(self, secret: str) -> Caller | None:
        """Return the person of a secret verified within ``CACHE_SECONDS``; None if the database must be read."""
        known = self._cached(secret)
        return None if known is None else Caller.of(known)

    def projects(self, caller: Caller, *, limit: int = PAGE, after: str | None = None) -> ProjectPage:
        """Return a page of the caller's projects with the caller's role in each; a token has only its own project."""
        key = _PROJECTS.read(after)
        with self._database.read(caller.project_id) as session:
            found = store.projects_of(session, caller.person_id, limit + 1, key)
        page, cursor = _PROJECTS.cut(found, limit, lambda each: (each.slug,))
        items = [
            ProjectOut.model_validate({"slug": row.slug, "name": row.name, "role": lower_role(caller.role, row.role)})
            for row in page
        ]
        return ProjectPage(items=items, next=cursor)

    def _verified(self, secret: str) -> Access:
        """Return the access of a secret in its own project. Raises Unauthorized if it is unknown or has expired."""
        if (known := self._cached(secret)) is not None:
            return known
        hash_ = _hash(secret)
        found, forgotten = None, self._forgotten
        until = time.monotonic() + CACHE_SECONDS  # before the read, because rows may change directly after it
        place = self._find(lambda session: store.find_secret(session, hash_))
        if place is not None:
            with self._database.read(place.project_id) as session:
                found = store.credential(session, hash_, ("session", "token", LOCAL))
        if found is None:
            with self._lock:
                self._cache.pop(hash_, None)
            raise Unauthorized(
                "the session or token is unknown or has expired",
                next_step="run `azuraforge link` and open the link, or send a valid token",
            )
        row, project, user, member = found
        if row.kind == "token" and place is not None:
            self._note_use(place.project_id, hash_)
        access = Access(
            project_id=project.id,
            project_slug=project.slug,
            project_name=project.name,
            user_id=user.id,
            user_name=user.name,
            role=lower_role(row.role, member.role),
            kind=row.kind,
            expires_at=row.expires_at,
            secret_hash=hash_,
            until=until,
        )
        with self._lock:
            if len(self._cache) > 10_000:
                self._cache.clear()
            if self._forgotten == forgotten:  # else it may have been revoked without another notification
                self._cache[hash_] = access
        return access

    def _cached(self, secret: str) -> Access | None:
        cached = self._cache.get(_hash(secret))
        return cached if cached is not None and cached.is_current else None

    def forget(self, hash_: str | None) -> None:
        """Remove the secret with this hash (None: all secrets) from the cache, so that the database is read again."""
        with self._lock:
            self._forgotten += 1
            if hash_ is None:
                self._cache.clear()
            else:
                self._cache.pop(hash_, None)

    def create_token(self, access: Access, request: TokenRequest, *, unit: UnitOfWork | None = None) -> TokenCreated:
        """Create an API token of this project; its secret is returned only here.

        Raises Forbidden for a role above the caller's role.
        """
        if not access.may(request.role):
            raise Forbidden(
                "the role {role} cannot create a token with the role {wanted}",
                next_step="choose {role} or a lower role",
                role=access.role,
                wanted=request.role,
            )
        days = request.expires_in_days
        secret, row = self._issue(
            access.project_id,
            access.user_id,
            "token",
            request.role,
            name=request.name,
            expires_in_seconds=days * 86_400 if days else None,
            unit=unit,
        )
        return TokenCreated(token=secret, **dict(_token_out(row, row.role)))

    def local_token(self, project_id: str) -> str:
        """Create a token for this machine's command line, replacing the previous one. The first owner is its user.

        Raises Conflict if the project has no owner.
        """
        user_id = self._owner_of(project_id)
        former = self._database.write(project_id, lambda session: store.delete_kind(session, LOCAL))
        for hash_ in former:
            self._removed(hash_)
        secret, _ = self._issue(project_id, user_id, LOCAL, "owner", name="command line")
        return secret

    def tokens(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> TokenPage:
        """Return a page of the project's tokens without their secrets, each with its effective role."""
        key = _TOKENS.read(after)
        with self._database.read(project_id) as session:
            found = store.tokens(session, limit + 1, key)
        page, cursor = _TOKENS.cut(found, limit, lambda each: (each[0].created_at, each[0].id))
        items = [_token_out(row, lower_role(row.role, role)) for row, role in page]
        return TokenPage(items=items, next=cursor)

    def revoke_token(self, project_id: str, id_: str) -> None:
        """Revoke a token. Raises NotFound if it does not exist."""
        hash_ = self._database.write(project_id, lambda session: store.delete_token(session, id_))
        if hash_ is None:
            raise NotFound("token {id!r} does not exist", next_step="run azuraforge tokens list", id=id_)
        self._removed(hash_)

    async def complete_id(self, project_id: str, short: ShortId, given: str) -> str:
        """Return the complete id for ``given``; see ``ShortId.complete``. Raises InvalidInput if several ids match."""
        return await short.complete(self._database, project_id, given)

    def _owner_of(self, project_id: str) -> str:
        with self._database.read(project_id) as session:
            user_id = store.owner_of(session)
        if user_id is None:
            raise Conflict(
                "the project has no owner, so no sign-in link and no command line token can be created for it",
                next_step="restore a backup, or set one member's role to 'owner' in the database's table `member`",
            )
        return user_id

    def _find(self, find: Callable[[Session], store.Place | None]) -> store.Place | None:
        with self._database.read_system() as session:
            return find(session)

    def _issue(
        self,
        project_id: str,
        user_id: str,
        kind: str,
        role: str,
        *,
        name: str = "",
        expires_in_seconds: float | None = None,
        unit: UnitOfWork | None = None,
    ) -> tuple[str, Credential]:
        secret = (TOKEN_PREFIX if kind in ("token", LOCAL) else "") + secrets.token_urlsafe(32)
        row = self._database.write(
            project_id,
            lambda session: store.add_credential(
                session,
                project_id=project_id,
                person_id=user_id,
                kind=kind,
                hash_=_hash(secret),
                role=role,
                name=name,
                expires_at=seconds_from_now(expires_in_seconds) if expires_in_seconds else None,
            ),
            unit=unit,
        )
        return secret, row

    def _note_use(self, project_id: str, hash_: str) -> None:
        """Record a token's last use, at most once per hour. Failures are ignored."""
        with contextlib.suppress(Exception):
            self._database.write(project_id, lambda session: store.note_use(session, hash_, _USE_SECONDS))

    def _removed(self, hash_: str) -> None:
        self.forget(hash_)
        self._tell(hash_)


def _named(own: Access, project: str | None) -> Access:
    check_named(own.kind, own.project_slug, project)
    return own


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token_out(row: Credential, role: str) -> TokenOut:
    fields = {name: getattr(row, name) for name in TokenOut.model_fields}
    return TokenOut.model_validate({**fields, "role": role})
