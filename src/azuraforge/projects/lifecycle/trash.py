"""The trash of projects: delete, list, restore and purge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from azuraforge.database import Database, Session, after_commit
from azuraforge.errors import AzuraError, Conflict, Forbidden, InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.paging import PAGE, Order
from azuraforge.people.callers import Caller, Revocations
from azuraforge.projects import store as projects_store
from azuraforge.projects.callers import Access
from azuraforge.projects.events import STREAM
from azuraforge.projects.lifecycle import store
from azuraforge.projects.lifecycle.activity import CountsWork, refuse_activity
from azuraforge.projects.lifecycle.events import ProjectDeleted, ProjectRestored
from azuraforge.projects.lifecycle.purging import ProjectPurger
from azuraforge.projects.lifecycle.schemas import DeletedProjectOut, DeletedProjectPage, ProjectPurgeOut
from azuraforge.projects.membership.authority import own_role
from azuraforge.projects.named import unknown_project
from azuraforge.projects.schemas import ProjectOut
from azuraforge.projects.trash import policy_of

_ORDER: Order[tuple[str]] = Order("deleted projects", tuple[str])
#: Slug of the project that each start of the platform creates if it does not exist.
_DEFAULT = "default"


class ProjectTrash:
    """Service that deletes, restores and purges projects.

    Args:
        work: functions that count work that has not ended; while there is any, a project is not deleted.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        revocations: Revocations,
        purger: ProjectPurger,
        work: Sequence[CountsWork],
    ) -> None:
        self._database = database
        self._events = events
        self._revocations = revocations
        self._purger = purger
        self._work = work

    def delete(self, access: Access, confirm: str) -> None:
        """Move the project to the trash. From then on, it does not exist for its members and its API tokens.

        Raises InvalidInput if ``confirm`` is not the project's slug, Forbidden for an API token, and Conflict for the
        default project and while runs are active.
        """
        if access.kind == "token":
            raise _not_with_a_token()
        if confirm != access.project_slug:
            raise InvalidInput(
                "the confirmation is not the name of the project",
                where="confirm",
                next_step="repeat the name from the project's URL: confirm={slug}",
                slug=access.project_slug,
            )
        if access.project_slug == _DEFAULT:
            raise Conflict(
                "the project 'default' cannot be deleted, because the platform needs it to start",
                next_step="archive it instead: azuraforge --project default projects archive",
                code="default_project",
            )

        def work(session: Session) -> None:
            own_role(session, access, "owner")
            row = store.project(session)
            if row.deleted_at is not None:
                raise unknown_project(access.project_slug)
            refuse_activity(session, row.slug, self._work)
            after_commit(session, lambda: self._revocations.revoke_project(access.project_id))
            self._events.append(session, STREAM, ProjectDeleted(by=access.person_name))
            store.delete(session, row, access.person_name)

        self._database.write(access.project_id, work)

    def list(self, caller: Caller, *, limit: int = PAGE, after: str | None = None) -> DeletedProjectPage:
        """Return a page of the deleted projects that the caller owns; an API token sees none."""
        key = _ORDER.read(after)
        rows = list[store.Deleted]()
        if caller.kind != "token":
            with self._database.read_person(caller.person_id) as session:
                rows = store.owned_in_trash(session, limit + 1, key)
        page, cursor = _ORDER.cut(rows, limit, lambda each: (each.slug,))
        return DeletedProjectPage(items=[self._out(each) for each in page], next=cursor)

    def restore(self, caller: Caller, slug: str) -> ProjectOut:
        """Take a project out of the trash and return it; no effect if it is not in the trash.

        Raises Forbidden for an API token, and NotFound if the caller owns no project with this slug.
        """
        project_id = self._place(caller, slug, in_trash=False)

        def work(session: Session) -> ProjectOut:
            projects_store.seize_project(session)
            self._check_owner(session, caller, slug)
            row = store.project(session)
            fields = {"slug": row.slug, "name": row.name, "role": "owner", "archived": row.archived_at is not None}
            if row.deleted_at is None:
                return ProjectOut.model_validate(fields)
            # All members: a command line's token without a named project has cached its only other one.
            for person_id in store.member_ids(session):
                after_commit(session, lambda person_id=person_id: self._revocations.revoke_person(person_id))  # type: ignore[misc]
            store.restore(session, row)
            self._events.append(session, STREAM, ProjectRestored(by=caller.person_name))
            return ProjectOut.model_validate(fields)

        return self._database.write(project_id, work)

    def purge(self, caller: Caller, slug: str) -> ProjectPurgeOut:
        """Delete a project in the trash permanently, with all its rows and files.

        Raises Forbidden for an API token, and NotFound if the caller owns no deleted project with this slug.
        """
        project_id = self._place(caller, slug)
        purged = self._purger.purge(project_id, lambda session: self._check_owner(session, caller, slug))
        return ProjectPurgeOut(rows=purged.rows, bytes_freed=purged.bytes)

    def _place(self, caller: Caller, slug: str, *, in_trash: bool = True) -> str:
        if caller.kind == "token":
            raise _not_with_a_token()
        with self._database.read_person(caller.person_id) as session:
            found = store.owned(session, slug, in_trash=in_trash)
        if found is None:
            raise unknown_project(slug)
        return found

    def _check_owner(self, session: Session, caller: Caller, slug: str) -> None:
        """Raise NotFound unless the caller owns the session's project."""
        if projects_store.role_of(session, caller.person_id) != "owner":
            raise unknown_project(slug)

    def _out(self, row: store.Deleted) -> DeletedProjectOut:
        with self._database.read(row.project_id) as session:
            days = policy_of(session).trash_days
        return DeletedProjectOut(
            slug=row.slug,
            name=row.name,
            deleted_at=row.deleted_at,
            deleted_by=row.deleted_by or "",
            purged_after=row.deleted_at + timedelta(days=days),
        )


def _not_with_a_token() -> AzuraError:
    return Forbidden(
        "an API token can neither delete, nor restore, nor purge a project",
        next_step="sign in with a browser, or use this machine's command line",
    )
