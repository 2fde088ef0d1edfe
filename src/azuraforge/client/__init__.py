"""The Python client: starts and watches runs, logs runs of your own, manages datasets and models. Needs httpx only."""

from azuraforge.client.client import Client
from azuraforge.client.datasets import Dataset, DatasetVersion, Finding, Picture, PictureClass, Pictures, Rows
from azuraforge.client.errors import ApiError, ClientError, FileUnusable, PlatformUnreachable
from azuraforge.client.evaluation import Evaluation, Scores, Verdict
from azuraforge.client.events import Event
from azuraforge.client.external.run import ExternalRun
from azuraforge.client.external.shipping import Shipped
from azuraforge.client.model import (
    AliasChange,
    ClassProbability,
    Deployment,
    ExtremeLosses,
    GatePolicy,
    GuardedSlice,
    Lineage,
    LineageEdge,
    LineageNode,
    Model,
    ModelVersion,
    PairCounts,
    PictureAnswer,
    Prediction,
    PredictionPoint,
)
from azuraforge.client.plugins import Plugin
from azuraforge.client.predictions import (
    Drift,
    DriftColumn,
    DriftReport,
    DriftThresholds,
    LedgerLine,
    LiveScore,
    LiveScores,
    PointOutcome,
)
from azuraforge.client.run import Curve, Progress, Run, RunError
from azuraforge.client.schedules import Fire, Schedule
from azuraforge.client.sessions import Link, Session
from azuraforge.client.study import (
    BaselineScore,
    Budget,
    Importance,
    Objective,
    SearchableField,
    SearchSpace,
    Study,
    Trial,
)
from azuraforge.client.tokens import Token
from azuraforge.client.trash import Purged, RetentionPolicy, TrashContents, TrashItem

__all__ = [
    "AliasChange",
    "ApiError",
    "BaselineScore",
    "Budget",
    "ClassProbability",
    "Client",
    "ClientError",
    "Curve",
    "Dataset",
    "DatasetVersion",
    "Deployment",
    "Drift",
    "DriftColumn",
    "DriftReport",
    "DriftThresholds",
    "Evaluation",
    "Event",
    "ExternalRun",
    "ExtremeLosses",
    "FileUnusable",
    "Finding",
    "Fire",
    "GatePolicy",
    "GuardedSlice",
    "Importance",
    "LedgerLine",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "Link",
    "LiveScore",
    "LiveScores",
    "Model",
    "ModelVersion",
    "Objective",
    "PairCounts",
    "Picture",
    "PictureAnswer",
    "PictureClass",
    "Pictures",
    "PlatformUnreachable",
    "Plugin",
    "PointOutcome",
    "Prediction",
    "PredictionPoint",
    "Progress",
    "Purged",
    "RetentionPolicy",
    "Rows",
    "Run",
    "RunError",
    "Schedule",
    "Scores",
    "SearchSpace",
    "SearchableField",
    "Session",
    "Shipped",
    "Study",
    "Token",
    "TrashContents",
    "TrashItem",
    "Trial",
    "Verdict",
]
