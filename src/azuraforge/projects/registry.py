"""Creation of projects by people, and their names."""

from __future__ import annotations

from azuraforge.database import Database, Session, UnitOfWork, new_id
from azuraforge.errors import Forbidden, Unauthorized
from azuraforge.events.service import EventLog
from azuraforge.people import reads as people_reads
from azuraforge.people.callers import Caller, Revocations
from azuraforge.projects import store
from azuraforge.projects.callers import Access
from azuraforge.projects.events import STREAM, ProjectCreated, ProjectRenamed
from azuraforge.projects.schemas import NewProject, ProjectOut
from azuraforge.projects.slugs import check_slug, unavailable


class ProjectRegistry:
    """Service that creates and renames projects."""

    def __init__(self, database: Database, events: EventLog, revocations: Revocations) -> None:
        self._database = database
        self._events = events
        self._revocations = revocations

    def create(self, caller: Caller, request: NewProject, *, unit: UnitOfWork | None = None) -> ProjectOut:
        """Create a project whose owner is the caller.

        Raises Forbidden for an API token, InvalidInput for a slug that breaks the rules, and Conflict for one that is
        not available.
        """
        if caller.kind == "token":
            raise Forbidden(
                "an API token cannot create projects",
                next_step="sign in with a browser, or use this machine's command line",
            )
        slug, project_id = check_slug(request.slug), new_id()

        def in_person(session: Session) -> None:
            if people_reads.name_of(session, session.person_id) is None:
                raise Unauthorized("the account does not exist any more", next_step="ask an administrator")

        def in_project(session: Session, _: None) -> None:
            if not store.add_project(session, slug, request.name):
                raise unavailable(slug)
            store.add_member(session, "owner")
            self._events.append(session, STREAM, ProjectCreated(name=request.name, by=caller.person_name))

        self._database.write_joining(caller.person_id, project_id, in_person, in_project, unit=unit)
        # The command line's token needs no project's name while its person has only one.
        self._revocations.revoke_person(caller.person_id)
        return ProjectOut(slug=slug, name=request.name, role="owner")

    def rename(self, access: Access, name: str) -> ProjectOut:
        """Change the name of a project, not its slug.

        This process shows the new name at once, another one after ``CACHE_SECONDS`` at most.
        """

        def work(session: Session) -> bool:
            before = store.rename(session, name)
            if before != name:
                renamed = ProjectRenamed(name=name, previous_name=before, by=access.person_name)
                self._events.append(session, STREAM, renamed)
            return before != name

        if self._database.write(access.project_id, work):
            self._revocations.revoke_project(access.project_id)
        return ProjectOut.model_validate(
            {"slug": access.project_slug, "name": name, "role": access.role, "archived": access.archived}
        )
