"""The Python client: starts and watches runs, logs runs of your own, manages datasets and models. Needs httpx only."""

from azuraforge.client.client import Client
from azuraforge.client.datasets import Dataset, DatasetVersion, Finding, Picture, PictureClass, Pictures, Rows
from azuraforge.client.errors import ApiError, ClientError, FileUnusable, PlatformUnreachable
from azuraforge.client.events import Event
from azuraforge.client.external import ExternalRun
from azuraforge.client.models import (
    AliasChange,
    ClassProbability,
    Deployment,
    GatePolicy,
    Model,
    ModelVersion,
    PictureAnswer,
    Prediction,
    PredictionPoint,
)
from azuraforge.client.plugins import Plugin
from azuraforge.client.predictions import Drift, LedgerLine, LiveScore, LiveScores, PointOutcome
from azuraforge.client.run import Curve, Evaluation, Progress, Run, RunError
from azuraforge.client.schedules import Fire, Schedule
from azuraforge.client.sessions import Link, Session
from azuraforge.client.shipping import Shipped
from azuraforge.client.studies import Study, Trial
from azuraforge.client.tokens import Token
from azuraforge.client.trash import Policy, Purged, TrashContents, TrashItem

__all__ = [
    "AliasChange",
    "ApiError",
    "ClassProbability",
    "Client",
    "ClientError",
    "Curve",
    "Dataset",
    "DatasetVersion",
    "Deployment",
    "Drift",
    "Evaluation",
    "Event",
    "ExternalRun",
    "FileUnusable",
    "Finding",
    "Fire",
    "GatePolicy",
    "LedgerLine",
    "Link",
    "LiveScore",
    "LiveScores",
    "Model",
    "ModelVersion",
    "Picture",
    "PictureAnswer",
    "PictureClass",
    "Pictures",
    "PlatformUnreachable",
    "Plugin",
    "PointOutcome",
    "Policy",
    "Prediction",
    "PredictionPoint",
    "Progress",
    "Purged",
    "Rows",
    "Run",
    "RunError",
    "Schedule",
    "Session",
    "Shipped",
    "Study",
    "Token",
    "TrashContents",
    "TrashItem",
    "Trial",
]
