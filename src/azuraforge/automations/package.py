"""Contributions of the package ``automations`` to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.datasets.package import DATASET_OBJECTIONS
from azuraforge.events.package import EVENTS
from azuraforge.models.package import MODEL_OBJECTIONS
from azuraforge.package import LOOPS, Package, Service, Services
from azuraforge.runs.package import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter

    from azuraforge.automations.firing import Firing
    from azuraforge.automations.scheduler import Scheduler
    from azuraforge.automations.service import ScheduleService
    from azuraforge.datasets.trash import Objection as DatasetObjection
    from azuraforge.models.trash import Objection as ModelObjection


def _firing(services: Services) -> Firing:
    from azuraforge.automations.firing import Firing

    return Firing(services[DATABASE], services[EVENTS], services[RUNS])


def _schedules(services: Services) -> ScheduleService:
    from azuraforge.automations.service import ScheduleService

    return ScheduleService(services[DATABASE], services[RUNS], services[FIRING])


def _scheduler(services: Services) -> Scheduler:
    from azuraforge.automations.scheduler import Scheduler

    return Scheduler(services[DATABASE], services[FIRING])


def _objections_to_dataset(services: Services) -> Iterable[DatasetObjection]:
    from azuraforge.automations.needs import object_to_dataset

    return [object_to_dataset]


def _objections_to_model(services: Services) -> Iterable[ModelObjection]:
    from azuraforge.automations.needs import object_to_model

    return [object_to_model]


def _routers() -> Sequence[APIRouter]:
    from azuraforge.automations.routes import router

    return [router]


FIRING: Service[Firing] = Service("firing", _firing)
SCHEDULES: Service[ScheduleService] = Service("schedules", _schedules)
SCHEDULER: Service[Scheduler] = Service("scheduler", _scheduler)

PACKAGE = Package(
    "automations",
    tables=("tables", "store"),
    routers=_routers,
    served={"schedules": SCHEDULES},
    contributions=(
        LOOPS.add(lambda services: [services[SCHEDULER]]),
        DATASET_OBJECTIONS.add(_objections_to_dataset),
        MODEL_OBJECTIONS.add(_objections_to_model),
    ),
)
