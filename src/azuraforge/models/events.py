"""Events of models: versions, aliases, policies, deployments, drift and predictions."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody

AliasEvent = Literal["model.promoted", "model.rolled_back", "model.alias_removed"]
DeploymentEvent = Literal["model.deployment_started", "model.deployment_ended", "model.canary_rolled_back"]


class VersionRegistered(EventBody):
    """A model has a new version."""

    type: Literal["model.version_added"] = "model.version_added"
    model: str
    version: int
    run_id: str | None


class AliasMoved(EventBody):
    """An alias points at another version, or is gone."""

    type: AliasEvent
    model: str
    alias: str
    version: int | None
    previous_version: int | None
    reason: str
    by: str
    run_id: str | None


class ModelMoved(EventBody):
    """A model or one of its versions was moved into the trash or restored."""

    type: Literal["model.deleted", "model.restored"]
    model: str
    version: int | None
    by: str | None = None


class IntendedUseChanged(EventBody):
    """The intended use that a model's cards show was changed."""

    type: Literal["model.intended_use_changed"] = "model.intended_use_changed"
    model: str
    by: str
    intended_use: str | None


class GatePolicyChanged(EventBody):
    """A model has a new gate policy."""

    type: Literal["model.policy_changed"] = "model.policy_changed"
    model: str
    number: int
    by: str
    reason: str


class DriftFound(EventBody):
    """Questions to a version drifted away from its training rows."""

    type: Literal["model.drift"] = "model.drift"
    model: str
    version: int
    columns: list[str]
    lines: int
    errors: bool


class DeploymentMoved(EventBody):
    """A shadow or canary was started, ended, or rolled back."""

    type: DeploymentEvent
    model: str
    number: int
    mode: str
    alias: str
    version: int
    beside: int
    share_percent: float
    reason: str
    by: str


class PredictionsMade(EventBody):
    """A version answered ``count`` times since the last such event."""

    type: Literal["prediction.made"] = "prediction.made"
    model: str
    version: int
    prediction_id: str
    count: int


class PredictionsJudged(EventBody):
    """Outcomes of predictions became known."""

    type: Literal["prediction.judged"] = "prediction.judged"
    points: int
    predictions: int
    source: str


class PredictionsJudgedAgain(EventBody):
    """A dataset revised values of judged predictions; these points were judged again."""

    type: Literal["prediction.judged_again"] = "prediction.judged_again"
    dataset_id: str
    dataset: str
    version: int
    points: int
    predictions: int
    models: list[str]


EVENTS: tuple[type[EventBody], ...] = (
    VersionRegistered,
    AliasMoved,
    ModelMoved,
    IntendedUseChanged,
    GatePolicyChanged,
    DriftFound,
    DeploymentMoved,
    PredictionsMade,
    PredictionsJudged,
    PredictionsJudgedAgain,
)
