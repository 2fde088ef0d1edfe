"""Online predictions: which version answers, its warm child's answer, and the ledger's line before anyone sees it.

The way of a request is short on purpose: one lookup where the request is, one thread for the child and the ledger,
and what never changes of a version is remembered.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from azuraforge.database import Database, Session, new_id
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models import store
from azuraforge.models.deployments.service import Deployed
from azuraforge.models.folder import VersionFolders
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.schemas import PredictionPoint, PredictOut, PredictRequest
from azuraforge.models.serving.warm import WarmPredictors
from azuraforge.models.tables import ModelVersion

PREDICT_SECONDS = 60.0
_REMEMBERED = 1000


@dataclass(frozen=True)
class Served:
    """All about a version that an answer needs and that never changes."""

    project_id: str
    model_id: str
    version: int
    content_hash: str
    plugin: str
    run_id: str
    target: str
    unit: str
    opening: dict[str, Any]
    dataset_id: str | None
    dataset_version: int | None
    dataset_fingerprint: str | None
    regular: bool
    datasets: dict[str, Any] = field(default_factory=dict)


class Found(NamedTuple):
    """The version that a request means, and who answers beside its alias."""

    model_id: str
    version: int
    deployment: Deployed | None = None


class Predictions:
    """Answers of warm versions; each method names the project it acts in."""

    def __init__(
        self,
        database: Database,
        folders: VersionFolders,
        datasets: DatasetService,
        warm: WarmPredictors,
        ledger: Ledger,
    ) -> None:
        self._database = database
        self._folders = folders
        self._datasets = datasets
        self._warm = warm
        self.ledger = ledger
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[str, str, int], Served] = OrderedDict()

    async def find(self, project_id: str, name: str, request: PredictRequest) -> Found | None:
        """The version that this request means and who answers beside it, to be awaited where the request is.

        None where there is none; then the service says why.
        """
        if request.version is not None:
            (found,) = await self._database.ask(
                project_id, (ledger_store.NUMBERED, {"name": name, "number": request.version})
            )
            return Found(found[0].model_id, found[0].version) if found else None
        which = {"name": name, "alias": request.alias}
        found, beside = await self._database.ask(
            project_id, (ledger_store.ALIASED, which), (ledger_store.BESIDE, which)
        )
        if not found:
            return None
        return Found(found[0].model_id, found[0].version, Deployed(*beside[0]) if beside else None)

    def served(self, project_id: str, model_id: str, version: int) -> Served:
        """What is remembered of a version that is there."""
        key = (project_id, model_id, version)
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                self._remembered.move_to_end(key)
                return known
        with self._database.read(project_id) as session:
            known = self._read(session, key)
        with self._lock:
            self._remembered[key] = known
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return known

    def predict(self, project_id: str, found: Found, name: str, request: PredictRequest, by: str) -> PredictOut:
        """``answer`` of the version that ``find`` found."""
        return self.answer(self.served(project_id, found.model_id, found.version), name, request, by)

    def answer(
        self,
        served: Served,
        name: str,
        request: PredictRequest,
        by: str,
        *,
        deployment: int | None = None,
        pair_id: str | None = None,
    ) -> PredictOut:
        """Ask the version's child, write the answer into the ledger, and only then give it.

        ``deployment`` is the shadow or canary that had a part in it; with ``pair_id``, the line that was given, this
        one is only kept.
        """
        began = time.perf_counter()
        own_rows = request.rows is not None
        question = {
            "rows": request.rows,
            "dataset": self._timetable(served) if own_rows else self._dataset(served),
            "horizon": request.horizon,
        }
        told = self._warm.ask((served.project_id, served.content_hash), served.opening, question, PREDICT_SECONDS)
        inputs: dict[str, Any] = {"rows": told["rows"]}
        if not own_rows:
            inputs |= {"dataset_id": served.dataset_id, "dataset_version": served.dataset_version}
            inputs |= {"dataset_fingerprint": served.dataset_fingerprint}
        points = told["points"]
        line: dict[str, Any] = {
            "model": name,
            "id": new_id(),
            "model_id": served.model_id,
            "version": served.version,
            "alias": None if request.version is not None else request.alias,
            "by": by,
            "inputs": inputs,
            "target": served.target,
            "unit": served.unit,
            "interval": told["interval"],
            "origin_at": datetime.fromisoformat(told["origin"]),
            "matures_at": datetime.fromisoformat(points[-1]["at"]),
            "points": points,
            "request_id": request.request_id,
            "latency_seconds": time.perf_counter() - began,
            "naive": told["naive"],
            "features": told["features"],
            "deployment": deployment,
            "pair_id": pair_id,
        }
        at = self.ledger.enter(served.project_id, dict(line))
        return PredictOut(
            prediction_id=line["id"],
            model=name,
            version=served.version,
            alias=line["alias"],
            plugin=served.plugin,
            run_id=served.run_id or None,
            target=served.target,
            unit=served.unit,
            interval=line["interval"],
            origin=line["origin_at"],
            predictions=[PredictionPoint(**point) for point in points],
            created_at=at,
            request_id=request.request_id,
            latency_seconds=line["latency_seconds"],
        )

    def ask_apart(self, served: Served, question: dict[str, Any]) -> dict[str, Any]:
        """A long question, in a child of its own: the warm one goes on answering."""
        return self._warm.ask_apart(served.opening, question, PREDICT_SECONDS)

    def _read(self, session: Session, key: tuple[str, str, int]) -> Served:
        row = store.version(session, *key)
        if row is None:  # purged between two looks
            raise NotFound("this version is gone", next_step="azuraforge models list")
        return self._remember(row)

    def _remember(self, row: ModelVersion) -> Served:
        return Served(
            project_id=row.project_id,
            model_id=row.model_id,
            version=row.version,
            content_hash=row.content_hash,
            plugin=row.plugin,
            run_id=row.run_id,
            target=row.schema["target"],
            unit=row.schema.get("unit", ""),
            opening={
                "folder": str(self._folders.path(row.project_id, row.content_hash)),
                "content_hash": row.content_hash,
                "plugin": row.plugin,
                "config": row.config,
                "schema": row.schema,
            },
            dataset_id=row.dataset_id,
            dataset_version=row.dataset_version,
            dataset_fingerprint=row.dataset_fingerprint,
            regular=row.schema.get("frequency") is not None,
        )

    def _timetable(self, served: Served) -> dict[str, Any] | None:
        """The dataset that tells which days and hours a series without a frequency has; a caller's few rows do not."""
        if served.regular or served.dataset_id is None:
            return None
        try:
            return self._dataset(served)
        except NotFound:
            return None

    def _dataset(self, served: Served) -> dict[str, Any]:
        if served.dataset_id is None:
            raise InvalidInput(
                f"version {served.version} was not trained on a stored dataset", next_step="send rows to predict from"
            )
        if not served.datasets:
            # Deleted or not: it is kept as long as this version is.
            found = self._datasets.get(served.project_id, served.dataset_id, served.dataset_version, trash=True)
            served.datasets.update(
                path=str(found.path), schema=found.schema, options=found.options, fingerprint=found.fingerprint
            )
        return served.datasets
