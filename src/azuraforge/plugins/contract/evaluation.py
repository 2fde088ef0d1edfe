"""The evaluation of a run: the scores of every contender on the same held-out rows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from azuraforge.plugins.contract.composition import Composition
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.pretraining import Pretraining
from azuraforge.plugins.contract.shape import Shape, Texts

Role = Literal["candidate", "baseline", "champion"]
PartName = Literal["train", "validation", "test"]


class PartSummary(Shape):
    """Summary of one part of a split.

    ``start`` and ``end`` are null if the rows have no time; ``rows_sha256`` then shows whether two parts are equal.
    """

    rows: int
    start: str | None
    end: str | None
    origins: int | None = Field(
        default=None,
        description="of the test set: how many predictions were evaluated; of a panel the moments that its series were"
        " predicted from, as the gate compares them",
    )
    classes: tuple[int, ...] | None = Field(default=None, description="rows of each class")
    rows_sha256: str | None = Field(default=None, description="of the row numbers, where rows have no time")


class HorizonMetrics(Shape):
    """Metrics of the predictions that are ``horizon`` rows ahead of their origins."""

    horizon: int
    metrics: dict[str, float | None]


class HorizonCoverage(Shape):
    """Coverage of an interval ``horizon`` rows ahead; ``coverage`` is null if no true value is known there."""

    horizon: int
    coverage: float | None


#: Probability with which ``IntervalCoverage.low`` and ``high`` enclose the true coverage.
RANGE_LEVEL = 0.95


class IntervalCoverage(Shape):
    """A prediction interval of one nominal level, and the share of the true values that it contained.

    ``low`` and ``high`` enclose the true coverage with probability ``RANGE_LEVEL``. They account for the dependence
    between neighbouring origins.
    """

    share: float = Field(description="promised, such as 0.9")
    coverage: float
    low: float
    high: float
    width: float = Field(description="mean, in the target's unit")
    horizons: tuple[HorizonCoverage, ...] = ()


class ClassMetrics(Shape):
    """Scores of one class; ``support`` rows have it as their label, ``answered`` rows as their prediction."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    answered: int


class ContenderScores(Shape):
    """The scores of one contender on the test set.

    Scores by horizon are empty for tasks other than forecasting, and scores by class for tasks without classes.

    ``metrics`` maps the name of each metric of the evaluation to its value over the whole test set; a value is null if
    the metric is undefined.
    """

    name: str
    role: Role
    rank: int
    metrics: dict[str, float | None]
    seconds: float | None = Field(default=None, description="that fitting took")
    horizons: tuple[HorizonMetrics, ...] = ()
    pinball: dict[str, float] = Field(default_factory=dict, description="pinball loss by quantile level")
    intervals: tuple[IntervalCoverage, ...] = Field(default=(), description="the narrowest first")
    classes: tuple[ClassMetrics, ...] = ()


class FailedBaseline(Shape):
    """A baseline that could not be fitted or could not predict, with the reason."""

    name: str
    reason: Texts = Field(description="by language code")


class ShownComparison(Shape):
    """The numbers of a comparison, formatted for one language."""

    measure: str
    change: str
    low: str
    high: str


class ComparisonScores(Shape):
    """Comparison of the contenders ``a`` and ``b`` on the same rows; a negative difference means that ``a`` is better.

    ``low`` and ``high`` are the ends of the confidence interval: of ``relative_difference`` for a series, of
    ``difference`` for independent examples. They are null if there are too few rows.
    """

    a: str
    b: str
    metric: str
    relative_difference: float | None
    difference: float
    score_a: float
    score_b: float
    low: float | None
    high: float | None
    level: float
    origins: int = Field(description="rows compared")
    pieces: float = Field(description="independent rows that would say as much")
    margin: float | None = Field(
        default=0.0, description="by which a must be better, in the measure of the interval; null: no finite one"
    )
    better: bool
    shown: dict[str, ShownComparison] = Field(description="by language code")


class GuardedRows(Shape):
    """Number of predictions on the test set that the leakage guard checked (``tried``), out of all (``of``)."""

    tried: int
    of: int


class SeriesScores(Shape):
    """Scores of the candidate and of the best baseline on one series of a panel."""

    series: str
    origins: int
    mase: float | None
    rmse: float | None
    coverage: float | None
    baseline_mase: float | None
    baseline_rmse: float | None
    skill: float | None


class LeftOut(Shape):
    """A series of a panel that a run leaves out.

    ``why`` is ``few_rows``, ``no_window`` (too many measurements are missing), ``constant`` (the target never changes)
    or ``ended`` (the series ends before the test set begins; the split ignores its times).
    """

    series: str
    part: PartName = Field(description="in which it falls short")
    why: Literal["few_rows", "no_window", "constant", "ended"]
    rows: int = Field(description="that it has there")
    needed: int


class SeriesTable(Shape):
    """Scores of the series of a panel, in descending order of the candidate's MASE."""

    column: str
    candidate: str
    count: int
    worst: str | None
    better: int = Field(description="series in which the candidate's RMSE is below the best baseline's")
    rows: tuple[SeriesScores, ...]
    left_out: tuple[LeftOut, ...]


class LevelScores(Shape):
    """Scores of one level of a panel's hierarchy: the candidate, the best baseline and alternative forecasts of totals.

    ``base_rmse`` is the error of the candidate's forecasts before reconciliation, which need not add up.
    ``bottom_up_rmse`` is the error of totals that are sums of the candidate's forecasts of the single series.
    """

    level: str = Field(description="total, a group column, or the column of the series")
    series: int = Field(description="forecast at this level")
    rmse: float | None
    baseline_rmse: float | None
    skill: float | None = Field(description="1 - rmse / baseline_rmse")
    base_rmse: float | None = Field(description="of the candidate before it was reconciled")
    bottom_up_rmse: float | None
    coverage: float | None


class Hierarchical(Shape):
    """Scores by level for a panel with declared groups, starting with the total of all series."""

    levels: tuple[LevelScores, ...]
    gap: float = Field(
        description="largest distance of a total's forecast from the sum of its series', relative to their sizes"
    )


class SuspiciousColumn(Shape):
    """A column whose values seem to depend on later values of the target, with the evidence."""

    column: str
    kind: str = Field(description="in which way, such as later_target or centred_average")
    rows_ahead: int = Field(description="0: the same row")
    share: float = Field(description="of the column, or of what is new in it, that later values of the target explain")
    rows: int = Field(description="that were examined")
    blocks: bool = Field(description="whether it stops an automatic promotion")
    text: Texts


#: Name of the incumbent forecast as a contender.
INCUMBENT = "incumbent"


class IncumbentScores(Shape):
    """Scores of the dataset's incumbent forecast and of other contenders on the same targets.

    A target is compared only if its incumbent forecast existed at the time of the origin.
    """

    column: str
    targets: int = Field(description="compared: the forecast and the true value are known")
    of: int = Field(description="targets with a known true value")
    metrics: dict[str, float | None] = Field(description="of the present forecast, by name")
    beside: dict[str, dict[str, float | None]] = Field(
        description="metrics of the candidate and the best baseline on the same targets, by contender"
    )


class EvaluationFinding(Shape):
    """A weakness in the scores of an evaluation that a reader of the tables could miss.

    ``code`` is ``too_narrow`` or ``too_wide`` if the nominal level of an interval is outside the range of its coverage,
    and ``totals_worse_than_sums`` if reconciled totals have larger errors than sums of the forecasts of the series.
    """

    code: str
    contender: str = Field(description="whose numbers they are")
    text: Texts


class ImageSize(Shape):
    """Height and width in pixels, and number of channels, of every image."""

    height: int
    width: int
    channels: int


class Evaluation(Shape):
    """The scores of every contender on the same held-out rows; ``metrics`` describes each metric.

    Fields that apply to some tasks only (to time, panels, classes or images) are null or empty for other tasks.
    """

    kind: str = Field(description="name of the task kind")
    target: str
    unit: str = Field(description="of the target; empty: not stated")
    metrics: tuple[MetricFacts, ...] = Field(description="of all contenders, in the order in which tables show them")
    ranked_by: str = Field(description="name of the metric that ranks the contenders")
    gate_metric: str = Field(description="name of the metric that the gate compared by")
    parts: dict[str, PartSummary]
    contenders: tuple[ContenderScores, ...] = Field(description="the best first")
    failed: tuple[FailedBaseline, ...] = ()
    best_baseline: str
    winner: str = Field(description="the contender that ranks first")
    comparisons: tuple[ComparisonScores, ...] = ()
    guarded: GuardedRows
    frequency: str | None = None
    timezone: str | None = Field(default=None, description="in which days and hours follow one another")
    season: int | None = Field(default=None, description="rows in one season")
    horizon: int | None = Field(default=None, description="rows predicted from each origin")
    judged_horizon: int | None = Field(
        default=None, description="rows ahead, of ``horizon``, up to which any true value is held out"
    )
    shown_horizons: tuple[int, ...] = ()
    series: SeriesTable | None = Field(default=None, description="of a panel")
    hierarchy: Hierarchical | None = Field(default=None, description="of a panel with declared groups")
    pretraining: Pretraining | None = Field(default=None, description="of the candidate's weights; null: none")
    incumbent: IncumbentScores | None = Field(
        default=None, description="the dataset's present forecast; null: it has none for the test set"
    )
    suspicious: tuple[SuspiciousColumn, ...] = Field(default=(), description="columns that seem to know the future")
    findings: tuple[EvaluationFinding, ...] = Field(
        default=(), description="what the numbers of the candidate, and of the champion after the verdict, do not hold"
    )
    composition: Composition | None = Field(default=None, description="of a candidate that combines others")
    classes: tuple[str, ...] | None = None
    image: ImageSize | None = None

    def contender(self, name: str) -> ContenderScores:
        """Return the scores of the contender ``name``. Raises KeyError if the evaluation has no such contender."""
        found = next((each for each in self.contenders if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    @property
    def candidate(self) -> ContenderScores:
        """The scores of the contender that the run trained."""
        return next(each for each in self.contenders if each.role == "candidate")

    def metric(self, name: str) -> MetricFacts | None:
        """Return the facts about the metric ``name``; None if the evaluation does not contain it."""
        return next((each for each in self.metrics if each.name == name), None)
