"""Shapes of a judgement: scores, verdicts and findings, with every sentence in English and Turkish."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape, Texts

#: Decision of a comparison. ``not_better``: no difference beyond noise; ``not_yet_known``: too few origins to decide.
Decision: TypeAlias = Literal["better", "worse", "not_better", "not_yet_known"]
Severity: TypeAlias = Literal["suspicion", "warning", "note"]


class Verdict(Shape):
    """Comparison of a model with the best baseline or the incumbent on the same rows."""

    model: str
    baseline: str
    metric: str = Field(description="rmse of forecasts, error_rate of classes")
    decision: Decision
    difference: float = Field(description="model less baseline: a share of the baseline's RMSE; of classes absolute")
    low: float | None = Field(description="lower end of the interval of the difference; null: see unknown")
    high: float | None
    unknown: Literal["origins", "pieces", "width"] | None = Field(
        description="why there is no interval: too few origins or examples, too few independent ones, or too wide"
    )
    level: float = Field(description="confidence of the interval, after the number of models tried")
    origins: int = Field(description="forecast origins or examples compared")
    pieces: float = Field(description="independent origins that would say as much")
    needed: int = Field(description="origins or examples needed for an interval")
    more: int | None = Field(
        default=None,
        description="estimate: so many more origins or examples would decide a difference of this size; null: decided, "
        "or it cannot be estimated",
    )
    suspected: bool = Field(description="the predictions seem to know the outcome; the findings give the evidence")
    text: Texts


class HorizonScore(Shape):
    """Errors of the predictions with one horizon."""

    horizon: int
    predictions: int
    rmse: float
    mae: float


class Scores(Shape):
    """Metrics of a model or a baseline over the judged rows."""

    name: str
    title: Texts
    role: Literal["model", "baseline"]
    metrics: dict[str, float | None]
    coverage_low: float | None = Field(default=None, description="ends of the interval of the coverage or the accuracy")
    coverage_high: float | None = None
    horizons: tuple[HorizonScore, ...] = ()


class Finding(Shape):
    """A statement about the predictions, or about how they were judged."""

    code: str
    severity: Severity
    model: str | None = None
    text: Texts


class LeftOut(Shape):
    """A baseline that is missing, and the reason."""

    baseline: str
    title: Texts
    text: Texts


class Line(Shape):
    """One line of a chart; a null is a gap."""

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] | None = None
    high: tuple[float | None, ...] | None = None


class Chart(Shape):
    """Lines of a chart over common points ``at``, which are times or numbers as text."""

    at: tuple[str, ...]
    lines: tuple[Line, ...]
    horizon: int | None = None
    omitted: tuple[str, ...] = Field(default=(), description="models that have no line, for want of room")


class ClassRow(Shape):
    """Metrics of one class."""

    name: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None


class Judgement(Shape):
    """The complete result of judging a file of predictions."""

    kind: Literal["forecast", "classify"]
    file: str
    headline: Texts
    verdicts: tuple[Verdict, ...]
    incumbent: tuple[Verdict, ...] = Field(
        default=(), description="each model against the forecast in use today, where one is named"
    )
    ranking: tuple[Scores, ...] = Field(description="models and baselines, the best first")
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...] = ()
    predictions: int = Field(description="judged: each has an actual value and every baseline")
    start: str | None = None
    end: str | None = None
    horizons: tuple[int, ...] = ()
    frequency: str | None = None
    season: int | None = None
    coverage_level: float | None = Field(default=None, description="stated level of the interval columns")
    level: float = 0.95
    tried: int = 1
    sample: Chart | None = Field(default=None, description="the last judged predictions with the actual values")
    lead: Chart | None = Field(default=None, description="running difference of squared errors to the best baseline")
    reliability: Chart | None = None
    classes: tuple[ClassRow, ...] = ()
