"""Paired statistics: the difference of two contenders, with its confidence corrected for repeated evaluations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from azuraforge.models.gate.comparability import MIN_ORIGINS, MIN_PIECES, needed_origins
from azuraforge.models.gate.contenders import Contender, Slice
from azuraforge.models.gate.examples import mean_difference, mean_difference_interval, sign_test
from azuraforge.models.gate.origins import (
    RelativeInterval,
    relative_difference,
    relative_difference_interval,
    scaled_interval,
)
from azuraforge.models.gate.reasons import shown_figures
from azuraforge.models.gate.record import SliceRecord, Value
from azuraforge.plugins.contract.evaluation import ComparisonScores, ShownComparison
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of

#: Reason why a comparison has no interval: too few origins or examples (``origins``), too few independent ones
#: (``pieces``), or an interval so wide that it excludes no practical difference (``width``).
Unknown = Literal["origins", "pieces", "width"]


def tightened_level(level: float, trials: int = 1, earlier_uses: int = 0) -> float:
    """Return the confidence level for evaluating the best of ``trials`` after ``earlier_uses`` of the test set.

    The k-th evaluation spends the share 1 / (k (k + 1)) of the error budget ``1 - level``. The shares of all
    evaluations sum to at most one, so the error budget holds for any number of them (alpha spending). Within an
    evaluation the share is divided by the number of trials from which the candidate was chosen (Bonferroni).

    Example:
        >>> [round(tightened_level(0.95, earlier_uses=uses), 4) for uses in range(3)]
        [0.975, 0.9917, 0.9958]
    """
    look = max(0, earlier_uses) + 1
    return 1 - (1 - level) / (look * (look + 1) * max(1, trials))


@dataclass(frozen=True)
class Comparison:
    """Comparison of ``a`` with ``b`` on the same origins.

    Attributes:
        difference: score of a minus score of b, in the metric's own unit; a negative difference means that a is better.
        relative_difference: difference as a share of b's score; None if b's errors are close to zero.
        low, high: ends of the interval; None if ``unknown`` states a reason. They are relative along a series. For
            independent examples, whose scores may be zero, they are ends of ``difference``.
        margin: lead that a needs for ``better``, in the same measure as the interval.
        pieces: number of independent origins with the same information.
    """

    a: str
    b: str
    relative_difference: float | None
    low: float | None
    high: float | None
    level: float
    origins: int
    pieces: float
    metric: MetricFacts
    margin: float = 0.0
    difference: float = field(default=0.0, kw_only=True)
    score_a: float = field(default=0.0, kw_only=True)
    score_b: float = field(default=0.0, kw_only=True)
    unknown: Unknown | None = field(default=None, kw_only=True)

    @property
    def better(self) -> bool:
        """Return whether the whole interval is below minus the margin; False without an interval."""
        return self.high is not None and self.high < -self.margin

    @property
    def at_least_as_good(self) -> bool:
        """Return whether a's score is not above b's, regardless of noise."""
        return (self.difference if self.relative_difference is None else self.relative_difference) <= 0

    @property
    def params(self) -> dict[str, Value]:
        """Names and numbers of the comparison, as parameters for the text of a reason."""
        known = {"score_a": self.score_a, "score_b": self.score_b, "difference": self.difference}
        return {
            "a": self.a,
            "b": self.b,
            "relative_difference": self.relative_difference,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "origins": self.origins,
            "pieces": self.pieces,
            **known,
            **measured(self.metric),
        }

    def scores(self) -> ComparisonScores:
        """Return the comparison in the form that the evaluation stores."""
        return ComparisonScores(
            a=self.a,
            b=self.b,
            metric=self.metric.name,
            relative_difference=self.relative_difference,
            difference=self.difference,
            score_a=self.score_a,
            score_b=self.score_b,
            low=self.low,
            high=self.high,
            level=self.level,
            origins=self.origins,
            pieces=self.pieces,
            margin=self.margin if math.isfinite(self.margin) else None,
            better=self.better,
            shown={language: ShownComparison(**shown_figures(self.params, language)) for language in ("en", "tr")},
        )


def measured(metric: MetricFacts) -> dict[str, Value]:
    """Return the facts about a metric that a reason needs to describe it; empty if the gate cannot compare by it."""
    if metric.pairing is None:
        return {}
    return {
        "metric": metric.name,
        "measure_en": text_of(metric.title, "en"),
        "measure_tr": text_of(metric.title, "tr"),
        "rows": metric.pairing.rows,
        "binary": metric.pairing.binary,
    }


def compare(
    a: Contender, b: Contender, *, horizon: int, season: int, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Comparison:
    """Compare two contenders on the same origins; if no interval can be computed, ``Comparison.unknown`` states why.

    Along a series, errors may be autocorrelated for so long that fewer than ``MIN_PIECES`` independent origins remain.
    Independent examples are compared by the difference of their mean losses, whose interval is bootstrapped
    (``resamples``, ``seed``): a ratio has no meaning if one side makes almost no errors. If few errors decide, the
    bootstrap alone is too confident: the interval of an error rate is extended to zero unless the exact sign test
    agrees.

    Args:
        a: first contender.
        b: contender with which it is compared.
        horizon: number of rows that the losses of one origin cover.
        season: number of rows in one season; at least as many origins are required.
        level: two-sided confidence level.
        resamples: number of bootstrap draws.
        seed: seed of the draws.

    Raises ValueError if the losses do not belong to the same targets, or if ``level`` is not between 0 and 1.
    """
    if not a.in_time:
        return _compare_examples(a, b, level, resamples, seed)
    return _compare_origins(a, b, level, horizon, needed_origins(horizon, season))


def _compare_origins(
    a: Contender,
    b: Contender,
    level: float,
    horizon: int,
    needed: int,
    interval: RelativeInterval = relative_difference_interval,
) -> Comparison:
    origins = len(a.losses)
    power = 0.5 if a.pairing.mean == "root" else 1.0
    if origins < needed:
        relative = relative_difference(a.losses, b.losses, power=power) if origins else 0.0
        return _comparison(a, b, relative, None, None, level, origins, origins / horizon, "origins")
    found = interval(a.losses, b.losses, horizon=horizon, level=level, power=power)
    low, high = found.low, found.high
    unknown: Unknown | None = None if low is not None else "width"
    if found.pieces < MIN_PIECES:
        low, high, unknown = None, None, "pieces"
    return _comparison(a, b, found.relative_difference, low, high, level, origins, found.pieces, unknown)


def _compare_examples(a: Contender, b: Contender, level: float, resamples: int, seed: int) -> Comparison:
    examples = len(a.losses)
    difference = mean_difference(a.losses, b.losses)
    score = b.score
    relative = difference / score if score > 0 else None
    if examples < MIN_ORIGINS:
        return _comparison(a, b, relative, None, None, level, examples, examples, "origins")
    low, high = mean_difference_interval(a.losses, b.losses, level=level, resamples=resamples, seed=seed)
    if a.pairing.binary and sign_test(a.losses, b.losses) > 1 - level:
        low, high = min(low, 0.0), max(high, 0.0)
    return _comparison(a, b, relative, low, high, level, examples, examples, None)


def _comparison(
    a: Contender,
    b: Contender,
    relative: float | None,
    low: float | None,
    high: float | None,
    level: float,
    origins: int,
    pieces: float,
    unknown: Unknown | None,
) -> Comparison:
    ours, theirs = a.score, b.score
    return Comparison(
        a.name, b.name, relative, low, high, level, origins, pieces, a.metric,
        difference=ours - theirs, score_a=ours, score_b=theirs, unknown=unknown,
    )  # fmt: skip


@dataclass(frozen=True)
class Guarded:
    """Result of one guarded slice.

    Attributes:
        name: name of the slice.
        comparison: comparison within the slice.
        margin: allowed loss of quality, in the measure of the comparison's interval.
        targets: number of origins or examples with a target in the slice.
        needed: minimum number of such origins or examples for a result.
        worse: whether the candidate is worse by more than the margin; None if the comparison has no interval.
    """

    name: str
    comparison: Comparison
    margin: float
    targets: int
    needed: int
    worse: bool | None

    def record(self) -> SliceRecord:
        """Return the result in its stored form."""
        return SliceRecord(
            name=self.name,
            state="unknown" if self.worse is None else "worse" if self.worse else "held",
            margin=self.margin,
            targets=self.targets,
            relative_difference=self.comparison.relative_difference,
            difference=self.comparison.difference,
            low=self.comparison.low,
            high=self.comparison.high,
            level=self.comparison.level,
        )


def guard(
    a: Contender,
    b: Contender,
    slices: Sequence[Slice],
    *,
    horizon: int,
    season: int,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> list[Guarded]:
    """Test for each slice whether ``a`` is worse than ``b`` by more than its margin, beyond noise; return the results.

    The error budget is divided by the number of slices: with twenty-four guarded hours, one would otherwise seem worse
    by chance in every other verdict. Evaluations and trials do not tighten it, since that would make the guard less
    sensitive.
    """
    share = 1 - (1 - level) / max(1, len(slices))
    how = {"level": share, "resamples": resamples, "seed": seed}
    judge = _guard_series if a.in_time else _guard_examples
    return [judge(a, b, part, horizon, season, how) for part in slices]


def _guard_examples(a: Contender, b: Contender, part: Slice, _: int, __: int, how: dict[str, Any]) -> Guarded:
    inside = np.asarray(part.mask.any(axis=1), dtype=np.bool_)
    found = _compare_examples(a.at(inside), b.at(inside), **how)
    margin, targets = part.margin * found.score_b, int(inside.sum())
    worse = None if found.low is None else found.low > margin
    return Guarded(part.name, found, margin, targets, MIN_ORIGINS, worse)


def _guard_series(a: Contender, b: Contender, part: Slice, horizon: int, _: int, how: dict[str, Any]) -> Guarded:
    """Compare the origins that have a target in the slice, in order; targets outside the slice count as missing.

    Two such origins share targets only if they are closer than the horizon. The overlap is therefore the largest number
    of origins of the slice within one horizon.
    """
    inside = np.asarray((part.mask & ~np.isnan(a.losses)).any(axis=1), dtype=np.bool_)
    overlap = max(1, int(np.convolve(inside, np.ones(horizon, dtype=np.int64)).max(initial=0)))
    one, other = (each.where(part.mask).at(inside) for each in (a, b))
    targets, needed = int(inside.sum()), needed_origins(overlap, 1)
    # A result here blocks a promotion, so a correction that makes it rarer would not make the gate safer.
    found = _compare_origins(one, other, how["level"], overlap, needed, scaled_interval)
    worse = None if found.low is None else found.low > part.margin
    return Guarded(part.name, found, part.margin, targets, needed, worse)
