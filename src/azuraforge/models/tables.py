"""Tables of models, versions, aliases and their history, evaluations, deployments, and the ledger of predictions."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import (
    Base,
    Deletable,
    JsonShape,
    JsonText,
    Owned,
    Timestamp,
    new_id,
    now,
    unique_name,
)
from azuraforge.models.answers import KnownPoints, PredictionInputs, PredictionPoint
from azuraforge.models.distributions import DriftReport, Reference
from azuraforge.models.gate.policy import PolicyTerms
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.provenance import ImportRecord, LearnedRows
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import Evaluation as EvaluationShape

VERSION_KEY = ["model_version.project_id", "model_version.model_id", "model_version.version"]


class Model(Deletable, Owned, Base):
    """A model with versions. The name of a deleted model is free for another model."""

    __tablename__ = "model"
    __table_args__ = (unique_name("model"),)

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    last_version: Mapped[int] = mapped_column(Integer, default=0)
    last_change: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    intended_use: Mapped[str | None] = mapped_column(Text, default=None)


class ModelVersion(Deletable, Owned, Base):
    """Weights with preprocessing, and their origin. Only the fields about deletion and purge of a row ever change.

    The row of a purged version remains, since history and ledger refer to it; its number is not used again.
    """

    __tablename__ = "model_version"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "model_id"], ["model.project_id", "model.id"]),
        Index("ix_model_version_project_id_run_id", "project_id", "run_id"),
        Index("ix_model_version_project_id_content_hash", "project_id", "content_hash"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    weights_sha256: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    plugin: Mapped[str] = mapped_column(String(200))
    plugin_version: Mapped[str | None] = mapped_column(String(100))
    config: Mapped[dict[str, JsonValue]] = mapped_column(JsonText)
    schema: Mapped[DatasetSchema] = mapped_column(JsonShape(DatasetSchema, recurs=True))
    run_id: Mapped[str] = mapped_column(String(16))
    dataset_id: Mapped[str | None] = mapped_column(String(16))
    dataset_version: Mapped[int | None] = mapped_column(Integer)
    dataset_fingerprint: Mapped[str | None] = mapped_column(String(80))
    learned_from: Mapped[LearnedRows] = mapped_column(JsonShape(LearnedRows, recurs=True))
    code_version: Mapped[str] = mapped_column(String(100))
    seed: Mapped[int] = mapped_column(BigInteger)
    parent_version: Mapped[int | None] = mapped_column(Integer)
    metrics: Mapped[dict[str, float | None] | None] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    purged_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    imported: Mapped[ImportRecord | None] = mapped_column(JsonShape(ImportRecord), default=None)


class AliasChange(Owned, Base):
    """A move of an alias. Rows are only added. ``below`` is the move to which a rollback of this move returns."""

    __tablename__ = "model_alias_change"
    __table_args__ = (ForeignKeyConstraint(["project_id", "model_id", "version"], VERSION_KEY),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    alias: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    previous_version: Mapped[int | None] = mapped_column(Integer)
    below: Mapped[int | None] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(16))  # promote, rollback, remove
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    run_id: Mapped[str | None] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class ModelAlias(Owned, Base):
    """Current version of an alias, set by its newest move."""

    __tablename__ = "model_alias"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "model_id", "version"], VERSION_KEY),
        ForeignKeyConstraint(
            ["project_id", "model_id", "change"],
            ["model_alias_change.project_id", "model_alias_change.model_id", "model_alias_change.seq"],
        ),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    alias: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    change: Mapped[int] = mapped_column(Integer)


class ModelPolicy(Owned, Base):
    """Conditions of a model's promotions, which apply until the row with the next number.

    Rows are only added. A model without a row has the platform's default policy.
    """

    __tablename__ = "model_policy"
    __table_args__ = (ForeignKeyConstraint(["project_id", "model_id"], ["model.project_id", "model.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    policy: Mapped[PolicyTerms] = mapped_column(JsonShape(PolicyTerms))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class Evaluation(Owned, Base):
    """A run's evaluation with its baselines, and the gate's verdict, whether or not the candidate passed."""

    __tablename__ = "evaluation"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "model_id"], ["model.project_id", "model.id"]),
        Index("ix_evaluation_project_id_dataset_id_target", "project_id", "dataset_id", "target"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16))
    version: Mapped[int | None] = mapped_column(Integer)
    dataset_id: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(200))
    test_start_at: Mapped[datetime] = mapped_column(Timestamp)
    test_end_at: Mapped[datetime] = mapped_column(Timestamp)
    evaluation: Mapped[EvaluationShape] = mapped_column(JsonShape(EvaluationShape))
    verdict: Mapped[VerdictRecord] = mapped_column(JsonShape(VerdictRecord))
    losses_artifact: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class HeldOutUse(Owned, Base):
    """A run's use of held-out rows for its verdict.

    It is written before the evaluation and kept even if run and model are purged, since each use of a test set must
    count all earlier ones. ``number`` counts the uses of a project, so that one of two concurrent uses is the earlier
    one.
    """

    __tablename__ = "test_use"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_test_use_project_id_target", "project_id", "target"),
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    attempt: Mapped[int] = mapped_column(Integer)
    dataset_id: Mapped[str] = mapped_column(String(16))
    fingerprint: Mapped[str | None] = mapped_column(String(80))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(200))
    test_start_at: Mapped[datetime] = mapped_column(Timestamp)
    test_end_at: Mapped[datetime] = mapped_column(Timestamp)
    earlier: Mapped[int] = mapped_column(Integer)  # number of earlier uses of some of these rows
    at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class Prediction(Owned, Base):
    """A ledger entry: a prediction with its version, written before the outcome is known and judged later."""

    __tablename__ = "prediction"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "model_id", "version"], VERSION_KEY),
        Index("ix_prediction_project_id_model_id_created_at", "project_id", "model_id", "created_at"),
        Index("ix_prediction_project_id_matures_at", "project_id", "matures_at"),
        Index("ix_prediction_project_id_request_id", "project_id", "request_id"),
        Index("ix_prediction_project_id_pair_id", "project_id", "pair_id"),
        Index("ix_prediction_project_id_continues", "project_id", "continues"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    model_id: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer)
    alias: Mapped[str | None] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(String(200))
    inputs: Mapped[PredictionInputs] = mapped_column(JsonShape(PredictionInputs))
    target: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(40))
    interval: Mapped[float | None]
    origin_at: Mapped[datetime] = mapped_column(Timestamp)
    matures_at: Mapped[datetime] = mapped_column(Timestamp)
    points: Mapped[tuple[PredictionPoint, ...]] = mapped_column(JsonShape(tuple[PredictionPoint, ...]))
    outcome: Mapped[KnownPoints | None] = mapped_column(JsonShape(KnownPoints), default=None)
    judged_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)  # set once all of its points are judged
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    request_id: Mapped[str | None] = mapped_column(String(64), default=None)  # the caller's own id of the request
    latency_seconds: Mapped[float | None] = mapped_column(default=None)
    naive: Mapped[float | None] = mapped_column(default=None)  # last known value, which is the naive forecast
    # The values of the origin's row.
    features: Mapped[dict[str, float | None] | None] = mapped_column(JsonText, default=None)
    deployment: Mapped[int | None] = mapped_column(Integer, default=None)  # set if a shadow or canary took part
    # The id of the pair's returned prediction, if this prediction was not returned.
    pair_id: Mapped[str | None] = mapped_column(String(16), default=None)
    # The id of the dataset whose next rows are the outcomes.
    continues: Mapped[str | None] = mapped_column(String(16), default=None)
    question: Mapped[str | None] = mapped_column(String(64), default=None)  # equal for equal inputs


class PredictionOutcome(Owned, Base):
    """Newest judgement of one point of a prediction.

    An outcome from a dataset is judged again if a later version of the dataset revises the value; the former judgement
    then becomes a row of ``EarlierOutcome``. A reported outcome is never replaced.
    """

    __tablename__ = "prediction_outcome"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "prediction_id"], ["prediction.project_id", "prediction.id"]),
        Index("ix_prediction_outcome_project_id_model_id_target_at", "project_id", "model_id", "target_at"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    prediction_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True)  # rows ahead of the origin, from 1
    model_id: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer)
    target_at: Mapped[datetime] = mapped_column(Timestamp)
    actual: Mapped[float | None]
    label: Mapped[str | None] = mapped_column(String(200))
    loss: Mapped[float]
    naive_loss: Mapped[float | None]
    hit: Mapped[bool | None]  # inside the interval, or the right class
    late: Mapped[bool]  # the prediction was made after its target time
    source: Mapped[str] = mapped_column(String(200))
    judged_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    question: Mapped[str | None] = mapped_column(String(64), default=None)  # ``question`` of its prediction
    # The dataset version with the actual value; null if the value was reported.
    dataset_version: Mapped[int | None] = mapped_column(Integer, default=None)
    revisions: Mapped[int] = mapped_column(Integer, default=0)  # number of repeated judgements
    incumbent_loss: Mapped[float | None] = mapped_column(default=None)  # loss of the dataset's incumbent forecast


class EarlierOutcome(Owned, Base):
    """Judgement of a point that was replaced after a revision of the dataset. Rows are only added."""

    __tablename__ = "prediction_outcome_earlier"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "prediction_id", "step"],
            ["prediction_outcome.project_id", "prediction_outcome.prediction_id", "prediction_outcome.step"],
        ),
        Index("ix_prediction_outcome_earlier_project_id_model_id", "project_id", "model_id"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    prediction_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)  # from 0: the first judgement
    model_id: Mapped[str] = mapped_column(String(16))
    actual: Mapped[float | None]
    loss: Mapped[float]
    naive_loss: Mapped[float | None]
    incumbent_loss: Mapped[float | None]
    hit: Mapped[bool | None]
    source: Mapped[str] = mapped_column(String(200))
    dataset_version: Mapped[int | None] = mapped_column(Integer)
    judged_at: Mapped[datetime] = mapped_column(Timestamp)
    replaced_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class JudgingProgress(Owned, Base):
    """Progress of judging predictions by the versions of the dataset that they continue.

    ``added`` is written in the transaction that adds a version, so that none is missed if the platform stops. Each
    judging transaction locks the row and continues only if ``added`` has not changed since the version was read.
    """

    __tablename__ = "judging_progress"

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    added: Mapped[int] = mapped_column(Integer, default=0)
    judged: Mapped[int] = mapped_column(Integer, default=0)


class ModelDrift(Owned, Base):
    """Reference distributions of a version's inputs and predictions, and the report of its last drift check."""

    __tablename__ = "model_drift"
    __table_args__ = (ForeignKeyConstraint(["project_id", "model_id", "version"], VERSION_KEY),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[Reference] = mapped_column(JsonShape(Reference))
    report: Mapped[DriftReport | None] = mapped_column(JsonShape(DriftReport), default=None)
    alarm: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    checked_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
