"""Results of a deployment's pairs, and the rollback of canaries by three sequential tests (``sequential.py``).

Pairs are selected once, in the order of their targets, and stored with the result of the selection: a pair counts if
all its targets come after those of the last counted pair. The selection therefore never depends on outcomes, and a
later evaluation never changes an earlier one. Pairs about times that were already counted do not count.

If the versions learned several series, extreme losses are relative to the usual losses of a series, since an error of
one kilowatt is large in one series and negligible in another. Of several series at the same times only one pair counts,
the first that was requested: a storm in fifty towns is one observation, and fifty bets on it would invalidate the level
of the test. Images have no time, so each of them counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from azuraforge.messages import Message, current
from azuraforge.messages.stored import in_language
from azuraforge.models.deployment_tables import DeploymentSeries, ModelDeployment
from azuraforge.models.deployments.schemas import DeploymentOut, ExtremesOut, TestOut
from azuraforge.models.deployments.sequential import is_worse, log_wealth, log_wealth_of_share, tail_share
from azuraforge.models.deployments.store import JudgedPair, KnownLoss

#: Number of the holder's newest losses whose maximum is the bound for extreme losses. The maximum of that many losses
#: is, with high probability, at least their 99.9 % quantile.
MOST_KNOWN = 4800
#: Minimum number of losses for a bound; with fewer, no loss counts as extreme.
LEAST_KNOWN = 300
#: Minimum number of losses of a series for an estimate of their usual size.
LEAST_OF_SERIES = 10
_TESTS = 3


def begin(row: ModelDeployment, losses: Iterable[float]) -> None:
    """Set the bound of a new deployment from the losses of the version that the alias points to."""
    for loss in losses:
        _learn(row, loss)


def begin_by_series(row: ModelDeployment, losses: Iterable[KnownLoss], series: Mapping[str, DeploymentSeries]) -> None:
    """Set the bound of a new deployment by series from the holder's losses, oldest first.

    Each loss with ``of_its_own`` counts relative to the mean of the earlier losses of its series, if these are at least
    ``LEAST_OF_SERIES``. ``series`` must contain the series of every loss.
    """
    for each in losses:
        usual = _usual(series[each.series])
        if each.of_its_own and usual is not None:
            _learn(row, each.loss / usual)
        _remember(series[each.series], each.loss)


def count(
    row: ModelDeployment, pairs: Iterable[JudgedPair], series: Mapping[str, DeploymentSeries] | None = None
) -> list[tuple[JudgedPair, bool]]:
    """Count judged pairs, in order, in a locked deployment; return each pair with whether it was counted.

    Args:
        row: locked deployment.
        pairs: judged pairs, ordered by target time.
        series: series of the deployment by name if it is ``by_series``; None otherwise.
    """
    looked_at = []
    for pair in pairs:
        of = series[pair.series] if series is not None else None
        looked_at.append((pair, _count(row, pair, of)))
        if of is not None:
            _remember(of, pair.alongside_largest)
    return looked_at


def why_worse(row: ModelDeployment) -> Message | None:
    """Return why a canary must be rolled back; None if no test shows that it is worse."""
    alpha = _alpha(row)
    errors = (row.only_this_failed, row.both_answered, row.only_alongside_failed)
    if is_worse(*errors, margin=row.error_margin, alpha=alpha):
        return Message(
            "errors: only version {version} failed {failed} [time|times], only version {alongside} "
            "{alongside_failed} [time|times], of {requests} requests ({margin:.1f} % allowed, betting test at "
            "{level:.1f} %)",
            {
                "version": row.version,
                "failed": errors[0],
                "alongside": row.alongside,
                "alongside_failed": errors[2],
                "requests": sum(errors),
                "margin": 100 * row.error_margin,
                "level": 100 * row.level,
            },
        )
    losses = (row.losses_worse, row.losses_even, row.losses_better)
    if is_worse(*losses, margin=0.0, alpha=alpha):
        return Message(
            "live loss: worse than version {alongside} by more than {margin:.1f} % in {worse} of {pairs} judged "
            "pairs, better in {better} (betting test at {level:.1f} %)",
            {
                "alongside": row.alongside,
                "margin": 100 * row.loss_margin,
                "worse": losses[0],
                "pairs": sum(losses),
                "better": losses[2],
                "level": 100 * row.level,
            },
        )
    share = _share(row)
    if share is not None and log_wealth_of_share(row.beyond, row.within, share) >= math.log(2 / alpha):
        return Message(
            "extreme losses: above {bound:.4g} times the usual loss of a series, the largest of {count} losses of "
            "version {alongside}, in {beyond} of {pairs} judged pairs (at most {share:.1f} % expected, betting "
            "test at {level:.1f} %)"
            if row.by_series
            else "extreme losses: above {bound:.4g}, the largest of {count} losses of version {alongside}, in "
            "{beyond} of {pairs} judged pairs (at most {share:.1f} % expected, betting test at {level:.1f} %)",
            {
                "bound": row.bound,
                "count": row.bound_of,
                "alongside": row.alongside,
                "beyond": row.beyond,
                "pairs": row.beyond + row.within,
                "share": 100 * share,
                "level": 100 * row.level,
            },
        )
    return None


def deployment_out(row: ModelDeployment) -> DeploymentOut:
    """Return the API shape of a deployment with its test results."""
    alpha, share = _alpha(row), _share(row)
    errors = (row.only_this_failed, row.both_answered, row.only_alongside_failed)
    losses = (row.losses_worse, row.losses_even, row.losses_better)
    names = (
        "number alias mode version alongside share_percent state level left_out overlapping reason started_by "
        "started_at ended_by ended_at"
    )
    return DeploymentOut(
        **{name: getattr(row, name) for name in names.split()},
        ended_reason=None if row.ended_reason is None else in_language(row.ended_reason, current()),
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
    if pair.loss > pair.alongside_loss * (1 + row.loss_margin):
        row.losses_worse += 1
    elif pair.alongside_loss > pair.loss * (1 + row.loss_margin):
        row.losses_better += 1
    else:
        row.losses_even += 1
    if pair.of_numbers:  # a class is right or wrong: no mistake is larger than another
        usual = 1.0 if series is None else _usual(series)
        if usual is not None:
            _look_for_extremes(row, pair.largest / usual, pair.alongside_largest / usual)
    return True


def _look_for_extremes(row: ModelDeployment, largest: float, alongside_largest: float) -> None:
    if _share(row) is None or row.bound is None:  # the bound must be fixed before the loss that is compared with it
        _learn(row, alongside_largest)
    elif largest > row.bound >= alongside_largest:  # an extreme loss of both versions does not count against the canary
        row.beyond += 1
    else:
        row.within += 1


def _learn(row: ModelDeployment, loss: float) -> None:
    row.bound = loss if row.bound is None else max(row.bound, loss)
    row.bound_of += 1


def _usual(series: DeploymentSeries) -> float | None:
    """Return the mean of the holder's losses in a series so far; None if there are too few or all are zero."""
    return series.losses / series.losses_of if series.losses_of >= LEAST_OF_SERIES and series.losses > 0 else None


def _remember(series: DeploymentSeries, loss: float) -> None:
    series.losses += loss
    series.losses_of += 1


def _alpha(row: ModelDeployment) -> float:
    return (1 - row.level) / _TESTS


def _share(row: ModelDeployment) -> float | None:
    """Return the maximum share of losses that may exceed the bound by chance; None with too few losses for a bound.

    Half of the test's error probability is spent here, the other half on the betting.
    """
    return tail_share(row.bound_of, _alpha(row) / 2) if row.bound_of >= LEAST_KNOWN else None
