"""SQL queries for deleted models and versions, and for their purge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select

from azuraforge.database import Session
from azuraforge.models.deployment_tables import DeploymentPair, DeploymentSeries, ModelDeployment
from azuraforge.models.promotion_tables import ModelPromotion, PromotionApproval
from azuraforge.models.tables import (
    AliasChange,
    EarlierOutcome,
    Evaluation,
    Model,
    ModelAlias,
    ModelDrift,
    ModelPolicy,
    ModelVersion,
    Prediction,
    PredictionOutcome,
)

#: Tables that depend on a model, in an order in which their rows can be deleted.
_PARTS: tuple[Any, ...] = (
    EarlierOutcome, PredictionOutcome, Prediction, ModelDrift, ModelAlias, AliasChange, Evaluation,
    DeploymentPair, DeploymentSeries,
    ModelDeployment, PromotionApproval, ModelPromotion,
    ModelPolicy, ModelVersion,
)  # fmt: skip


def find(session: Session, name_or_id: str) -> Model | None:
    """Return a deleted model by its id, or the last deleted one with this name; None if there is none."""
    statement = (
        select(Model)
        .where(
            Model.deleted_at.is_not(None),
            or_(Model.name == name_or_id, Model.id == name_or_id),
        )
        .order_by(Model.id != name_or_id, Model.deleted_at.desc())
    )
    return session.scalars(statement).first()


def lock(session: Session, model_id: str) -> Model | None:
    """Return a model with its row locked until commit; None if it does not exist."""
    statement = select(Model).where(Model.id == model_id)
    return session.scalar(statement.with_for_update(), execution_options={"populate_existing": True})


def deleted_models(session: Session, before: datetime | None) -> Sequence[Model]:
    """Return the models deleted at or before ``before``, or all deleted models if it is None, last deleted first."""
    statement = select(Model).where(Model.deleted_at.is_not(None))
    if before is not None:
        statement = statement.where(Model.deleted_at <= before)
    return session.scalars(statement.order_by(Model.deleted_at.desc(), Model.id)).all()


def deleted_versions(session: Session, before: datetime | None) -> Sequence[tuple[Model, ModelVersion]]:
    """Return versions that were deleted individually, of models that are not deleted, last deleted first.

    With ``before``, only versions deleted until then are returned.
    """
    row = ModelVersion
    statement = _with_model(row.deleted_at.is_not(None)).where(Model.deleted_at.is_(None))
    if before is not None:
        statement = statement.where(row.deleted_at <= before)
    found = session.execute(statement.order_by(row.deleted_at.desc(), row.model_id, row.version))
    return [(model, version) for model, version in found]


def held_bytes(session: Session, model_id: str) -> int:
    """Return the total size of a model's versions in bytes, without purged ones."""
    statement = select(func.coalesce(func.sum(ModelVersion.bytes), 0)).where(
        ModelVersion.model_id == model_id, ModelVersion.purged_at.is_(None)
    )
    return int(session.scalar(statement) or 0)


def stored_bytes(session: Session) -> int:
    """Return the size of the folders of the project's versions, also of those in the trash; versions may share one."""
    folders = (
        select(func.max(ModelVersion.bytes).label("bytes"))
        .where(ModelVersion.purged_at.is_(None))
        .group_by(ModelVersion.content_hash)
        .subquery()
    )
    return int(session.scalar(select(func.coalesce(func.sum(folders.c.bytes), 0))) or 0)


def made_by(session: Session, run_ids: Sequence[str]) -> Sequence[tuple[Model, ModelVersion]]:
    """Return versions made by these runs that are not purged, the newest of each model last."""
    made = _with_model(ModelVersion.run_id.in_(run_ids))
    found = session.execute(made.order_by(ModelVersion.model_id, ModelVersion.version))
    return [(model, version) for model, version in found]


def learned_from(session: Session, dataset_id: str) -> Sequence[tuple[Model, ModelVersion]]:
    """Return versions trained on this dataset that are not purged, the newest of each model last."""
    learned = _with_model(ModelVersion.dataset_id == dataset_id)
    found = session.execute(learned.order_by(ModelVersion.model_id, ModelVersion.version))
    return [(model, version) for model, version in found]


def forget(session: Session, model_id: str) -> list[str]:
    """Delete a locked model with all its rows; return the content hashes of its versions that were not purged.

    The uses of test sets (``HeldOutUse``) remain, since they count in later verdicts on the same rows.
    """
    kept = select(ModelVersion.content_hash).where(ModelVersion.model_id == model_id, ModelVersion.purged_at.is_(None))
    hashes = list(session.scalars(kept))
    for table in _PARTS:
        _delete(session, table, table.model_id == model_id)
    _delete(session, Model, Model.id == model_id)
    return hashes


def named_folders(session: Session, hashes: Sequence[str]) -> set[str]:
    """Return the hashes that a version of the project still uses."""
    statement = select(ModelVersion.content_hash).where(
        ModelVersion.content_hash.in_(hashes),
        ModelVersion.purged_at.is_(None),
    )
    return set(session.scalars(statement))


def _with_model(condition: Any) -> Select[Model, ModelVersion]:
    of = (ModelVersion.project_id == Model.project_id) & (ModelVersion.model_id == Model.id)
    statement = select(Model, ModelVersion).join(ModelVersion, of)
    return statement.where(ModelVersion.purged_at.is_(None), condition)


def _delete(session: Session, table: Any, *conditions: Any) -> None:
    session.execute(delete(table).where(*conditions), execution_options={"synchronize_session": False})
