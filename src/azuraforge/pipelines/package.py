"""Contributions of the package ``pipelines`` to the platform: the handlers of its run kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.database.package import DATABASE
from azuraforge.datasets.package import DATASETS
from azuraforge.models.package import MODELS
from azuraforge.package import SETTINGS, Package, Service, Services
from azuraforge.plugins.package import CATALOGUE
from azuraforge.processes.package import LAUNCHER, PRELOADED
from azuraforge.projects.package import CHORES, FOLDERS
from azuraforge.runs.package import HANDLERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel

    from azuraforge.pipelines.baseline_cache import BaselineCache
    from azuraforge.pipelines.trials.parts import StudyParts
    from azuraforge.runs.handlers import Handler


def _handlers(services: Services) -> Iterable[Handler]:
    from azuraforge.pipelines.agents.handler import AgentHandler
    from azuraforge.pipelines.batches.handler import BatchPredictHandler
    from azuraforge.pipelines.training import TrainingHandler
    from azuraforge.pipelines.trials.handler import TrialHandler

    settings, call = services[SETTINGS], services[LAUNCHER].call
    catalogue, datasets, models = services[CATALOGUE], services[DATASETS], services[MODELS]
    return [
        TrainingHandler(services[DATABASE], catalogue, datasets, models, call, services[BASELINES]),
        TrialHandler(datasets, catalogue, settings.home / "studies"),
        BatchPredictHandler(datasets, models, call, settings.plugins),
        AgentHandler(catalogue),
    ]


def _parts(services: Services) -> StudyParts:
    from azuraforge.pipelines.trials.parts import StudyParts

    return StudyParts(services[SETTINGS].home / "studies")


def _baselines(services: Services) -> BaselineCache:
    from azuraforge.pipelines.baseline_cache import BaselineCache

    return BaselineCache(services[SETTINGS].home / "baselines")


def _figures() -> Mapping[str, type[BaseModel]]:
    from azuraforge.pipelines.backtests.shapes import BacktestFigure
    from azuraforge.pipelines.batches.shapes import BatchFigure

    return {"backtest": BacktestFigure, "predictions": BatchFigure}


def _summaries() -> Sequence[type[BaseModel]]:
    from azuraforge.pipelines.batches.shapes import PredictSummary
    from azuraforge.pipelines.summaries import SUMMARIES

    return [*SUMMARIES, PredictSummary]


#: Train and validation sets that the trials of one study share.
PARTS: Service[StudyParts] = Service("parts of studies", _parts)

#: Fits and predictions of baselines from earlier runs of a project on the same data.
BASELINES: Service[BaselineCache] = Service("cache of baselines", _baselines)

#: Modules that every child of a run imports; importing them starts no thread.
_PRELOADED = (
    "azuraforge.pipelines.trials.steps",
    "azuraforge.pipelines.judge",
    "azuraforge.plugins.kinds.forecast.kind",
    "azuraforge.plugins.kinds.classify.kind",
)

PACKAGE = Package(
    "pipelines",
    contributions=(
        HANDLERS.add(_handlers),
        PRELOADED.add(lambda services: [*_PRELOADED]),
        CHORES.add(lambda services: [services[BASELINES].sweep]),
        FOLDERS.add(lambda services: [services[SETTINGS].home / each for each in ("studies", "baselines")]),
    ),
    figures=_figures,
    summaries=_summaries,
)
