"""Search of named rows by a part of the name or the beginning of the id."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database.scopes import Session

_ESCAPE = "\\"


class NamedRow(NamedTuple):
    """A row that a search found; ``state`` is None for rows without one."""

    id: str
    name: str
    state: str | None
    created_at: datetime


def find_named(
    session: Session,
    text: str,
    limit: int,
    *,
    key: InstrumentedAttribute[str],
    name: InstrumentedAttribute[str],
    created_at: InstrumentedAttribute[datetime],
    deleted_at: InstrumentedAttribute[datetime | None],
    state: InstrumentedAttribute[str] | None = None,
) -> list[NamedRow]:
    """Return the newest ``limit`` rows whose name contains ``text`` or whose id begins with it, without the trash.

    Letters match in either case.
    """
    escaped = text.lower().replace(_ESCAPE, _ESCAPE * 2).replace("%", r"\%").replace("_", r"\_")
    contains = func.lower(name).like(f"%{escaped}%", escape=_ESCAPE)
    begins = key.like(f"{escaped}%", escape=_ESCAPE)
    statement = (
        select(key, name, null() if state is None else state, created_at)
        .where(deleted_at.is_(None), or_(contains, begins))
        .order_by(created_at.desc(), key.desc())
        .limit(limit)
    )
    return [NamedRow(*row) for row in session.execute(statement)]
