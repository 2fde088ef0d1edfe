"""Events of models: versions, aliases, policies, deployments, drift and predictions."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody

AliasEvent = Literal["model.promoted", "model.rolled_back", "model.alias_removed"]
PromotionState = Literal["waiting", "approved", "declined", "replaced"]
PromotionEvent = Literal["model.promotion_waiting", "model.promotion_approved", "model.promotion_declined"]
DeploymentEvent = Literal["model.deployment_started", "model.deployment_ended", "model.canary_rolled_back"]


class VersionRegistered(EventBody):
    """Event: a model has a new version."""

    type: Literal["model.version_added"] = "model.version_added"
    model: str
    version: int
    run_id: str | None


class AliasMoved(EventBody):
    """Event: an alias points to another version, or was removed."""

    type: AliasEvent
    model: str
    alias: str
    version: int | None
    previous_version: int | None
    reason: str
    by: str
    run_id: str | None


class PromotionMoved(EventBody):
    """Event: a promotion waits for approval, was approved, or was declined. ``by`` is who asked or decided."""

    type: PromotionEvent
    model: str
    alias: str
    version: int
    number: int
    reason: str
    by: str
    run_id: str | None


class ModelMoved(EventBody):
    """Event: a model or one of its versions was moved to the trash or restored."""

    type: Literal["model.deleted", "model.restored"]
    model: str
    version: int | None
    by: str | None = None


class IntendedUseChanged(EventBody):
    """Event: the intended use in a model's cards was changed."""

    type: Literal["model.intended_use_changed"] = "model.intended_use_changed"
    model: str
    by: str
    intended_use: str | None


class GatePolicyChanged(EventBody):
    """Event: a model has a new gate policy."""

    type: Literal["model.policy_changed"] = "model.policy_changed"
    model: str
    number: int
    by: str
    reason: str


class DriftFound(EventBody):
    """Event: the columns of a version, or its errors, have drifted in the last ``lines`` ledger entries."""

    type: Literal["model.drift"] = "model.drift"
    model: str
    version: int
    columns: list[str]
    lines: int
    errors: bool


class DeploymentMoved(EventBody):
    """Event: a shadow or canary was started, ended or rolled back."""

    type: DeploymentEvent
    model: str
    number: int
    mode: str
    alias: str
    version: int
    alongside: int
    share_percent: float
    reason: str
    by: str


class PredictionsMade(EventBody):
    """Event: a version made ``count`` predictions since the last event of this type, the last one ``prediction_id``."""

    type: Literal["prediction.made"] = "prediction.made"
    model: str
    version: int
    prediction_id: str
    count: int


class PredictionsJudged(EventBody):
    """Event: predictions were judged by their outcomes."""

    type: Literal["prediction.judged"] = "prediction.judged"
    points: int
    predictions: int
    source: str


class PredictionsJudgedAgain(EventBody):
    """Event: points were judged again because a dataset revised their actual values."""

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
    PromotionMoved,
    ModelMoved,
    IntendedUseChanged,
    GatePolicyChanged,
    DriftFound,
    DeploymentMoved,
    PredictionsMade,
    PredictionsJudged,
    PredictionsJudgedAgain,
)
