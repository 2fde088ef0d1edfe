"""The project that a request names, and the rules by which each kind of secret may name one.

Programs and pages send the header ``AzuraForge-Project: <slug>``. A browser cannot add headers when it opens a
WebSocket, a stream of events, a download or an image; these requests have the query parameter ``project=<slug>``.

An API token belongs to one project, which requests need not name. A browser session acts only in the project that each
request names. The token of the command line acts in the only project of its person if none is named.
"""

from __future__ import annotations

from fastapi.requests import HTTPConnection

from azuraforge.errors import AzuraError, InvalidInput, NotFound

HEADER = "AzuraForge-Project"
PARAMETER = "project"
#: Length of the longest slug.
MOST_CHARACTERS = 64


def named_project(connection: HTTPConnection) -> str | None:
    """Return the slug that a request names; None if it names no project.

    Raises InvalidInput if it names different projects.
    """
    named = set(connection.headers.getlist(HEADER))
    if connection.scope.get("query_string"):
        named.update(connection.query_params.getlist(PARAMETER))
    named.discard("")
    if len(named) > 1:
        raise InvalidInput(
            "the request names more than one project",
            where="AzuraForge-Project",
            next_step="name one project, either in the header AzuraForge-Project or in the parameter `project`",
            code="project_conflict",
        )
    return named.pop() if named else None


def project_required() -> AzuraError:
    """Return the error of a request that must name its project."""
    return InvalidInput(
        "the request names no project",
        where="AzuraForge-Project",
        next_step="send the header AzuraForge-Project with the name from the project's URL; the command line takes it "
        "from --project or AZURAFORGE_PROJECT",
        code="project_required",
    )


def project_conflict() -> AzuraError:
    """Return the error of an API token whose request names another project; it says nothing about that project."""
    return InvalidInput(
        "this token does not belong to the project that the request names",
        where="AzuraForge-Project",
        next_step="use a token of that project, or name no project",
        code="project_conflict",
    )


def unknown_project(slug: str) -> AzuraError:
    """Return the error for a project that does not exist or of which the caller is no member; both get one text."""
    return NotFound(
        "project {project!r} does not exist, or you are not one of its members",
        next_step="run azuraforge projects list, or open the dashboard's first page",
        project=slug[:MOST_CHARACTERS],
    )
