"""Projects, their tokens, and the access of people and tokens to them.

A person has the role of the membership in the project that a request names; an API token, the lower of its own role
and its member's.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from azuraforge.bounds import Moment
from azuraforge.database import Database, ProjectKey, Session, UnitOfWork, founding, new_id, seconds_from_now
from azuraforge.database.short_ids import ShortId
from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound, Unauthorized
from azuraforge.paging import PAGE, Order
from azuraforge.people import reads as people_reads
from azuraforge.people.callers import CACHE_SECONDS, Caller, SecretCache, hash_of
from azuraforge.people.schemas import LinkOut
from azuraforge.people.service import IDLE_SECONDS, TOKEN_PREFIX, USE_SECONDS, PeopleService, new_token
from azuraforge.projects import store
from azuraforge.projects.access_tokens import AccessTokens, InvalidAccessToken, is_access_token
from azuraforge.projects.callers import Access, lower_role
from azuraforge.projects.idempotency import AnsweredRequests
from azuraforge.projects.named import project_conflict, project_required, unknown_project
from azuraforge.projects.schemas import (
    AccessTokenOut,
    AccessTokenRequest,
    ProjectOut,
    ProjectPage,
    TokenCreated,
    TokenOut,
    TokenPage,
    TokenRequest,
)
from azuraforge.projects.tables import Project, Token

#: Number of a token's first characters that are shown in lists; they contain 24 of its 256 random bits.
PREFIX_CHARACTERS = len(TOKEN_PREFIX) + 4
_TOKENS: Order[tuple[datetime, str]] = Order("tokens", tuple[Moment, str])
_PROJECTS: Order[tuple[str]] = Order("projects", tuple[str])


class ProjectService:
    """Service for projects, API tokens, and access to projects.

    Args:
        people: the service of the same database's people; None: a new one.
        access_tokens: signing and verification of access tokens; None: they are refused.
    """

    def __init__(
        self,
        database: Database,
        people: PeopleService | None = None,
        access_tokens: AccessTokens | None = None,
    ) -> None:
        self._database = database
        self.people = people or PeopleService(database)
        self.answers = AnsweredRequests(database)
        self._access_tokens = access_tokens
        self._known: SecretCache[Access] = SecretCache()
        self._token_callers: SecretCache[Caller] = SecretCache()
        for cache in (self._known, self._token_callers):
            self.people.revocations.watch(cache)

    def ensure_default(self) -> str:
        """Return the id of the default project; on the first start, create it with its owner.

        Raises Conflict if the database has members but no default project.
        """
        place = self._find(lambda session: store.find_project(session, "default"))
        if place is None:
            project, person = new_id(), new_id()
            self._database.write_system(
                lambda session: founding.found(
                    session,
                    project=project,
                    person=person,
                    slug="default",
                    name="Default",
                    owner="owner",
                    owner_key="owner",
                )
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
        return self.people.link(self._owner_of(project_id), base_url, next_page)

    def local_token(self, project_id: str) -> str:
        """Create a token for this machine's command line, replacing the previous one. It belongs to the first owner.

        Raises Conflict if the project has no owner.
        """
        return self.people.local_token(self._owner_of(project_id))

    def remembered(self, secret: str, project: str | None = None) -> Access | None:
        """Return the cached access to a project, verified within ``CACHE_SECONDS``; None if it must be read."""
        return self._known.get(hash_of(secret), project)

    def authenticate(self, secret: str, project: str | None = None) -> Access:
        """Return the access of a session or token for a request that names ``project`` (a slug; None: no project).

        Raises Unauthorized if the secret is unknown or has expired, InvalidInput if the project is missing or is not
        the token's, and NotFound if the person has no such project.
        """
        if (cached := self.remembered(secret, project)) is not None:
            return cached
        hash_ = hash_of(secret)
        # Before the read, because rows may change directly after it.
        mark, until = self._known.mark(), time.monotonic() + CACHE_SECONDS
        if is_access_token(secret):
            access = self._access_of_access_token(secret, project, until)
        else:
            access = self._access_of(hash_, project, until)
        self._known.keep(hash_, project, access, mark)
        return access

    def remembered_caller(self, secret: str) -> Caller | None:
        """Return the person of a secret verified within ``CACHE_SECONDS``; None if the database must be read."""
        return self.people.remembered(secret) or self._token_callers.get(hash_of(secret), None)

    def identify(self, secret: str) -> Caller:
        """Return the person of a session or token. Raises Unauthorized if it is unknown or has expired."""
        caller = self.people.identify(secret)
        if caller is None:
            mark, access = self._token_callers.mark(), self.authenticate(secret)
            caller = Caller(
                access.person_id,
                access.person_name,
                access.kind,
                access.secret_hash,
                access.expires_at,
                access.project_id,
                access.role if access.temporary else None,
                access.until,
            )
            self._token_callers.keep(hash_of(secret), None, caller, mark)
        return caller

    def projects(self, caller: Caller, *, limit: int = PAGE, after: str | None = None) -> ProjectPage:
        """Return a page of the caller's projects with the caller's role in each; a token has only its own project."""
        key = _PROJECTS.read(after)
        if caller.project_id is not None:
            own = self._project_of_token(caller, caller.project_id)
            found = [each for each in own if key is None or each.slug > key[0]]
        else:
            with self._database.read_person(caller.person_id) as session:
                found = [project_out(each, each.role) for each in store.memberships(session, limit + 1, key)]
        items, cursor = _PROJECTS.cut(found, limit, lambda each: (each.slug,))
        return ProjectPage(items=list(items), next=cursor)

    def create_token(self, access: Access, request: TokenRequest, *, unit: UnitOfWork | None = None) -> TokenCreated:
        """Create an API token of this project; its secret is returned only here.

        Raises Forbidden for a role above the caller's role, and for an access token.
        """
        _may_create(access, request.role)
        days = request.expires_in_days
        secret = new_token()
        expires_at = seconds_from_now(days * 86_400) if days else None

        def add(session: Session) -> TokenOut:
            if store.role_of(session, access.person_id) is None:  # removed since the request was authenticated
                raise unknown_project(access.project_slug)
            person_id = request.service_account or access.person_id
            if person_id != access.person_id and not people_reads.is_service_account(session, person_id):
                raise NotFound(
                    "the project has no service account {person!r}",
                    next_step="run azuraforge members list; people create their own tokens",
                    person=person_id,
                )
            shown = secret[:PREFIX_CHARACTERS]
            row = store.add_token(session, person_id, hash_of(secret), request.role, request.name, expires_at, shown)
            owner = people_reads.people(session, [person_id])[person_id]
            role = store.role_of(session, person_id)
            assert role is not None, "a person in the project is a member"
            return _token_out(row, lower_role(row.role, role), owner)

        made = self._database.write(access.project_id, add, unit=unit)
        return TokenCreated(token=secret, **dict(made))

    def create_access_token(self, access: Access, request: AccessTokenRequest) -> AccessTokenOut:
        """Create an access token of this project, which expires no later than the caller's secret. No row is written.

        Raises Forbidden for a role above the caller's role, and for an access token; StorageError without a key.
        """
        role = request.role or access.role
        _may_create(access, role)
        assert self._access_tokens is not None
        token, expires_at = self._access_tokens.issue(access, role, request.expires_in_seconds)
        shown = {"token": token, "person": access.person_name, "project": access.project_slug, "role": role}
        return AccessTokenOut.model_validate({**shown, "expires_at": expires_at})

    def tokens(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> TokenPage:
        """Return a page of the project's tokens without their secrets, each with its effective role."""
        key = _TOKENS.read(after)
        with self._database.read(project_id) as session:
            found = store.tokens(session, limit + 1, key)
            people = people_reads.people(session, [row.person_id for row, _ in found])
        page, cursor = _TOKENS.cut(found, limit, lambda each: (each[0].created_at, each[0].id))
        items = [_token_out(row, lower_role(row.role, role), people[row.person_id]) for row, role in page]
        return TokenPage(items=items, next=cursor)

    def revoke_token(self, project_id: str, id_: str) -> None:
        """Revoke a token. Raises NotFound if it does not exist."""
        hash_ = self._database.write(project_id, lambda session: store.delete_token(session, id_))
        if hash_ is None:
            raise NotFound("token {id!r} does not exist", next_step="run azuraforge tokens list", id=id_)
        self.people.revocations.revoke(hash_)

    async def complete_id(self, project_id: str, short: ShortId, given: str) -> str:
        """Return the complete id for ``given``; see ``ShortId.complete``. Raises InvalidInput if several ids match."""
        return await short.complete(self._database, project_id, given)

    def _access_of(self, hash_: str, project: str | None, until: float) -> Access:
        person_id, place = self._owner_of_secret(hash_)
        if person_id is not None:
            return self._access_of_person(person_id, hash_, project, until)
        if place is not None:
            return self._access_of_token(place.project_id, hash_, project, until)
        raise _unknown_secret()

    def _access_of_access_token(self, secret: str, project: str | None, until: float) -> Access:
        """Return the access that the parent of an access token has now, limited by the token's role and expiry."""
        if self._access_tokens is None:
            raise _unknown_secret()
        try:
            claims = self._access_tokens.read(secret)
            access = self._access_of(claims.parent, claims.project, until)
        except (InvalidAccessToken, NotFound):
            raise _unknown_secret() from None
        if (access.person_id, access.project_id) != (claims.person_id, claims.project_id):
            raise _unknown_secret()
        if project not in (None, claims.project):
            raise project_conflict()
        return replace(
            access,
            role=lower_role(access.role, claims.role),
            kind="token",  # the rules of API tokens apply to it
            temporary=True,
            expires_at=datetime.fromtimestamp(claims.expires, UTC),
            until=min(until, time.monotonic() + claims.expires - time.time()),
        )

    def _project_of_token(self, caller: Caller, project_id: str) -> list[ProjectOut]:
        """Return a token's project with the effective role; nothing if the token is not valid any more."""
        with self._database.read(project_id) as session:
            if caller.role is None:
                found = store.token(session, caller.secret_hash)
                return [] if found is None else [project_out(found[1], lower_role(found[0].role, found[2]))]
            member = store.own_membership(session, caller.person_id)
        return [] if member is None else [project_out(member, lower_role(caller.role, member.role))]

    def _access_of_person(self, person_id: str, hash_: str, project: str | None, until: float) -> Access:
        with self._database.read_person(person_id) as session:
            known = people_reads.known_secret(session, hash_, IDLE_SECONDS)
            if known is None:
                raise _unknown_secret()
            if project is not None:
                found = store.membership(session, project)
            else:
                own = store.memberships(session, 2) if known.kind != "session" else []
                found = own[0] if len(own) == 1 else None
        if found is None:
            raise project_required() if project is None else unknown_project(project)
        self.people.note_use(person_id, hash_, known.kind)
        return Access(
            project_id=found.project_id,
            project_slug=found.slug,
            project_name=found.name,
            person_id=person_id,
            person_name=known.person_name,
            role=found.role,
            kind=known.kind,
            expires_at=known.expires_at,
            secret_hash=hash_,
            archived=found.archived_at is not None,
            until=until,
        )

    def _access_of_token(self, project_id: str, hash_: str, project: str | None, until: float) -> Access:
        with self._database.read(project_id) as session:
            found = store.token(session, hash_)
            if found is None:
                raise _unknown_secret()
            row, own, role = found
            person_name = people_reads.working_name(session, row.person_id)
        if person_name is None:  # disabled by an administrator of the platform
            raise _unknown_secret()
        if project not in (None, own.slug):
            raise project_conflict()
        self._note_use(project_id, hash_)
        return Access(
            project_id=own.id,
            project_slug=own.slug,
            project_name=own.name,
            person_id=row.person_id,
            person_name=person_name,
            role=lower_role(row.role, role),
            kind="token",
            expires_at=row.expires_at,
            secret_hash=hash_,
            archived=own.archived_at is not None,
            until=until,
        )

    def _owner_of_secret(self, hash_: str) -> tuple[str | None, ProjectKey | None]:
        """Return the person of a session or command-line token, or else the project of an API token."""
        with self._database.read_system() as session:
            person_id = people_reads.person_of(session, hash_)
            return person_id, store.find_token(session, hash_) if person_id is None else None

    def _owner_of(self, project_id: str) -> str:
        with self._database.read(project_id) as session:
            person_id = store.owner_of(session)
        if person_id is None:
            raise Conflict(
                "the project has no owner, so no sign-in link and no command line token can be created for it",
                next_step="restore a backup, or set one member's role to 'owner' in the database's table `member`",
            )
        return person_id

    def _find(self, find: Callable[[Session], ProjectKey | None]) -> ProjectKey | None:
        with self._database.read_system() as session:
            return find(session)

    def _note_use(self, project_id: str, hash_: str) -> None:
        """Record a token's last use, at most once per ``USE_SECONDS``. Failures are ignored."""
        with contextlib.suppress(Exception):
            self._database.write(project_id, lambda session: store.note_use(session, hash_, USE_SECONDS))


def project_out(project: store.Membership | Project, role: str) -> ProjectOut:
    """Return a project as the API shows it to a caller with ``role``."""
    archived = project.archived_at is not None
    fields = {"slug": project.slug, "name": project.name, "role": role, "archived": archived}
    return ProjectOut.model_validate(fields)


def _may_create(access: Access, wanted: str) -> None:
    """Check that the caller may create a token with the role ``wanted``. Raises Forbidden."""
    if access.temporary:
        raise Forbidden(
            "an access token cannot create tokens",
            next_step="use the session or API token that it was exchanged for",
        )
    if not access.may(wanted):
        raise Forbidden(
            "the role {role} cannot create a token with the role {wanted}",
            next_step="choose {role} or a lower role",
            role=access.role,
            wanted=wanted,
        )


def _unknown_secret() -> AzuraError:
    return Unauthorized(
        "the session or token is unknown or has expired",
        next_step="run `azuraforge link` and open the link, or send a valid token",
    )


def _token_out(row: Token, role: str, person: people_reads.KnownPerson) -> TokenOut:
    fields = {name: getattr(row, name) for name in ("id", "name", "prefix", "created_at", "expires_at", "used_at")}
    of_person = {"person": person.name, "service": person.kind == "service"}
    return TokenOut.model_validate({**fields, **of_person, "role": role})
