"""The client, which imports nothing else of AzuraForge, declares shapes of its own: they fit the API's document."""

from __future__ import annotations

import importlib
import pkgutil
import types
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

import azuraforge.client
from azuraforge.client.events import Event
from azuraforge.client.shapes import Shape, _kinds
from tests.api_document import api_document

SCHEMAS: dict[str, Any] = api_document()["components"]["schemas"]

#: Shapes whose name in the document is another.
NAMES = {
    "Evaluation": "EvaluationOut", "Sentence": "ReasonRecord", "Verdict": "VerdictRecord", "Scores": "Evaluation",
    "Automation": "AutomationOut", "AutomationStep": "StepOut", "DryRun": "DryRunOut", "Firing": "FiringOut",
    "Pair": "PairOut", "RunComparison": "ComparisonOut", "Appended": "AppendOut",
    "IncumbentAdded": "IncumbentOut", "Dataset": "DatasetOut",
    "DatasetVersion": "DatasetVersionOut", "Image": "ImageOut", "ImageClass": "ClassOut",
    "Images": "ImagesOut", "Rows": "RowsOut", "DatasetPreview": "DatasetPreviewOut",
    "Table": "TableOut", "Profile": "ProfileOut",
    "Difference": "DifferenceOut", "Deployment": "DeploymentOut", "ExtremeLosses": "ExtremesOut",
    "GatePolicy": "PolicyOut", "Model": "ModelDetail", "ModelVersion": "VersionOut", "PairCounts": "TestOut",
    "Prediction": "PredictOut", "Notification": "NotificationOut", "NotificationTarget": "TargetOut",
    "_Targets": "TargetPage", "Plugin": "PluginOut", "TaskKind": "TaskKindFacts", "Drift": "DriftOut",
    "LedgerLine": "PredictionDetail", "Lineage": "LineageOut", "Origin": "ImportedFrom", "Artifact": "ArtifactOut",
    "Series": "SeriesOut", "Log": "LogOut", "Preview": "PreviewOut",
    "Attempt": "AttemptOut", "Curve": "MetricSeries", "Progress": "RunProgress", "Run": "RunDetail",
    "WhatIf": "WhatIfOut", "Fire": "FireOut", "Schedule": "ScheduleOut", "Link": "LinkOut", "Session": "SessionOut",
    "Importance": "ImportanceOut", "SearchSpace": "SpaceOut", "Study": "StudyDetail", "Trial": "TrialOut",
    "Secret": "SecretOut", "Freshness": "KeepFreshOut", "AsOf": "AsOfOut", "Loop": "LoopOut",
    "ProjectMember": "MemberOut", "Person": "PersonOut", "NewPerson": "PersonCreated",
    "Setting": "SettingOut", "Usage": "UsageOut", "Invitation": "InvitationCreated",
    "Token": "TokenCreated", "AccessToken": "AccessTokenOut",
    "Project": "ProjectOut", "CurrentProject": "CurrentProjectOut",
    "DeletedProject": "DeletedProjectOut", "ProjectPurge": "ProjectPurgeOut",
    "Approval": "ApprovalOut", "Found": "FoundOut", "Promotion": "PromotionOut", "RollbackTarget": "RollbackOut",
    "RunField": "FieldOut", "RunFields": "FieldsOut", "Bulk": "BulkOut",
    "Feed": "FeedOut", "Learner": "LearnerOut", "LearnerHour": "HourOut", "LearnerState": "StateOut",
    "LearnerNotice": "NoticeOut", "LearnerFact": "FactOut", "LearnerAnswer": "AnswerOut",
    "Account": "AccountOut", "VerdictPolicy": "GatePolicy", "Purged": "PurgeOut", "TrashContents": "TrashOut",
}  # fmt: skip

#: Fields of the document that a shape leaves to ``raw``.
LEFT_TO_RAW = {
    "Plugin": {"metric", "schema", "task_kind"},  # ``Plugin.config_schema`` and ``client.plugins.task_kind`` read them
    "_Targets": {"next"},
    "TrashContents": {"next"},  # ``client.trash`` follows it
}

#: Schemas whose fields one shape of the client holds all; the other one has fewer.
SAME = {"RunOut": "RunDetail", "Said": "ReasonRecord", "Origin": "ImportedFrom"}
RENAMED = {("ClassProbability", "class"): "name"}


def shapes(base: type[Shape] = Shape) -> Iterator[type[Shape]]:
    for package in pkgutil.walk_packages(azuraforge.client.__path__, "azuraforge.client."):
        importlib.import_module(package.name)
    for each in base.__subclasses__():
        if each.__module__.startswith("azuraforge.client."):
            yield each
            yield from shapes(each)


def schema_of(shape: type[Shape]) -> str:
    return NAMES.get(shape.__name__, shape.__name__)


def declared(kind: object) -> str:
    """Return a field's type as the client declares it, such as ``list<ClassMetrics>|null``."""
    if kind is object:
        return "any"
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        others = sorted({declared(each) for each in arguments if each is not types.NoneType})
        if "number" in others and "integer" in others:
            others.remove("integer")
        return "|".join(others + ["null"] * (types.NoneType in arguments))
    if origin in (list, tuple):
        return f"list<{declared(arguments[0])}>"
    if origin is dict:
        return f"object<{declared(arguments[1])}>"
    if isinstance(kind, type) and issubclass(kind, Shape):
        return schema_of(kind)
    return {str: "string", int: "integer", float: "number", bool: "boolean", datetime: "date-time"}[kind]  # type: ignore[index]


def documented(schema: dict[str, Any]) -> str:
    """Return a field's type as the document states it, in the same words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return SAME.get(name, name) if "properties" in SCHEMAS[name] else documented(SCHEMAS[name])
    if either := schema.get("anyOf") or schema.get("oneOf"):
        kinds = {documented(each) for each in either}
        others = sorted(kinds - {"null"})
        if "number" in others and "integer" in others:
            others.remove("integer")  # JSON has one kind of number
        return "|".join(others + sorted(kinds & {"null"}))
    if schema.get("format") == "date-time":
        return "date-time"
    if schema.get("type") == "array":
        return f"list<{documented(schema.get('items', {}))}>"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"object<{documented(inner) if isinstance(inner, dict) else 'any'}>"
    return str(schema.get("type", "any"))


def fits(said: str, stated: str) -> bool:
    """Return whether a declaration fits: exactly, or as ``any`` and ``object<any>`` where the client reads no further.

    The client may allow null where the document does not, for an older platform that lacks the field; never reversed.
    """
    if said == stated or said == "any":
        return True
    if stated == "Sentences":
        return said == "object<string>"
    if said.endswith("|null"):
        return fits(said.removesuffix("|null"), stated.removesuffix("|null"))
    if said.startswith(("list<", "object<")) and said.partition("<")[0] == stated.partition("<")[0]:
        return fits(said.partition("<")[2][:-1], stated.partition("<")[2][:-1])
    opened = stated in SCHEMAS or all(each in SCHEMAS for each in stated.split("|"))
    return said == "object<any>" and opened


def drift(shape: type[Shape]) -> list[str]:
    """Return how a shape differs from the document."""
    name = schema_of(shape)
    if name not in SCHEMAS:
        return [f"the document has no schema {name}"]
    said = _kinds(shape)
    stated = {
        RENAMED.get((shape.__name__, field), field): schema for field, schema in SCHEMAS[name]["properties"].items()
    }
    found = [f"{field} is not in the document" for field in said if field not in stated]
    missing = set(stated) - set(said)
    found += [f"{field} is missing" for field in sorted(missing ^ LEFT_TO_RAW.get(shape.__name__, set()))]
    for field in sorted(set(said) & set(stated)):
        ours, theirs = declared(said[field]), documented(stated[field])
        if not fits(ours, theirs):
            found.append(f"{field} is {ours}, in the document {theirs}")
    return found


@pytest.mark.parametrize("shape", [each for each in shapes() if each is not Event], ids=lambda shape: shape.__name__)
def test_a_shape_fits_the_document(shape):
    assert drift(shape) == []


def test_an_event_fits_each_event_of_the_document():
    for each in SCHEMAS["Event"]["oneOf"]:
        fields = SCHEMAS[each["$ref"].rpartition("/")[2]]["properties"]
        assert set(fields) == set(_kinds(Event))
