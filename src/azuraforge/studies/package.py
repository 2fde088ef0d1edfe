"""Contributions of the package ``studies`` to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.datasets.package import DATASET_OBJECTIONS, DATASETS
from azuraforge.events.package import EVENTS
from azuraforge.models.package import MODEL_OBJECTIONS
from azuraforge.package import LOOPS, Package, Service, Services
from azuraforge.pipelines.package import PARTS
from azuraforge.plugins.package import CATALOGUE
from azuraforge.processes.package import LAUNCHER
from azuraforge.projects.package import BINS
from azuraforge.runs.package import RESUMING_OBJECTIONS, RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.datasets.trash import Objection as DatasetObjection
    from azuraforge.models.trash import Objection as ModelObjection
    from azuraforge.runs.service import Objection as ResumingObjection
    from azuraforge.studies.advance import Advance
    from azuraforge.studies.sampler_process import SamplerProcess
    from azuraforge.studies.scheduler import StudyScheduler
    from azuraforge.studies.service import StudyService


def _sampler(services: Services) -> SamplerProcess:
    from azuraforge.studies.sampler_process import SamplerProcess

    return SamplerProcess(services[LAUNCHER].open)


def _advance(services: Services) -> Advance:
    from azuraforge.studies.advance import Advance

    database, events, runs = services[DATABASE], services[EVENTS], services[RUNS]
    return Advance(database, events, runs, services[SAMPLER], services[PARTS].forget)


def _scheduler(services: Services) -> StudyScheduler:
    from azuraforge.studies.scheduler import StudyScheduler

    return StudyScheduler(services[DATABASE], services[EVENTS].notifier, services[ADVANCE], services[SAMPLER])


def _studies(services: Services) -> StudyService:
    from azuraforge.studies.service import StudyService

    return StudyService(
        services[DATABASE],
        services[EVENTS],
        services[CATALOGUE],
        services[DATASETS],
        services[RUNS],
        services[ADVANCE],
        services[SAMPLER],
        services[LAUNCHER].call,
        wake=services[STUDY_SCHEDULER].wake,
    )


def _objections_to_dataset(services: Services) -> Iterable[DatasetObjection]:
    from azuraforge.studies.needs import object_to_dataset

    return [object_to_dataset]


def _objections_to_model(services: Services) -> Iterable[ModelObjection]:
    from azuraforge.studies.needs import object_to_model

    return [object_to_model]


def _objections_to_resuming(services: Services) -> Iterable[ResumingObjection]:
    from azuraforge.studies.needs import object_to_resuming

    return [object_to_resuming]


def _routers() -> Sequence[APIRouter]:
    from azuraforge.studies.routes import router

    return [router]


SAMPLER: Service[SamplerProcess] = Service("sampler process", _sampler, close=lambda sampler: sampler.close())
ADVANCE: Service[Advance] = Service("steps of studies", _advance)
STUDY_SCHEDULER: Service[StudyScheduler] = Service("study scheduler", _scheduler)
STUDIES: Service[StudyService] = Service("studies", _studies)


def _events() -> Sequence[type[BaseModel]]:
    from azuraforge.studies.events import EVENTS

    return EVENTS


PACKAGE = Package(
    "studies",
    tables=("tables", "store"),
    routers=_routers,
    served={"studies": STUDIES},
    contributions=(
        LOOPS.add(lambda services: [services[STUDY_SCHEDULER]]),
        BINS.add(lambda services: [services[STUDIES].trash]),
        DATASET_OBJECTIONS.add(_objections_to_dataset),
        MODEL_OBJECTIONS.add(_objections_to_model),
        RESUMING_OBJECTIONS.add(_objections_to_resuming),
    ),
    events=_events,
)
