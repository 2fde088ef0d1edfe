"""Reading of paged lists."""

from __future__ import annotations

from typing import TypeVar

from azuraforge.client.http.connection import ANSWER_SECONDS, Connection, Query
from azuraforge.client.shapes import Shape, json_list, json_object

ShapeT = TypeVar("ShapeT", bound=Shape)

#: The platform's maximum page size.
_PAGE = 500


def listed(
    connection: Connection,
    path: str,
    shape: type[ShapeT],
    limit: int | None,
    *,
    timeout_seconds: float = ANSWER_SECONDS,
    **query: Query,
) -> list[ShapeT]:
    """Return the first ``limit`` items of a list (None: all of them), read in as many pages as necessary.

    Raises the errors of ``Connection.get``, and ClientError if a page has an unexpected form.
    """
    found: list[ShapeT] = []
    after: str | None = None
    while limit is None or len(found) < limit:
        size = _PAGE if limit is None else min(_PAGE, limit - len(found))
        page = json_object(connection.get(path, timeout_seconds, limit=size, after=after, **query))
        found += [shape.from_json(each) for each in json_list(page["items"])]
        after = None if page["next"] is None else str(page["next"])
        if after is None:
            break
    return found
