"""States of a project: active or archived."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.database import Database, Session, UnitOfWork, after_commit
from azuraforge.events.service import EventLog
from azuraforge.people.callers import Revocations
from azuraforge.projects.callers import Access
from azuraforge.projects.events import STREAM
from azuraforge.projects.lifecycle import store
from azuraforge.projects.lifecycle.activity import CountsWork, refuse_activity
from azuraforge.projects.lifecycle.events import ProjectArchived, ProjectUnarchived
from azuraforge.projects.membership.authority import own_role
from azuraforge.projects.schemas import ProjectOut
from azuraforge.projects.tables import Project


class LifecycleService:
    """Service that archives projects.

    Args:
        work: functions that count work that has not ended; while there is any, the project must stay writable.
    """

    def __init__(
        self, database: Database, events: EventLog, revocations: Revocations, work: Sequence[CountsWork]
    ) -> None:
        self._database = database
        self._events = events
        self._revocations = revocations
        self._work = work

    def archive(self, access: Access, *, unit: UnitOfWork | None = None) -> ProjectOut:
        """Make the project readable only; no effect if it is archived already.

        Raises Conflict while runs are active.
        """

        def work(session: Session) -> None:
            project = self._owned(session, access)
            if project.archived_at is None:
                refuse_activity(session, project.slug, self._work)
                store.archive(session, project)
                self._events.append(session, STREAM, ProjectArchived(by=access.person_name))

        self._database.write(access.project_id, work, unit=unit)
        return _out(access, archived=True)

    def unarchive(self, access: Access, *, unit: UnitOfWork | None = None) -> ProjectOut:
        """Make an archived project writable again; no effect if it is not archived."""

        def work(session: Session) -> None:
            project = self._owned(session, access)
            if project.archived_at is not None:
                project.archived_at = None
                self._events.append(session, STREAM, ProjectUnarchived(by=access.person_name))

        self._database.write(access.project_id, work, unit=unit)
        return _out(access, archived=False)

    def _owned(self, session: Session, access: Access) -> Project:
        """Lock the project and return it; the caches forget it when its new state is stored."""
        own_role(session, access, "owner")
        after_commit(session, lambda: self._revocations.revoke_project(access.project_id))
        return store.project(session)


def _out(access: Access, *, archived: bool) -> ProjectOut:
    fields = {"slug": access.project_slug, "name": access.project_name, "role": access.role, "archived": archived}
    return ProjectOut.model_validate(fields)
