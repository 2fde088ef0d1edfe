"""Sequential tests, valid after every observation: is one side worse by more than a margin?

Observations are +1 (worse), 0 (no difference) and -1 (better). Under the hypothesis that their mean is at most the
margin, the wealth of a gambler who bets on "worse" is a supermartingale for each bet, and so is the mean over several
bets; that it ever reaches ``1 / alpha`` has a probability of at most ``alpha`` (Ville's inequality), however often one
looks and whenever one stops.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024 (the
betting martingale); Ville, "Étude critique de la notion de collectif", 1939.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

#: Bets as shares of the largest one that cannot ruin the gambler; the wealth is the mean over them.
_BETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_MOST_WEALTH = 1e100


def log_wealth(worse: int, even: int, better: int, margin: float = 0.0) -> float:
    """Return the logarithm of the wealth after these observations; only their counts matter.

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
    """Return whether "worse by more than the margin" is shown, with an error of at most ``alpha`` over all looks
    together."""
    return log_wealth(worse, even, better, margin) >= math.log(1 / alpha)


def log_change(values: Iterable[float]) -> float:
    """Return the log evidence that the mean of values in -1 … 1 has been above zero since some time.

    The sum of the wealth of gamblers who begin at each value (Shiryaev–Roberts). Under a mean of at most zero it grows
    by one for each value on average, so it first reaches ``n`` after ``n`` values on average, or later. Good values
    long ago do not hide bad ones now, as they would in one gambler's wealth.

    Source: Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change detection",
    New England Journal of Statistics in Data Science, 2023.

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
    """Return an upper bound of the probability of a loss above the largest of ``known`` others; wrong with ``doubt``.

    Of losses drawn alike and independently, the share above the largest of ``n`` is more than ``p`` with the
    probability ``(1 - p) ** n``. From some 5,000 losses on, that largest one is their 99.9 % quantile or more.

    Example:
        >>> round(tail_share(4800, 0.05 / 6), 4), round(tail_share(300, 0.05 / 6), 3)
        (0.001, 0.016)
    """
    return 1 - math.exp(math.log(doubt) / known)


def log_wealth_of_share(hits: int, misses: int, share: float) -> float:
    """Return the logarithm of the wealth of a gambler who bets that hits are more frequent than ``share``: the mean of
    the likelihood ratios of larger shares, a martingale if hits come with that share, and less if they are rarer.

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
