"""Contributions of the package ``automations`` to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.datasets.package import DATASET_OBJECTIONS, DATASETS
from azuraforge.events.package import EVENTS
from azuraforge.measures import MEASURES
from azuraforge.models.package import MODEL_OBJECTIONS, MODELS, PREDICTIONS
from azuraforge.package import LOOPS, SETTINGS, Package, Service, Services
from azuraforge.plugins.package import CALL, CATALOGUE
from azuraforge.projects.package import BINS, OWNED_SECRETS
from azuraforge.runs.package import RUNS
from azuraforge.studies.package import STUDIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.automations.firing import Firing
    from azuraforge.automations.fresh.service import FreshService
    from azuraforge.automations.notifications.sender import Sender
    from azuraforge.automations.notifications.service import NotificationService
    from azuraforge.automations.scheduler import Scheduler
    from azuraforge.automations.service import ScheduleService
    from azuraforge.automations.triggers.firing import Firings
    from azuraforge.automations.triggers.loop import AutomationLoop
    from azuraforge.automations.triggers.service import AutomationService
    from azuraforge.automations.triggers.watching import Watch
    from azuraforge.datasets.trash import Objection as DatasetObjection
    from azuraforge.measures import Measure
    from azuraforge.models.trash import Objection as ModelObjection
    from azuraforge.projects.trash import Bin


def _firing(services: Services) -> Firing:
    from azuraforge.automations.firing import Firing

    return Firing(services[DATABASE], services[EVENTS], services[RUNS])


def _schedules(services: Services) -> ScheduleService:
    from azuraforge.automations.service import ScheduleService

    return ScheduleService(services[DATABASE], services[RUNS], services[FIRING])


def _scheduler(services: Services) -> Scheduler:
    from azuraforge.automations.scheduler import Scheduler

    return Scheduler(services[DATABASE], services[FIRING])


def _firings(services: Services) -> Firings:
    from azuraforge.automations.triggers.firing import Firings

    return Firings(services[EVENTS])


def _watch(services: Services) -> Watch:
    from azuraforge.automations.triggers.watching import Watch

    return Watch(services[DATABASE], services[FIRINGS], services.all(MEASURES))


def _automations(services: Services) -> AutomationService:
    from azuraforge.automations.triggers.checking import Checks
    from azuraforge.automations.triggers.service import AutomationService

    checks = Checks(services[RUNS], services[STUDIES], services[WATCH])
    return AutomationService(services[DATABASE], services[EVENTS], services[FIRINGS], services[WATCH], checks)


def _fresh(services: Services) -> FreshService:
    from azuraforge.automations.fresh.service import FreshService

    return FreshService(
        services[DATABASE],
        services[AUTOMATIONS],
        services[MODELS],
        services[PREDICTIONS].standings,
        services[DATASETS],
        services[RUNS],
    )


def _automation_loop(services: Services) -> AutomationLoop:
    from azuraforge.automations.triggers.consuming import Consumer
    from azuraforge.automations.triggers.loop import AutomationLoop
    from azuraforge.automations.triggers.messages import notify
    from azuraforge.automations.triggers.stepping import Stepping

    database, events, firings = services[DATABASE], services[EVENTS], services[FIRINGS]
    stepping = Stepping(database, firings, services[RUNS], services[STUDIES], services[MODELS], notify)
    consumer = Consumer(database, events, firings)
    return AutomationLoop(database, events.notifier, consumer, services[WATCH], stepping)


def _notifications(services: Services) -> NotificationService:
    from azuraforge.automations.needs import object_to_target
    from azuraforge.automations.notifications.service import NotificationService

    return NotificationService(
        services[DATABASE], services[EVENTS], services[CATALOGUE], services[OWNED_SECRETS], object_to_target
    )


def _sender(services: Services) -> Sender:
    from azuraforge.automations.notifications.sender import Sender
    from azuraforge.outgoing import Policy

    settings = services[SETTINGS]
    policy = Policy.of(settings)
    secrets = services[OWNED_SECRETS]
    return Sender(services[DATABASE], services[EVENTS], secrets, services[CALL], str(settings.plugins), policy)


def _bins(services: Services) -> Iterable[Bin]:
    from azuraforge.automations.notifications.retention import NotificationBin

    yield NotificationBin(services[DATABASE], services[SETTINGS].notification_days)


def _measures(services: Services) -> Iterable[Measure]:
    from azuraforge.automations.triggers.measures import DatasetAge, DiskUsed, Drift, WorseThanBaseline

    disk, age = DiskUsed(services[SETTINGS].home), DatasetAge(services[DATASETS])
    return [disk, age, Drift(services[PREDICTIONS]), WorseThanBaseline(services[PREDICTIONS])]


def _objections_to_dataset(services: Services) -> Iterable[DatasetObjection]:
    from azuraforge.automations.needs import object_to_dataset

    return [object_to_dataset]


def _objections_to_model(services: Services) -> Iterable[ModelObjection]:
    from azuraforge.automations.needs import object_to_model

    return [object_to_model]


def _routers() -> Sequence[APIRouter]:
    from azuraforge.automations.fresh.routes import router as fresh
    from azuraforge.automations.notifications.routes import router as notifications
    from azuraforge.automations.routes import router as schedules
    from azuraforge.automations.triggers.routes import router as automations

    return [schedules, automations, fresh, notifications]


FIRING: Service[Firing] = Service("firing", _firing)
SCHEDULES: Service[ScheduleService] = Service("schedules", _schedules)
SCHEDULER: Service[Scheduler] = Service("scheduler", _scheduler)
FIRINGS: Service[Firings] = Service("firings of automations", _firings)
WATCH: Service[Watch] = Service("watch of automations", _watch)
AUTOMATIONS: Service[AutomationService] = Service("automations", _automations)
FRESH: Service[FreshService] = Service("fresh models", _fresh)
AUTOMATION_LOOP: Service[AutomationLoop] = Service("loop of automations", _automation_loop)
NOTIFICATIONS: Service[NotificationService] = Service("notifications", _notifications)
SENDER: Service[Sender] = Service("sender of notifications", _sender)


def _events() -> Sequence[type[BaseModel]]:
    from azuraforge.automations.events import EVENTS

    return EVENTS


PACKAGE = Package(
    "automations",
    tables=("tables", "store", "triggers.tables", "triggers.store", "notifications.tables", "notifications.store"),
    routers=_routers,
    served={"schedules": SCHEDULES, "automations": AUTOMATIONS, "fresh": FRESH, "notifications": NOTIFICATIONS},
    contributions=(
        LOOPS.add(lambda services: [services[SCHEDULER], services[AUTOMATION_LOOP], services[SENDER]]),
        BINS.add(_bins),
        MEASURES.add(_measures),
        DATASET_OBJECTIONS.add(_objections_to_dataset),
        MODEL_OBJECTIONS.add(_objections_to_model),
    ),
    events=_events,
)
