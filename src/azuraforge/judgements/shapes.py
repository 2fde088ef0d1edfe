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
    metric: str = Field(description="rmse for forecasts, error_rate for classes")
    decision: Decision
    difference: float = Field(
        description="model's metric minus the baseline's: relative to the baseline's RMSE, or absolute for classes"
    )
    low: float | None = Field(
        description="lower end of the difference's confidence interval; null if it has none, see `unknown`"
    )
    high: float | None
    unknown: Literal["origins", "pieces", "width"] | None = Field(
        description="reason why there is no interval: too few origins or examples, too few independent ones, or"
        " too wide; null if there is one"
    )
    level: float = Field(description="confidence level of the interval, adjusted for the number of models tried")
    origins: int = Field(description="number of forecast origins or examples compared")
    pieces: float = Field(description="effective number of independent origins or examples")
    needed: int = Field(description="number of origins or examples required for an interval")
    more: int | None = Field(
        default=None,
        description="estimated number of additional origins or examples that would decide a difference of this "
        "size; null if it is decided or cannot be estimated",
    )
    suspected: bool = Field(
        description="whether the predictions seem to use the outcome; the findings state the evidence"
    )
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
    coverage_low: float | None = Field(
        default=None,
        description="lower end of the confidence interval of the coverage or the accuracy; null if unknown",
    )
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
    omitted: tuple[str, ...] = Field(
        default=(), description="models that are not drawn, to limit the size of the chart"
    )


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
        default=(), description="comparison of each model with the incumbent forecast; empty if none is given"
    )
    ranking: tuple[Scores, ...] = Field(description="models and baselines, best first")
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...] = ()
    predictions: int = Field(
        description="number of judged predictions: those with an actual value and a prediction of every baseline"
    )
    start: str | None = None
    end: str | None = None
    horizons: tuple[int, ...] = ()
    frequency: str | None = None
    season: int | None = None
    coverage_level: float | None = Field(
        default=None, description="nominal coverage of the interval columns; null if there are none"
    )
    level: float = 0.95
    tried: int = 1
    sample: Chart | None = Field(default=None, description="last judged predictions with their actual values")
    lead: Chart | None = Field(
        default=None,
        description="cumulative difference between the squared errors of model and best baseline, over time",
    )
    reliability: Chart | None = None
    classes: tuple[ClassRow, ...] = ()
