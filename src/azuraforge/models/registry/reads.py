"""Models as pages and clients list and show them."""

from __future__ import annotations

from azuraforge.database import Database, Session
from azuraforge.errors import NotFound
from azuraforge.models import shapes, store
from azuraforge.models.registry.finding import find_model, find_version
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.schemas import EvaluationOut, ModelDetail, VersionOut
from azuraforge.models.tables import Model


class ModelReads:
    """Reads of models, versions and evaluations; each method names the project it acts in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(self, project_id: str, name: str) -> ModelDetail:
        """Return a model with all its versions, newest first; also one that is in the trash."""
        with self._database.read(project_id) as session:
            owner = find_model(session, name, trash=True)
            versions = store.versions(session, owner.id)
            names = _alias_names(session, owner)
            champion = next((number for number, aliases in names.items() if CHAMPION in aliases), None)
            outline = shapes.model_out(owner, versions[0].schema if versions else None, champion, len(versions))
            return shapes.model_detail(outline, versions, names)

    def show_version(self, project_id: str, name: str, number: int) -> VersionOut:
        """Return one version with its lineage; also one that is in the trash."""
        with self._database.read(project_id) as session:
            owner = find_model(session, name, trash=True)
            row = find_version(session, owner, number, trash=True)
            return shapes.version_out(owner.name, row, _alias_names(session, owner).get(number, []))

    def evaluation(self, project_id: str, run_id: str) -> EvaluationOut:
        """Return a run's evaluation and verdict."""
        with self._database.read(project_id) as session:
            found = store.evaluation(session, run_id)
        if found is None:
            raise NotFound(f"run {run_id!r} has no evaluation", next_step="only training runs that succeeded have one")
        return shapes.evaluation_out(*found)


def _alias_names(session: Session, owner: Model) -> dict[int, list[str]]:
    return shapes.names_by_version(store.aliases(session, owner.id))
