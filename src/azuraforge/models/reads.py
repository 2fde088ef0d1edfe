"""Reads of models for threads: models as ``lookup.py`` shows them, single versions, and evaluations."""

from __future__ import annotations

from azuraforge.database import Database
from azuraforge.errors import NotFound
from azuraforge.models import lookup, shapes, store
from azuraforge.models.registry.finding import find_model, find_version
from azuraforge.models.schemas import EvaluationOut, ModelDetail, VersionOut


class ModelReads:
    """Reads of models, versions and evaluations; each method names the project it acts in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(self, project_id: str, name: str) -> ModelDetail:
        """Return a model as ``ModelLookup.get`` does, which the event loop awaits instead."""
        return self._database.follow_now(project_id, lookup.detail(name))

    def show_version(self, project_id: str, name: str, number: int) -> VersionOut:
        """Return one version with its lineage; also one that is in the trash."""
        with self._database.read(project_id) as session:
            owner = find_model(session, name, trash=True)
            row = find_version(session, owner, number, trash=True)
            names = shapes.names_by_version(store.aliases(session, owner.id))
            return shapes.version_out(owner.name, row, names.get(number, []))

    def evaluation(self, project_id: str, run_id: str) -> EvaluationOut:
        """Return a run's evaluation and verdict."""
        with self._database.read(project_id) as session:
            found = store.evaluation(session, run_id)
        if found is None:
            raise NotFound(f"run {run_id!r} has no evaluation", next_step="only training runs that succeeded have one")
        return shapes.evaluation_out(*found)
