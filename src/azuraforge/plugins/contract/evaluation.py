"""The evaluation of a run: every contender on the same held-out rows, as it is stored, served, drawn and compared."""

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
    """One part of a split. Rows without time have no ``start`` and ``end``; their hash shows whether they are equal."""

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
    """Metrics of the predictions this many rows ahead."""

    horizon: int
    metrics: dict[str, float | None]


class HorizonCoverage(Shape):
    """Coverage of an interval so many rows ahead; null: no true value is known."""

    horizon: int
    coverage: float | None


#: Probability with which the range of a coverage encloses the true one.
RANGE_LEVEL = 0.95


class IntervalCoverage(Shape):
    """A nominal interval, and the share of the true values that it contained.

    ``low`` and ``high`` enclose the true coverage with a probability of ``RANGE_LEVEL``, given how the origins
    depend on each other.
    """

    share: float = Field(description="promised, such as 0.9")
    coverage: float
    low: float
    high: float
    width: float = Field(description="mean, in the target's unit")
    horizons: tuple[HorizonCoverage, ...] = ()


class ClassMetrics(Shape):
    """One class: ``support`` rows have it as their label, ``answered`` rows have it as their prediction."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    answered: int


class ContenderScores(Shape):
    """A contender with its metrics over the whole test set, by name, and per horizon or class if the task has them.

    ``metrics`` holds a number or null for each of the evaluation's ``metrics``.
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
    """A baseline that could not be fitted or could not predict."""

    name: str
    reason: Texts = Field(description="by language code")


class ShownComparison(Shape):
    """A comparison's formatted numbers, in one language."""

    measure: str
    change: str
    low: str
    high: str


class ComparisonScores(Shape):
    """``a`` against ``b`` on the same rows; below zero, ``a`` is better.

    ``low`` and ``high`` are the ends of the interval: relative along a series, of ``difference`` for independent
    examples; null if there were too few rows.
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
    """Number of the test set's predictions at which the leakage guard checked the candidate."""

    tried: int
    of: int


class SeriesScores(Shape):
    """One series of a panel: the candidate next to the best baseline."""

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

    ``why``: ``few_rows``, ``no_window`` (too many of its rows were not measured), ``constant`` (nothing to learn) or
    ``ended`` (before the test set begins: its moments are not counted either).
    """

    series: str
    part: PartName = Field(description="in which it falls short")
    why: Literal["few_rows", "no_window", "constant", "ended"]
    rows: int = Field(description="that it has there")
    needed: int


class SeriesTable(Shape):
    """The series of a panel, the worst first (by MASE)."""

    column: str
    candidate: str
    count: int
    worst: str | None
    better: int = Field(description="series in which the candidate's RMSE is below the best baseline's")
    rows: tuple[SeriesScores, ...]
    left_out: tuple[LeftOut, ...]


class LevelScores(Shape):
    """One level of a panel's hierarchy: the candidate next to the best baseline and to other ways to its totals.

    All forecasts but ``base`` add up. ``bottom_up`` are the candidate's own forecasts of the series, added up.
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
    """Levels of a panel with declared groups, the total of all series first."""

    levels: tuple[LevelScores, ...]
    gap: float = Field(
        description="largest distance of a total's forecast from the sum of its series', relative to their sizes"
    )


class SuspiciousColumn(Shape):
    """A column that seems to know the future of the target, with the evidence."""

    column: str
    kind: str = Field(description="in which way, such as later_target or centred_average")
    rows_ahead: int = Field(description="0: the same row")
    share: float = Field(description="of the column, or of what is new in it, that later values of the target explain")
    rows: int = Field(description="that were examined")
    blocks: bool = Field(description="whether it stops an automatic promotion")
    text: Texts


#: The name under which the present forecast of a dataset is compared.
INCUMBENT = "incumbent"


class IncumbentScores(Shape):
    """The dataset's present forecast next to others, on the targets that it had forecast by the origin."""

    column: str
    targets: int = Field(description="compared: the forecast and the true value are known")
    of: int = Field(description="targets with a known true value")
    metrics: dict[str, float | None] = Field(description="of the present forecast, by name")
    beside: dict[str, dict[str, float | None]] = Field(
        description="metrics of the candidate and the best baseline on the same targets, by contender"
    )


class EvaluationFinding(Shape):
    """A remark on the numbers of an evaluation that a reader of the tables could miss.

    ``code``: ``too_narrow`` and ``too_wide`` (the range of an interval's coverage excludes what it promises) or
    ``totals_worse_than_sums`` (reconciled totals err more than the sums of the series' own forecasts).
    """

    code: str
    contender: str = Field(description="whose numbers they are")
    text: Texts


class ImageSize(Shape):
    """Rows, columns and channels of every image."""

    height: int
    width: int
    channels: int


class Evaluation(Shape):
    """Every contender on the same held-out rows. Self-describing: ``metrics`` explains each number.

    Fields of some tasks only (time, several series, classes, images) are null or empty for others.
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
        """Return the contender of this name. Raises KeyError."""
        found = next((each for each in self.contenders if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    @property
    def candidate(self) -> ContenderScores:
        """The contender that the run trained."""
        return next(each for each in self.contenders if each.role == "candidate")

    def metric(self, name: str) -> MetricFacts | None:
        """Return the facts about a metric."""
        return next((each for each in self.metrics if each.name == name), None)
