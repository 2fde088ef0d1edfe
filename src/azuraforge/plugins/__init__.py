"""The contract that apps, built-in or a stranger's, are written against."""

from azuraforge.plugins.agent import Agent, AgentContext
from azuraforge.plugins.forecast import QUANTILE_LEVELS, ForecastConfig, chronological_split
from azuraforge.plugins.images import (
    ClassifyConfig,
    ClassPredictions,
    ImagePart,
    ImagePipeline,
    ImageSchema,
    ImageSplit,
    ImageTable,
    stratified_split,
)
from azuraforge.plugins.parts import Floats, Indices, Part, Predictions, Rows, Schema, Split, Table
from azuraforge.plugins.pipeline import Checkpoint, Config, Pipeline, RunContext
from azuraforge.plugins.source import ImageRead, Source, SourceRead

__all__ = [
    "QUANTILE_LEVELS",
    "Agent",
    "AgentContext",
    "Checkpoint",
    "ClassPredictions",
    "ClassifyConfig",
    "Config",
    "Floats",
    "ForecastConfig",
    "ImagePart",
    "ImagePipeline",
    "ImageRead",
    "ImageSchema",
    "ImageSplit",
    "ImageTable",
    "Indices",
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
    "chronological_split",
    "stratified_split",
]
