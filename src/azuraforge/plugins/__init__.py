"""The contract that apps, built-in or a stranger's, are written against."""

from azuraforge.plugins.contract.agent import Agent, AgentContext
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.metric import Metric, MetricFacts, Pairing
from azuraforge.plugins.contract.parts import Floats, Indices, Part, Predictions, Rows, Schema, Split, Table
from azuraforge.plugins.contract.pipeline import Checkpoint, Config, Pipeline, RunContext
from azuraforge.plugins.contract.source import ImageRead, Source, SourceRead
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
    "QUANTILE_LEVELS",
    "Agent",
    "AgentContext",
    "Checkpoint",
    "ClassPredictions",
    "ClassifyConfig",
    "Config",
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
    "Metric",
    "MetricFacts",
    "Pairing",
    "Part",
    "Pipeline",
    "Predictions",
    "Rows",
    "RunContext",
    "Schema",
    "Source",
    "SourceRead",
    "Split",
    "Table",
    "TaskKind",
    "chronological_split",
    "stratified_split",
]
