"""Results of a deployment's pairs, and the rollback of canaries by three sequential tests (``sequential.py``).

Pairs are chosen once, in the order of their targets, and stored with what was counted: the first whose targets all come
after those of the last one that was counted. Which pair is counted so never depends on how it ended, and a look never
takes back what an earlier one saw. What becomes known later about times that were counted already is left out.

If versions learned several series, extreme losses are relative to the usual losses of a series: a kilowatt is much
in one and nothing in another. Of several series at the same times still only one pair counts, whichever was asked
first: one storm in fifty towns is one observation, and fifty bets on it would ruin the test's level. Pictures have no
time: each of them counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from azuraforge.models.deployments.sequential import is_worse, log_wealth, log_wealth_of_share, tail_share
from azuraforge.models.deployments.store import JudgedPair, KnownLoss
from azuraforge.models.schemas import DeploymentOut, ExtremesOut, TestOut
from azuraforge.models.tables import DeploymentSeries, ModelDeployment

#: Number of newest losses of the alias's holder whose largest is the bound for extreme losses: with so many, it is at
#: least the 99.9 % quantile.
MOST_KNOWN = 4800
#: With fewer losses, none counts as extreme.
LEAST_KNOWN = 300
#: Number of a series' losses that suffice to estimate their usual size.
LEAST_OF_SERIES = 10
_TESTS = 3


def begin(row: ModelDeployment, losses: Iterable[float]) -> None:
    """Set the bound of a new deployment from losses of the alias's holder."""
    for loss in losses:
        _learn(row, loss)


def begin_by_series(row: ModelDeployment, losses: Iterable[KnownLoss], series: Mapping[str, DeploymentSeries]) -> None:
    """Initialise as ``begin`` does, for a version that learned several series, from its losses, oldest first."""
    for each in losses:
        usual = _usual(series[each.series])
        if each.of_its_own and usual is not None:
            _learn(row, each.loss / usual)
        _remember(series[each.series], each.loss)


def count(
    row: ModelDeployment, pairs: Iterable[JudgedPair], series: Mapping[str, DeploymentSeries] | None = None
) -> list[tuple[JudgedPair, bool]]:
    """Count judged pairs, in order, in a locked deployment; return each with whether it was counted.

    ``series`` has each pair's series if the deployment is ``by_series``.
    """
    looked_at = []
    for pair in pairs:
        of = series[pair.series] if series is not None else None
        looked_at.append((pair, _count(row, pair, of)))
        if of is not None:
            _remember(of, pair.beside_largest)
    return looked_at


def why_worse(row: ModelDeployment) -> str | None:
    """Return why a canary must be rolled back; None if no test shows it."""
    alpha = _alpha(row)
    errors = (row.only_this_failed, row.both_answered, row.only_beside_failed)
    if is_worse(*errors, margin=row.error_margin, alpha=alpha):
        return (
            f"errors: only version {row.version} failed {errors[0]} times, only version {row.beside} "
            f"{errors[2]} times, of {sum(errors)} questions (allowed {row.error_margin:.1%}, betting test at "
            f"{row.level:.1%})"
        )
    losses = (row.losses_worse, row.losses_even, row.losses_better)
    if is_worse(*losses, margin=0.0, alpha=alpha):
        return (
            f"live loss: worse than version {row.beside} by more than {row.loss_margin:.1%} in {losses[0]} of "
            f"{sum(losses)} judged pairs, better in {losses[2]} (betting test at {row.level:.1%})"
        )
    share = _share(row)
    if share is not None and log_wealth_of_share(row.beyond, row.within, share) >= math.log(2 / alpha):
        usual = " times what is usual in a series" if row.by_series else ""
        return (
            f"extreme losses: above {row.bound:.4g}{usual}, the largest of {row.bound_of} losses of version "
            f"{row.beside}, in {row.beyond} of {row.beyond + row.within} judged pairs (at most {share:.1%} expected, "
            f"betting test at {row.level:.1%})"
        )
    return None


def deployment_out(row: ModelDeployment) -> DeploymentOut:
    """Return a deployment with its tests."""
    alpha, share = _alpha(row), _share(row)
    errors = (row.only_this_failed, row.both_answered, row.only_beside_failed)
    losses = (row.losses_worse, row.losses_even, row.losses_better)
    names = (
        "number alias mode version beside share_percent state level left_out overlapping reason started_by started_at "
        "ended_reason ended_by ended_at"
    )
    return DeploymentOut(
        **{name: getattr(row, name) for name in names.split()},
        errors=_test(errors, row.error_margin, row.error_margin, alpha),
        losses=_test(losses, row.loss_margin, 0.0, alpha),
        extremes=ExtremesOut(
            bound=row.bound if share is not None else None,
            known=row.bound_of,
            needed=LEAST_KNOWN,
            share=share,
            beyond=row.beyond,
            within=row.within,
            log_wealth=log_wealth_of_share(row.beyond, row.within, share) if share is not None else 0.0,
            alpha=alpha / 2,
        ),
    )


def _test(counts: tuple[int, int, int], margin: float, tested: float, alpha: float) -> TestOut:
    worse, even, better = counts
    wealth = log_wealth(worse, even, better, tested)
    return TestOut(worse=worse, even=even, better=better, margin=margin, log_wealth=wealth, alpha=alpha)


def _count(row: ModelDeployment, pair: JudgedPair, series: DeploymentSeries | None) -> bool:
    if pair.of_numbers:  # an image's class does not depend on time
        if row.frontier_at is not None and pair.first_at <= row.frontier_at:
            row.overlapping += 1
            return False
        row.frontier_at = pair.last_at
    if pair.loss > pair.beside_loss * (1 + row.loss_margin):
        row.losses_worse += 1
    elif pair.beside_loss > pair.loss * (1 + row.loss_margin):
        row.losses_better += 1
    else:
        row.losses_even += 1
    if pair.of_numbers:  # a class is right or wrong: no mistake is larger than another
        usual = 1.0 if series is None else _usual(series)
        if usual is not None:
            _look_for_extremes(row, pair.largest / usual, pair.beside_largest / usual)
    return True


def _look_for_extremes(row: ModelDeployment, largest: float, beside_largest: float) -> None:
    if _share(row) is None or row.bound is None:  # the bound must be fixed before the loss that is compared with it
        _learn(row, beside_largest)
    elif largest > row.bound >= beside_largest:  # an extreme loss of both sides does not count against the canary
        row.beyond += 1
    else:
        row.within += 1


def _learn(row: ModelDeployment, loss: float) -> None:
    row.bound = loss if row.bound is None else max(row.bound, loss)
    row.bound_of += 1


def _usual(series: DeploymentSeries) -> float | None:
    """Return the holder's mean loss until now; None if too little is known or all losses were zero."""
    return series.losses / series.losses_of if series.losses_of >= LEAST_OF_SERIES and series.losses > 0 else None


def _remember(series: DeploymentSeries, loss: float) -> None:
    series.losses += loss
    series.losses_of += 1


def _alpha(row: ModelDeployment) -> float:
    return (1 - row.level) / _TESTS


def _share(row: ModelDeployment) -> float | None:
    """Return the largest expected share of losses above the bound; None if too little is known for a bound.

    Half of what the test may be wrong is spent here, half on the betting.
    """
    return tail_share(row.bound_of, _alpha(row) / 2) if row.bound_of >= LEAST_KNOWN else None
