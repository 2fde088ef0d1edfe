"""Members of a project: their roles, and how they leave."""

from __future__ import annotations

from datetime import datetime

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork, after_commit, new_id
from azuraforge.errors import Conflict, Forbidden, NotFound
from azuraforge.events.service import EventLog
from azuraforge.paging import PAGE, Order
from azuraforge.people import reads as people_reads
from azuraforge.people.accounts import add_service_account
from azuraforge.people.callers import Revocations
from azuraforge.projects import store as projects_store
from azuraforge.projects.callers import ROLES, Access
from azuraforge.projects.events import STREAM
from azuraforge.projects.membership import invitation_store, store
from azuraforge.projects.membership.authority import is_above, keep_an_owner, may_change, may_grant, own_role
from azuraforge.projects.membership.events import InvitationRevoked, MemberAdded, MemberRemoved, MemberRoleChanged
from azuraforge.projects.membership.schemas import MemberOut, MemberPage, NewServiceAccount
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas
from azuraforge.projects.tables import Member

_ORDER: Order[tuple[datetime, str]] = Order("members", tuple[Moment, str])


class MemberService:
    """Service for the members of a project.

    A change takes effect at once in this process, also for open streams, and within ``CACHE_SECONDS`` in others.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        revocations: Revocations,
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        self._database = database
        self._events = events
        self._revocations = revocations
        self._check_quota = check_quota

    def list(self, access: Access, *, limit: int = PAGE, after: str | None = None) -> MemberPage:
        """Return a page of the project's members, longest membership first."""
        key = _ORDER.read(after)
        with self._database.read(access.project_id) as session:
            found = store.members(session, limit + 1, key)
            page, cursor = _ORDER.cut(found, limit, lambda row: (row.created_at, row.person_id))
            names = people_reads.people(session, [row.person_id for row in page])
        return MemberPage(items=[_out(row, names[row.person_id], access) for row in page], next=cursor)

    def add_service_account(
        self, access: Access, request: NewServiceAccount, *, unit: UnitOfWork | None = None
    ) -> MemberOut:
        """Create a member that cannot sign in and has only API tokens.

        Raises Forbidden for an API token and for a role above the caller's, Conflict if a member has the name, and
        QuotaExceeded.
        """
        if access.kind == "token":
            raise Forbidden(
                "an API token cannot create service accounts, because they would stay after the token has ended",
                next_step="sign in with a browser, or use this machine's command line",
            )

        def in_project(session: Session, _: None) -> MemberOut:
            may_grant(own_role(session, access, "admin"), request.role)
            if people_reads.has_name(session, request.name):
                raise Conflict(
                    "a member of the project has the name {name!r} already",
                    next_step="choose another name",
                    code="name_taken",
                    name=request.name,
                )
            self._check_quota(session, "members", 1)
            projects_store.add_member(session, request.role)
            added = {"person": request.name, "role": request.role, "by": access.person_name}
            self._events.append(session, STREAM, MemberAdded.model_validate(added))
            return self._shown(session, _member(session, session.person_id), access)

        return self._database.write_joining(
            new_id(),
            access.project_id,
            lambda session: add_service_account(session, request.name),
            in_project,
            project_unit=unit,
        )

    def set_role(self, access: Access, person_id: str, role: str) -> MemberOut:
        """Change a member's role.

        Raises NotFound if there is no such member, Forbidden for a role or a member above the caller, and Conflict for
        the only owner, and for a service account that would own the project.
        """

        def work(session: Session) -> MemberOut:
            own = own_role(session, access, "admin")
            row = _member(session, person_id)
            may_change(own, row)
            may_grant(own, role)
            if row.role != role:
                if role != "owner":
                    keep_an_owner(session, row)
                self._change(session, access, row, role)
            return self._shown(session, row, access)

        return self._database.write(access.project_id, work)

    def remove(self, access: Access, person_id: str) -> None:
        """Remove a member, or leave the project if the member is the caller. The member's API tokens end.

        Raises NotFound if there is no such member, Forbidden for a member above the caller or for leaving with an API
        token, and Conflict for the only owner.
        """
        leaves = person_id == access.person_id
        if leaves:
            _refuse_token(access)

        def work(session: Session) -> None:
            own = own_role(session, access, "viewer" if leaves else "admin")
            row = _member(session, person_id)
            if not leaves:
                may_change(own, row)
            keep_an_owner(session, row)
            name = people_reads.name_of(session, person_id) or person_id
            ended = store.remove(session, row)
            for key in ended:
                after_commit(session, lambda key=key: self._revocations.revoke(key))  # type: ignore[misc]
            self._withdraw(session, access, person_id, ROLES)
            self._revoke(session, person_id)
            removed = {"person": name, "role": row.role, "by": access.person_name}
            self._events.append(session, STREAM, MemberRemoved.model_validate(removed))

        self._database.write(access.project_id, work)

    def transfer(self, access: Access, person_id: str, *, unit: UnitOfWork | None = None) -> MemberOut:
        """Make another member an owner and the caller, who owns the project, an admin.

        Raises NotFound if there is no such member, Forbidden for an API token, and Conflict for the caller and for a
        service account.
        """
        _refuse_token(access)

        def work(session: Session) -> MemberOut:
            own_role(session, access, "owner")
            row, giver = _member(session, person_id), _member(session, access.person_id)
            if row.person_id == giver.person_id:
                raise Conflict(
                    "the project is yours already",
                    next_step="name another member; azuraforge members list prints their names",
                )
            if row.role != "owner":
                self._change(session, access, row, "owner")
            self._change(session, access, giver, "admin")
            return self._shown(session, row, access)

        return self._database.write(access.project_id, work, unit=unit)

    def _change(self, session: Session, access: Access, row: Member, role: str) -> None:
        if role == "owner" and people_reads.is_service_account(session, row.person_id):
            raise Conflict(
                "a service account cannot own a project",
                next_step="choose a person, or a lower role",
                code="service_account",
            )
        before, row.role = row.role, role
        session.flush()
        kept = ROLES[: ROLES.index(role) + 1] if not is_above("admin", role) else ()
        self._withdraw(session, access, row.person_id, tuple(each for each in ROLES if each not in kept))
        self._revoke(session, row.person_id)
        changed = {
            "person": people_reads.name_of(session, row.person_id) or row.person_id,
            "role": role,
            "previous_role": before,
            "by": access.person_name,
        }
        self._events.append(session, STREAM, MemberRoleChanged.model_validate(changed))

    def _withdraw(self, session: Session, access: Access, person_id: str, roles: tuple[str, ...]) -> None:
        """End a member's open invitations to some roles; the member could otherwise return through them."""
        for id_, role in invitation_store.withdraw(session, person_id, roles):
            ended = {"invitation": id_, "role": role, "by": access.person_name}
            self._events.append(session, STREAM, InvitationRevoked.model_validate(ended))

    def _revoke(self, session: Session, person_id: str) -> None:
        """Forget the person's access before the event wakes the person's streams."""
        after_commit(session, lambda: self._revocations.revoke_person(person_id))

    def _shown(self, session: Session, row: Member, access: Access) -> MemberOut:
        return _out(row, people_reads.people(session, [row.person_id])[row.person_id], access)


def _member(session: Session, person_id: str) -> Member:
    row = store.locked(session, person_id)
    if row is None:
        raise NotFound(
            "the project has no member {person!r}",
            next_step="run azuraforge members list",
            person=person_id,
        )
    return row


def _refuse_token(access: Access) -> None:
    if access.kind == "token":
        raise Forbidden(
            "an API token can neither leave nor transfer a project",
            next_step="sign in with a browser, or use this machine's command line",
        )


def _out(row: Member, person: people_reads.KnownPerson, access: Access) -> MemberOut:
    fields = {
        "id": row.person_id,
        "name": person.name,
        "kind": person.kind,
        "role": row.role,
        "joined_at": row.created_at,
        "own": row.person_id == access.person_id,
    }
    return MemberOut.model_validate(fields)
