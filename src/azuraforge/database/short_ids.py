"""Shortened ids: a prefix of an id identifies its row if no other id of the project starts with the prefix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, bindparam, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database.database import Database
from azuraforge.database.fast_reads import Question
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

#: Minimum length of a shortened id; pages and commands show at least six characters.
SHORTEST = 6
_LENGTH = 16
_SHORTENED = re.compile(rf"[a-z2-7]{{{SHORTEST},{_LENGTH - 1}}}")
_SHOWN = 5


class _Row(NamedTuple):
    id: str
    name: str


class ShortId:
    """Lookup of complete ids in one table.

    Args:
        noun: the kind of row in error messages: ``run`` for the key ``noun.run`` of the catalogue.
        id_: the column of the ids.
        name: a column whose values are also accepted instead of an id; an exact match of a name takes precedence.
        where: conditions for the rows that are searched.
    """

    def __init__(
        self,
        noun: str,
        id_: InstrumentedAttribute[str],
        name: InstrumentedAttribute[str] | None = None,
        *,
        where: Sequence[ColumnElement[bool]] = (),
    ) -> None:
        self.noun = noun
        low: BindParameter[str] = bindparam("low")
        high: BindParameter[str] = bindparam("high")
        named = [] if name is None else [name == low]
        statement = select(id_.label("id"), (id_ if name is None else name).label("name"))
        statement = statement.where(or_(id_.between(low, high), *named), *where)
        self._question = Question(_Row, statement.order_by(id_).limit(_SHOWN + 1))

    async def complete(self, database: Database, project_id: str, given: str) -> str:
        """Return the id that starts with ``given``; return ``given`` if it is a name, a complete id or matches no row.

        A trailing ellipsis, as shown by the dashboard, is ignored; a text with an ellipsis never matches a name. Raises
        InvalidInput if several ids start with ``given``.
        """
        beginning = given.removesuffix("…")
        if _SHORTENED.fullmatch(beginning) is None:
            return given
        # In every collation, letters sort after digits, so z is the highest character of an id.
        asked = {"low": beginning, "high": beginning.ljust(_LENGTH, "z")}
        rows = await database.ask(project_id, self._question.given(asked))
        if any(row.name == given for row in rows):
            return given
        ids = [row.id for row in rows if row.id.startswith(beginning)]
        if len(ids) > 1:
            raise self._ambiguous(beginning, ids)
        return ids[0] if ids else given

    def _ambiguous(self, given: str, ids: list[str]) -> InvalidInput:
        shown = ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
        return InvalidInput(
            "more than one {noun} has an id that starts with {given!r}: {shown}",
            next_step="enter more characters of the id",
            code="ambiguous_id",
            details={"candidates": ids[:_SHOWN]},
            given=given,
            noun=Message(f"noun.{self.noun}"),
            shown=shown,
        )
