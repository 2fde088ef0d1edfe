"""Runs and dataset versions that are kept because a model's version was made from them."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.database import Session
from azuraforge.models import trash_store
from azuraforge.models.tables import Model, ModelVersion
from azuraforge.projects.schemas import NeededBy


def needed_runs(session: Session, run_ids: Sequence[str]) -> dict[str, NeededBy]:
    """Return the given runs that made versions which still exist."""
    return {row.run_id: _needs(model, row) for model, row in trash_store.made_by(session, run_ids)}


def needed_versions(session: Session, dataset_id: str) -> dict[int, NeededBy]:
    """Return the versions of a dataset from which versions of models learned."""
    found = trash_store.learned_from(session, dataset_id)
    return {row.dataset_version: _needs(model, row) for model, row in found if row.dataset_version is not None}


def _needs(model: Model, row: ModelVersion) -> NeededBy:
    return NeededBy(noun="model", name=model.name, version=row.version)
