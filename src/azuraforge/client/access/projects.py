"""Client for the projects of a person: list, create, rename, archive, delete, restore, purge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote

from azuraforge.client.http.connection import Connection
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Project(Shape):
    """A project, and the role that this client has in it. ``Client(project=...)`` takes its slug."""

    slug: str
    name: str
    role: str
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class CurrentProject(Project):
    """The project of this client's requests, with the role and name of its person, and the maximum size of uploads."""

    person: str
    max_upload_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class DeletedProject(Shape):
    """A project in the trash, which its owner can restore until ``purged_after``."""

    slug: str
    name: str
    deleted_at: datetime
    deleted_by: str
    purged_after: datetime


@dataclass(frozen=True, kw_only=True)
class ProjectPurge(Shape):
    """Result of purging a project: the number of deleted rows, and the freed bytes of its files."""

    rows: int
    bytes_freed: int


@dataclass(frozen=True, kw_only=True)
class Use(Shape):
    """How much of a limit is used; ``limit`` is None if there is none."""

    used: int
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Usage(Shape):
    """Use of each limited resource by a project; ``runs`` are queued or running."""

    stored_bytes: Use
    runs: Use
    datasets: Use
    members: Use


#: Timeout of requests that delete many files.
_PURGE_SECONDS = 600.0
DeletedProjectList: TypeAlias = list[DeletedProject]
ProjectList: TypeAlias = list[Project]


class Projects:
    """Methods of ``client.projects``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, limit: int | None = None) -> ProjectList:
        """Return the projects that this client can use, ordered by slug; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/projects", Project, limit)

    def create(self, slug: str, name: str | None = None) -> Project:
        """Create a project that this client's person owns. ``slug`` is its name in URLs; ``name`` is ``slug`` if None.

        An API token cannot create projects.
        """
        return Project.from_json(self._connection.post("/projects", {"slug": slug, "name": name or slug}))

    def rename(self, name: str) -> Project:
        """Change the name of the project of this client's requests; its slug stays the same."""
        return Project.from_json(self._connection.request("PATCH", "/projects/current", json={"name": name}))

    def archive(self) -> Project:
        """Make the project of this client's requests readable only. Requires the role owner, and no active runs."""
        return Project.from_json(self._connection.post("/projects/current/archive", None))

    def unarchive(self) -> Project:
        """Make the archived project of this client's requests writable again. Requires the role owner."""
        return Project.from_json(self._connection.post("/projects/current/unarchive", None))

    def delete(self, slug: str) -> None:
        """Move a project that this client's person owns to the trash; it can be restored until it is purged.

        An API token cannot delete projects.
        """
        self._connection.request("DELETE", "/projects/current", query={"project": slug, "confirm": slug})

    def deleted(self, *, limit: int | None = None) -> DeletedProjectList:
        """Return the deleted projects that this client's person owns; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/projects/deleted", DeletedProject, limit)

    def restore(self, slug: str) -> Project:
        """Restore a deleted project and return it."""
        return Project.from_json(self._connection.post(f"/projects/{quote(slug, safe='')}/restore"))

    def purge(self, slug: str) -> ProjectPurge:
        """Permanently delete a project in the trash, with everything in it."""
        path = f"/projects/{quote(slug, safe='')}/purge"
        return ProjectPurge.from_json(self._connection.request("DELETE", path, timeout_seconds=_PURGE_SECONDS))

    def usage(self) -> Usage:
        """Return what the project of this client's requests uses, and its limits."""
        return Usage.from_json(self._connection.get("/projects/current/usage"))

    def current(self) -> CurrentProject:
        """Return the project of this client's requests."""
        return CurrentProject.from_json(self._connection.get("/projects/current"))
