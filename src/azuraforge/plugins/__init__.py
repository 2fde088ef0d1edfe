"""The contract that all plugins implement, built-in and third-party.

Each public name is imported from its module when it is first used. The API process imports parts of this package only
to show results that child processes computed; without the lazy import, it would load NumPy and never use it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azuraforge.plugins.contract.agent import Agent, AgentContext
    from azuraforge.plugins.contract.arrays import Floats, Indices
    from azuraforge.plugins.contract.composition import Composition, LeftOutMember, Member
    from azuraforge.plugins.contract.dataset_schema import DatasetSchema
    from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, group
    from azuraforge.plugins.contract.fields.search import search_choices, search_range
    from azuraforge.plugins.contract.fields.secret import SecretName
    from azuraforge.plugins.contract.figure import Figure
    from azuraforge.plugins.contract.live.source import FeedRow, LiveSource, Polled
    from azuraforge.plugins.contract.metric import Metric, MetricFacts, Pairing
    from azuraforge.plugins.contract.notifier import Message, Notifier
    from azuraforge.plugins.contract.online.features import Features
    from azuraforge.plugins.contract.online.kind import OnlineKind
    from azuraforge.plugins.contract.online.learner import (
        Answer,
        Answers,
        Example,
        Learner,
        LearnerContext,
        Origin,
        Result,
        Steps,
    )
    from azuraforge.plugins.contract.parts import Part, Predictions, Rows, Schema, Split, Table
    from azuraforge.plugins.contract.pipeline import Checkpoint, Config, Pipeline, RunContext
    from azuraforge.plugins.contract.rows import RowKind, Span
    from azuraforge.plugins.contract.shape import in_turkish
    from azuraforge.plugins.contract.source import ImageRead, Source, SourceFinding, SourceNews, SourceRead
    from azuraforge.plugins.contract.task_kind import TaskKind
    from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS, ForecastConfig, chronological_split
    from azuraforge.plugins.vision.config import (
        ClassifyConfig,
        ClassPredictions,
        ImagePart,
        ImagePipeline,
        ImageSchema,
        ImageSplit,
        ImageTable,
        stratified_split,
    )

__all__ = [
    "ESSENTIAL",
    "QUANTILE_LEVELS",
    "Agent",
    "AgentContext",
    "Answer",
    "Answers",
    "Checkpoint",
    "ClassPredictions",
    "ClassifyConfig",
    "Composition",
    "Config",
    "DatasetSchema",
    "Example",
    "Features",
    "FeedRow",
    "Figure",
    "Floats",
    "ForecastConfig",
    "ImagePart",
    "ImagePipeline",
    "ImageRead",
    "ImageSchema",
    "ImageSplit",
    "ImageTable",
    "Indices",
    "Learner",
    "LearnerContext",
    "LeftOutMember",
    "LiveSource",
    "Member",
    "Message",
    "Metric",
    "MetricFacts",
    "Notifier",
    "OnlineKind",
    "Origin",
    "Pairing",
    "Part",
    "Pipeline",
    "Polled",
    "Predictions",
    "Result",
    "RowKind",
    "Rows",
    "RunContext",
    "Schema",
    "SecretName",
    "Source",
    "SourceFinding",
    "SourceNews",
    "SourceRead",
    "Span",
    "Split",
    "Steps",
    "Table",
    "TaskKind",
    "chronological_split",
    "group",
    "in_turkish",
    "search_choices",
    "search_range",
    "stratified_split",
]

_MODULES = {
    "contract.agent": "Agent AgentContext",
    "contract.arrays": "Floats Indices",
    "contract.composition": "Composition LeftOutMember Member",
    "contract.dataset_schema": "DatasetSchema",
    "contract.online.features": "Features",
    "contract.figure": "Figure",
    "contract.online.learner": "Answer Answers Example Learner LearnerContext Origin Result Steps",
    "contract.live.source": "FeedRow LiveSource Polled",
    "contract.metric": "Metric MetricFacts Pairing",
    "contract.notifier": "Message Notifier",
    "contract.online.kind": "OnlineKind",
    "contract.parts": "Part Predictions Rows Schema Split Table",
    "contract.pipeline": "Checkpoint Config Pipeline RunContext",
    "contract.fields.grouping": "ESSENTIAL group",
    "contract.fields.search": "search_choices search_range",
    "contract.rows": "RowKind Span",
    "contract.fields.secret": "SecretName",
    "contract.shape": "in_turkish",
    "contract.source": "ImageRead Source SourceFinding SourceNews SourceRead",
    "contract.task_kind": "TaskKind",
    "forecasting.config": "QUANTILE_LEVELS ForecastConfig chronological_split",
    "vision.config": "ClassifyConfig ClassPredictions ImagePart ImagePipeline ImageSchema ImageSplit ImageTable"
    " stratified_split",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
