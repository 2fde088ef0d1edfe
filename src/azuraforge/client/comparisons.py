"""Comparisons of runs, and of two versions on the same held-out rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from azuraforge.client.evaluation import Sentence
from azuraforge.client.run import Run
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class MetricRow(Shape):
    """One metric of every run; ``best`` and ``worst`` are places in ``values``."""

    metric: str
    unit: str | None = ""
    lower_is_better: bool | None = None
    values: list[float | None]
    beside: list[float | None]
    best: list[int] = field(default_factory=list)
    digits: int | None = None
    format: str = ""
    title: dict[str, str] = field(default_factory=dict)
    worst: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ConfigRow(Shape):
    """A setting in which runs differ."""

    name: str
    values: list[object]


@dataclass(frozen=True, kw_only=True)
class ComparedRun(Shape):
    """A run of a comparison."""

    run: Run
    contender: str | None = None
    best_baseline: str | None = None
    decision: str | None = None
    unit: str | None = None
    metric_series: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RunComparison(Shape):
    """Runs side by side; metrics are marked only if all were evaluated on the same held-out rows."""

    runs: list[ComparedRun]
    same_rows: bool
    why_not: list[Sentence]
    metrics: list[MetricRow]
    config: list[ConfigRow]


@dataclass(frozen=True, kw_only=True)
class Pair(Shape):
    """Two runs' models on the same held-out rows; a negative difference means that ``a`` is better."""

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
