"""Paging of lists: each list of the API returns ``{items, next}``.

``next`` is an opaque cursor: the sort key of the page's last item. The following page starts after that key, so items
that are added or removed between two requests cause no duplicates and no gaps.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Generic, TypeVar

import orjson
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypeForm

from azuraforge import strict_json
from azuraforge.errors import InvalidInput

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = TypeVar("Key", bound=tuple[object, ...])

#: Default and maximum number of items on a page.
PAGE, MOST = 100, 500
#: Query parameters of all lists.
Limit = Annotated[int, Field(ge=1, le=MOST, description="maximum number of items on the page")]
After = Annotated[
    str | None, Field(max_length=2000, description="cursor: `next` of the previous page; omit it for the first page")
]


class Page(BaseModel, Generic[Item]):
    """A page of a list. To get the following page, send ``next`` as ``after``."""

    items: list[Item]
    next: str | None = Field(description="cursor of the next page; null if this is the last one")


class Order(Generic[Key]):
    """The sort order of one list; writes and reads its cursors.

    Args:
        name: the list; cursors of other lists are refused.
        key: the type of the sort key, a tuple that is unique for each item.

    Example:
        >>> names: Order[tuple[str]] = Order("names", tuple[str])
        >>> page, cursor = names.cut(["a", "b", "c"], 2, lambda name: (name,))
        >>> page, names.read(cursor)
        (['a', 'b'], ('b',))
    """

    def __init__(self, name: str, key: TypeForm[Key]) -> None:
        self._name = name
        self._key: TypeAdapter[Key] = TypeAdapter(key)

    def write(self, key: Key, owner: str = "") -> str:
        """Return the cursor of the item with ``key``. ``owner`` is the id of the list's parent object, if any."""
        content = orjson.dumps([self._name, owner, self._key.dump_python(key, mode="json")])
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    def read(self, cursor: str | None, owner: str = "") -> Key | None:
        """Return the key after which the page starts; None for the first page.

        Raises InvalidInput if ``cursor`` is not a cursor of this list and ``owner``.
        """
        if cursor is None:
            return None
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            match strict_json.parse(base64.b64decode(padded, altchars=b"-_", validate=True)):
                case [self._name, of, [*key]] if of == owner:
                    return self._key.validate_python(tuple(key))
        except (ValueError, TypeError):  # pydantic's ValidationError is a ValueError
            pass
        raise InvalidInput(
            "the cursor does not belong to this list",
            where="after",
            next_step="send the `next` of the previous page unchanged, or omit `after` to start with the first page",
            code="invalid_cursor",
        )

    def cut(
        self, found: Sequence[Row], limit: int, key: Callable[[Row], Key], owner: str = ""
    ) -> tuple[Sequence[Row], str | None]:
        """Return the page and its ``next``, which is None on the last page.

        ``found`` must have been queried with ``limit + 1``.
        """
        page = found[:limit]
        return page, self.write(key(page[-1]), owner) if len(found) > limit else None

    def select(
        self, rows: Iterable[Row], limit: int, after: str | None, key: Callable[[Row], Key], owner: str = ""
    ) -> tuple[Sequence[Row], str | None]:
        """Return a page of rows that are all in memory, sorted by ascending key, and its ``next`` or None.

        Raises InvalidInput if ``after`` is not a cursor of this list and ``owner``.
        """
        begin = self.read(after, owner)
        found = sorted((row for row in rows if begin is None or key(row) > begin), key=key)
        return self.cut(found, limit, key, owner)
