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

    step: int = Field(description="rows ahead of the origin, from 1")
    at: datetime
    actual: float | None
    label: str | None
    loss: float = Field(description="absolute error; for classes 1 where it was wrong, else 0")
    naive_loss: float | None = Field(description="of the naive answer to the same question")
    hit: bool | None = Field(description="inside the interval, or the right class")
    late: bool = Field(description="the prediction was made after the time that it speaks of")
    source: str
    judged_at: datetime
    incumbent_loss: float | None = Field(
        default=None, description="of the dataset's present forecast, where it was made by the origin"
    )
    earlier: list[FormerOutcome] = Field(
        default=[], description="judgements that revisions of the dataset replaced, the first one first"
    )


class PredictionDetail(PredictionOut):
    """A prediction with the outcomes of its points; points without an actual value are absent."""

    outcomes: list[PointOutcome]
    features: dict[str, float | None] | None = Field(description="the numbers of the row from which it was made")


class OutcomeRequest(BaseModel):
    """Report of an outcome: the actual value of a prediction's point, or of a model's series at a time."""

    model_config = ConfigDict(extra="forbid")

    prediction_id: Name | None = None
    request_id: Name | None = Field(default=None, description="the caller's own name for the request")
    model: Name | None = Field(default=None, description="every prediction of this model for the time `at`")
    at: Moment | None = Field(default=None, description="the target's time; may be left out where there is one")
    value: float | None = None
    label: Name | None = Field(default=None, description="the right class")

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
    model_config = ConfigDict(extra="forbid")

    outcomes: list[OutcomeRequest] = Field(min_length=1, max_length=10_000)


class OutcomesOut(BaseModel):
    """Number of points judged by this request, and number of points judged earlier, which keep their outcome."""

    judged: int
    known: int


class LiveScore(BaseModel):
    """Mean losses over the judged points of one version, in one time interval or over all time."""

    version: int
    start: datetime | None = Field(description="of the stretch; null: all of the time")
    late: bool = Field(description="of predictions that were made after the time that they speak of")
    count: int = Field(description="of different questions; the same one asked again counts once, with the mean")
    answers: int = Field(description="all that were judged")
    loss: float = Field(description="mean absolute error, or the share of wrong classes")
    naive_loss: float | None = Field(description="of the naive answers to the same questions; null: none to compare")
    skill: float | None = Field(description="1 − loss / naive loss on the same points; 0 is as good as naive")
    hits: float | None = Field(description="share inside the interval, or of right classes")
    incumbent_count: int = Field(
        default=0, description="of them those for which the dataset's present forecast had said something by the origin"
    )
    incumbent_loss: float | None = Field(default=None, description="mean absolute error of the present forecast there")
    incumbent_skill: float | None = Field(
        default=None, description="1 − loss / the present forecast's loss on the same questions; 0 is as good as it"
    )


class LiveScores(BaseModel):
    """Live scores of a model's predictions, compared with the naive forecasts of the same targets."""

    model: str
    target: str
    unit: str
    classes: bool = Field(description="losses are shares of wrong classes, not errors of numbers")
    interval: float | None = Field(description="the share that the interval promises to hold")
    predictions: int
    waiting: int = Field(description="predictions of which some point is not yet known")
    points: int = Field(description="judged")
    judged_again: int = Field(default=0, description="points judged again because the dataset revised their values")
    bucket_seconds: int
    total: list[LiveScore]
    over_time: list[LiveScore]


class BaselineStanding(BaseModel):
    """Comparison of a champion with one baseline on the same rows."""

    baseline: str
    forecasts: int = Field(description="that count: their targets do not overlap")
    loss: float = Field(description="mean absolute error of the champion there, or its share of wrong classes")
    baseline_loss: float
    evidence: float = Field(description="that the champion is worse: 0 is none, from 1 on it is beyond noise")


class Standing(BaseModel):
    """Result of testing from judged predictions whether a champion is worse than a baseline beyond chance."""

    version: int
    worse_than: str | None = Field(description="the baseline that is better beyond noise; null: none is")
    baselines: list[BaselineStanding] = Field(description="empty: nothing is judged yet")
