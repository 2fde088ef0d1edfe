"""Sequential tests of whether one side is worse by more than a margin, valid after every observation.

Observations are +1 (worse), 0 (no difference) and -1 (better). Under the hypothesis that their mean is at most the
margin, the wealth of a gambler who bets on "worse" is a supermartingale for each bet size, and so is the mean over
several bet sizes. The probability that it ever reaches ``1 / alpha`` is at most ``alpha`` (Ville's inequality), however
often the test is evaluated and whenever it is stopped.

Sources: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024 (the betting
martingale); Ville, "Étude critique de la notion de collectif", 1939.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

#: Bet sizes as shares of the largest bet that cannot ruin the gambler; the wealth is the mean over them.
_BETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_MOST_WEALTH = 1e100


def log_wealth(worse: int, even: int, better: int, margin: float = 0.0) -> float:
    """Return the logarithm of the wealth after these observations; it depends only on their counts.

    Example:
        >>> round(math.exp(log_wealth(worse=8, even=0, better=0)), 1)
        44.9
        >>> log_wealth(worse=50, even=100, better=50) < 0
        True
    """
    logs = []
    for share in _BETS:
        bet = share / (1 + margin)
        logs.append(
            worse * math.log1p(bet * (1 - margin))
            + even * math.log1p(-bet * margin)
            + better * math.log1p(-bet * (1 + margin))
        )
    return _log_mean(logs)


def is_worse(worse: int, even: int, better: int, *, margin: float, alpha: float) -> bool:
    """Return whether the observations show that one side is worse by more than the margin.

    The probability of a wrong result is at most ``alpha`` over all evaluations together.
    """
    return log_wealth(worse, even, better, margin) >= math.log(1 / alpha)


def log_change(values: Iterable[float]) -> float:
    """Return the log evidence that the mean of values between -1 and 1 has been above zero since some time.

    The evidence is the sum of the wealth of gamblers who begin at each value (Shiryaev–Roberts). If the mean is at most
    zero, the sum grows by at most one per value on average. The average number of values until it first reaches ``n``
    is therefore at least ``n``. Low values long ago do not mask high values now, as they would in the wealth of one
    gambler.

    Source: Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change detection", New
    England Journal of Statistics in Data Science, 2023.

    Example:
        >>> log_change([1.0] * 16) > math.log(10_000) > log_change([1.0, -1.0] * 500)
        True
        >>> log_change([-0.5] * 10_000 + [0.9] * 20) > math.log(10_000)
        True
    """
    wealths = [0.0] * len(_BETS)
    for value in values:
        wealths = [
            min((wealth + 1) * (1 + bet * value), _MOST_WEALTH) for wealth, bet in zip(wealths, _BETS, strict=True)
        ]
    total = sum(wealths)
    return math.log(total / len(_BETS)) if total > 0 else -math.inf


def tail_share(known: int, doubt: float) -> float:
    """Return an upper bound of the probability that a loss exceeds the largest of ``known`` other losses.

    The bound is wrong with the probability ``doubt``. If losses are independent and identically distributed, the share
    of losses above the largest of ``n`` exceeds ``p`` with the probability ``(1 - p) ** n``. With about 5,000 losses,
    the largest is at least their 99.9 % quantile.

    Example:
        >>> round(tail_share(4800, 0.05 / 6), 4), round(tail_share(300, 0.05 / 6), 3)
        (0.001, 0.016)
    """
    return 1 - math.exp(math.log(doubt) / known)


def log_wealth_of_share(hits: int, misses: int, share: float) -> float:
    """Return the logarithm of the wealth of a gambler who bets that hits are more frequent than ``share``.

    The wealth is the mean of the likelihood ratios of larger shares. It is a martingale if hits occur with the
    frequency ``share``, and a supermartingale if they are rarer.

    Example:
        >>> round(math.exp(log_wealth_of_share(hits=3, misses=97, share=0.001)))
        364
        >>> log_wealth_of_share(hits=1, misses=999, share=0.001) < 0
        True
    """
    larger = [each for each in (share * 2**power for power in range(1, 12)) if each < 1]
    logs = [hits * math.log(each / share) + misses * math.log((1 - each) / (1 - share)) for each in larger]
    return _log_mean(logs) if logs else 0.0


def _log_mean(logs: Sequence[float]) -> float:
    largest = max(logs)
    return largest + math.log(sum(math.exp(each - largest) for each in logs) / len(logs))
