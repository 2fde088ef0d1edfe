"""Runs and dataset versions that must be kept because versions of models were made from them."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.database import Session
from azuraforge.models import trash_store
from azuraforge.models.tables import Model, ModelVersion
from azuraforge.projects.schemas import NeededBy


def needed_runs(session: Session, run_ids: Sequence[str]) -> dict[str, NeededBy]:
    """Return the existing model version that each run made, by run id; runs without such a version are absent."""
    return {row.run_id: _needs(model, row) for model, row in trash_store.made_by(session, run_ids)}


def needed_versions(session: Session, dataset_id: str) -> dict[int, NeededBy]:
    """Return, by number of the dataset version, an existing model version that was trained on it.

    Dataset versions on which no existing model version was trained are absent.
    """
    found = trash_store.learned_from(session, dataset_id)
    return {row.dataset_version: _needs(model, row) for model, row in found if row.dataset_version is not None}


def _needs(model: Model, row: ModelVersion) -> NeededBy:
    return NeededBy(noun="model", name=model.name, version=row.version)
