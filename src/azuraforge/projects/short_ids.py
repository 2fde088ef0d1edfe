"""Shortened ids in the paths of requests, completed before a route receives them."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Path
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.database.short_ids import ShortId
from azuraforge.projects.access import Reader


async def complete(connection: HTTPConnection, access: Reader, short: ShortId, given: str) -> str:
    """Return the complete id of a row of the caller's project. Raises InvalidInput if several ids match."""
    found: str = await connection.app.state.projects.complete_id(access.project_id, short, given)
    return found


def path_id(parameter: str, short: ShortId) -> Callable[..., Awaitable[str]]:
    """Return a dependency that reads an id from the path parameter and completes it.

    Example::

        RunId = Annotated[str, Depends(path_id("run_id", RUNS))]
    """

    # This module evaluates annotations at once, because this one refers to a variable of the function.
    async def completed(
        connection: HTTPConnection, access: Reader, given: Annotated[Name, Path(alias=parameter)]
    ) -> str:
        return await complete(connection, access, short, given)

    return completed
