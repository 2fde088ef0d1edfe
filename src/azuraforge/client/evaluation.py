"""Shapes of a run's evaluation: scores of all contenders on the same held-out rows, and the gate's verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.model import Measured, SliceRecord, VerdictPolicy
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Sentence(Shape):
    """A reason with its code and values; ``text`` maps language codes to sentences."""

    code: str
    params: dict[str, bool | int | float | str | None] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ShownComparison(Shape):
    """The numbers of a comparison, formatted in one language."""

    measure: str
    change: str
    low: str
    high: str


@dataclass(frozen=True, kw_only=True)
class ImageSize(Shape):
    """Height, width and number of channels of every image."""

    height: int
    width: int
    channels: int


@dataclass(frozen=True, kw_only=True)
class Pretraining(Shape):
    """The origin of pretrained weights, as stated by their publishers."""

    name: str
    source: str = ""
    licence: str = ""
    trained_on: str = ""
    until: str | None = None


@dataclass(frozen=True, kw_only=True)
class SuspiciousColumn(Shape):
    """A column that seems to contain future values of the target, with the evidence."""

    column: str
    kind: str = ""
    rows: int = 0
    rows_ahead: int = 0
    share: float = 0.0
    blocks: bool = False
    text: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Pairing(Shape):
    """The gate's method of comparing two contenders by a metric, from their losses on the same rows."""

    rows: str
    mean: str = "mean"
    binary: bool = False


@dataclass(frozen=True, kw_only=True)
class MetricFacts(Shape):
    """Facts for displaying a metric: its title, the better direction, and the format of its values."""

    name: str
    title: dict[str, str] = field(default_factory=dict)
    hint: dict[str, str] = field(default_factory=dict)
    direction: str = "none"
    unit: str = "none"
    format: str = "number"
    digits: int | None = None
    pairing: Pairing | None = None
    detail: str = "main"


@dataclass(frozen=True, kw_only=True)
class PartSummary(Shape):
    """One part of a split. ``start`` and ``end`` are None if the rows have no times."""

    rows: int
    start: str | None = None
    end: str | None = None
    origins: int | None = None
    rows_sha256: str | None = None
    classes: list[int] | None = None


@dataclass(frozen=True, kw_only=True)
class HorizonMetrics(Shape):
    """Metrics of the predictions at one horizon (rows ahead)."""

    horizon: int
    metrics: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClassMetrics(Shape):
    """Metrics of one class. ``support`` counts the rows of the class, ``answered`` the rows predicted as the class."""

    name: str
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    support: int = 0
    answered: int = 0


@dataclass(frozen=True, kw_only=True)
class HorizonCoverage(Shape):
    """Coverage of an interval at one horizon (rows ahead)."""

    horizon: int
    coverage: float | None = None


@dataclass(frozen=True, kw_only=True)
class IntervalCoverage(Shape):
    """Coverage of an interval.

    ``share`` is the nominal and ``coverage`` the measured share of actual values inside the interval; ``low`` and
    ``high`` are the bounds of a 95 % range of the true coverage.
    """

    share: float
    coverage: float
    low: float
    high: float
    width: float = 0.0
    horizons: list[HorizonCoverage] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ContenderScores(Shape):
    """A contender's metrics over the whole test set, and per horizon or class if the task has them."""

    name: str
    role: str
    rank: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    seconds: float | None = None
    horizons: list[HorizonMetrics] = field(default_factory=list)
    pinball: dict[str, float] = field(default_factory=dict)
    intervals: list[IntervalCoverage] = field(default_factory=list)
    classes: list[ClassMetrics] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class FailedBaseline(Shape):
    """A baseline whose fit or prediction failed, with the reason."""

    name: str
    reason: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ComparisonScores(Shape):
    """Comparison of two contenders on the same rows; a negative difference means that ``a`` is better."""

    a: str
    b: str
    metric: str
    relative_difference: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    margin: float | None = None
    origins: int | None = None
    pieces: float | None = None
    score_a: float | None = None
    score_b: float | None = None
    shown: dict[str, ShownComparison] = field(default_factory=dict)
    better: bool = False


@dataclass(frozen=True, kw_only=True)
class GuardedRows(Shape):
    """The number of test predictions that the leakage guard checked (``tried``), and of all (``of``)."""

    tried: int = 0
    of: int = 0


@dataclass(frozen=True, kw_only=True)
class SeriesScores(Shape):
    """Scores of the candidate and the best baseline for one series of a panel."""

    series: str
    origins: int = 0
    mase: float | None = None
    rmse: float | None = None
    coverage: float | None = None
    baseline_mase: float | None = None
    baseline_rmse: float | None = None
    skill: float | None = None


@dataclass(frozen=True, kw_only=True)
class LeftOut(Shape):
    """A series of a panel that the run omitted, with the reason."""

    series: str
    part: str
    why: str
    rows: int = 0
    needed: int = 0


@dataclass(frozen=True, kw_only=True)
class SeriesTable(Shape):
    """Scores of the series of a panel, worst MASE first, and the omitted series."""

    column: str
    candidate: str
    count: int
    worst: str | None = None
    better: int = 0
    rows: list[SeriesScores] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LevelScores(Shape):
    """Scores of one level of a hierarchy.

    ``base_rmse`` is the candidate's error before reconciliation; ``bottom_up_rmse`` is the error of the sums of its
    forecasts of single series.
    """

    level: str
    series: int = 0
    rmse: float | None = None
    baseline_rmse: float | None = None
    skill: float | None = None
    base_rmse: float | None = None
    bottom_up_rmse: float | None = None
    coverage: float | None = None


@dataclass(frozen=True, kw_only=True)
class IncumbentScores(Shape):
    """Scores of the incumbent forecast and of other contenders (``alongside``) on the same targets.

    They are compared on the targets for which an incumbent forecast had been made by the origin: ``targets`` of ``of``.
    """

    column: str
    targets: int
    of: int
    metrics: dict[str, float | None] = field(default_factory=dict)
    alongside: dict[str, dict[str, float | None]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Hierarchical(Shape):
    """Scores of the levels of a panel with groups, the total of all series first."""

    levels: list[LevelScores] = field(default_factory=list)
    gap: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Member(Shape):
    """One member of a combined forecaster: its weight, its score on the validation set, and its test metrics."""

    name: str
    weight: float = 0.0
    score: float | None = None
    seconds: float | None = None
    trials: int = 1
    metrics: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LeftOutMember(Shape):
    """A member that the combination omits; ``reason`` maps language codes to sentences."""

    name: str
    why: str = ""
    reason: dict[str, str] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Composition(Shape):
    """The members of a combined forecaster, largest weight first. ``measure`` describes their scores."""

    rule: str = "other"
    measure: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    left_out: list[LeftOutMember] = field(default_factory=list)
    not_refitted: list[LeftOutMember] = field(default_factory=list)
    budget_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class EvaluationFinding(Shape):
    """A finding about a contender's scores, such as an interval whose coverage is below its nominal level."""

    code: str
    contender: str = ""
    text: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scores(Shape):
    """Scores of all contenders on the same held-out rows. ``metrics`` describes each metric."""

    kind: str = ""
    target: str = ""
    unit: str = ""
    metrics: list[MetricFacts] = field(default_factory=list)
    ranked_by: str = ""
    gate_metric: str = ""
    parts: dict[str, PartSummary] = field(default_factory=dict)
    contenders: list[ContenderScores] = field(default_factory=list)
    failed: list[FailedBaseline] = field(default_factory=list)
    best_baseline: str = ""
    winner: str = ""
    comparisons: list[ComparisonScores] = field(default_factory=list)
    guarded: GuardedRows = field(default_factory=GuardedRows)
    frequency: str | None = None
    timezone: str | None = None
    season: int | None = None
    horizon: int | None = None
    judged_horizon: int | None = None
    findings: list[EvaluationFinding] = field(default_factory=list)
    shown_horizons: list[int] = field(default_factory=list)
    series: SeriesTable | None = None
    hierarchy: Hierarchical | None = None
    incumbent: IncumbentScores | None = None
    composition: Composition | None = None
    classes: list[str] | None = None
    image: ImageSize | None = None
    pretraining: Pretraining | None = None
    suspicious: list[SuspiciousColumn] = field(default_factory=list)

    @property
    def candidate(self) -> ContenderScores | None:
        """The contender that the run trained; None if there is none."""
        return next((each for each in self.contenders if each.role == "candidate"), None)

    @property
    def by_rank(self) -> list[ContenderScores]:
        """The contenders, best rank first."""
        return sorted(self.contenders, key=lambda each: each.rank)


@dataclass(frozen=True, kw_only=True)
class Verdict(Shape):
    """The gate's decision with its reasons. ``champion`` is the champion after the decision; empty if there is none."""

    decision: str
    headline: str | None = None
    champion: str = ""
    approved: str | None = None
    measured: Measured = field(default_factory=Measured)
    policy: VerdictPolicy | None = None
    slices: list[SliceRecord] = field(default_factory=list)
    reasons: list[Sentence] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Evaluation(Shape):
    """The evaluation of a run: scores of its model and the baselines, and the gate's verdict."""

    run_id: str
    model: str
    evaluation: Scores
    verdict: Verdict
    version: int | None = None
    created_at: datetime | None = None
    losses_artifact: str | None = None
