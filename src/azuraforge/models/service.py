"""Assembly of the package's services: registry and gate, serving, predictions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from anyio import to_thread

from azuraforge.database import Database, UnitOfWork
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.models.bundles.description import Trial
from azuraforge.models.bundles.service import Bundles
from azuraforge.models.cards.service import Cards
from azuraforge.models.deployments.places import InThread
from azuraforge.models.deployments.service import Deployments
from azuraforge.models.image_schemas import ImageAnswer
from azuraforge.models.lookup import ModelLookup
from azuraforge.models.predictions.images import ImageQuestion
from azuraforge.models.predictions.inference import Inference
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.predictions.questions import SeriesQuestion
from azuraforge.models.reads import ModelReads
from azuraforge.models.registry.aliases import Aliases
from azuraforge.models.registry.approvals import Approvals
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.registry.held_out import HeldOutUses
from azuraforge.models.registry.lineage import Lineage
from azuraforge.models.registry.policy_store import PolicyStore, TaskKinds
from azuraforge.models.registry.registry import Registry
from azuraforge.models.schemas import PredictOut, PredictRequest, Target
from azuraforge.models.serving.pool import ReplicaPool
from azuraforge.models.serving.versions import ServedVersions
from azuraforge.models.trash import ModelTrash, Objection
from azuraforge.plugins.discovery.calling import Call
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas

TRIAL = "azuraforge.models.bundles.trial:try_version"
TRIAL_SECONDS = 120.0


class ModelService:
    """Services for the models of all projects.

    Attributes:
        folders: stored files of versions.
        lookup: asynchronous reads of the most frequent requests.
        reads: models, versions and evaluations as pages show them, for threads.
        live: live state of models.
        registry: adds versions and evaluations in the caller's transaction.
        held_out: counts the uses of test sets.
        aliases: moves of aliases, and their history.
        approvals: decisions about promotions that wait for another member.
        lineage: lineage graphs.
        cards: model cards.
        policies: conditions of promotions.
        deployments: shadows and canaries.
        versions: cached versions and their child processes.
        ledger: writes predictions.
        inference: answers prediction requests; each prediction is written to the ledger before it is returned.
        trash: deleted models and versions, and their purge.
        bundles: export and import of versions as files.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        folders: VersionFolders,
        datasets: DatasetService,
        warm: ReplicaPool,
        call: Call,
        task_kinds: TaskKinds,
        *,
        objections: Sequence[Objection] = (),
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        self._datasets = datasets
        self.folders = folders
        self.lookup = ModelLookup(database)
        self.reads = ModelReads(database)
        self.live = LiveReads(database)
        self.lineage = Lineage(database)
        self.policies = PolicyStore(database, events, task_kinds)
        self.held_out = HeldOutUses(database)
        self.registry = Registry(events, folders, self.held_out)
        self.deployments = Deployments(database, events, folders)
        self.aliases = Aliases(database, events, folders, after_move=[self.deployments.end_moved])
        self.approvals = Approvals(database, events, folders, self.aliases)
        self.cards = Cards(database, events, datasets, task_kinds)
        self.trash = ModelTrash(database, events, folders, objections)
        self.bundles = Bundles(
            *(database, folders, datasets, self.cards, self.registry, task_kinds),
            call_trial=lambda facts: call(TRIAL, {**facts, **warm.folders()}, Trial, TRIAL_SECONDS),
            free=self.trash.free,
            check_quota=check_quota,
        )
        self.versions = ServedVersions(database, folders, datasets, warm)
        self.ledger = Ledger(database, events)
        self.inference = Inference(database, self.versions, self.deployments, self.ledger, datasets.lookup)

    async def predict(
        self,
        project_id: str,
        name: str,
        request: PredictRequest,
        by: str,
        in_thread: InThread = to_thread.run_sync,
        *,
        unit: UnitOfWork | None = None,
    ) -> PredictOut:
        """Predict the next values; see ``Inference.predict``."""
        question = SeriesQuestion(request, self.versions, self._datasets)
        return await self.inference.predict(project_id, name, request, question, by, in_thread, unit=unit)

    async def predict_image(
        self,
        project_id: str,
        name: str,
        target: Target,
        path: Path,
        filename: str,
        by: str,
        in_thread: InThread = to_thread.run_sync,
        *,
        unit: UnitOfWork | None = None,
    ) -> ImageAnswer:
        """Classify the image at ``path``; see ``Inference.predict``."""
        question = ImageQuestion(name, path, filename, self._datasets.large_images)
        return await self.inference.predict(project_id, name, target, question, by, in_thread, unit=unit)

    def inbox(self) -> AbstractContextManager[Path]:
        """Return a context manager that provides a folder for one uploaded file and deletes it afterwards."""
        return self._datasets.inbox()

    @property
    def max_upload_bytes(self) -> int:
        """Maximum size of an uploaded bundle in bytes."""
        return self._datasets.max_upload_bytes

    def close(self) -> None:
        """End every serving child process and finish pending writes."""
        self.deployments.close()
        self.versions.close()
        self.ledger.close()
