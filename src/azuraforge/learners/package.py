"""Registration of the package ``learners`` with the platform."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.datasets.package import DATASETS
from azuraforge.events.package import EVENTS
from azuraforge.package import LOOPS, SETTINGS, Extension, Package, Service, Services
from azuraforge.plugins.package import CATALOGUE
from azuraforge.processes.package import LAUNCHER
from azuraforge.projects.package import BINS, MEASURES, QUOTAS
from azuraforge.runs.package import HANDLERS, RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import APIRouter
    from pydantic import BaseModel

    from azuraforge.learners.feeds.collecting.collectors import Collectors
    from azuraforge.learners.feeds.cutting import FeedCutter
    from azuraforge.learners.feeds.keeping import FeedKeeper
    from azuraforge.learners.feeds.service import FeedService
    from azuraforge.learners.feeds.trash import FeedNeeds, FeedObjection
    from azuraforge.learners.learning.files import StateFiles
    from azuraforge.learners.learning.learners import LearnerService
    from azuraforge.projects.quotas.service import Measure
    from azuraforge.runs.handlers import Handler

#: Checks that raise Conflict if a feed must not be deleted.
FEED_OBJECTIONS: Extension[FeedObjection] = Extension("objections to deleting a feed")
#: Functions that return the feeds that must not be purged.
FEED_NEEDS: Extension[FeedNeeds] = Extension("needs of feeds")


def _feeds(services: Services) -> FeedService:
    from azuraforge.learners.feeds.service import FeedService

    return FeedService(
        services[DATABASE],
        services[EVENTS],
        services[CATALOGUE],
        services[DATASETS],
        services[SETTINGS].artifacts,
        objections=services.all(FEED_OBJECTIONS),
        needs=services.all(FEED_NEEDS),
        check_quota=services[QUOTAS].check,
    )


def _collectors(services: Services) -> Collectors:
    from azuraforge.learners.feeds.collecting.collectors import Collectors

    return Collectors(services[DATABASE], services[FEEDS], services[RUNS])


def _cutter(services: Services) -> FeedCutter:
    from azuraforge.learners.feeds.cutting import FeedCutter
    from azuraforge.processes.resources.memory import MemoryLimit

    memory = MemoryLimit(services[SETTINGS].reading.memory_bytes, "AZURAFORGE_READING__MEMORY_BYTES")
    call = partial(services[LAUNCHER].call, memory=memory)
    return FeedCutter(services[DATABASE], services[FEEDS], services[DATASETS], call)


def _keeper(services: Services) -> FeedKeeper:
    from azuraforge.learners.feeds.keeping import FeedKeeper

    return FeedKeeper(services[DATABASE], services[FEEDS])


def _learners(services: Services) -> LearnerService:
    from azuraforge.learners.learning.learners import LearnerService

    return LearnerService(
        services[DATABASE],
        services[EVENTS],
        services[CATALOGUE],
        services[RUNS],
        services[STATE_FILES],
        services[QUOTAS].check,
    )


def _state_files(services: Services) -> StateFiles:
    from azuraforge.learners.learning.files import StateFiles

    return StateFiles(services[SETTINGS].artifacts)


def _objections(_: Services) -> Sequence[FeedObjection]:
    from azuraforge.learners.learning.trash import refuse_feed_of_learners

    return [refuse_feed_of_learners]


def _needs(_: Services) -> Sequence[FeedNeeds]:
    from azuraforge.learners.learning.trash import needs_of_learners

    return [needs_of_learners]


def _handlers(services: Services) -> Iterable[Handler]:
    from azuraforge.learners.feeds.collecting.handler import CollectHandler
    from azuraforge.learners.learning.handler import LearnHandler

    settings = services[SETTINGS]
    yield CollectHandler(services[DATABASE], services[FEEDS], services[DATASETS])
    yield LearnHandler(services[DATABASE], services[STATE_FILES], services[EVENTS], settings.plugins)


def _measures(_: Services) -> Sequence[Measure]:
    from azuraforge.learners.feeds import store as feeds
    from azuraforge.learners.learning import store as learning
    from azuraforge.projects.quotas.service import Measure

    return [Measure("stored_bytes", feeds.stored_bytes), Measure("stored_bytes", learning.stored_bytes)]


def _routers() -> Sequence[APIRouter]:
    from azuraforge.learners.feeds.routes import router as feeds
    from azuraforge.learners.learning.routes import router as learners

    return [feeds, learners]


def _events() -> Sequence[type[BaseModel]]:
    from azuraforge.learners.feeds.events import EVENTS as FEED_EVENTS
    from azuraforge.learners.learning.events import EVENTS as LEARNER_EVENTS

    return (*FEED_EVENTS, *LEARNER_EVENTS)


def _summaries() -> Sequence[type[BaseModel]]:
    from azuraforge.learners.feeds.collecting.summaries import CollectSummary
    from azuraforge.learners.learning.summaries import LearnSummary

    return [CollectSummary, LearnSummary]


FEEDS: Service[FeedService] = Service("feeds", _feeds)
STATE_FILES: Service[StateFiles] = Service("files of learners' states", _state_files)
LEARNERS: Service[LearnerService] = Service("learners", _learners)
COLLECTORS: Service[Collectors] = Service("collectors of feeds", _collectors)
FEED_CUTTER: Service[FeedCutter] = Service("cuts of feeds", _cutter)
FEED_KEEPER: Service[FeedKeeper] = Service("keeper of feeds", _keeper)

PACKAGE = Package(
    "learners",
    tables=("tables", "feeds.store"),
    routers=_routers,
    served={"feeds": FEEDS, "collectors": COLLECTORS, "learners": LEARNERS, "feed_cutter": FEED_CUTTER},
    contributions=(
        HANDLERS.add(_handlers),
        LOOPS.add(lambda services: [services[FEED_KEEPER]]),
        # Bins are purged in reverse order: learners before the feeds that they read.
        BINS.add(lambda services: [services[FEEDS].trash, services[LEARNERS].trash]),
        FEED_OBJECTIONS.add(_objections),
        FEED_NEEDS.add(_needs),
        MEASURES.add(_measures),
    ),
    events=_events,
    summaries=_summaries,
)
