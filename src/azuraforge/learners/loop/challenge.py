"""Challengers: when they start, from where, and when one replaces the champion.

A challenger answers in the shadow of the champion, on the same rows. It is promoted if a betting test shows, at a level
that all challengers of a model share, that the champion is worse, and if it is at least as good as the best baseline.
A champion is never reset silently: it continues until a challenger wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from azuraforge.models.deployments.sequential import is_worse
from azuraforge.plugins.contract.arrays import Floats

#: Origin of a challenger: freshly initialised, the archive that is best on the last window, or the champion's state.
Origin: TypeAlias = Literal["fresh", "best_archive", "continue"]
#: Error budget of all challengers of a model together.
ALPHA = 0.05
#: Effective number of outcomes beyond which a suspicious score blocks a promotion.
SUSPICIOUS_AFTER = 500


@dataclass(frozen=True)
class Standing:
    """The position of a challenger on the rows that it shares with the champion.

    Attributes:
        score: value of the metric that ranks.
        n_effective: effective number of judged outcomes.
        best_baseline: best value of a baseline on the same rows; None if no baseline has a value.
    """

    score: float
    n_effective: float
    best_baseline: float | None


@dataclass(frozen=True)
class Decision:
    """Whether a challenger is promoted, and why.

    ``code`` is ``promote``, ``not_yet_known``, ``below_baseline`` or ``suspicious``.
    """

    code: Literal["promote", "not_yet_known", "below_baseline", "suspicious"]

    @property
    def promotes(self) -> bool:
        """Whether the challenger becomes champion."""
        return self.code == "promote"


@dataclass(frozen=True)
class Pairs:
    """Counts of paired outcomes: champion worse, even, and better than the challenger."""

    worse: int = 0
    even: int = 0
    better: int = 0

    def added(self, champion: Floats, challenger: Floats, independent: Sequence[bool] | None = None) -> Pairs:
        """Return the counts with further losses of both on the same outcomes; NaN is an abstention and left out.

        Args:
            champion, challenger: ``(outcome,)`` losses.
            independent: ``(outcome,)`` whether the outcome shares no rows with earlier such outcomes; the test assumes
                that only these are counted. None if all are independent.

        Example:
            >>> import numpy as np
            >>> Pairs().added(np.array([1.0, 0.0, 1.0, np.nan]), np.array([0.0, 0.0, 2.0, 1.0]))
            Pairs(worse=1, even=1, better=1)
        """
        counts = [0, 0, 0]
        used = [True] * len(champion) if independent is None else independent
        for own, other, counted in zip(champion.tolist(), challenger.tolist(), used, strict=True):
            if counted and own == own and other == other:
                counts[(own == other) + 2 * (own < other)] += 1
        return Pairs(self.worse + counts[0], self.even + counts[1], self.better + counts[2])


def origins_of(has_archive: bool, active: int = 0) -> tuple[Origin, ...]:
    """Return from where challengers start after an alarm; none if challengers are active already.

    Example:
        >>> origins_of(True), origins_of(False), origins_of(True, active=3)
        (('fresh', 'best_archive', 'continue'), ('fresh', 'continue'), ())
    """
    if active:
        return ()
    return ("fresh", "best_archive", "continue") if has_archive else ("fresh", "continue")


def best_archive(losses: Sequence[tuple[str, float | None]]) -> str | None:
    """Return the archive with the least mean loss on the last window; the newest of equal ones; None without a loss.

    Args:
        losses: archive and its mean loss, oldest first; None if it was not evaluated.

    Example:
        >>> best_archive([("a", 0.4), ("b", None), ("c", 0.3), ("d", 0.3)])
        'd'
    """
    known = [(loss, -number, name) for number, (name, loss) in enumerate(losses) if loss is not None]
    return min(known)[2] if known else None


def decide(
    standing: Standing,
    *,
    worse: int,
    even: int,
    better: int,
    challengers: int,
    higher_is_better: bool,
    suspicious_above: float | None = None,
    confirmed: bool = False,
) -> Decision:
    """Return whether a challenger replaces the champion.

    Args:
        standing: position of the challenger.
        worse, even, better: number of paired, independent outcomes on which the champion was worse than the challenger,
            even, or better.
        challengers: number of challengers that were ever started against this champion; they share the error budget.
        higher_is_better: direction of the metric.
        suspicious_above: score beyond which a person must confirm; for a metric whose lower values are better, the
            score below which a person must.
        confirmed: whether a person has confirmed the score.

    Example:
        >>> decide(Standing(0.6, 900, 0.55), worse=90, even=10, better=20, challengers=3, higher_is_better=True).code
        'promote'
        >>> decide(Standing(0.6, 900, 0.61), worse=90, even=10, better=20, challengers=3, higher_is_better=True).code
        'below_baseline'
    """
    if not is_worse(worse, even, better, margin=0.0, alpha=ALPHA / max(1, challengers)):
        return Decision("not_yet_known")
    sign = 1.0 if higher_is_better else -1.0
    if standing.best_baseline is not None and sign * standing.score < sign * standing.best_baseline:
        return Decision("below_baseline")
    beyond = suspicious_above is not None and sign * standing.score > sign * suspicious_above
    if beyond and standing.n_effective > SUSPICIOUS_AFTER and not confirmed:
        return Decision("suspicious")
    return Decision("promote")
