"""The client's objects: made from JSON, and in step with the API's schemas."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from azuraforge.client import datasets as client_datasets
from azuraforge.client import evaluation as client_evaluation
from azuraforge.client import model as client_models
from azuraforge.client import plugins as client_plugins
from azuraforge.client import predictions as client_predictions
from azuraforge.client import provenance as client_provenance
from azuraforge.client import run as client_runs
from azuraforge.client import sessions as client_sessions
from azuraforge.client import study as client_studies
from azuraforge.client import trash as client_trash
from azuraforge.client.access import projects as client_projects
from azuraforge.client.access import secrets as client_secrets
from azuraforge.client.access import tokens as client_tokens
from azuraforge.client.events import Event
from azuraforge.client.http.address import Address, AddressBook
from azuraforge.client.run import Run
from azuraforge.client.shapes import REPR_CHARACTERS, Shape
from azuraforge.datasets import schemas as datasets
from azuraforge.events import schemas as events
from azuraforge.models import answers, distributions, promotion_schemas, provenance
from azuraforge.models import schemas as models
from azuraforge.models.deployments import schemas as deployments
from azuraforge.models.drift import schemas as drift
from azuraforge.models.gate import policy, record
from azuraforge.models.predictions.schemas import PredictionDetail
from azuraforge.models.registry import lineage_schemas
from azuraforge.people import schemas as people
from azuraforge.plugins import schemas as plugins
from azuraforge.plugins.contract import evaluation, metric
from azuraforge.projects import schemas as projects
from azuraforge.projects.lifecycle import schemas as deleted_projects
from azuraforge.projects.secrets import schemas as secrets
from azuraforge.runs import schemas as runs
from azuraforge.runs.metrics import schemas as metrics
from azuraforge.studies import schemas as studies

PAIRS = [
    (client_studies.Study, studies.StudyDetail),
    (client_studies.Trial, studies.TrialOut),
    (client_studies.Objective, studies.Objective),
    (client_studies.Budget, studies.Budget),
    (client_studies.BaselineScore, studies.BaselineScore),
    (client_studies.SearchSpace, studies.SpaceOut),
    (client_studies.SearchableField, studies.SearchableField),
    (client_studies.Importance, studies.ImportanceOut),
    (client_runs.Run, runs.RunDetail),
    (client_runs.Progress, runs.RunProgress),
    (client_runs.RunError, runs.RunError),
    (client_runs.Attempt, runs.AttemptOut),
    (client_runs.Artifact, runs.ArtifactOut),
    (client_runs.Curve, metrics.MetricSeries),
    (client_evaluation.Evaluation, models.EvaluationOut),
    (client_evaluation.Scores, evaluation.Evaluation),
    (client_evaluation.MetricFacts, metric.MetricFacts),
    (client_evaluation.PartSummary, evaluation.PartSummary),
    (client_evaluation.ContenderScores, evaluation.ContenderScores),
    (client_evaluation.HorizonMetrics, evaluation.HorizonMetrics),
    (client_evaluation.ClassMetrics, evaluation.ClassMetrics),
    (client_evaluation.FailedBaseline, evaluation.FailedBaseline),
    (client_evaluation.ComparisonScores, evaluation.ComparisonScores),
    (client_evaluation.GuardedRows, evaluation.GuardedRows),
    (client_evaluation.SeriesTable, evaluation.SeriesTable),
    (client_evaluation.SeriesScores, evaluation.SeriesScores),
    (client_evaluation.LeftOut, evaluation.LeftOut),
    (client_evaluation.Verdict, record.VerdictRecord),
    (client_evaluation.Sentence, record.ReasonRecord),
    (client_datasets.Finding, datasets.Finding),
    (client_datasets.DatasetSchema, datasets.DatasetSchema),
    (client_datasets.DatasetVersion, datasets.DatasetVersionOut),
    (client_datasets.Dataset, datasets.DatasetOut),
    (client_datasets.Rows, datasets.RowsOut),
    (client_models.Model, models.ModelDetail),
    (client_models.ModelVersion, models.VersionOut),
    (client_models.AliasChange, models.AliasChange),
    (client_models.RollbackTarget, models.RollbackOut),
    (client_models.Approval, promotion_schemas.ApprovalOut),
    (client_models.Promotion, promotion_schemas.PromotionOut),
    (client_models.PredictionPoint, answers.PredictionPoint),
    (client_models.Prediction, models.PredictOut),
    (client_models.GatePolicy, models.PolicyOut),
    (client_models.GuardedSlice, policy.GuardedSlice),
    (client_models.Deployment, deployments.DeploymentOut),
    (client_models.PairCounts, deployments.TestOut),
    (client_models.ExtremeLosses, deployments.ExtremesOut),
    (client_provenance.Lineage, lineage_schemas.LineageOut),
    (client_provenance.LineageNode, lineage_schemas.LineageNode),
    (client_provenance.LineageEdge, lineage_schemas.LineageEdge),
    (client_provenance.MadePredictions, lineage_schemas.MadePredictions),
    (client_provenance.LearnedRows, provenance.LearnedRows),
    (client_provenance.EvaluatedRows, provenance.EvaluatedRows),
    (client_provenance.LearnedPart, provenance.LearnedPart),
    (client_provenance.Origin, provenance.ImportedFrom),
    (client_provenance.OriginDataset, provenance.OriginDataset),
    (client_predictions.PredictionInputs, answers.PredictionInputs),
    (client_predictions.KnownPoints, answers.KnownPoints),
    (client_predictions.LedgerLine, PredictionDetail),
    (client_predictions.Drift, drift.DriftOut),
    (client_predictions.DriftReport, distributions.DriftReport),
    (client_predictions.DriftColumn, distributions.DriftColumn),
    (client_predictions.DriftThresholds, distributions.DriftThresholds),
    (client_plugins.Plugin, plugins.PluginOut),
    (client_sessions.Session, people.SessionOut),
    (client_sessions.Link, people.LinkOut),
    (client_projects.Project, projects.ProjectOut),
    (client_projects.CurrentProject, projects.CurrentProjectOut),
    (client_projects.DeletedProject, deleted_projects.DeletedProjectOut),
    (client_projects.ProjectPurge, deleted_projects.ProjectPurgeOut),
    (client_secrets.Secret, secrets.SecretOut),
    (client_tokens.Token, projects.TokenCreated),
    (client_trash.TrashContents, projects.TrashOut),
    (client_trash.TrashItem, projects.TrashItem),
    (client_trash.NeededBy, projects.NeededBy),
    (client_trash.RetentionPolicy, projects.RetentionPolicy),
    (client_trash.Purged, projects.PurgeOut),
    (Event, events.EventOut),
]


@pytest.mark.parametrize(("shape", "schema"), PAIRS, ids=lambda each: each.__name__)
def test_every_field_is_one_that_the_platform_tells(shape, schema):
    told = {field.alias or name for name, field in schema.model_fields.items()}
    assert {each.name for each in fields(shape)} - {"raw"} <= told


def test_unknown_fields_are_kept_and_unsaid_ones_have_defaults():
    told = {
        "id": "k3v9",
        "kind": "train",
        "name": "n",
        "state": "failed",
        "error": {"code": "c", "message": "m", "hint": "new"},
        "attempts": [{"attempt": 1, "started_at": "2026-01-01T00:00:00Z"}],
        "invented_later": [1],
    }
    run = Run.from_json(told)
    assert run.has_ended
    assert run.error.message == "m"
    assert run.attempts[0].started_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert run.config == {}
    assert run.raw["invented_later"] == [1]


def every_shape(cls: type[Shape] = Shape) -> list[type[Shape]]:
    return [shape for each in cls.__subclasses__() for shape in (each, *every_shape(each))]


def test_a_run_prints_as_one_short_line():
    attempts = [{"attempt": number} for number in range(1, 40)]
    told = {"id": "k3v9", "kind": "train", "name": "n" * 500, "state": "running", "config": {"horizon": 8}}
    run = Run.from_json({**told, "attempts": attempts, "error": None, "created_at": "2026-01-01T00:00:00Z"})
    shown = "Run(id='k3v9', kind='train', name='" + "n" * 60 + "…', state='running', "
    assert repr(run) == shown + "created_at='2026-01-01T00:00:00+00:00', config={1 key}, attempts=[39 items])"


@pytest.mark.parametrize("shape", every_shape(), ids=lambda each: each.__name__)
def test_every_shape_prints_short_whatever_it_holds(shape):
    made = shape(**{each.name: ["x" * 1000] * 1000 for each in fields(shape)})
    longer = shape(**{each.name: "x" * 1000 for each in fields(shape)})
    assert len(repr(made)) <= REPR_CHARACTERS + len("…, ")
    assert len(repr(longer)) <= REPR_CHARACTERS + len("…, ")
    assert repr(made).startswith(f"{shape.__name__}(")


def test_no_secret_is_printed():
    token = client_tokens.Token(id="t", name="n", role="member", token="a-secret")
    assert "a-secret" not in repr(token)
    assert "a-secret" not in repr(Address("http://127.0.0.1:1", "a-secret"))
    assert "a-secret" not in repr(AddressBook(Path("/"), None, "a-secret"))


def test_the_client_imports_only_messages_of_ours_and_nothing_heavy():
    program = """
import sys
import azuraforge.client
alone = ("azuraforge.client", "azuraforge.messages")
ours = {name for name in sys.modules if name.startswith("azuraforge.") and not name.startswith(alone)}
# httpx brings rich
heavy = {"numpy", "polars", "pydantic", "fastapi", "starlette", "sqlalchemy", "typer", "orjson", "babel"}
found = sorted(ours | heavy & {name.partition(".")[0] for name in sys.modules})
sys.exit(f"imported: {found}" if found else 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_s_client_is_the_client():
    import azuraforge
    from azuraforge.client import Client

    assert azuraforge.Client is Client
