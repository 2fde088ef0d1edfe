"""Shapes of comparisons: several runs side by side, and two runs on the same held-out rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from azuraforge.client.evaluation import Sentence
from azuraforge.client.run import Run
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class MetricRow(Shape):
    """The values of one metric for each compared run.

    ``alongside`` contains the value of each run's best baseline; ``best`` and ``worst`` are indices into ``values``.
    """

    metric: str
    unit: str | None = ""
    lower_is_better: bool | None = None
    values: list[float | None]
    alongside: list[float | None]
    best: list[int] = field(default_factory=list)
    digits: int | None = None
    format: str = ""
    title: dict[str, str] = field(default_factory=dict)
    worst: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LoggedRow(Shape):
    """The last, lowest and highest value of one logged metric for each compared run; None if the run lacks it."""

    series: str
    last: list[float | None]
    lowest: list[float | None]
    highest: list[float | None]


@dataclass(frozen=True, kw_only=True)
class JudgedRows(Shape):
    """Held-out rows on which at least one of the compared runs was evaluated."""

    dataset: str
    target: str
    horizon: int | None = None
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class ConfigRow(Shape):
    """A setting whose value differs between runs, with one value per run; None if the run lacks the setting."""

    name: str
    values: list[object]


@dataclass(frozen=True, kw_only=True)
class ComparedRun(Shape):
    """A compared run, with its contender, its best baseline and the gate's decision.

    ``rows`` is an index into the comparison's ``rows``; scores of runs with different indices are not comparable.
    """

    run: Run
    contender: str | None = None
    best_baseline: str | None = None
    decision: str | None = None
    unit: str | None = None
    rows: int | None = None
    metric_series: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RunComparison(Shape):
    """Several runs side by side.

    Best and worst values are marked only if ``same_rows`` is true: all runs were evaluated on the same held-out rows.
    Otherwise ``why_not`` contains the reasons.
    """

    runs: list[ComparedRun]
    same_rows: bool
    why_not: list[Sentence]
    metrics: list[MetricRow]
    config: list[ConfigRow]
    rows: list[JudgedRows] = field(default_factory=list)
    logged: list[LoggedRow] = field(default_factory=list)
    logged_left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Pair(Shape):
    """Comparison of two runs' models on the same held-out rows.

    A negative difference means that ``a`` is better. If ``comparable`` is false, ``why_not`` contains the reasons and
    the optional fields are not set.
    """

    a: str
    b: str
    comparable: bool
    why_not: list[Sentence]
    metric: str | None = None
    relative_difference: float | None = None
    difference: float | None = None
    shown: dict[str, dict[str, str]] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    level: float | None = None
    origins: int | None = None
    verdict: str | None = None
    pieces: float | None = None
