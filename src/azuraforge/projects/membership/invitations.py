"""Invitations: one-time links by which people become members. The secret is 256 random bits, stored as SHA-256."""

from __future__ import annotations

import secrets
from datetime import datetime

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork, after_commit
from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound, Unauthorized
from azuraforge.events.service import EventLog
from azuraforge.paging import PAGE, Order
from azuraforge.people import reads as people_reads
from azuraforge.people.accounts import Accounts, Joining, SignedIn
from azuraforge.people.callers import Caller, Revocations, hash_of
from azuraforge.projects import store as projects_store
from azuraforge.projects.callers import Access
from azuraforge.projects.events import STREAM
from azuraforge.projects.membership import invitation_store as store
from azuraforge.projects.membership.authority import is_above, may_grant, own_role
from azuraforge.projects.membership.events import (
    InvitationAccepted,
    InvitationCreatedEvent,
    InvitationRevoked,
    MemberAdded,
)
from azuraforge.projects.membership.invitation_schemas import (
    InvitationCreated,
    InvitationLookup,
    InvitationOut,
    InvitationPage,
)
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas
from azuraforge.projects.schemas import ProjectOut
from azuraforge.projects.tables import Invitation, Project

#: Seconds for which an invitation can be accepted.
VALID_SECONDS = 72 * 3600.0
#: Seconds for which an invitation stays listed after it was used or has expired.
_LISTED_SECONDS = 30 * 24 * 3600.0
#: Maximum number of open invitations of a project.
_MOST_OPEN = 500
_ORDER: Order[tuple[datetime, str]] = Order("invitations", tuple[Moment, str])


class InvitationService:
    """Service for invitations: members create, list and revoke them; their recipients look them up and accept them."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        accounts: Accounts,
        revocations: Revocations,
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        self._database = database
        self._events = events
        self._accounts = accounts
        self._revocations = revocations
        self._check_quota = check_quota

    def create(self, access: Access, role: str, base_url: str, *, unit: UnitOfWork | None = None) -> InvitationCreated:
        """Create an invitation, whose link is returned only here. Browsers do not send its fragment, the secret.

        Raises Forbidden for a role above the caller's and for an API token, and Conflict if too many are open.
        """
        if access.kind == "token":
            raise Forbidden(
                "an API token cannot invite people, because they would stay after the token has ended",
                next_step="sign in with a browser, or use this machine's command line",
            )
        secret = secrets.token_urlsafe(32)

        def work(session: Session) -> Invitation:
            may_grant(own_role(session, access, "admin"), role)
            store.delete_old(session, _LISTED_SECONDS)
            if store.count_open(session) >= _MOST_OPEN:
                raise Conflict(
                    "a project can have at most {most} open invitations",
                    next_step="revoke some of them: azuraforge invitations revoke ID",
                    most=_MOST_OPEN,
                )
            row = store.add(session, hash_of(secret), role, access.person_id, VALID_SECONDS)
            created = {"invitation": row.id, "role": role, "by": access.person_name}
            self._events.append(session, STREAM, InvitationCreatedEvent.model_validate(created))
            return row

        row = self._database.write(access.project_id, work, unit=unit)
        shown = _out(row, False, access.person_name)
        return InvitationCreated(url=f"{base_url}/invitation#invitation={secret}", **dict(shown))

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> InvitationPage:
        """Return a page of the project's invitations without their links, latest first."""
        key = _ORDER.read(after)
        with self._database.read(project_id) as session:
            found = store.page(session, limit + 1, key)
            page, cursor = _ORDER.cut(found, limit, lambda each: (each[0].created_at, each[0].id))
            people = people_reads.people(session, [row.created_by for row, _ in page])
        names = {id_: person.name for id_, person in people.items()}
        return InvitationPage(items=[_out(row, over, names.get(row.created_by)) for row, over in page], next=cursor)

    def revoke(self, access: Access, id_: str) -> None:
        """Revoke an invitation that was not used. Raises NotFound if there is none."""

        def work(session: Session) -> None:
            own_role(session, access, "admin")
            role = store.delete_one(session, id_)
            if role is None:
                raise NotFound(
                    "there is no unused invitation {id!r}",
                    next_step="run azuraforge invitations list",
                    id=id_,
                )
            revoked = {"invitation": id_, "role": role, "by": access.person_name}
            self._events.append(session, STREAM, InvitationRevoked.model_validate(revoked))

        self._database.write(access.project_id, work)

    def lookup(self, secret: str) -> InvitationLookup:
        """Return an invitation for the holder of its link. Raises NotFound if it cannot be accepted."""
        hash_ = hash_of(secret)
        with self._database.read(self._project_of(hash_)) as session:
            row, project, by = _valid(session, hash_)
        fields = {"project": project.name, "role": row.role, "created_by": by, "expires_at": row.expires_at}
        return InvitationLookup.model_validate(fields)

    def accept(self, caller: Caller, secret: str) -> ProjectOut:
        """Make the caller a member of the invitation's project.

        Raises NotFound if the invitation cannot be accepted, Conflict if the caller is a member already, and Forbidden
        for an API token.
        """
        if caller.kind == "token":
            raise Forbidden(
                "an API token cannot accept an invitation",
                next_step="sign in with a browser, or use this machine's command line",
            )
        hash_ = hash_of(secret)

        def in_person(session: Session) -> str:
            name = people_reads.name_of(session, session.person_id)
            if name is None:
                raise Unauthorized("the account does not exist any more", next_step="ask an administrator")
            return name

        return self._database.write_joining(
            caller.person_id,
            self._project_of(hash_),
            in_person,
            lambda session, name: self._join(session, hash_, name),
        )

    def sign_up(self, secret: str, name: str, password: str | None) -> tuple[ProjectOut, SignedIn]:
        """Create an account that is a member of the invitation's project, and sign it in.

        Hashing a password takes tens of milliseconds of one core. Raises NotFound if the invitation cannot be accepted,
        InvalidInput for a password that may not be used, and Conflict if the name is taken.
        """
        hash_, made = hash_of(secret), list[ProjectOut]()
        project_id = self._project_of(hash_)
        with self._database.read(project_id) as session:
            _valid(session, hash_)  # before a password is hashed

        def join(session: Session) -> None:
            made[:] = [self._join(session, hash_, name)]

        signed_in = self._accounts.create(name, password, joining=Joining(project_id, join))
        return made[0], signed_in

    def _join(self, session: Session, hash_: str, name: str) -> ProjectOut:
        row, project, by = _valid(session, hash_, lock=True)
        if project.archived_at is not None:
            raise Conflict(
                "the project {name!r} is archived, so it accepts no members",
                next_step="ask an owner of the project to unarchive it",
                code="archived",
                name=project.name,
            )
        if projects_store.role_of(session, session.person_id) is not None:
            raise Conflict(
                "you are a member of the project {name!r} already; the invitation was not used",
                next_step="ask an admin of the project if you need another role",
                code="already_member",
                name=project.name,
            )
        self._check_quota(session, "members", 1)
        store.use(session, row)
        projects_store.add_member(session, row.role)
        person_id = session.person_id
        after_commit(session, lambda: self._revocations.revoke_person(person_id))
        accepted = {"invitation": row.id, "role": row.role, "person": name}
        self._events.append(session, STREAM, InvitationAccepted.model_validate(accepted))
        self._events.append(session, STREAM, MemberAdded.model_validate({"person": name, "role": row.role, "by": by}))
        return ProjectOut.model_validate({"slug": project.slug, "name": project.name, "role": row.role})

    def _project_of(self, hash_: str) -> str:
        with self._database.read_system() as session:
            place = store.find(session, hash_)
        if place is None:
            raise _unknown()
        return place.project_id


def _valid(session: Session, hash_: str, *, lock: bool = False) -> tuple[Invitation, Project, str]:
    """Return an invitation that can be accepted, its project, and the name of its creator. Raises NotFound otherwise.

    The holder of the secret may know that it was used or has expired; all other causes get one text.
    """
    found = store.given(session, hash_, lock=lock)
    if found is None:
        raise _unknown()
    row, over, project = found
    if row.used_at is not None:
        raise NotFound(
            "this invitation was used already",
            next_step="sign in if it was you; otherwise ask the person who invited you for another link",
            code="invitation_used",
        )
    if over:
        raise NotFound(
            "this invitation has expired, because it is older than {hours:g} hours",
            next_step="ask the person who invited you for another link",
            code="invitation_expired",
            hours=VALID_SECONDS / 3600,
        )
    role = projects_store.role_of(session, row.created_by)
    name = people_reads.working_name(session, row.created_by)
    if project.deleted_at is not None or role is None or name is None or is_above(row.role, role):
        raise _unknown()
    return row, project, name


def _unknown() -> AzuraError:
    return NotFound(
        "this invitation is unknown or was revoked",
        next_step="check that the whole link was copied, or ask the person who invited you for another one",
        code="invitation_unknown",
    )


def _out(row: Invitation, is_over: bool, created_by: str | None) -> InvitationOut:
    fields = {
        "id": row.id,
        "role": row.role,
        "state": "used" if row.used_at is not None else "expired" if is_over else "open",
        "created_by": created_by,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "used_at": row.used_at,
    }
    return InvitationOut.model_validate(fields)
