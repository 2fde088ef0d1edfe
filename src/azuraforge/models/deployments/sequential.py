"""A test that may be looked at after every observation: is one side worse by more than a margin?

Observations are +1 (worse), 0 (no difference) and -1 (better). Under the hypothesis that their mean is at most the
margin, the wealth of a gambler who bets on "worse" is a supermartingale for each bet, and so is the mean over several
bets; that it ever reaches ``1 / alpha`` has a probability of at most ``alpha`` (Ville's inequality), however often one
looks and whenever one stops.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024 (the
betting martingale); Ville, "Étude critique de la notion de collectif", 1939.
"""

from __future__ import annotations

import math

#: Shares of the largest bet that cannot ruin the gambler; the wealth is the mean over them.
_BETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def log_wealth(worse: int, even: int, better: int, margin: float = 0.0) -> float:
    """The logarithm of the wealth after so many observations; only their counts matter.

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
    largest = max(logs)
    return largest + math.log(sum(math.exp(each - largest) for each in logs) / len(logs))


def is_worse(worse: int, even: int, better: int, *, margin: float, alpha: float) -> bool:
    """Whether "worse by more than the margin" is shown, with an error of at most ``alpha`` over all looks together."""
    return log_wealth(worse, even, better, margin) >= math.log(1 / alpha)
