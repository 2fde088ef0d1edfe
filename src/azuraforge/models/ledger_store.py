"""The SQL of the ledger: lines, their outcomes, and what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, insert, select
from sqlalchemy.orm import Session

from azuraforge.database import now
from azuraforge.database.direct import Question
from azuraforge.models.tables import Model, ModelAlias, ModelVersion, Prediction

_THERE = and_(
    Model.name == bindparam("name"),
    Model.deleted_at.is_(None),
    ModelVersion.deleted_at.is_(None),
    ModelVersion.purged_at.is_(None),
)
_WHICH = (Model.id.label("model_id"), ModelVersion.version)
#: The version that an alias of a model points at now.
ALIASED = Question(
    select(*_WHICH)
    .join(ModelAlias, ModelAlias.model_id == Model.id)
    .join(ModelVersion, and_(ModelVersion.model_id == Model.id, ModelVersion.version == ModelAlias.version))
    .where(_THERE, ModelAlias.alias == bindparam("alias"))
)
#: A version of a model by its number, where both are there.
NUMBERED = Question(
    select(*_WHICH)
    .join(ModelVersion, ModelVersion.model_id == Model.id)
    .where(_THERE, ModelVersion.version == bindparam("number"))
)

_TABLE: Any = Prediction.__table__
_ADD = insert(_TABLE)
_CLOCK = select(now())


def add(session: Session, project_id: str, lines: Sequence[dict[str, Any]]) -> datetime:
    """Write lines of one moment, the database's, which is returned."""
    connection = session.connection()
    at: datetime = connection.execute(_CLOCK).scalar_one()
    connection.execute(_ADD, [{**line, "project_id": project_id, "created_at": at} for line in lines])
    return at
