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
        description="test set only: number of evaluated predictions; for a panel, number of distinct origin "
        "times, which the gate compares by",
    )
    classes: tuple[int, ...] | None = Field(
        default=None, description="number of rows of each class; null if the target is not a class"
    )
    rows_sha256: str | None = Field(
        default=None, description="SHA-256 of the row numbers if the rows have no time, else null"
    )


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

    share: float = Field(description="nominal coverage, such as 0.9")
    coverage: float
    low: float
    high: float
    width: float = Field(description="mean width in the target's unit")
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
    the metric is undefined. ``rank`` counts from 1.
    """

    name: str
    role: Role
    rank: int
    metrics: dict[str, float | None]
    seconds: float | None = Field(default=None, description="fitting time in seconds; null if unknown")
    horizons: tuple[HorizonMetrics, ...] = ()
    pinball: dict[str, float] = Field(default_factory=dict, description="pinball loss by quantile level")
    intervals: tuple[IntervalCoverage, ...] = Field(default=(), description="intervals, narrowest first")
    classes: tuple[ClassMetrics, ...] = ()


class FailedBaseline(Shape):
    """A baseline that could not be fitted or could not predict, with the reason."""

    name: str
    reason: Texts = Field(description="reason by language code")


class ShownComparison(Shape):
    """The numbers of a comparison, formatted for one language.

    ``measure`` names the metric, ``change`` is the difference, and ``low`` and ``high`` are the ends of its interval.
    """

    measure: str
    change: str
    low: str
    high: str


class ComparisonScores(Shape):
    """Comparison of the contenders ``a`` and ``b`` on the same rows; a negative difference means that ``a`` is better.

    ``low`` and ``high`` are the ends of the confidence interval: of ``relative_difference`` for a series, of
    ``difference`` for independent examples. They are null if there are too few rows. ``level`` is the confidence level,
    and ``better`` is whether the whole interval is below minus ``margin``.
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
    origins: int = Field(description="number of rows compared")
    pieces: float = Field(description="effective number of independent rows")
    margin: float | None = Field(
        default=0.0,
        description="minimum improvement required of `a`, in the measure of the interval; null if it is infinite",
    )
    better: bool
    shown: dict[str, ShownComparison] = Field(description="formatted numbers by language code")


class GuardedRows(Shape):
    """Number of predictions on the test set that the leakage guard checked (``tried``), out of all (``of``)."""

    tried: int
    of: int


class SeriesScores(Shape):
    """Scores of the candidate and of the best baseline on one series of a panel.

    ``origins`` is the number of evaluated origins, and ``skill`` is 1 − ``rmse`` / ``baseline_rmse``.
    """

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
    or ``ended`` (the series ends before the test set begins; the split ignores its times). ``needed`` is the number of
    rows required in ``part``.
    """

    series: str
    part: PartName = Field(description="part of the split in which the series has too few rows")
    why: Literal["few_rows", "no_window", "constant", "ended"]
    rows: int = Field(description="number of rows of the series in that part")
    needed: int


class SeriesTable(Shape):
    """Scores of the series of a panel, in descending order of the candidate's MASE.

    ``count`` is the number of series in the test set; ``rows`` contains at most 200 of them. ``worst`` is the series
    with the largest MASE, null if no MASE is known. ``column`` is the column of the dataset that identifies the series.
    """

    column: str
    candidate: str
    count: int
    worst: str | None
    better: int = Field(description="number of series in which the candidate's RMSE is below the best baseline's")
    rows: tuple[SeriesScores, ...]
    left_out: tuple[LeftOut, ...]


class LevelScores(Shape):
    """Scores of one level of a panel's hierarchy: the candidate, the best baseline and alternative forecasts of totals.

    ``base_rmse`` is the error of the candidate's forecasts before reconciliation, which need not add up.
    ``bottom_up_rmse`` is the error of totals that are sums of the candidate's forecasts of the single series.
    """

    level: str = Field(description="level of the hierarchy: total, a group column, or the column of the series")
    series: int = Field(description="number of series or totals forecast at this level")
    rmse: float | None
    baseline_rmse: float | None
    skill: float | None = Field(description="1 − rmse / baseline_rmse; null if undefined")
    base_rmse: float | None = Field(description="RMSE of the candidate before reconciliation; null if unknown")
    bottom_up_rmse: float | None
    coverage: float | None


class Hierarchical(Shape):
    """Scores by level for a panel with declared groups, starting with the total of all series."""

    levels: tuple[LevelScores, ...]
    gap: float = Field(
        description="largest difference between a total's forecast and the sum of its series' forecasts, "
        "relative to their size"
    )


class SuspiciousColumn(Shape):
    """A column whose values seem to depend on later values of the target, with the evidence."""

    column: str
    kind: str = Field(description="kind of leakage, such as later_target or centred_average")
    rows_ahead: int = Field(description="number of rows that the column looks ahead; 0 for the same row")
    share: float = Field(description="share of the column, or of its new information, that later target values explain")
    rows: int = Field(description="number of rows examined")
    blocks: bool = Field(description="whether it prevents an automatic promotion")
    text: Texts


#: Name of the incumbent forecast as a contender.
INCUMBENT = "incumbent"


class IncumbentScores(Shape):
    """Scores of the dataset's incumbent forecast and of other contenders on the same targets.

    A target is compared only if its incumbent forecast existed at the time of the origin.
    """

    column: str
    targets: int = Field(description="number of targets compared, which have an incumbent forecast and a true value")
    of: int = Field(description="number of targets with a known true value")
    metrics: dict[str, float | None] = Field(description="metrics of the incumbent forecast, by name")
    alongside: dict[str, dict[str, float | None]] = Field(
        description="metrics of the candidate and the best baseline on the same targets, by contender"
    )


class EvaluationFinding(Shape):
    """A weakness in the scores of an evaluation that a reader of the tables could miss.

    ``code`` is ``too_narrow`` or ``too_wide`` if the nominal level of an interval is outside the range of its coverage,
    and ``totals_worse_than_sums`` if reconciled totals have larger errors than sums of the forecasts of the series.
    """

    code: str
    contender: str = Field(description="contender that the finding is about")
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
    unit: str = Field(description="unit of the target; empty if not stated")
    metrics: tuple[MetricFacts, ...] = Field(description="metrics of the contenders, in the order of the tables")
    ranked_by: str = Field(description="name of the metric that ranks the contenders")
    gate_metric: str = Field(description="name of the metric that the gate compares by")
    parts: dict[str, PartSummary]
    contenders: tuple[ContenderScores, ...] = Field(description="contenders, best first")
    failed: tuple[FailedBaseline, ...] = ()
    best_baseline: str
    winner: str = Field(description="name of the contender with the best rank")
    comparisons: tuple[ComparisonScores, ...] = ()
    guarded: GuardedRows
    frequency: str | None = None
    timezone: str | None = Field(
        default=None, description="IANA time zone of days and hours; null if the rows have no time"
    )
    season: int | None = Field(default=None, description="number of rows in a season; null if the task has none")
    horizon: int | None = Field(
        default=None, description="number of rows predicted from each origin; null if the task has none"
    )
    judged_horizon: int | None = Field(
        default=None, description="largest number of rows ahead, at most `horizon`, with a true value in the test set"
    )
    shown_horizons: tuple[int, ...] = ()
    series: SeriesTable | None = Field(
        default=None, description="scores of each series of a panel; null for other data"
    )
    hierarchy: Hierarchical | None = Field(
        default=None, description="scores by level of a panel with declared groups; null for other data"
    )
    pretraining: Pretraining | None = Field(
        default=None, description="origin of the candidate's pretrained weights; null if they are not pretrained"
    )
    incumbent: IncumbentScores | None = Field(
        default=None, description="scores of the dataset's incumbent forecast; null if it has none for the test set"
    )
    suspicious: tuple[SuspiciousColumn, ...] = Field(
        default=(), description="columns whose values seem to depend on the future"
    )
    findings: tuple[EvaluationFinding, ...] = Field(
        default=(), description="weaknesses in the scores of the candidate or, after the verdict, of the champion"
    )
    composition: Composition | None = Field(
        default=None, description="members of a candidate that combines others; null for other candidates"
    )
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
