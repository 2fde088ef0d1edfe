"""The verdict: which contender is champion after an evaluation, and why. The rules (``docs/concepts/gate.md``):

- Without a champion, the candidate must beat the best baseline by more than noise; otherwise the best baseline becomes
  champion.
- Without a champion and with too few origins to compare, a pipeline that the task kind names (``serves_unproven``)
  becomes champion unless its error is more than twice the best baseline's: choosing by so few origins is chance.
- With a champion, the candidate must beat it by more than noise on origins that neither learned from, and be at least
  as good as the best baseline on the whole test set. Otherwise the best baseline may become champion by the same test;
  if it fails too, the champion stays.
- The candidate is not comparable, and is not promoted automatically, if too few origins remain, if autocorrelated
  errors leave too few independent ones, if the interval excludes no practical difference, if target, unit or horizon
  differ, or if the rows that the champion learned from are unknown.
- No guarded slice may be worse by more than its margin beyond noise, and a candidate that is slower or larger than the
  model's policy allows does not become champion (``policy.py``).
- If the dataset has an incumbent forecast and there is no champion, a contender becomes champion only if it beats the
  incumbent by more than noise on the targets that the incumbent covers; otherwise the incumbent stays in use. If there
  is a champion, the candidate must be at least as good as the incumbent on these targets.
- If a column seems to contain the future, only a contender that reads no column is promoted automatically; a person
  decides about the others.

Losses are squared errors per origin and horizon on the candidate's test set, compared by their RMSE; or losses of
independent examples (0 or 1 for an error, or log losses), compared by their mean.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from azuraforge.models.gate.comparability import MIN_PIECES, check_together, needed_origins
from azuraforge.models.gate.contenders import Champion, Contender, Slice
from azuraforge.models.gate.evidence import Comparison, Guarded, compare, guard, measured, tightened_level
from azuraforge.models.gate.incumbent import AgainstIncumbent
from azuraforge.models.gate.outlook import would_decide
from azuraforge.models.gate.policy import PLATFORM, UNMEASURED, GatePolicy, Measured
from azuraforge.models.gate.reasons import Reason
from azuraforge.models.gate.record import Decision, Headline, VerdictRecord
from azuraforge.models.gate.stated import about, compared_with_champion, remembering, stated_margin, worth
from azuraforge.plugins.contract.evaluation import INCUMBENT

Shortfall = Literal["unproven", "barred"]
#: Maximum ratio of a candidate's score to the best baseline's at which it serves unproven.
_MOST_WORSE = 2.0


@dataclass(frozen=True)
class Verdict:
    """The decision, the champion after it, and the reasons.

    Attributes:
        decision: decision of the gate; "approved" if a person must promote.
        champion: name of the champion after the verdict; if the decision is "approved", the name of the present
            champion, or "" if there is none.
        best_baseline: name of the baseline with the lowest score.
        reasons: reasons in the order in which they are shown.
        comparisons: all comparisons.
        policy: conditions that applied.
        measured: measurements of the candidate.
        approved: name of the predictor that a person may promote; None unless the decision is "approved".
        slices: results of the guarded slices.
        shortfall: why a candidate that may have the best score is not promoted: its lead is not proven ("unproven"), or
            it is proven and the policy's conditions are not met ("barred"). With the decision "promoted", "unproven"
            means that the candidate serves although it is not known to be better.
        withheld: whether the decision is "approved" because the score may not be honest: a column seems to contain the
            future, or pretrained weights may have seen the test set.
        awaits_approval: whether the decision is "approved" because another member must approve the promotion.
    """

    decision: Decision
    champion: str
    best_baseline: str
    reasons: tuple[Reason, ...]
    comparisons: tuple[Comparison, ...]
    policy: GatePolicy = PLATFORM
    measured: Measured = UNMEASURED
    approved: str | None = None
    slices: tuple[Guarded, ...] = ()
    shortfall: Shortfall | None = None
    withheld: bool = False
    awaits_approval: bool = False

    def headline(self, candidate_first: bool) -> Headline:
        """Return the key of the sentence that states the verdict: the decision, or why the best score does not win.

        ``candidate_first`` states whether the candidate ranks first in the table shown with the sentence.
        """
        if self.withheld:
            return "withheld"
        if self.awaits_approval:
            return "awaits_approval"
        if self.champion == INCUMBENT:
            return "incumbent_stays"
        if self.decision == "promoted" and self.shortfall == "unproven":
            return "serves_unproven"
        if self.decision != "baseline_promoted" or not candidate_first:
            return self.decision
        return "baseline_barred" if self.shortfall == "barred" else "baseline_unproven"

    def record(self, *, candidate_first: bool = False) -> VerdictRecord:
        """Return the verdict in its stored form, without the comparisons; ``candidate_first`` as in ``headline``."""
        return VerdictRecord(
            decision=self.decision,
            headline=self.headline(candidate_first),
            champion=self.champion,
            approved=self.approved,
            reasons=[reason.record() for reason in self.reasons],
            policy=self.policy,
            measured=self.measured,
            slices=[each.record() for each in self.slices],
        )


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
    suspicions: Sequence[Reason] = (),
    doubts: Sequence[Reason] = (),
    blind: Collection[str] = (),
    incumbent: Contender | None = None,
    serves_unproven: bool = False,
) -> Verdict:
    """Decide which contender is champion after this evaluation.

    Args:
        candidate: new predictor on its own test set.
        baselines: at least one baseline, on the same origins.
        champion: current champion on the same origins; None if the model has none yet.
        horizon: number of rows predicted from each origin.
        season: number of rows in one season; 1 if there is none.
        level: confidence level before it is tightened.
        trials: number of tuning trials from which the candidate was chosen.
        earlier_uses: number of earlier evaluations on rows of this test set.
        slices: parts of the targets that must not get worse.
        resamples: number of bootstrap draws.
        seed: seed of the draws.
        policy: conditions of the model; its guarded slices are given as masks in ``slices``.
        measured: measurements that the policy limits; a limited quantity that was not measured exceeds its limit.
        suspicions: reasons for doubt about columns of the data; if there are any, a person decides about promotions.
        blind: names of the contenders that read no column; suspicions do not concern them.
        doubts: reasons for doubt about the candidate's score; if there are any, a person decides about its promotion.
        incumbent: the dataset's incumbent forecast, NaN where it has no value; None if there is none.
        serves_unproven: whether the candidate becomes champion if there is none and too few origins can be compared.

    Raises ValueError if names repeat, metrics differ, there is no baseline, or the losses do not belong to the same
    targets or are infinite or negative.

    Example:
        >>> from azuraforge.plugins.kinds.forecast.facts import RMSE
        >>> rng = np.random.default_rng(0)
        >>> noise = rng.normal(size=(300, 4))
        >>> def made(name, size):
        ...     return Contender(name, (size * noise) ** 2, metric=RMSE)
        >>> verdict = decide(
        ...     made("forecasting.lstm", 0.8), [made("forecasting.naive", 1.5), made("forecasting.ridge", 1.0)],
        ...     None, horizon=4, season=12)
        >>> verdict.decision, verdict.best_baseline
        ('promoted', 'forecasting.ridge')
    """
    check_together(candidate, baselines, champion)
    asked, looks, of = level, max(0, earlier_uses) + 1, max(1, trials)
    level = tightened_level(level, trials, earlier_uses)
    how: dict[str, int] = {"horizon": horizon, "season": season, "resamples": resamples, "seed": seed}
    best = min(baselines, key=lambda baseline: baseline.score)
    by_baseline = {baseline.name: compare(candidate, baseline, level=level, **how) for baseline in baselines}
    tightening = {"level": level, "asked": asked, "looks": looks, "trials": of}
    code = "level_tightened_by_trials" if of > 1 else "level_tightened"
    opening = [Reason(code, tightening)] if looks > 1 or of > 1 else []
    opening += stated_margin(policy, candidate.metric)
    present = None if incumbent is None else AgainstIncumbent.of(incumbent, candidate, best, level, len(baselines), how)
    opening += [] if present is None else present.reasons
    case = _Case(
        candidate,
        best,
        by_baseline[best.name],
        slices,
        asked,
        how,
        opening,
        [*by_baseline.values(), *([] if present is None else present.comparisons)],
        policy,
        measured,
        suspicions,
        doubts,
        present,
        blind=blind,
        serves_unproven=serves_unproven,
    )
    if champion is None:
        return case.without_champion()
    if champion.obstacle is not None:
        return case.close("not_comparable", champion.name, [champion.obstacle], "champion_kept")
    return case.against(champion, level, tightened_level(level, trials=len(baselines)))


@dataclass
class _Case:
    """A decision in progress: the contenders, and the reasons and comparisons collected so far."""

    candidate: Contender
    best: Contender
    to_best: Comparison
    slices: Sequence[Slice]
    asked: float
    how: Mapping[str, int]
    reasons: list[Reason]
    comparisons: list[Comparison]
    policy: GatePolicy
    measured: Measured
    suspicions: Sequence[Reason] = ()
    doubts: Sequence[Reason] = ()
    present: AgainstIncumbent | None = None
    holder: str = ""
    guarded: tuple[Guarded, ...] = ()
    shortfall: Shortfall | None = None
    blind: Collection[str] = ()
    serves_unproven: bool = False

    def close(self, decision: Decision, champion: str, reasons: Sequence[Reason], closing: str) -> Verdict:
        """Return the verdict; a promotion that requires a person's approval becomes the decision "approved"."""
        last, approved = Reason(closing, {"champion": champion}), None
        promotes = decision in ("promoted", "baseline_promoted")
        doubted = champion == self.candidate.name and bool(self.doubts)
        suspected = bool(self.suspicions) and champion not in self.blind
        withheld = promotes and (suspected or doubted)
        awaits = False
        if promotes and (withheld or not self.policy.automatic):
            decision, approved, champion = "approved", champion, self.holder
            last = Reason("promotion_withheld" if withheld else "promotion_by_hand", {"approved": approved})
        elif promotes and self.policy.approvals:
            decision, approved, champion, awaits = "approved", champion, self.holder, True
            last = Reason("promotion_awaits_approval", {"approved": approved})
        said, compared = (*self.reasons, *reasons, *self.suspicions, *self.doubts, last), tuple(self.comparisons)
        more = (self.guarded, self.shortfall, withheld, awaits)
        return Verdict(decision, champion, self.best.name, said, compared, self.policy, self.measured, approved, *more)

    def without_champion(self) -> Verdict:
        self.to_best = self._with_margin(self.to_best, self.best)
        self.comparisons = [self.to_best if each.b == self.best.name else each for each in self.comparisons]
        barred, noted = self._guarded(self.candidate, self.best, self.slices)
        barred += self._beyond_limits()
        estimated = self._outlook(self.to_best, self.candidate, self.best)
        present = self.present
        if self._is_first_choice() and not barred:
            self.shortfall = "unproven"
            served = [Reason("no_champion_before", {}), self._served_unproven(), *estimated, *noted]
            return self.close("promoted", self.candidate.name, served, "candidate_promoted")
        reasons = [Reason("no_champion_before", {}), self._beside_best(), *estimated, *noted, *barred]
        if self.to_best.better and not barred and (present is None or present.candidate.better):
            return self.close("promoted", self.candidate.name, reasons, "candidate_promoted")
        self.shortfall = _shortfall(self.to_best, barred)
        if present is not None and not present.best.better:
            return self.close("kept", INCUMBENT, [*reasons, present.best_reason], "incumbent_stays")
        return self.close("baseline_promoted", self.best.name, reasons, "baseline_promoted")

    def against(self, champion: Champion, level: float, baseline_level: float) -> Verdict:
        self.holder = champion.name
        unseen, own, rival, slices = champion.unseen, self.candidate, self.best, self.slices
        if champion.answered is not None:
            unseen = unseen & ~np.isnan(champion.losses).all(axis=1)
            own, rival = own.where(champion.answered), rival.where(champion.answered)
            slices = [replace(part, mask=part.mask & champion.answered) for part in slices]
            self.reasons += [champion.limit] if champion.limit else []
        left = int(unseen.sum())
        metric = self.candidate.metric
        if left < (needed := self._needed()):
            reason = Reason("too_few_origins", {"origins": left, "needed": needed, **measured(metric)})
            return self.close("not_comparable", champion.name, [reason], "champion_kept")
        candidate, best, holder = (each.at(unseen) for each in (own, rival, champion))
        slices = [Slice(part.name, part.mask[unseen], part.margin) for part in slices]
        to_champion = self._with_margin(compare(candidate, holder, level=level, **self.how), holder)
        self.comparisons.append(to_champion)
        if to_champion.unknown == "pieces":
            known = [remembering("too_few_pieces", to_champion), *self._outlook(to_champion, candidate, holder)]
            return self.close("not_comparable", champion.name, known, "champion_kept")
        good_enough = self.to_best.at_least_as_good
        present_better = self.present is not None and not self.present.candidate.at_least_as_good
        barred, noted = self._guarded(candidate, holder, slices)
        barred += self._beyond_limits()
        reasons = [
            compared_with_champion(to_champion),
            *self._outlook(to_champion, candidate, holder),
            about("at_least_as_good_as_best_baseline" if good_enough else "worse_than_best_baseline", self.to_best),
            *noted,
            *barred,
        ]
        if to_champion.better and good_enough and not present_better and not barred:
            return self.close("promoted", candidate.name, reasons, "candidate_promoted")
        self.shortfall = _shortfall(to_champion, barred)
        # The best of several baselines was chosen on this same test set, so each of them counts as a trial.
        challenge = self._with_margin(compare(best, holder, level=baseline_level, **self.how), holder)
        self.comparisons.append(challenge)
        if challenge.better:
            return self.close(
                "baseline_promoted", best.name, [*reasons, about("beats_champion", challenge)], "baseline_promoted"
            )
        unproven: Decision = "kept" if to_champion.unknown is None else "not_comparable"
        return self.close(unproven, champion.name, reasons, "champion_kept")

    def _outlook(self, comparison: Comparison, a: Contender, b: Contender) -> list[Reason]:
        """Return the reasons that estimate how many rows would decide the comparison; empty if it has a margin."""
        if comparison.margin:
            return []
        return would_decide(comparison, a, b, self.how["horizon"], self._needed())

    def _with_margin(self, comparison: Comparison, holder: Contender) -> Comparison:
        """Return the comparison with the lead over ``holder`` that the policy requires as its margin."""
        margin, relative = self.policy.margin, self.policy.margin_kind == "relative"
        if margin and relative and not holder.in_time:
            margin = margin * holder.score
        elif margin and not relative and holder.in_time:
            margin = margin / holder.score if holder.score else math.inf
        return replace(comparison, margin=margin)

    def _guarded(
        self, candidate: Contender, holder: Contender, slices: Sequence[Slice]
    ) -> tuple[list[Reason], list[Reason]]:
        """Return two lists of reasons about guarded slices: reasons that bar the candidate, and reasons only noted."""
        self.guarded = tuple(guard(candidate, holder, slices, level=self.asked, **self.how))
        blocks = self.policy.unknown_slices == "block"
        barred: list[Reason] = []
        noted: list[Reason] = []
        for each in self.guarded:
            params = {**each.comparison.params, "slice": each.name, "margin": each.margin}
            if each.worse is None:
                few = each.comparison.unknown == "pieces"
                params |= {"origins": each.targets, "needed": MIN_PIECES if few else each.needed}
                params |= {"worth": worth(each.comparison)} if few else {}
                code = "slice_few_pieces" if few else "slice_unknown"
                (barred if blocks else noted).append(Reason(f"{code}_{'blocks' if blocks else 'passes'}", params))
            elif each.worse:
                barred.append(Reason("slice_worse", params))
        return barred, noted

    def _beyond_limits(self) -> list[Reason]:
        """Return the reasons why the candidate exceeds the policy's latency or size, or was not measured."""
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

    def _is_first_choice(self) -> bool:
        """Return whether the candidate becomes champion although it cannot be compared with the best baseline."""
        few = self.to_best.unknown == "origins" and self.present is None and not self.policy.margin
        return self.serves_unproven and few and self.candidate.score <= _MOST_WORSE * self.best.score

    def _needed(self) -> int:
        return needed_origins(self.how["horizon"], self.how["season"], in_time=self.candidate.in_time)

    def _served_unproven(self) -> Reason:
        return Reason("too_few_origins_serves_unproven", {**self.to_best.params, "needed": self._needed()})

    def _beside_best(self) -> Reason:
        if self.to_best.high is not None:
            return about(
                "beats_best_baseline" if self.to_best.better else "not_better_than_best_baseline", self.to_best
            )
        if self.to_best.unknown == "pieces":
            return remembering("too_few_pieces_without_champion", self.to_best)
        if self.to_best.unknown == "width":
            return remembering("too_wide_without_champion", self.to_best)
        names = {"a": self.candidate.name, "b": self.best.name}
        counts = {"origins": self.to_best.origins, "needed": self._needed()}
        return Reason("too_few_origins_without_champion", {**names, **counts, **measured(self.candidate.metric)})


def _shortfall(comparison: Comparison, barred: Sequence[Reason]) -> Shortfall:
    """Return why the candidate is not promoted.

    A lead beyond noise counts as proven even if it is smaller than the policy's margin.
    """
    proven = comparison.high is not None and comparison.high < 0
    return "barred" if barred or proven else "unproven"
