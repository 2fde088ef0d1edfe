"""Contributions of the package ``datasets`` to the platform."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.events.package import EVENTS
from azuraforge.package import SETTINGS, Extension, Package, Service, Services
from azuraforge.processes.package import LAUNCHER
from azuraforge.projects.package import BINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter

    from azuraforge.datasets.additions import Additions
    from azuraforge.datasets.service import DatasetService
    from azuraforge.datasets.trash import Needs, Objection

#: Reasons to keep versions of datasets that were deleted.
DATASET_NEEDS: Extension[Needs] = Extension("needs of datasets")
#: Reasons not to delete a dataset.
DATASET_OBJECTIONS: Extension[Objection] = Extension("objections to deleting a dataset")


def _additions(services: Services) -> Additions:
    from azuraforge.datasets.additions import Additions

    return Additions()


def _datasets(services: Services) -> DatasetService:
    from azuraforge.datasets.service import DatasetService
    from azuraforge.processes.memory import MemoryLimit

    settings = services[SETTINGS]
    memory = MemoryLimit(settings.reading.memory_bytes, "AZURAFORGE_READING__MEMORY_BYTES")
    return DatasetService(
        services[DATABASE],
        services[EVENTS],
        partial(services[LAUNCHER].call, memory=memory),
        settings,
        additions=services[ADDITIONS],
        needs=services.all(DATASET_NEEDS),
        objections=services.all(DATASET_OBJECTIONS),
    )


def _routers() -> Sequence[APIRouter]:
    from azuraforge.datasets.routes import router

    return [router]


def _objections_of_runs(services: Services) -> Iterable[Objection]:
    from azuraforge.runs import needs

    return [needs.object_to_dataset]


ADDITIONS: Service[Additions] = Service("added dataset versions", _additions)
DATASETS: Service[DatasetService] = Service("datasets", _datasets)

PACKAGE = Package(
    "datasets",
    tables=("tables",),
    routers=_routers,
    served={"datasets": DATASETS},
    contributions=(
        DATASET_OBJECTIONS.add(_objections_of_runs),
        BINS.add(lambda services: [services[DATASETS].trash]),
    ),
)
