"""API shapes of the ledger: pages, outcomes and live scores."""

from __future__ import annotations

import math
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, model_validator

from azuraforge.bounds import Moment, Name
from azuraforge.errors import InvalidValue
from azuraforge.models.schemas import PredictionOut
from azuraforge.paging import Page


class PredictionPage(Page[PredictionOut]):
    """A page of predictions, newest first."""


class FormerOutcome(BaseModel):
    """Judgement of a point that was replaced after a revision of the dataset."""

    actual: float | None
    loss: float
    naive_loss: float | None
    incumbent_loss: float | None
    hit: bool | None
    source: str
    judged_at: datetime
    replaced_at: datetime


class PointOutcome(BaseModel):
    """Outcome of one point of a prediction."""

    step: int = Field(description="number of rows ahead of the origin, starting at 1")
    at: datetime
    actual: float | None
    label: str | None
    loss: float = Field(description="absolute error of a forecast; for classes 0 if correct, else 1")
    naive_loss: float | None = Field(
        description="loss of the naive baseline for the same target; null if there is none"
    )
    hit: bool | None = Field(
        description="whether the actual value is inside the interval, or the class is correct; null without interval"
    )
    late: bool = Field(description="whether the prediction was made after its target time")
    source: str
    judged_at: datetime
    incumbent_loss: float | None = Field(
        default=None, description="loss of the incumbent forecast made no later than the origin; null if there is none"
    )
    earlier: list[FormerOutcome] = Field(
        default=[], description="earlier judgements that were replaced after revisions of the dataset, oldest first"
    )


class PredictionDetail(PredictionOut):
    """A prediction with the outcomes of its points; points without an actual value are absent."""

    outcomes: list[PointOutcome]
    features: dict[str, float | None] | None = Field(
        description="numeric columns of the row at the origin; null if they are not stored"
    )


class OutcomeRequest(BaseModel):
    """Report of an outcome: the actual value of a prediction's point, or of a model's series at a time."""

    model_config = ConfigDict(extra="forbid")

    prediction_id: Name | None = None
    request_id: Name | None = Field(
        default=None, description="request id that the caller sent with the prediction request"
    )
    model: Name | None = Field(
        default=None, description="name of the model, all of whose predictions for the time `at` are judged"
    )
    at: Moment | None = Field(
        default=None, description="time of the target; optional if the prediction has only one point"
    )
    value: float | None = None
    label: Name | None = Field(default=None, description="actual class")

    @model_validator(mode="after")
    def _one_of_each(self) -> OutcomeRequest:
        if sum(each is not None for each in (self.prediction_id, self.request_id, self.model)) != 1:
            raise InvalidValue("send exactly one of prediction_id, request_id and model")
        if (self.value is None) == (self.label is None):
            raise InvalidValue("send exactly one of value and label")
        if self.value is not None and not math.isfinite(self.value):
            raise InvalidValue("the value must be finite")
        if self.model is not None and self.at is None:
            raise InvalidValue("an outcome reported by `model` requires the time `at`")
        return self

    @property
    def truth(self) -> float | str:
        """Reported value, or the label if no value is reported."""
        return self.value if self.value is not None else str(self.label)


class OutcomesRequest(BaseModel):
    """Report of several outcomes; either all are accepted or none."""

    model_config = ConfigDict(extra="forbid")

    outcomes: list[OutcomeRequest] = Field(min_length=1, max_length=10_000)


class OutcomesOut(BaseModel):
    """Number of points judged by this request, and number of points judged earlier, which keep their outcome."""

    judged: int
    known: int


class LiveScore(BaseModel):
    """Mean losses over the judged points of one version, in one time interval or over all time."""

    version: int
    start: datetime | None = Field(description="start of the time interval; null for all time")
    late: bool = Field(description="whether the score covers predictions made after their target times")
    count: int = Field(
        description="number of distinct points; repeated requests with equal inputs count once, by their mean loss"
    )
    answers: int = Field(description="number of judged points, including repeated requests")
    loss: float = Field(description="mean absolute error, or share of wrong classes")
    naive_loss: float | None = Field(description="loss of the naive baseline on the same points; null if there is none")
    skill: float | None = Field(
        description="1 − loss / naive loss on the same points; 0 means as good as naive; null without a naive loss"
    )
    hits: float | None = Field(
        description="share of values inside the interval, or of correct classes; null without intervals"
    )
    incumbent_count: int = Field(
        default=0, description="number of those points with an incumbent forecast made no later than the origin"
    )
    incumbent_loss: float | None = Field(
        default=None,
        description="mean absolute error of the incumbent forecast on those points; null if there are none",
    )
    incumbent_skill: float | None = Field(
        default=None,
        description="1 − loss / incumbent loss on the same points; 0 means as good as the incumbent; null if unknown",
    )


class LiveScores(BaseModel):
    """Live scores of a model's predictions, compared with the naive baseline on the same targets.

    ``total`` contains one score per version, and ``over_time`` one per version and period of ``bucket_seconds``
    seconds. Predictions made after their target times have separate scores (``late``).
    """

    model: str
    target: str
    unit: str
    classes: bool = Field(description="whether losses are shares of wrong classes rather than absolute errors")
    interval: float | None = Field(description="nominal coverage of the interval, such as 0.9; null without intervals")
    predictions: int
    waiting: int = Field(description="number of predictions with at least one point not yet judged")
    points: int = Field(description="number of judged points")
    judged_again: int = Field(default=0, description="number of points judged again after revisions of the dataset")
    bucket_seconds: int
    total: list[LiveScore]
    over_time: list[LiveScore]


class BaselineStanding(BaseModel):
    """Comparison of a champion with one baseline on the same rows."""

    baseline: str
    forecasts: int = Field(description="number of forecasts compared; their targets do not overlap")
    loss: float = Field(
        description="the champion's mean absolute error on the compared rows, or its share of wrong classes"
    )
    baseline_loss: float
    evidence: float = Field(description="evidence that the champion is worse; 0 is none, 1 or more is beyond chance")


class Standing(BaseModel):
    """Result of testing from judged predictions whether a champion is worse than a baseline beyond chance."""

    version: int
    worse_than: str | None = Field(description="name of a baseline that is better beyond chance; null if there is none")
    baselines: list[BaselineStanding] = Field(
        description="comparison with each baseline; empty if no prediction has been judged"
    )
