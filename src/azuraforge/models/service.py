"""Models as people and programs ask for them: what there is, who is champion since when, and what comes next.

What changes them inside a run's own transaction is in ``registry.py``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from anyio import to_thread
from sqlalchemy.exc import IntegrityError

from azuraforge.database import Database, Session, new_id
from azuraforge.database.riders import takes_along
from azuraforge.datasets.duplicates import Kin, kin_of
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Conflict, NotFound, TransientError
from azuraforge.events.service import EventLog
from azuraforge.models import shapes, store
from azuraforge.models.bundles.service import Bundles
from azuraforge.models.cards.service import Cards
from azuraforge.models.deployments.service import Deployments, Place
from azuraforge.models.lookup import ModelLookup
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.online import Found, Predictions
from azuraforge.models.predictions.pictures import Picture, predict_picture
from azuraforge.models.registry.folder import Imported, VersionFolders
from azuraforge.models.registry.lineage import Lineage
from azuraforge.models.registry.policy_store import Policies, TaskKinds
from azuraforge.models.registry.registry import BY_GATE, CHAMPION, HeldOut, Registry
from azuraforge.models.schemas import (
    AliasChange,
    EvaluationOut,
    ModelDetail,
    ModelOut,
    PictureAnswer,
    PredictionOut,
    PredictOut,
    PredictRequest,
    VersionOut,
)
from azuraforge.models.serving.warm import WarmPredictors
from azuraforge.models.tables import Model, ModelVersion
from azuraforge.models.trash import ModelTrash
from azuraforge.plugins.discovery.catalogue import Call

_TRIES = 20
TRIAL = "azuraforge.models.serving.trial:try_version"
TRIAL_SECONDS = 120.0

#: Awaits work in a thread, when it is its turn.
InTurn: TypeAlias = Callable[[Callable[[], PredictOut]], Awaitable[PredictOut]]


class ModelService(Registry):
    """Models of every project; each method names the project it acts in."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        folders: VersionFolders,
        datasets: DatasetService,
        warm: WarmPredictors,
        call: Call,
        task_kinds: TaskKinds,
    ) -> None:
        super().__init__(events)
        self._database = database
        #: The hottest reads, to be awaited.
        self.lookup = ModelLookup(database)
        self.folders = folders
        self._datasets = datasets
        self._warm = warm
        #: Answers of warm versions, each a line of the ledger first.
        self.online = Predictions(database, folders, datasets, warm, Ledger(database, events))
        #: What promotions need.
        self.policies = Policies(database, events, task_kinds)
        #: Shadows and canaries.
        self.deployments = Deployments(database, events, folders)
        self.lineage = Lineage(database, datasets)
        self.cards = Cards(database, events, datasets)
        #: Models and versions that were deleted, and how they are purged.
        self.trash = ModelTrash(database, events, folders)
        #: Versions as files, out and in.
        self.bundles = Bundles(
            *(database, folders, datasets, self.cards, self),
            call_trial=lambda opening: call(TRIAL, warm.with_folders(opening), TRIAL_SECONDS),
            free=self.trash.free,
        )

    def inbox(self) -> AbstractContextManager[Path]:
        """A folder for one uploaded picture; nothing of it is left afterwards."""
        return self._datasets.inbox()

    @property
    def max_upload_bytes(self) -> int:
        """The largest bundle that is taken."""
        return self._datasets.max_upload_bytes

    def look(self, project_id: str, run_id: str, attempt: int, held_out: HeldOut) -> int:
        """Reserve a run's look at its test part in a transaction of its own; see ``reserve_use``.

        Of two that are judged at once, one is the earlier. Raises TransientError where that could not be settled.
        """
        for _ in range(_TRIES):
            try:
                return self._database.write(
                    project_id,
                    lambda session: self.reserve_use(session, project_id, run_id, attempt, held_out),
                    durable=True,
                )
            except IntegrityError:  # another run took the number at the same moment (PostgreSQL)
                continue
        raise TransientError("too many runs are judged at the same moment", where=f"run {run_id}")

    def close(self) -> None:
        """End every warm predictor."""
        self.deployments.close()
        self._warm.close()
        self.online.ledger.close()

    def import_folder(self, project_id: str, folder: Path, card: Mapping[str, Any] | None = None) -> Imported:
        """Copy a predictor's folder into the store, before the transaction; see ``VersionFolders``."""
        return self.folders.import_folder(project_id, folder, card)

    def promote_by_hand(
        self, project_id: str, model: str, version: int, *, alias: str, reason: str, by: str
    ) -> AliasChange:
        """Move an alias by decision of a person, whatever the gate said; to a version that verifies."""
        with self._database.read(project_id) as session:
            self._verify(self._version(session, self._known(session, project_id, model), version))

        def work(session: Session) -> AliasChange:
            line = self.promote(session, project_id, model, version, alias=alias, reason=reason, by=by)
            return shapes.change_out(line)

        return self._database.write(project_id, work, durable=True)

    def rollback_by_hand(self, project_id: str, model: str, *, alias: str, reason: str, by: str) -> AliasChange:
        """Move an alias one step back; repeated, one step further each time. The version must verify."""
        with self._database.read(project_id) as session:
            owner = self._known(session, project_id, model)
            before = self._before(session, owner, alias)
            target = self._version(session, owner, before.version)
        self._verify(target)

        def work(session: Session) -> AliasChange:
            line = self.rollback(session, project_id, model, alias=alias, reason=reason, by=by)
            if line.version != target.version:  # somebody else moved it a moment ago; what we verified is not this
                raise Conflict(f"the {alias} of {model!r} has just moved", next_step="look at its history first")
            return shapes.change_out(line)

        return self._database.write(project_id, work, durable=True)

    def remove_alias_by_hand(self, project_id: str, model: str, alias: str, *, reason: str, by: str) -> AliasChange:
        """Take an alias other than the champion's away."""

        def work(session: Session) -> AliasChange:
            return shapes.change_out(self.remove_alias(session, project_id, model, alias, reason=reason, by=by))

        return self._database.write(project_id, work, durable=True)

    def list_models(self, project_id: str, trash: bool = False) -> list[ModelOut]:
        """Every model, by name; those in the trash, or all others."""
        with self._database.read(project_id) as session:
            counts = store.counts(session, project_id)
            return [
                shapes.model_out(owner, newest, champion, counts.get(owner.id, 0))
                for owner, newest, champion in store.models(session, project_id, trash)
            ]

    def show(self, project_id: str, name: str) -> ModelDetail:
        """A model with all its versions, newest first; also one that is in the trash."""
        with self._database.read(project_id) as session:
            owner = self._known(session, project_id, name, trash=True)
            versions = store.versions(session, project_id, owner.id)
            names = self._alias_names(session, owner)
            champion = next((number for number, aliases in names.items() if CHAMPION in aliases), None)
            outline = shapes.model_out(owner, versions[0] if versions else None, champion, len(versions))
            listed = [shapes.version_out(outline.name, row, names.get(row.version, [])) for row in versions]
            return ModelDetail(**outline.model_dump(), version_list=listed)

    def show_version(self, project_id: str, name: str, number: int) -> VersionOut:
        """One version with its lineage; also one that is in the trash."""
        with self._database.read(project_id) as session:
            owner = self._known(session, project_id, name, trash=True)
            row = self._version(session, owner, number, trash=True)
            return shapes.version_out(owner.name, row, self._alias_names(session, owner).get(number, []))

    def history(
        self, project_id: str, name: str, alias: str | None = None, at: datetime | None = None
    ) -> list[AliasChange]:
        """Who was what, and why: every move, newest first. With ``at``, the first line of an alias is who held it
        at that moment."""
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        with self._database.read(project_id) as session:
            owner = self._known(session, project_id, name)
            lines = store.history(session, project_id, owner.id, alias, None)
            verdicts = store.verdicts(session, project_id, {line.run_id for line in lines if line.by == BY_GATE})
        ended: dict[str, datetime] = {}
        told = []
        for line in lines:
            verdict = verdicts.get(line.run_id or "") if line.by == BY_GATE else None
            told.append(shapes.change_out(line, ended.get(line.alias), verdict))
            ended[line.alias] = line.at
        return [line for line in told if at is None or line.at <= at]

    def evaluation(self, project_id: str, run_id: str) -> EvaluationOut:
        """A run's evaluation and verdict."""
        with self._database.read(project_id) as session:
            found = store.evaluation(session, project_id, run_id)
        if found is None:
            raise NotFound(f"run {run_id!r} has no evaluation", next_step="only training runs that succeeded have one")
        return shapes.evaluation_out(*found)

    def predict(self, project_id: str, name: str, request: PredictRequest, by: str) -> PredictOut:
        """Predict with a version and write the answer into the ledger before giving it.

        Raises NotFound or Conflict where there is no such version.
        """
        with self._database.read(project_id) as session:
            row = self._chosen(session, self._known(session, project_id, name), request)
            named = request.version is not None
            deployed = None if named else self.deployments.beside(session, project_id, row.model_id, request.alias)
        return self.answer(project_id, Found(row.model_id, row.version, deployed), name, request, by)

    async def predict_here(
        self, project_id: str, name: str, request: PredictRequest, by: str, in_turn: InTurn = to_thread.run_sync
    ) -> PredictOut:
        """``predict``, awaited on the event loop. ``in_turn`` takes a thread; it is only called where something has
        to be read first, another version is deployed alongside, or the answer is stored for an idempotency key."""
        found = await self.online.find(project_id, name, request)
        if found is None:  # the service says why
            return await in_turn(partial(self.predict, project_id, name, request, by))
        if found.deployment is None and not takes_along(project_id):
            served = self.online.remembered(project_id, found, request)
            if served is not None:
                return await self.online.answer_here(served, name, request, by)
        return await in_turn(partial(self.answer, project_id, found, name, request, by))

    def answer(self, project_id: str, found: Found, name: str, request: PredictRequest, by: str) -> PredictOut:
        """The answer of the version that ``online.find`` found, or of the one that is tried out beside it."""
        if found.deployment is None:
            return self.online.predict(project_id, found, name, request, by)
        number = found.deployment.number
        request = request.model_copy(update={"request_id": request.request_id or new_id()})

        def ask(version: int, pair_id: str | None) -> PredictOut:
            served = self.online.served(project_id, found.model_id, version)
            return self.online.answer(served, name, request, by, deployment=number, pair_id=pair_id)

        place = Place(project_id, found.model_id, name, found.version, found.deployment)
        return self.deployments.answer(place, str(request.request_id), ask)

    def predict_image(
        self, project_id: str, name: str, request: PredictRequest, path: Path, filename: str, by: str
    ) -> PictureAnswer:
        """What the version that the request means sees in the picture at ``path``; see ``pictures``.

        The picture does not outlive its request, so whoever is tried out beside the version is asked within it.
        """
        with self._database.read(project_id) as session:
            row = self._chosen(session, self._known(session, project_id, name), request)
            alias = request.alias if request.version is None else None
            deployed = self.deployments.beside(session, project_id, row.model_id, alias) if alias else None
        asked = request.request_id or (new_id() if deployed else None)
        picture = Picture(path, filename, name, by, alias, asked)

        def ask(version: int, pair_id: str | None) -> PictureAnswer:
            served = self.online.served(project_id, row.model_id, version)
            number = deployed.number if deployed else None
            large, ledger = self._datasets.large_pictures, self.online.ledger
            return predict_picture(self._warm, large, ledger, served, picture, deployment=number, pair_id=pair_id)

        if deployed is None:
            return ask(row.version, None)
        place = Place(project_id, row.model_id, name, row.version, deployed)
        return self.deployments.answer(place, str(asked), ask, at_once=True)

    def predictions(self, project_id: str, name: str, limit: int) -> list[PredictionOut]:
        """The newest lines of a model's ledger."""
        with self._database.read(project_id) as session:
            owner = self._known(session, project_id, name)
            return [
                shapes.prediction_out(name, line) for line in store.predictions(session, project_id, owner.id, limit)
            ]

    def _chosen(self, session: Session, owner: Model, request: PredictRequest) -> ModelVersion:
        if request.version is not None:
            return self._version(session, owner, request.version)
        row = self._aliased(session, owner.project_id, owner.id, request.alias)
        if row is None:
            raise Conflict(
                f"model {owner.name!r} has no {request.alias} yet",
                next_step="name a version, or promote one: azuraforge models promote",
            )
        return row

    def _alias_names(self, session: Session, owner: Model) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {}
        for pointer in store.aliases(session, owner.project_id, owner.id):
            names.setdefault(pointer.version, []).append(pointer.alias)
        return names

    def _grown(self, session: Session, project_id: str, known: Kin) -> Kin:
        return kin_of(session, project_id, super()._grown(session, project_id, known))

    def _is_there(self, project_id: str, content_hash: str) -> bool:
        return self.folders.path(project_id, content_hash).is_dir()

    def _verify(self, row: ModelVersion) -> None:
        self.folders.verify(row.project_id, row.content_hash)
