"""Model cards of versions, and the intended use, which users write."""

from __future__ import annotations

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import NotFound
from azuraforge.events.service import EventLog
from azuraforge.models import store
from azuraforge.models.cards.card import Evaluated, Language, card
from azuraforge.models.events import IntendedUseChanged
from azuraforge.models.registry.finding import find_model, find_version, lock_model
from azuraforge.models.registry.policy_store import TaskKinds
from azuraforge.models.schemas import CardOut
from azuraforge.models.tables import Model, ModelVersion


class Cards:
    """Service that generates each card from stored rows on every request."""

    def __init__(self, database: Database, events: EventLog, datasets: DatasetService, task_kinds: TaskKinds) -> None:
        self._database = database
        self._events = events
        self._datasets = datasets
        self._task_kinds = task_kinds

    def show(self, project_id: str, name: str, number: int, language: Language) -> CardOut:
        """Return a version's card as Markdown. Raises NotFound if the version does not exist."""
        with self._database.read(project_id) as session:
            owner, row = known_version(session, name, number)
            evaluated = evaluated_of(session, row)
        return CardOut(
            model=owner.name,
            version=number,
            language=language,
            intended_use=owner.intended_use,
            markdown=self.of(owner, row, evaluated, language),
        )

    def of(self, owner: Model, row: ModelVersion, evaluated: Evaluated | None, language: Language) -> str:
        """Return the card of a version as Markdown."""
        kind = self._task_kinds().get(row.kind)
        return card(owner.name, row, evaluated, owner.intended_use, self._dataset_name(row), kind, language)

    def set_intended_use(
        self, project_id: str, name: str, text: str, by: str, *, unit: UnitOfWork | None = None
    ) -> None:
        """Set the intended use of a model, which the card of each version shows; an empty text removes it.

        Raises NotFound if the model does not exist.
        """

        def work(session: Session) -> None:
            owner = lock_model(session, name)
            owner.intended_use = text.strip() or None
            session.flush()
            body = IntendedUseChanged(model=name, by=by, intended_use=owner.intended_use)
            self._events.append(session, "project", body)

        self._database.write(project_id, work, unit=unit)

    def _dataset_name(self, row: ModelVersion) -> str | None:
        if row.dataset_id is None:
            return None
        try:
            return self._datasets.get(row.project_id, row.dataset_id, row.dataset_version, trash=True).name
        except NotFound:
            return None


def known_version(session: Session, name: str, number: int) -> tuple[Model, ModelVersion]:
    """Return a model and one of its versions. Raises NotFound if either does not exist."""
    owner = find_model(session, name)
    return owner, find_version(session, owner, number)


def evaluated_of(session: Session, row: ModelVersion) -> Evaluated | None:
    """Return a version's evaluation and verdict; None if it has none.

    An imported version has the evaluation that its bundle contains.
    """
    if row.imported is not None:
        stated = row.imported.evaluated
        return Evaluated(stated.evaluation, stated.verdict) if stated is not None else None
    found = store.version_evaluation(session, row.model_id, row.version)
    return Evaluated(found.evaluation, found.verdict) if found is not None else None
