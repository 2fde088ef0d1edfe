"""Registration of the package ``datasets`` with the platform."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.events.package import EVENTS
from azuraforge.package import SETTINGS, Extension, Package, Service, Services
from azuraforge.plugins.package import CATALOGUE
from azuraforge.processes.package import LAUNCHER
from azuraforge.projects.package import BINS, MEASURES, QUOTAS, SECRETS
from azuraforge.runs.package import HANDLERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.datasets.growing.service import GrowingDatasets
    from azuraforge.datasets.keeping import OnVersion
    from azuraforge.datasets.service import DatasetService
    from azuraforge.datasets.trash import Needs, Objection
    from azuraforge.projects.quotas.service import Measure
    from azuraforge.runs.handlers import Handler

#: Checks that return which deleted versions must be kept, and why.
DATASET_NEEDS: Extension[Needs] = Extension("needs of datasets")
#: Callbacks of other packages, called in the transaction that adds a version.
ON_VERSION: Extension[OnVersion] = Extension("writes with each new dataset version")
#: Checks that raise Conflict if a dataset must not be deleted.
DATASET_OBJECTIONS: Extension[Objection] = Extension("objections to deleting a dataset")


def _datasets(services: Services) -> DatasetService:
    from azuraforge.datasets.service import DatasetService
    from azuraforge.datasets.sources.grants import Grants
    from azuraforge.processes.resources.memory import MemoryLimit

    settings = services[SETTINGS]
    memory = MemoryLimit(settings.reading.memory_bytes, "AZURAFORGE_READING__MEMORY_BYTES")
    return DatasetService(
        services[DATABASE],
        services[EVENTS],
        partial(services[LAUNCHER].call, memory=memory),
        settings,
        on_version=services.all(ON_VERSION),
        needs=services.all(DATASET_NEEDS),
        objections=services.all(DATASET_OBJECTIONS),
        check_quota=services[QUOTAS].check,
        grants=Grants(services[CATALOGUE], services[SECRETS]),
    )


def _measures(_: Services) -> Sequence[Measure]:
    from azuraforge.datasets import store
    from azuraforge.projects.quotas.service import Measure

    return [
        Measure("datasets", store.count),
        Measure("rows", store.newest_rows),
        Measure("stored_bytes", store.stored_bytes),
    ]


def _growing(services: Services) -> GrowingDatasets:
    from azuraforge.datasets.growing.service import GrowingDatasets

    return GrowingDatasets(services[DATASETS], services[DATABASE], services[EVENTS])


def _handlers(services: Services) -> Iterable[Handler]:
    from azuraforge.datasets.growing.refreshing import RefreshHandler

    yield RefreshHandler(services[DATASETS], services[GROWING])


def _routers() -> Sequence[APIRouter]:
    from azuraforge.datasets.growing.routes import router as growing_router
    from azuraforge.datasets.routes import router

    return [router, growing_router]


def _objections_of_runs(services: Services) -> Iterable[Objection]:
    from azuraforge.runs import needs

    return [needs.object_to_dataset]


DATASETS: Service[DatasetService] = Service("datasets", _datasets)
GROWING: Service[GrowingDatasets] = Service("growing datasets", _growing)


def _events() -> Sequence[type[BaseModel]]:
    from azuraforge.datasets.events import EVENTS

    return EVENTS


def _summaries() -> Sequence[type[BaseModel]]:
    from azuraforge.datasets.growing.summaries import RefreshSummary

    return [RefreshSummary]


PACKAGE = Package(
    "datasets",
    tables=("tables",),
    routers=_routers,
    served={"datasets": DATASETS, "growing": GROWING},
    contributions=(
        HANDLERS.add(_handlers),
        DATASET_OBJECTIONS.add(_objections_of_runs),
        BINS.add(lambda services: [services[DATASETS].trash]),
        MEASURES.add(_measures),
    ),
    events=_events,
    summaries=_summaries,
)
