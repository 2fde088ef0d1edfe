"""Online predictions: which version answers, its warm child's answer, and the ledger's line before anyone sees it.

The way of a request is short on purpose: one lookup where the request is, the question on its way to the child from
there, the line on its way to the ledger from where the answer is heard; and what never changes of a version is
remembered.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from azuraforge.database import Database, Session, new_id
from azuraforge.database.riders import takes_along
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models import store
from azuraforge.models.deployments.service import Deployed
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.registry.folder import VersionFolders
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

    def remembered(self, project_id: str, found: Found, request: PredictRequest) -> Served | None:
        """The version, where nothing at all has to be read before it can be asked this."""
        with self._lock:
            key = (project_id, found.model_id, found.version)
            if (known := self._remembered.get(key)) is not None:
                self._remembered.move_to_end(key)
        if known is None or request.continues is not None:
            return None
        return known if known.datasets or (request.rows is not None and not _needs_timetable(known)) else None

    def predict(self, project_id: str, found: Found, name: str, request: PredictRequest, by: str) -> PredictOut:
        """``answer`` of the version that ``find`` found."""
        return self.answer(self.served(project_id, found.model_id, found.version), name, request, by)

    async def answer_here(self, served: Served, name: str, request: PredictRequest, by: str) -> PredictOut:
        """``answer``, to be awaited where the request is; only of what ``remembered`` gave."""
        return _out(served, *await asyncio.wrap_future(self._enter(served, name, request, by, None, None)))

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
        if not takes_along(served.project_id):
            return _out(served, *self._enter(served, name, request, by, deployment, pair_id).result())
        began, continues = time.perf_counter(), self._continued(served, request)
        told = self._ask(served, request).result()
        line = self._line(served, name, request, by, told, began)
        line |= {"deployment": deployment, "pair_id": pair_id, "continues": continues}
        # What goes along belongs to a write of this thread.
        return _out(served, line, self.ledger.enter(served.project_id, dict(line)))

    def _ask(self, served: Served, request: PredictRequest) -> Future[dict[str, Any]]:
        question = {
            "rows": request.rows,
            "dataset": self._timetable(served) if request.rows is not None else self._dataset(served),
            "horizon": request.horizon,
            "series": request.series,
        }
        key = (served.project_id, served.content_hash)
        return self._warm.ask_soon(key, served.opening, question, PREDICT_SECONDS)

    def _enter(
        self,
        served: Served,
        name: str,
        request: PredictRequest,
        by: str,
        deployment: int | None,
        pair_id: str | None,
    ) -> Future[tuple[dict[str, Any], datetime]]:
        """The line of the ledger to come, and its time. Each step is taken where the one before it ended."""
        began = time.perf_counter()
        continues = self._continued(served, request)
        entered: Future[tuple[dict[str, Any], datetime]] = Future()

        def heard(told: Future[dict[str, Any]]) -> None:
            if not entered.set_running_or_notify_cancel():  # who asked has gone: nobody is given an answer
                return
            try:
                line = self._line(served, name, request, by, told.result(), began)
                line |= {"deployment": deployment, "pair_id": pair_id, "continues": continues}
                written = self.ledger.enter_soon(served.project_id, dict(line))
            except BaseException as error:
                entered.set_exception(error)
            else:
                written.add_done_callback(lambda at: stored(line, at))

        def stored(line: dict[str, Any], written: Future[datetime]) -> None:
            error = written.exception()
            if error is None:
                entered.set_result((line, written.result()))
            else:
                entered.set_exception(error)

        told = self._ask(served, request)
        told.add_done_callback(heard)
        entered.add_done_callback(lambda done: told.cancel() if done.cancelled() else None)
        return entered

    def _continued(self, served: Served, request: PredictRequest) -> str | None:
        """The dataset whose next rows will judge the answer; rows that somebody sends have to say which."""
        if request.rows is None and request.continues is not None:
            raise InvalidInput(
                "only rows that are sent can continue a dataset",
                where="continues",
                next_step="send rows, or leave it out",
            )
        if request.rows is None:
            return served.dataset_id
        if request.continues is None:
            return None
        return self._datasets.get(served.project_id, request.continues, None).id

    @staticmethod
    def _line(
        served: Served, name: str, request: PredictRequest, by: str, told: dict[str, Any], began: float
    ) -> dict[str, Any]:
        inputs: dict[str, Any] = {"rows": told["rows"]}
        if request.series is not None:
            inputs["series"] = request.series
        if request.rows is None:
            inputs |= {"dataset_id": served.dataset_id, "dataset_version": served.dataset_version}
            inputs |= {"dataset_fingerprint": served.dataset_fingerprint}
        points = told["points"]
        return {
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
            "question": question_of(told["origin"], told["features"], told["naive"], request.series),
        }

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
        if not _needs_timetable(served):
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


def question_of(origin: str, features: Mapping[str, Any] | None, naive: float | None, series: str | None = None) -> str:
    """What makes two questions the same: the moment they are asked from, the numbers that were known then, the series.

    Who asks it, how often, and how long a history comes along makes no other question of it.
    """
    asked = orjson.dumps([origin, features, naive, series], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(asked).hexdigest()


def _needs_timetable(served: Served) -> bool:
    return not served.regular and served.dataset_id is not None


def _out(served: Served, line: Mapping[str, Any], at: datetime) -> PredictOut:
    return PredictOut(
        prediction_id=line["id"],
        model=line["model"],
        version=served.version,
        alias=line["alias"],
        plugin=served.plugin,
        run_id=served.run_id or None,
        target=served.target,
        unit=served.unit,
        interval=line["interval"],
        origin=line["origin_at"],
        predictions=[PredictionPoint(**point) for point in line["points"]],
        created_at=at,
        request_id=line["request_id"],
        latency_seconds=line["latency_seconds"],
        series=line["inputs"].get("series"),
    )
