"""The gate: may a candidate become champion? Pure statistics over losses; no files, no database.

Losses are squared errors per origin and horizon on the candidate's test part, compared by their RMSE; or losses of
independent examples (0 or 1 for an error, or log losses), compared by their mean. The rules (DESIGN §8):

- no champion yet: the candidate must beat the best baseline by more than noise, else the best baseline is champion;
- a champion: the candidate must beat it by more than noise on origins that neither learned from, and be at least as
  good as the best baseline on the whole test part; else the best baseline may take the title by the same test, and
  else the champion stays;
- too few origins left, or another target, unit or horizon: not comparable, and nothing moves by itself;
- no guarded slice may be worse than its margin, and a candidate slower or larger than the model's policy allows
  takes no title (``policy.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from azuraforge.models.bootstrap import Floats, block_length, relative_rmse, relative_rmse_interval, sign_test
from azuraforge.models.policy import PLATFORM, UNMEASURED, GatePolicy, Measured, Metric
from azuraforge.models.reasons import INCOMPARABLE, Reason

Decision = Literal["promoted", "approved", "kept", "baseline_promoted", "not_comparable"]

#: What a contender's losses are compared by: ``rmse`` of squared and ``mae`` of absolute errors along a series; the
#: others are means over independent examples, ``error_rate`` of losses that are 0 or 1.
SERIES_METRICS: tuple[Metric, ...] = ("rmse", "mae")

#: Fewer origins than this, or than two blocks, decide nothing.
MIN_ORIGINS = 30


@dataclass(frozen=True)
class Contender:
    """A forecaster and its losses: ``(origin, horizon)`` squared errors, NaN where the true value is missing.

    A classifier's losses are ``(example, 1)``, with another ``metric``.
    """

    name: str
    losses: Floats
    metric: Metric = field(default="rmse", kw_only=True)

    @property
    def score(self) -> float:
        """The metric over everything that is known, lower is better; 0.0 where nothing is."""
        known = self.losses[~np.isnan(self.losses)]
        mean = float(known.mean()) if known.size else 0.0
        return math.sqrt(mean) if self.metric == "rmse" else mean


@dataclass(frozen=True)
class Champion(Contender):
    """The present champion on the candidate's test part.

    Attributes:
        unseen: ``(origin,)`` True where no target row was learned from by the champion, see ``unseen_origins``.
        obstacle: why it cannot be compared (a reason with a code of ``reasons.INCOMPARABLE``); losses are not read.
    """

    unseen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    obstacle: Reason | None = None


@dataclass(frozen=True)
class Slice:
    """A part of the targets that must not get worse by more than ``margin`` (0.1: 10 % RMSE).

    ``mask`` is ``(origin, horizon)`` of bool, in the shape of the losses.
    """

    name: str
    mask: NDArray[np.bool_]
    margin: float


@dataclass(frozen=True)
class Comparison:
    """``a`` against ``b``: the relative difference of their scores with its interval; ``better`` says a wins, by more
    than ``margin`` (relative)."""

    a: str
    b: str
    relative_difference: float
    low: float | None
    high: float | None
    level: float
    origins: int
    block: int
    metric: Metric = "rmse"
    margin: float = 0.0

    @property
    def better(self) -> bool:
        """True where the whole interval lies below zero, or below the margin; never where there is no interval."""
        return self.high is not None and self.high < -self.margin

    def to_dict(self) -> dict[str, Any]:
        """The comparison as the evaluation's JSON carries it."""
        return {
            "a": self.a,
            "b": self.b,
            "metric": self.metric,
            "relative_difference": self.relative_difference,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "better": self.better,
            "origins": self.origins,
            "block": self.block,
            **({"margin": self.margin} if self.margin else {}),
        }


@dataclass(frozen=True)
class Verdict:
    """What was decided, who is champion afterwards, and why. ``best_baseline`` has the lowest score of them.

    Where the policy leaves promotions to people, ``decision`` is "approved", ``approved`` names who may take the
    title, and ``champion`` who has it until then ("": nobody).
    """

    decision: Decision
    champion: str
    best_baseline: str
    reasons: tuple[Reason, ...]
    comparisons: tuple[Comparison, ...]
    policy: GatePolicy = PLATFORM
    measured: Measured = UNMEASURED
    approved: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The verdict's JSON; comparisons belong to the evaluation's."""
        return {
            "decision": self.decision,
            "champion": self.champion,
            "approved": self.approved,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "policy": self.policy.to_dict(),
            "measured": {"latency_ms": self.measured.latency_ms, "bytes": self.measured.bytes},
        }


def unseen_origins(
    first_target_at: NDArray[np.datetime64],
    last_target_at: NDArray[np.datetime64],
    learned_from: Sequence[tuple[np.datetime64, np.datetime64]],
) -> NDArray[np.bool_]:
    """Origins none of whose targets lie in a learned time range (both ends inclusive).

    Args:
        first_target_at: ``(origin,)`` time of each origin's first target.
        last_target_at: ``(origin,)`` time of each origin's last target.
        learned_from: time ranges that the champion learned from, training and validation alike.

    Example:
        >>> days = np.arange("2026-01-01", "2026-01-06", dtype="datetime64[D]")
        >>> learned = [(np.datetime64("2025-01-01"), np.datetime64("2026-01-02"))]
        >>> unseen_origins(days, days + 1, learned).tolist()
        [False, False, True, True, True]
    """
    unseen = np.ones(len(first_target_at), dtype=bool)
    for start, end in learned_from:
        unseen &= (last_target_at < start) | (first_target_at > end)
    return unseen


def tightened_level(level: float, trials: int = 1, earlier_uses: int = 0) -> float:
    """The confidence level after ``trials`` tuning trials and ``earlier_uses`` of the same test part.

    Each look has the allowance divided by the number of looks so far (Bonferroni at that moment). Earlier looks had
    more, so over k looks that are all taken the sum is at most the allowance times the harmonic number of k.

    Example:
        >>> round(tightened_level(0.95, trials=1, earlier_uses=4), 4)
        0.99
    """
    return 1 - (1 - level) / (max(1, trials) + max(0, earlier_uses))


def compare(
    a: Contender, b: Contender, *, horizon: int, season: int, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Comparison:
    """Compare two contenders on the same origins; without an interval where there are too few of them.

    Independent examples are drawn one by one. Where few errors decide, resampling alone is too sure of itself: an
    error rate is better only where the exact sign test agrees, else the interval is stretched to zero.
    """
    origins = len(a.losses)
    if a.metric not in SERIES_METRICS:
        return _compare_examples(a, b, level, resamples, seed)
    block = block_length(origins, horizon, season)
    power = 0.5 if a.metric == "rmse" else 1.0
    if origins < needed_origins(origins, horizon, season):
        difference = relative_rmse(a.losses, b.losses, power=power)
        return Comparison(a.name, b.name, difference, None, None, level, origins, block, a.metric)
    found = relative_rmse_interval(
        a.losses, b.losses, block=block, level=level, resamples=resamples, seed=seed, power=power
    )
    return Comparison(
        a.name, b.name, found.relative_difference, found.low, found.high, level, found.origins, found.block, a.metric
    )


def _compare_examples(a: Contender, b: Contender, level: float, resamples: int, seed: int) -> Comparison:
    examples = len(a.losses)
    if examples < MIN_ORIGINS:
        difference = relative_rmse(a.losses, b.losses, power=1.0)
        return Comparison(a.name, b.name, difference, None, None, level, examples, 1, a.metric)
    found = relative_rmse_interval(
        a.losses, b.losses, block=1, level=level, resamples=resamples, seed=seed, power=1.0, grow=False
    )
    low, high = found.low, found.high
    if a.metric == "error_rate" and sign_test(a.losses, b.losses) > 1 - level:
        low, high = min(low, 0.0), max(high, 0.0)
    return Comparison(a.name, b.name, found.relative_difference, low, high, level, examples, 1, a.metric)


def needed_origins(origins: int, horizon: int, season: int, metric: Metric = "rmse") -> int:
    """The fewest origins that decide anything: 30, and along a series at least two blocks."""
    return max(MIN_ORIGINS, 2 * block_length(origins, horizon, season)) if metric in SERIES_METRICS else MIN_ORIGINS


def decide(
    candidate: Contender,
    baselines: Sequence[Contender],
    champion: Champion | None,
    *,
    horizon: int,
    season: int,
    level: float = 0.95,
    trials: int = 1,
    earlier_uses: int = 0,
    slices: Sequence[Slice] = (),
    resamples: int = 1000,
    seed: int = 0,
    policy: GatePolicy = PLATFORM,
    measured: Measured = UNMEASURED,
) -> Verdict:
    """Decide who is champion from now on.

    Args:
        candidate: the new predictor on its own test part.
        baselines: at least one, on the same origins.
        champion: the present one on the same origins, None where the model has none yet.
        horizon: rows predicted from each origin.
        season: rows in one season, 1 where there is none.
        level: confidence before it is tightened.
        trials: tuning trials the candidate was chosen from.
        earlier_uses: verdicts already given on rows of this test part.
        slices: parts of the targets that must not get worse.
        resamples: bootstrap draws.
        seed: same seed, same verdict.
        policy: the model's terms; its guarded slices are given as masks in ``slices``.
        measured: what its limits are held against. What is limited and was not measured is not within the limit.

    Raises ValueError where names repeat, no baseline is given or losses do not belong together.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> noise = rng.normal(size=(300, 4))
        >>> verdict = decide(
        ...     Contender("forecasting.lstm", (0.8 * noise) ** 2),
        ...     [Contender("forecasting.naive", (1.5 * noise) ** 2), Contender("forecasting.ridge", noise**2)],
        ...     None, horizon=4, season=12)
        >>> verdict.decision, verdict.best_baseline
        ('promoted', 'forecasting.ridge')
    """
    _check(candidate, baselines, champion)
    asked, looks = level, max(1, trials) + max(0, earlier_uses)
    level = tightened_level(level, trials, earlier_uses)
    how: dict[str, int] = {"horizon": horizon, "season": season, "resamples": resamples, "seed": seed}
    best = min(baselines, key=lambda baseline: baseline.score)
    beside = {baseline.name: compare(candidate, baseline, level=level, **how) for baseline in baselines}
    opening = [Reason("level_tightened", {"level": level, "asked": asked, "looks": looks})] if looks > 1 else []
    opening += _stated_margin(policy, candidate.metric)
    case = _Case(candidate, best, beside[best.name], slices, how, opening, list(beside.values()), policy, measured)
    if champion is None:
        return case.without_champion()
    if champion.obstacle is not None:
        return case.close("not_comparable", champion.name, [champion.obstacle], "champion_kept")
    return case.against(champion, level, tightened_level(level, trials=len(baselines)))


def incomparable(code: str, **params: Any) -> Reason:
    """Why a champion cannot be compared, for ``Champion.obstacle``.

    ``other_target``, ``other_unit``, ``other_horizon`` and ``other_frequency`` take ``champion`` and ``candidate``;
    ``champion_unreadable`` takes ``problem``, ``champion_changed`` takes ``judged`` and ``present`` (versions).
    """
    if code not in INCOMPARABLE:
        raise ValueError(f"{code!r} is none of {', '.join(INCOMPARABLE)}")
    return Reason(code, params)


@dataclass
class _Case:
    """One decision under way: what is compared, and the reasons and comparisons gathered so far."""

    candidate: Contender
    best: Contender
    to_best: Comparison
    slices: Sequence[Slice]
    how: Mapping[str, int]
    reasons: list[Reason]
    comparisons: list[Comparison]
    policy: GatePolicy
    measured: Measured
    holder: str = ""

    def close(self, decision: Decision, champion: str, reasons: Sequence[Reason], closing: str) -> Verdict:
        """The verdict; where the policy leaves promotions to people, one that promotes becomes one that approves."""
        last, approved = Reason(closing, {"champion": champion}), None
        if decision in ("promoted", "baseline_promoted") and not self.policy.automatic:
            decision, approved, champion = "approved", champion, self.holder
            last = Reason("promotion_by_hand", {"approved": approved})
        said, compared = (*self.reasons, *reasons, last), tuple(self.comparisons)
        return Verdict(decision, champion, self.best.name, said, compared, self.policy, self.measured, approved)

    def without_champion(self) -> Verdict:
        self.to_best = self._with_margin(self.to_best, self.best)
        self.comparisons = [self.to_best if each.b == self.best.name else each for each in self.comparisons]
        worse = [*_worse_slices(self.candidate, self.best, self.slices), *self._beyond_limits()]
        reasons = [Reason("no_champion_before", {}), self._beside_best(), *worse]
        if self.to_best.better and not worse:
            return self.close("promoted", self.candidate.name, reasons, "candidate_promoted")
        return self.close("baseline_promoted", self.best.name, reasons, "baseline_promoted")

    def against(self, champion: Champion, level: float, baseline_level: float) -> Verdict:
        self.holder = champion.name
        unseen = champion.unseen
        left = int(unseen.sum())
        metric = self.candidate.metric
        if left < (needed := needed_origins(left, self.how["horizon"], self.how["season"], metric)):
            reason = Reason("too_few_origins", {"origins": left, "needed": needed, **_measured(metric)})
            return self.close("not_comparable", champion.name, [reason], "champion_kept")
        candidate, best, holder = (_at(contender, unseen) for contender in (self.candidate, self.best, champion))
        slices = [Slice(part.name, part.mask[unseen], part.margin) for part in self.slices]
        to_champion = self._with_margin(compare(candidate, holder, level=level, **self.how), holder)
        self.comparisons.append(to_champion)
        good_enough = self.to_best.relative_difference <= 0
        worse = [*_worse_slices(candidate, holder, slices), *self._beyond_limits()]
        reasons = [
            _about("beats_champion" if to_champion.better else "not_better_than_champion", to_champion),
            _about("at_least_as_good_as_best_baseline" if good_enough else "worse_than_best_baseline", self.to_best),
            *worse,
        ]
        if to_champion.better and good_enough and not worse:
            return self.close("promoted", candidate.name, reasons, "candidate_promoted")
        # The best of several baselines was chosen on this very test part: each of them counts as a look.
        challenge = self._with_margin(compare(best, holder, level=baseline_level, **self.how), holder)
        self.comparisons.append(challenge)
        if challenge.better:
            return self.close(
                "baseline_promoted", best.name, [*reasons, _about("beats_champion", challenge)], "baseline_promoted"
            )
        return self.close("kept", champion.name, reasons, "champion_kept")

    def _with_margin(self, comparison: Comparison, holder: Contender) -> Comparison:
        """The same comparison, to be won by the policy's margin over the one that would lose the title."""
        margin = self.policy.margin
        if margin and self.policy.margin_kind == "absolute":
            margin = margin / holder.score if holder.score else math.inf
        return replace(comparison, margin=margin)

    def _beyond_limits(self) -> list[Reason]:
        """Where the candidate is slower or larger than the policy allows, or nobody measured it."""
        found = []
        limit_ms, latency_ms = self.policy.max_latency_ms, self.measured.latency_ms
        if limit_ms is not None and latency_ms is None:
            found.append(Reason("latency_not_measured", {"limit_ms": limit_ms}))
        elif limit_ms is not None and latency_ms is not None and latency_ms > limit_ms:
            found.append(Reason("too_slow", {"latency_ms": latency_ms, "limit_ms": limit_ms}))
        limit, size = self.policy.max_bytes, self.measured.bytes
        if limit is not None and (size is None or size > limit):
            found.append(Reason("too_large", {"bytes": size or 0, "limit_bytes": limit}))
        return found

    def _beside_best(self) -> Reason:
        if self.to_best.high is None:
            metric = self.candidate.metric
            needed = needed_origins(self.to_best.origins, self.how["horizon"], self.how["season"], metric)
            params = {"a": self.candidate.name, "b": self.best.name, "origins": self.to_best.origins, "needed": needed}
            return Reason("too_few_origins_without_champion", {**params, **_measured(metric)})
        return _about("beats_best_baseline" if self.to_best.better else "not_better_than_best_baseline", self.to_best)


def _check(candidate: Contender, baselines: Sequence[Contender], champion: Champion | None) -> None:
    if not baselines:
        raise ValueError("the gate needs at least one baseline: a score without its baseline means nothing")
    judged: list[Contender] = [candidate, *baselines]
    if champion is not None:
        judged += [] if champion.obstacle is not None else [champion]
        if champion.obstacle is None and champion.unseen.shape != (len(champion.losses),):
            raise ValueError(f"unseen needs one flag per origin, got {champion.unseen.shape}")
    if len({contender.metric for contender in judged}) != 1:
        raise ValueError("contenders are compared by one metric")
    names = [contender.name for contender in [candidate, *baselines]] + ([champion.name] if champion else [])
    if len(set(names)) != len(names):
        raise ValueError(f"contenders need names of their own, got {', '.join(names)}")
    missing = np.isnan(candidate.losses)
    for contender in judged:
        if contender.losses.ndim != 2 or contender.losses.shape != candidate.losses.shape:
            raise ValueError(
                f"{contender.name}: losses need shape {candidate.losses.shape}, got {contender.losses.shape}"
            )
        if not np.array_equal(np.isnan(contender.losses), missing):
            raise ValueError(f"{contender.name}: losses are missing (NaN) elsewhere than {candidate.name}'s")
        if np.isinf(contender.losses).any() or (contender.losses < 0).any():
            raise ValueError(f"{contender.name}: losses must be finite and not negative")


def _at(contender: Contender, origins: NDArray[np.bool_]) -> Contender:
    return Contender(contender.name, contender.losses[origins], metric=contender.metric)


def _stated_margin(policy: GatePolicy, metric: Metric) -> list[Reason]:
    if not policy.margin:
        return []
    if policy.margin_kind == "relative":
        return [Reason("margin_relative", {"margin": policy.margin, **_measured(metric)})]
    return [Reason("margin_absolute", {"amount": f"{policy.margin:g}", **_measured(metric)})]


def _worse_slices(a: Contender, b: Contender, slices: Sequence[Slice]) -> list[Reason]:
    found = []
    for part in slices:
        score_a, score_b = (Contender("", each.losses[part.mask], metric=each.metric).score for each in (a, b))
        if score_a > score_b * (1 + part.margin):
            difference = score_a / score_b - 1 if score_b else 1.0
            params = {"a": a.name, "b": b.name, "slice": part.name, "relative_difference": difference}
            found.append(Reason("slice_worse", {**params, "margin": part.margin, **_measured(a.metric)}))
    return found


def _about(code: str, comparison: Comparison) -> Reason:
    params: Mapping[str, Any] = {
        "a": comparison.a,
        "b": comparison.b,
        "relative_difference": comparison.relative_difference,
        "low": comparison.low,
        "high": comparison.high,
        "level": comparison.level,
        "origins": comparison.origins,
        **_measured(comparison.metric),
    }
    return Reason(code, params)


def _measured(metric: Metric) -> dict[str, str]:
    """A reason's own word for its measure; RMSE goes without saying."""
    return {} if metric == "rmse" else {"metric": metric}
