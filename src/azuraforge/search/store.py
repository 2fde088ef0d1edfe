"""SQL queries of the search."""

from __future__ import annotations

from sqlalchemy import func, literal, null, or_, select

from azuraforge.database import Session
from azuraforge.datasets.tables import Dataset
from azuraforge.models.tables import Model
from azuraforge.runs.tables import Run
from azuraforge.search.schemas import FoundKind, FoundOut
from azuraforge.studies.tables import Study

_KINDS: tuple[tuple[FoundKind, type[Run | Study | Model | Dataset], bool], ...] = (
    ("run", Run, True),
    ("study", Study, True),
    ("model", Model, False),
    ("dataset", Dataset, False),
)
_ESCAPE = "\\"


def find(session: Session, text: str, limit: int) -> list[FoundOut]:
    """Return at most ``limit`` items of each kind whose name contains ``text`` or whose id begins with it.

    Letters match in either case. Items in the trash are left out.
    """
    escaped = text.lower().replace(_ESCAPE, _ESCAPE * 2).replace("%", r"\%").replace("_", r"\_")
    found: list[FoundOut] = []
    for kind, table, has_state in _KINDS:
        state = table.state if has_state else null()  # type: ignore[union-attr]  # runs and studies have one
        statement = (
            select(literal(kind).label("kind"), table.id, table.name, state.label("state"), table.created_at)
            .where(
                table.deleted_at.is_(None),
                or_(
                    func.lower(table.name).like(f"%{escaped}%", escape=_ESCAPE),
                    table.id.like(f"{escaped}%", escape=_ESCAPE),
                ),
            )
            .order_by(table.created_at.desc(), table.id.desc())
            .limit(limit)
        )
        found += [FoundOut.model_validate(row._asdict()) for row in session.execute(statement)]
    return found
