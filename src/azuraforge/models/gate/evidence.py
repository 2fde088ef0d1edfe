"""How much better is one contender than another, and how sure is that? Paired statistics, and what a look may cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from azuraforge.models.gate.bootstrap import (
    block_length,
    mean_difference,
    mean_difference_interval,
    relative_rmse,
    relative_rmse_interval,
    remembering_block,
    sign_test,
)
from azuraforge.models.gate.comparability import MIN_ORIGINS, needed_origins
from azuraforge.models.gate.contenders import Contender, Slice
from azuraforge.models.gate.reasons import told
from azuraforge.models.gate.record import SliceRecord, Value
from azuraforge.plugins.contract.evaluation import ComparisonScores, ShownComparison
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of
from azuraforge.plugins.kinds.forecast.facts import RMSE


def tightened_level(level: float, trials: int = 1, earlier_uses: int = 0) -> float:
    """The confidence level of one look, after ``earlier_uses`` of the same test part, by the best of ``trials``.

    The k-th look has the share 1 / (k (k + 1)) of the allowance ``1 - level``. The shares of all looks that are ever
    taken sum to at most one, so the allowance is kept however often somebody looks (alpha spending).
    Within a look the share is divided by the number of trials that the candidate is the best of (Bonferroni).

    Example:
        >>> [round(tightened_level(0.95, earlier_uses=uses), 4) for uses in range(3)]
        [0.975, 0.9917, 0.9958]
    """
    look = max(0, earlier_uses) + 1
    return 1 - (1 - level) / (look * (look + 1) * max(1, trials))


@dataclass(frozen=True)
class Comparison:
    """``a`` against ``b`` on the same origins; ``better`` says a wins, by more than ``margin``.

    Attributes:
        difference: of the scores, a less b, in the metric's own unit; below zero, a is better.
        relative_difference: the same as a share of b's score; None where b makes no errors to speak of.
        low, high: the interval, None where there are too few origins: relative along a series, of ``difference`` for
            independent examples, whose scores may vanish. ``margin`` is in the same measure.
        block: neighbouring origins that are drawn together.
    """

    a: str
    b: str
    relative_difference: float | None
    low: float | None
    high: float | None
    level: float
    origins: int
    block: int
    metric: MetricFacts = RMSE
    margin: float = 0.0
    difference: float = field(default=0.0, kw_only=True)
    score_a: float = field(default=0.0, kw_only=True)
    score_b: float = field(default=0.0, kw_only=True)

    @property
    def better(self) -> bool:
        """True where the whole interval lies below zero, or below the margin; never where there is no interval."""
        return self.high is not None and self.high < -self.margin

    @property
    def at_least_as_good(self) -> bool:
        """Whether a's score is not above b's, noise aside."""
        return (self.difference if self.relative_difference is None else self.relative_difference) <= 0

    @property
    def params(self) -> dict[str, Value]:
        """The comparison's numbers as a reason carries them."""
        known = {"score_a": self.score_a, "score_b": self.score_b, "difference": self.difference}
        return {
            "a": self.a,
            "b": self.b,
            "relative_difference": self.relative_difference,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "origins": self.origins,
            **known,
            **measured(self.metric),
        }

    def scores(self) -> ComparisonScores:
        """Return the comparison as the evaluation states it."""
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
            block=self.block,
            margin=self.margin if math.isfinite(self.margin) else None,
            better=self.better,
            shown={language: ShownComparison(**told(self.params, language)) for language in ("en", "tr")},
        )


def measured(metric: MetricFacts) -> dict[str, Value]:
    """Return what a reason needs to word its metric; RMSE goes without saying."""
    if metric.name == RMSE.name or metric.pairing is None:
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
    """Compare two contenders on the same origins; without an interval where there are too few of them.

    Independent examples are drawn one by one, and the difference of their means is judged: a ratio has no meaning where
    one side makes almost no errors. Where few errors decide, resampling alone is too sure of itself: an error rate is
    better only where the exact sign test agrees, else the interval is stretched to zero.
    """
    origins = len(a.losses)
    if not a.in_time:
        return _compare_examples(a, b, level, resamples, seed)
    block = block_length(origins, horizon, season)
    power = 0.5 if a.pairing.mean == "root" else 1.0
    relative = relative_rmse(a.losses, b.losses, power=power)
    low = high = None
    if origins >= needed_origins(origins, horizon, season):
        found = relative_rmse_interval(
            a.losses, b.losses, block=block, level=level, resamples=resamples, seed=seed, power=power
        )
        low, high, block = found.low, found.high, found.block
    return _comparison(a, b, relative, low, high, level, origins, block)


def _compare_examples(a: Contender, b: Contender, level: float, resamples: int, seed: int) -> Comparison:
    examples = len(a.losses)
    difference = mean_difference(a.losses, b.losses)
    score = b.score
    relative = difference / score if score > 0 else None
    if examples < MIN_ORIGINS:
        return _comparison(a, b, relative, None, None, level, examples, 1)
    low, high = mean_difference_interval(a.losses, b.losses, level=level, resamples=resamples, seed=seed)
    if a.pairing.binary and sign_test(a.losses, b.losses) > 1 - level:
        low, high = min(low, 0.0), max(high, 0.0)
    return _comparison(a, b, relative, low, high, level, examples, 1)


def _comparison(
    a: Contender,
    b: Contender,
    relative: float | None,
    low: float | None,
    high: float | None,
    level: float,
    origins: int,
    block: int,
) -> Comparison:
    ours, theirs = a.score, b.score
    return Comparison(
        a.name, b.name, relative, low, high, level, origins, block, a.metric,
        difference=ours - theirs, score_a=ours, score_b=theirs,
    )  # fmt: skip


@dataclass(frozen=True)
class Guarded:
    """What is known of one guarded slice: ``worse`` is None where it holds too few rows to tell.

    ``margin`` is in the measure of the comparison's interval; ``targets`` counts origins with a target in the slice.
    """

    name: str
    comparison: Comparison
    margin: float
    targets: int
    needed: int
    worse: bool | None

    def record(self) -> SliceRecord:
        """Return the slice's result as it is stored."""
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
    """Whether ``a`` is worse than ``b`` in some slice by more than its margin, beyond noise.

    The allowance is divided by the number of slices: with twenty-four guarded hours, one of them would seem worse by
    luck in every other verdict. It is not tightened by looks and trials: that would make the guard see less.
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


def _guard_series(a: Contender, b: Contender, part: Slice, horizon: int, season: int, how: dict[str, Any]) -> Guarded:
    """Targets outside the slice count as missing. Stretches of origins without any are left out, but for a block's
    length after each target, so that what recurs (an hour of the day) keeps its distance in time."""
    block = block_length(len(a.losses), horizon, season)
    inside = np.asarray((part.mask & ~np.isnan(a.losses)).any(axis=1), dtype=np.bool_)
    near = np.convolve(inside, np.ones(block), mode="full")[: len(inside)] > 0.5
    one, other = (Contender(each.name, np.where(part.mask, each.losses, np.nan), metric=each.metric) for each in (a, b))
    power = 0.5 if a.pairing.mean == "root" else 1.0
    kept, targets = int(near.sum()), int(inside.sum())
    relative = relative_rmse(one.losses, other.losses, power=power) if targets else 0.0
    if targets < MIN_ORIGINS or kept < 2 * block:
        found = _comparison(one, other, relative, None, None, how["level"], targets, block)
        enough = (targets, MIN_ORIGINS) if targets < MIN_ORIGINS else (kept, 2 * block)
        return Guarded(part.name, found, part.margin, *enough, None)
    memory = remembering_block(one.at(inside).losses, other.at(inside).losses)
    block = max(block, min(round(memory * kept / targets), kept // 6))
    interval = relative_rmse_interval(
        one.at(near).losses, other.at(near).losses, block=block, power=power, grow=False, **how
    )
    found = _comparison(one, other, relative, interval.low, interval.high, how["level"], targets, block)
    return Guarded(part.name, found, part.margin, targets, MIN_ORIGINS, interval.low > part.margin)
