"""Client for the projects of a person: list, create, rename, archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

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
    """The project of this client's requests, with the role and name of its person."""

    person: str


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

    def current(self) -> CurrentProject:
        """Return the project of this client's requests."""
        return CurrentProject.from_json(self._connection.get("/projects/current"))
