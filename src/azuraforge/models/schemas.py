"""API shapes of models."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from azuraforge.bounds import Number
from azuraforge.errors import InvalidValue
from azuraforge.models.answers import KnownPoints, PredictionInputs, PredictionPoint
from azuraforge.models.gate.policy import GatePolicy, PolicyTerms
from azuraforge.models.gate.record import Sentences, VerdictRecord
from azuraforge.models.provenance import ImportedFrom, LearnedRows, Origin
from azuraforge.paging import Page
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import Evaluation
from azuraforge.strict_json import JsonObject


def plain(text: str | None) -> str | None:
    """Return a name unchanged. Raises InvalidValue if it contains control characters, which some databases reject."""
    if text is not None and any(unicodedata.category(each) == "Cc" for each in text):
        raise InvalidValue("a name cannot contain control characters")
    return text


#: Name that points to a version.
Alias = Annotated[str, Field(max_length=40), AfterValidator(plain)]


class VersionOut(BaseModel):
    """One immutable version of a model: weights with preprocessing, and their origin."""

    model: str
    version: int
    content_hash: str
    bytes: int
    plugin: str
    plugin_version: str | None
    aliases: list[str]
    run_id: str | None = Field(description="null: imported, see `imported`")
    dataset_id: str | None
    dataset_fingerprint: str | None
    learned_from: LearnedRows
    code_version: str
    seed: int
    parent_version: int | None
    metrics: dict[str, float | None] | None = Field(description="on the test set; null: not evaluated")
    created_at: datetime
    kind: str
    config: JsonObject
    data_schema: DatasetSchema
    dataset_version: int | None
    weights_sha256: str | None = Field(description="hash of tensors and preprocessing: equal where bits are equal")
    imported: ImportedFrom | None = Field(default=None, description="where it was trained; null: on this platform")
    deleted_at: datetime | None = Field(default=None, description="in the trash since then")
    deleted_by: str | None = None


class ModelOut(BaseModel):
    """A named model with versions."""

    id: str
    name: str
    target: str
    unit: str
    champion: int | None
    versions: int
    created_at: datetime
    deleted_at: datetime | None = Field(default=None, description="in the trash since then")
    deleted_by: str | None = None


class ModelDetail(ModelOut):
    """A model with its newest versions."""

    version_list: list[VersionOut] = Field(
        description="the newest 100 and those that an alias points at, the newest first; all: …/versions"
    )


class ModelPage(Page[ModelOut]):
    """A page of models, ordered by name."""


class VersionPage(Page[VersionOut]):
    """A page of a model's versions, newest first."""


class AliasChange(BaseModel):
    """One move of an alias: the version, the time and the reason."""

    alias: str
    version: int | None
    previous_version: int | None
    action: str
    reason: str
    said: Sentences | None = Field(
        default=None, description="of a move by the platform: its reasons by language; null: a person wrote `reason`"
    )
    by: str
    run_id: str | None
    at: datetime = Field(description="from when")
    until: datetime | None = Field(default=None, description="to when; null: it holds")


class HistoryPage(Page[AliasChange]):
    """A page of the moves of a model's aliases, newest first."""


class PolicyRequest(PolicyTerms):
    """Request to set a model's conditions for promotions. An omitted condition has the platform's value."""

    reason: str = Field(min_length=1, max_length=1000)


class PolicyOut(GatePolicy):
    """Policy of a model's gate. Number 0 is the platform's own and has no author."""

    reason: str | None
    by: str | None
    at: datetime | None


class PolicyPage(Page[PolicyOut]):
    """A page of a model's policies, newest first; the last one is the platform's own."""


class AliasRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Number
    reason: str = Field(min_length=1, max_length=1000)


class MadePredictions(BaseModel):
    """Number of a version's predictions, number of judged ones, and the times of the first and the last prediction."""

    made: int
    judged: int
    first_at: datetime
    last_at: datetime


class LineageNode(BaseModel):
    """Node of a lineage graph; each kind of node has its own fields."""

    id: str
    kind: Literal["dataset", "run", "version", "predictions", "origin"]
    label: str
    dataset: str | None = None
    run_id: str | None = None
    version: int | None = Field(default=None, description="of the dataset or of the model")
    aliases: list[str] = []
    plugin: str | None = Field(default=None, description="of a version")
    code_version: str | None = Field(default=None, description="of a run")
    fingerprint: str | None = Field(default=None, description="of a dataset")
    origin: Origin | None = Field(default=None, description="of an imported version")
    predictions: MadePredictions | None = None


class LineageEdge(BaseModel):
    start: str
    end: str
    kind: Literal["learned", "made", "said", "champion_then", "imported"]


class LineageOut(BaseModel):
    """Lineage of a model's versions and their predictions. ``left_out`` is the number of omitted older versions."""

    model: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    left_out: int


class CardOut(BaseModel):
    """A version's model card as Markdown."""

    model: str
    version: int
    language: Literal["en", "tr"]
    intended_use: str | None
    markdown: str


class IntendedUse(BaseModel):
    model_config = ConfigDict(extra="forbid")

    intended_use: str = Field(max_length=10_000, description="what people write about the model; empty: nothing")


class ImportOut(BaseModel):
    """Result of an import. ``created`` is false if the version had been imported before."""

    model: str
    version: int
    created: bool


class DeploymentRequest(BaseModel):
    """Request to deploy a version alongside the version an alias points to."""

    model_config = ConfigDict(extra="forbid")

    version: Number
    mode: Literal["shadow", "canary"]
    alias: Alias = "champion"
    share_percent: float = Field(default=10.0, ge=0, le=100, description="of the requests, for a canary")
    error_margin: float = Field(default=0.01, ge=0, lt=1, description="share of questions that it may fail more often")
    loss_margin: float = Field(default=0.1, ge=0, le=10, description="0.1: by how much worse a loss counts as worse")
    level: float = Field(default=0.95, gt=0.5, lt=1, description="of the sequential tests together")
    reason: str = Field(min_length=1, max_length=1000)


class EndRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)


class TestOut(BaseModel):
    """Sequential test of whether a version is worse by more than the margin.

    The result is positive once exp(log_wealth) reaches 1 / alpha.
    """

    worse: int
    even: int
    better: int
    margin: float
    log_wealth: float
    alpha: float


class ExtremesOut(BaseModel):
    """Sequential test of whether more than ``share`` of the losses are above ``bound``.

    The result is positive once exp(log_wealth) reaches 1 / alpha.
    """

    bound: float | None = Field(
        description="the largest known loss of the alias's holder, with several series in losses that are usual in"
        " each; null: too few are known"
    )
    known: int = Field(description="losses of the alias's holder that the bound comes from")
    needed: int = Field(description="so many have to be known")
    share: float | None = Field(description="of losses that may lie above it by chance, at most")
    beyond: int = Field(description="pairs in which the deployed version's largest loss did, and not the other's")
    within: int = Field(description="all other pairs since the bound is known")
    log_wealth: float
    alpha: float


class DeploymentOut(BaseModel):
    """A shadow or canary, and its results compared with the version that the alias points to."""

    number: int
    alias: str
    mode: Literal["shadow", "canary"]
    version: int
    beside: int
    share_percent: float
    state: Literal["active", "ended", "rolled_back"]
    level: float
    errors: TestOut = Field(description="questions that only one of the two could not answer")
    losses: TestOut = Field(description="pairs of answers whose outcome is known, each about targets of its own")
    extremes: ExtremesOut = Field(description="single losses: is it rarely, but terribly wrong?")
    overlapping: int = Field(description="judged pairs about targets that an earlier pair was counted for, left out")
    left_out: int = Field(description="pairs that were given up because too many waited")
    reason: str
    started_by: str
    started_at: datetime
    ended_reason: str | None
    ended_by: str | None
    ended_at: datetime | None


class DeploymentPage(Page[DeploymentOut]):
    """A page of a model's shadows and canaries, newest first."""


class PromoteRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Number
    alias: Alias = "champion"
    reason: str = Field(min_length=1, max_length=1000)


class RollbackRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    alias: Alias = "champion"
    reason: str = Field(default="rolled back by hand", min_length=1, max_length=1000)


class Target(BaseModel):
    """Version that a request refers to, and the caller's own id of the request."""

    model_config = ConfigDict(extra="forbid")

    version: Number | None = Field(default=None, description="empty: the version that the alias points at")
    alias: Alias = "champion"
    request_id: Annotated[str | None, AfterValidator(plain)] = Field(
        default=None, min_length=1, max_length=64, description="your own name for it, to send its outcome by"
    )


class PredictRequest(Target):
    """Request for a prediction.

    ``rows`` is recent history, oldest first, with the dataset's columns; null to forecast from the end of the newest
    version of the model's dataset.
    """

    rows: list[dict[str, JsonValue]] | None = Field(default=None, min_length=1, max_length=100_000)
    dataset_version: Number | None = Field(
        default=None, description="of its dataset, whose end the forecast continues; empty: the newest"
    )
    horizon: int | None = Field(
        default=None, ge=1, le=100_000, description="rows ahead; empty: all that the version can"
    )
    series: Annotated[str | None, AfterValidator(plain)] = Field(
        default=None, min_length=1, max_length=200, description="which, of a version that learned several"
    )
    continues: Annotated[str | None, AfterValidator(plain)] = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="the dataset that `rows` continue: what its next versions tell judges this prediction; empty: only"
        " outcomes that are sent for this very prediction do",
    )


class PredictionOut(BaseModel):
    """A prediction in the ledger. ``outcome`` is null until a point has been judged."""

    prediction_id: str
    model: str
    version: int
    alias: str | None
    by: str
    inputs: PredictionInputs
    target: str
    unit: str
    interval: float | None
    origin: datetime
    matures_at: datetime
    predictions: list[PredictionPoint]
    outcome: KnownPoints | None = Field(description="null: no point is known yet")
    judged_at: datetime | None = Field(description="since when all of them are")
    created_at: datetime
    request_id: str | None = None
    latency_seconds: float | None = Field(default=None, description="the version's own, without HTTP")
    naive: float | None = Field(default=None, description="the last value known then: the naive baseline's answer")
    continues: str | None = Field(default=None, description="id of the dataset whose next rows judge it; null: none")


class PredictOut(BaseModel):
    prediction_id: str
    model: str
    version: int
    alias: str | None = Field(description="the alias that led to the version; null where the version was named")
    plugin: str
    run_id: str | None
    target: str
    unit: str
    interval: float | None
    origin: datetime
    predictions: list[PredictionPoint]
    created_at: datetime
    request_id: str | None = None
    latency_seconds: float | None = Field(default=None, description="the version's own, without HTTP")
    series: str | None = Field(default=None, description="of which of several series")
    new_series: bool = Field(default=False, description="not learned; forecast by analogy with the other series")
    rows: int | None = Field(default=None, description="of history that it was made from, of its series")
    dataset_version: int | None = Field(
        default=None, description="of its dataset, whose end it continues; null: the rows that were sent"
    )
    trained_on: int | None = Field(default=None, description="version of the dataset that the version learned from")
    newer_version: int | None = Field(
        default=None, description="of its dataset, which it cannot forecast from: target or columns are others"
    )


class EvaluationOut(BaseModel):
    """A run's evaluation with its baselines, and the gate's verdict."""

    run_id: str
    model: str
    version: int | None
    evaluation: Evaluation
    verdict: VerdictRecord
    losses_artifact: str | None = Field(description="the run's artifact with the loss of every example and horizon")
    created_at: datetime
