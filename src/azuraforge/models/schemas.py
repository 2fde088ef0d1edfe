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
from azuraforge.models.provenance import ImportedFrom, LearnedRows
from azuraforge.paging import Page
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import Evaluation
from azuraforge.strict_json import JsonObject


def plain(text: str | None) -> str | None:
    """Return a name unchanged. Raises InvalidValue if it contains a control character."""
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
    run_id: str | None = Field(description="id of the training run; null if the version was imported, see `imported`")
    dataset_id: str | None
    dataset_fingerprint: str | None
    learned_from: LearnedRows
    code_version: str
    seed: int
    parent_version: int | None
    metrics: dict[str, float | None] | None = Field(
        description="metrics on the test set by name; null if the version was not evaluated"
    )
    created_at: datetime
    kind: str
    config: JsonObject
    data_schema: DatasetSchema
    dataset_version: int | None
    weights_sha256: str | None = Field(
        description="SHA-256 of the tensors and the preprocessing; equal if they are bit-identical; null if unknown"
    )
    imported: ImportedFrom | None = Field(
        default=None, description="origin of an imported version; null if it was trained on this platform"
    )
    deleted_at: datetime | None = Field(
        default=None, description="time at which it was moved to the trash; null if it is not in the trash"
    )
    deleted_by: str | None = None


class ModelLive(BaseModel):
    """Live state of a model: scores and drift of its champion, and promotions that wait for approval."""

    run_id: str | None = Field(
        description="id of the run that trained the champion; null if it was imported, or without a champion"
    )
    classes: bool = Field(
        default=False, description="whether the losses are shares of wrong classes rather than absolute errors"
    )
    points: int = Field(
        default=0,
        description="number of distinct judged points of the champion, predicted before their target times",
    )
    loss: float | None = Field(
        default=None, description="mean absolute error, or share of wrong classes; null if no point has been judged"
    )
    naive_loss: float | None = Field(
        default=None, description="loss of the naive baseline on the same points; null if there is none"
    )
    drift: Literal["alarm", "steady", "too_few"] | None = Field(
        default=None,
        description="result of the champion's last drift check; too_few: too few values for a result; null if it has "
        "not been checked",
    )
    waiting: list[int] = Field(default=[], description="versions whose promotions wait for approval")


class ModelOut(BaseModel):
    """A named model with versions."""

    id: str
    name: str
    target: str
    unit: str
    kind: str | None = Field(
        default=None, description="name of the task kind of its newest version; null if it has no version"
    )
    champion: int | None
    versions: int
    created_at: datetime
    deleted_at: datetime | None = Field(
        default=None, description="time at which it was moved to the trash; null if it is not in the trash"
    )
    deleted_by: str | None = None
    live: ModelLive | None = Field(
        default=None, description="live state; null unless a list was requested with `live=true`"
    )


class ModelDetail(ModelOut):
    """A model with its newest versions."""

    version_list: list[VersionOut] = Field(
        description="newest 100 versions and those that an alias points to, newest first; list all with …/versions"
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
    action: str = Field(
        description="promote, rollback or remove; or, without a move of the alias: wait (a promotion waits for "
        "approval), approve (a member approved it, and it needs more), decline or replace (it was declined, or another "
        "move or promotion of the alias replaced it)"
    )
    reason: str
    said: Sentences | None = Field(
        default=None, description="reasons of an automatic change, by language; null if a person wrote `reason`"
    )
    by: str
    run_id: str | None
    at: datetime = Field(description="start of the period in which the alias pointed to this version")
    until: datetime | None = Field(default=None, description="end of that period; null if it has not ended")


class HistoryPage(Page[AliasChange]):
    """A page of the moves of a model's aliases, newest first."""


class PolicyRequest(PolicyTerms):
    """Request to set a model's conditions for promotions. An omitted condition has the platform's default value."""

    reason: str = Field(min_length=1, max_length=1000)


class PolicyOut(GatePolicy):
    """Policy of a model's gate. Number 0 is the platform's default policy, which has no author."""

    reason: str | None
    by: str | None
    at: datetime | None


class PolicyPage(Page[PolicyOut]):
    """A page of a model's policies, newest first; the last one is the platform's default policy."""


class AliasRequest(BaseModel):
    """Request to set or move an alias, with the reason."""

    model_config = ConfigDict(extra="forbid")

    version: Number
    reason: str = Field(min_length=1, max_length=1000)


class CardOut(BaseModel):
    """A version's model card as Markdown."""

    model: str
    version: int
    language: Literal["en", "tr"]
    intended_use: str | None
    markdown: str


class IntendedUse(BaseModel):
    """Intended use of a model."""

    model_config = ConfigDict(extra="forbid")

    intended_use: str = Field(
        max_length=10_000, description="intended use of the model in free text; empty if not stated"
    )


class ImportOut(BaseModel):
    """Result of an import. ``created`` is false if the version had been imported before."""

    model: str
    version: int
    created: bool


class PromoteRequest(BaseModel):
    """Request to point an alias to a version, with the reason."""

    model_config = ConfigDict(extra="forbid")

    version: Number
    alias: Alias = "champion"
    reason: str = Field(min_length=1, max_length=1000)


class RollbackOut(BaseModel):
    """Version to which a rollback of an alias would return. Both versions are null if nothing can be rolled back."""

    alias: str
    from_version: int | None = Field(description="version that the alias points to; null if it does not exist")
    to_version: int | None = Field(
        description="version that the alias would point to; null if the alias has no earlier version, or if that "
        "version is in the trash"
    )
    at: datetime | None = Field(description="time from which the alias pointed to `to_version` before; null without it")
    reason: str | None = Field(description="reason of that earlier move; null without `to_version`")


class RollbackRequest(BaseModel):
    """Request to roll an alias back one promotion, with the reason."""

    model_config = ConfigDict(extra="forbid")

    alias: Alias = "champion"
    from_version: Number | None = Field(
        default=None,
        description="version that the alias must still point to, so that a repeated request changes nothing; "
        "null: any version",
    )
    reason: str = Field(default="rolled back manually", min_length=1, max_length=1000)


class Target(BaseModel):
    """Version that a request refers to, and the caller's own id of the request."""

    model_config = ConfigDict(extra="forbid")

    version: Number | None = Field(
        default=None, description="number of the version; null for the version that the alias points to"
    )
    alias: Alias = "champion"
    request_id: Annotated[str | None, AfterValidator(plain)] = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="request id of the caller's choice, for reporting the outcome later",
    )


class PredictRequest(Target):
    """Request for a prediction.

    ``rows`` is recent history, oldest first, with the dataset's columns; null to forecast from the end of the newest
    version of the model's dataset.
    """

    rows: list[dict[str, JsonValue]] | None = Field(default=None, min_length=1, max_length=100_000)
    dataset_version: Number | None = Field(
        default=None, description="version of the model's dataset, from whose end to forecast; null for the newest"
    )
    horizon: int | None = Field(
        default=None, ge=1, le=100_000, description="number of rows to forecast; null for the version's maximum"
    )
    series: Annotated[str | None, AfterValidator(plain)] = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="name of the series; required if the version was trained on several",
    )
    continues: Annotated[str | None, AfterValidator(plain)] = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="name or id of the dataset that `rows` extend: its later versions judge this prediction; "
        "null if only reported outcomes do",
    )


class PredictionOut(BaseModel):
    """A prediction in the ledger.

    ``matures_at`` is the time of its last target, and ``interval`` the nominal coverage of its intervals.
    """

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
    outcome: KnownPoints | None = Field(description="number of judged points; null if no point has been judged")
    judged_at: datetime | None = Field(description="time at which the last point was judged; null until all are")
    created_at: datetime
    request_id: str | None = None
    latency_seconds: float | None = Field(
        default=None, description="computing time of the version in seconds, without HTTP"
    )
    naive: float | None = Field(
        default=None,
        description="last value known at the origin, which is the naive baseline's forecast; null if there is none",
    )
    continues: str | None = Field(
        default=None, description="id of the dataset whose later rows judge the prediction; null if there is none"
    )


class PredictOut(BaseModel):
    """Forecast of the next values, which is stored in the ledger."""

    prediction_id: str
    model: str
    version: int
    alias: str | None = Field(description="alias that selected the version; null if the request named the version")
    plugin: str
    run_id: str | None
    target: str
    unit: str
    interval: float | None
    origin: datetime
    predictions: list[PredictionPoint]
    created_at: datetime
    request_id: str | None = None
    latency_seconds: float | None = Field(
        default=None, description="computing time of the version in seconds, without HTTP"
    )
    series: str | None = Field(
        default=None, description="name of the series; null if the version was trained on only one"
    )
    new_series: bool = Field(
        default=False,
        description="whether the version was not trained on this series, so it is forecast by analogy with others",
    )
    missing_series: list[str] = Field(
        default=[],
        description="series that belong to the requested total but are not part of its forecast: series that the "
        "version was not trained on, and series without a row at the origin; empty for other forecasts",
    )
    rows: int | None = Field(
        default=None, description="number of history rows of the series that were used; null if unknown"
    )
    dataset_version: int | None = Field(
        default=None,
        description="version of the model's dataset, from whose end the forecast starts; null if the caller sent rows",
    )
    trained_on: int | None = Field(
        default=None, description="dataset version that the model version was trained on; null if unknown"
    )
    newer_version: int | None = Field(
        default=None,
        description="newer dataset version that cannot be used because its target or columns differ; null if "
        "there is none",
    )


class EvaluationOut(BaseModel):
    """A run's evaluation with its baselines, and the gate's verdict."""

    run_id: str
    model: str
    version: int | None
    evaluation: Evaluation
    verdict: VerdictRecord
    losses_artifact: str | None = Field(
        description="name of the run's artifact with the loss of every example and horizon; null if there is none"
    )
    created_at: datetime
