"""The questions behind ``lookup.py``: SQL of the hottest reads. Each is confined to one project by ``Question``."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, select

from azuraforge.database.fast_reads import Question
from azuraforge.models.tables import Model, ModelAlias, ModelVersion

_SHOWN = (Model.id, Model.name, Model.created_at, Model.deleted_at, Model.deleted_by)
_IS_THERE = and_(ModelVersion.deleted_at.is_(None), ModelVersion.purged_at.is_(None))
_NAMED = and_(Model.name == bindparam("name"), Model.deleted_at.is_(None))

MODELS = Question(select(*_SHOWN).where(Model.deleted_at.is_(None)).order_by(Model.name, Model.id))
#: What each model's last version predicts.
NEWEST = Question(
    select(ModelVersion.model_id, ModelVersion.schema).join(
        Model, and_(Model.id == ModelVersion.model_id, Model.last_version == ModelVersion.version)
    )
)
CHAMPIONS = Question(select(ModelAlias.model_id, ModelAlias.version).where(ModelAlias.alias == "champion"))
COUNTS = Question(
    select(ModelVersion.model_id, func.count().label("versions")).where(_IS_THERE).group_by(ModelVersion.model_id)
)
MODEL = Question(select(*_SHOWN).where(_NAMED))
VERSIONS = Question(
    select(*(each for each in ModelVersion.__table__.c if each.key != "project_id"))
    .join(Model, Model.id == ModelVersion.model_id)
    .where(_NAMED, _IS_THERE)
    .order_by(ModelVersion.version.desc())
)
ALIASES = Question(
    select(ModelAlias.alias, ModelAlias.version)
    .join(Model, Model.id == ModelAlias.model_id)
    .where(_NAMED)
    .order_by(ModelAlias.alias)
)
