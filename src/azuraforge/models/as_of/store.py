"""SQL queries for a model's state at a past time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from azuraforge.database import Session
from azuraforge.models.tables import ModelVersion, Prediction


def standing(
    session: Session, model_id: str, alias: str, at: datetime, dataset_id: str | None, series: str | None
) -> Prediction | None:
    """Return the newest forecast that a caller received through an alias at or before ``at``; None if there is none.

    Args:
        dataset_id: dataset that the forecast must continue; None for any, since imported versions have no dataset.
        series: name of the forecast's series; None for any.
    """
    line = Prediction
    found = select(line).where(
        line.model_id == model_id, line.created_at <= at, line.alias == alias, line.pair_id.is_(None)
    )
    if dataset_id is not None:
        found = found.where(line.continues == dataset_id)
    if series is not None:
        found = found.where(_series(session) == series)
    return session.scalars(found.order_by(line.created_at.desc(), line.id.desc()).limit(1)).first()


def ledger_since(session: Session, model_id: str) -> datetime | None:
    """Return the time of a model's oldest ledger entry; None if it has none."""
    return session.scalar(select(func.min(Prediction.created_at)).where(Prediction.model_id == model_id))


def version(session: Session, model_id: str, number: int) -> ModelVersion | None:
    """Return a version by its number, even if it was deleted or purged; None if it never existed."""
    return session.get(ModelVersion, (session.project_id, model_id, number))


def newest_dataset(session: Session, model_id: str) -> str | None:
    """Return the dataset id of the newest version that has one; None if there is none."""
    of = (ModelVersion.model_id == model_id, ModelVersion.dataset_id.is_not(None))
    return session.scalar(select(ModelVersion.dataset_id).where(*of).order_by(ModelVersion.version.desc()).limit(1))


def _series(session: Session) -> ColumnElement[str]:
    """Return the expression for the series in an entry's inputs."""
    if session.get_bind().dialect.name == "postgresql":
        return func.json_extract_path_text(Prediction.inputs, "series")
    return func.json_extract(Prediction.inputs, "$.series")
