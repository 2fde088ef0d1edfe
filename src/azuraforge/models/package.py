"""Registration of the package ``models``: its services, tables, routes, events and contributions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.datasets.package import DATASET_NEEDS, DATASETS, ON_VERSION
from azuraforge.events.package import EVENTS, NOTIFIER
from azuraforge.package import LOOPS, SETTINGS, Extension, Package, Service, Services
from azuraforge.plugins.package import CATALOGUE
from azuraforge.processes.package import KERNELS, LAUNCHER
from azuraforge.projects.package import BINS, MEASURES, QUOTAS
from azuraforge.runs.package import HANDLERS, RUN_NEEDS, RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.datasets.keeping import OnVersion
    from azuraforge.datasets.trash import Needs as DatasetNeeds
    from azuraforge.models.as_of.service import AsOf
    from azuraforge.models.comparison.service import Comparisons
    from azuraforge.models.predictions.outcome_loop import OutcomeLoop
    from azuraforge.models.predictions.service import PredictionService
    from azuraforge.models.scenarios.service import WhatIf
    from azuraforge.models.service import ModelService
    from azuraforge.models.serving.pool import ReplicaPool
    from azuraforge.models.trash import Objection
    from azuraforge.projects.quotas.service import Measure
    from azuraforge.projects.trash import Bin
    from azuraforge.runs.handlers import Handler
    from azuraforge.runs.trash import Needs as RunNeeds

#: Checks of other packages that may object to deleting a model.
MODEL_OBJECTIONS: Extension[Objection] = Extension("objections to deleting a model")


def _replicas(services: Services) -> ReplicaPool:
    from azuraforge.models.serving.pool import ReplicaPool

    settings, kernels = services[SETTINGS], services[KERNELS]
    folder = str(settings.plugins)
    return ReplicaPool(services[LAUNCHER].open, folder, lambda: kernels.folder, settings.serving.warm_bytes)


def _models(services: Services) -> ModelService:
    from azuraforge.models.registry.folder import VersionFolders
    from azuraforge.models.service import ModelService

    return ModelService(
        services[DATABASE],
        services[EVENTS],
        VersionFolders(services[SETTINGS].artifacts),
        services[DATASETS],
        services[REPLICAS],
        services[LAUNCHER].call,
        services[CATALOGUE].task_kinds,
        objections=services.all(MODEL_OBJECTIONS),
        check_quota=services[QUOTAS].check,
    )


def _measures(_: Services) -> Sequence[Measure]:
    from azuraforge.models.trash_store import stored_bytes
    from azuraforge.projects.quotas.service import Measure

    return [Measure("stored_bytes", stored_bytes)]


def _predictions(services: Services) -> PredictionService:
    from azuraforge.errors import NotFound
    from azuraforge.models.drift.looks import DriftLooks
    from azuraforge.models.drift.monitor import DriftMonitor
    from azuraforge.models.predictions.outcomes import Outcomes
    from azuraforge.models.predictions.service import PredictionService
    from azuraforge.models.predictions.truths import Truths

    database, events, datasets = services[DATABASE], services[EVENTS], services[DATASETS]
    models = services[MODELS]
    truths = Truths(models.versions, services[LAUNCHER].call)
    runs = services[RUNS]

    def errors_of(project_id: str, run_id: str) -> str | None:
        try:
            return str(runs.artifact(project_id, run_id, "errors.npz")[1])
        except NotFound:  # purged, or from an imported bundle
            return None

    drift = DriftMonitor(database, events, datasets, models.versions, errors_of)
    looks = DriftLooks(drift)
    outcomes = Outcomes(database, events, datasets, truths, [models.deployments.watch, looks.request])
    return PredictionService(database, outcomes, drift, looks)


def _outcome_loop(services: Services) -> OutcomeLoop:
    from azuraforge.models.predictions.outcome_loop import OutcomeLoop

    return OutcomeLoop(services[DATABASE], services[NOTIFIER], services[PREDICTIONS].outcomes)


def _on_version(services: Services) -> Iterable[OnVersion]:
    from azuraforge.models.predictions.progress import note_version

    return [note_version]


def _handlers(services: Services) -> Iterable[Handler]:
    from azuraforge.models.predictions.forecasting import ForecastHandler

    yield ForecastHandler(services[DATABASE], services[EVENTS], services[DATASETS], services[MODELS].versions)


def _comparisons(services: Services) -> Comparisons:
    from azuraforge.models.comparison.service import Comparisons
    from azuraforge.runs.reads import series_statistics

    statistics = partial(series_statistics, services[DATABASE])
    return Comparisons(services[RUNS], statistics, services[LAUNCHER].call, str(services[CATALOGUE].plugins_folder))


def _what_if(services: Services) -> WhatIf:
    from azuraforge.models.scenarios.service import WhatIf

    return WhatIf(services[DATABASE], services[MODELS].versions)


def _as_of(services: Services) -> AsOf:
    from azuraforge.models.as_of.service import AsOf

    return AsOf(services[DATABASE])


def _bins(services: Services) -> Iterable[Bin]:
    return [services[PREDICTIONS].bin, services[MODELS].trash]


def _needs_of_runs(services: Services) -> Iterable[RunNeeds]:
    from azuraforge.models.needs import needed_runs

    return [needed_runs]


def _needs_of_datasets(services: Services) -> Iterable[DatasetNeeds]:
    from azuraforge.models.needs import needed_versions

    return [needed_versions]


def _objections_of_runs(services: Services) -> Iterable[Objection]:
    from azuraforge.runs.needs import object_to_model

    return [object_to_model]


def _hot_routers() -> Sequence[APIRouter]:
    from azuraforge.models.approval_routes import router as approvals
    from azuraforge.models.predictions.routes import router as predictions
    from azuraforge.models.release_routes import router as deployments
    from azuraforge.models.routes import hot, router

    return [hot, router, approvals, deployments, predictions]


def _routers() -> Sequence[APIRouter]:
    from azuraforge.models.as_of.routes import router as as_of
    from azuraforge.models.comparison.routes import router as comparisons
    from azuraforge.models.scenarios.routes import router as scenarios

    return [comparisons, scenarios, as_of]


REPLICAS: Service[ReplicaPool] = Service("replicas", _replicas)
MODELS: Service[ModelService] = Service("models", _models, close=lambda models: models.close())
PREDICTIONS: Service[PredictionService] = Service("predictions", _predictions, close=lambda service: service.close())
OUTCOME_LOOP: Service[OutcomeLoop] = Service("outcome loop", _outcome_loop)
COMPARISONS: Service[Comparisons] = Service("comparisons", _comparisons)
WHAT_IF: Service[WhatIf] = Service("what_if", _what_if)
AS_OF: Service[AsOf] = Service("as_of", _as_of)


def _events() -> Sequence[type[BaseModel]]:
    from azuraforge.models.events import EVENTS

    return EVENTS


def _summaries() -> Sequence[type[BaseModel]]:
    from azuraforge.models.predictions.forecasting import ForecastSummary

    return [ForecastSummary]


PACKAGE = Package(
    "models",
    tables=("tables", "deployment_tables", "promotion_tables", "predictions.progress"),
    hot_routers=_hot_routers,
    routers=_routers,
    served={
        "models": MODELS,
        "predictions": PREDICTIONS,
        "comparisons": COMPARISONS,
        "what_if": WHAT_IF,
        "as_of": AS_OF,
    },
    contributions=(
        LOOPS.add(lambda services: [services[OUTCOME_LOOP]]),
        ON_VERSION.add(_on_version),
        HANDLERS.add(_handlers),
        BINS.add(_bins),
        MEASURES.add(_measures),
        RUN_NEEDS.add(_needs_of_runs),
        DATASET_NEEDS.add(_needs_of_datasets),
        MODEL_OBJECTIONS.add(_objections_of_runs),
    ),
    summaries=_summaries,
    events=_events,
)
