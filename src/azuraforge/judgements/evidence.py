"""Paired comparison of predictions, with the gate's rules for noise and undecided results."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from azuraforge.judgements.pairs import Pairs
from azuraforge.judgements.shapes import Decision
from azuraforge.models.gate.comparability import needed_origins
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.evidence import Comparison, compare
from azuraforge.models.gate.memory import mean_uncertainty
from azuraforge.models.gate.outlook import more_needed
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.kinds.classify.metrics import wilson
from azuraforge.plugins.kinds.forecast.facts import RMSE

#: Maximum number of groups. More origins are summed with their neighbours, which preserves the slow fluctuations that
#: determine the uncertainty.
_MOST_GROUPS = 20_000


@dataclass(frozen=True)
class Layout:
    """The origins of the pairs.

    Attributes:
        place: index of each pair's origin, ``(pair,)``.
        origins: number of origins.
        overlap: maximum number of origins within one horizon, whose predictions share targets.
        season: number of origins in one season.
    """

    place: Indices
    origins: int
    overlap: int
    season: int

    @classmethod
    def of(cls, pairs: Pairs, season: int) -> Layout:
        """Return the layout of pairs, which must be ordered by origin; ``season`` is in rows."""
        origins, place = np.unique(pairs.origin, return_inverse=True)
        longest = int(pairs.ahead.max())
        until = np.searchsorted(origins, origins + longest)
        overlap = int((until - np.arange(len(origins))).max())
        stride = float(np.median(np.diff(origins))) if len(origins) > 1 else 1.0
        return cls(
            np.asarray(place, dtype=np.int64), len(origins), max(1, overlap), math.ceil(season / max(1.0, stride))
        )

    @property
    def needed(self) -> int:
        """Minimum number of origins for a decision."""
        return needed_origins(self.overlap, self.season)

    @property
    def group(self) -> int:
        """Number of neighbouring origins that are summed."""
        return max(1, -(-self.origins // _MOST_GROUPS))

    def sums(self, values: Floats) -> Floats:
        """Return the sum of the pairs' ``values`` over each origin: ``(pair,)`` → ``(origin,)``."""
        return np.asarray(np.bincount(self.place, weights=values, minlength=self.origins), dtype=np.float64)

    def grouped(self, values: Floats) -> tuple[Floats, int]:
        """Return the sums of ``values`` over groups of neighbouring origins, and the overlap in groups.

        Shapes: ``(origin,)`` → ``(group,)``.
        """
        size = self.group
        sums = np.add.reduceat(values, np.arange(0, self.origins, size))
        return np.asarray(sums, dtype=np.float64), -(-self.overlap // size)


def compared(
    model: str, a: Floats, baseline: str, b: Floats, layout: Layout, level: float
) -> tuple[Comparison, int | None]:
    """Compare squared errors ``a`` and ``b``, ``(pair,)`` each, of predictions of the same rows.

    Return the comparison, and an estimate of the number of further origins that would decide a difference of this size.
    The estimate is None if the comparison is decided or the number cannot be estimated.
    """
    # The ratio of two sums equals that of two means, so the pairs of an origin may be summed.
    (one, overlap), (other, _) = (layout.grouped(layout.sums(each)) for each in (a, b))
    mine, rival = Contender(model, one[:, None], metric=RMSE), Contender(baseline, other[:, None], metric=RMSE)
    found = compare(mine, rival, horizon=overlap, season=layout.season, level=level)
    more = more_needed(found, mine, rival, horizon=overlap, needed=layout.needed)
    return found, None if more is None else more * layout.group


def decision_of(low: float | None, high: float | None) -> Decision:
    """Return the decision that an interval of a difference supports.

    Example:
        >>> decision_of(-0.2, -0.1), decision_of(-0.2, 0.1), decision_of(None, None)
        ('better', 'not_better', 'not_yet_known')
    """
    if low is None or high is None:
        return "not_yet_known"
    if high < 0:
        return "better"
    return "worse" if low > 0 else "not_better"


def coverage_interval(inside: Floats, layout: Layout) -> tuple[float, float, float]:
    """Return the coverage and the ends of its 95 % interval.

    ``inside`` is 1.0 for each pair whose actual value is inside its interval, else 0.0. The result is Wilson's interval
    for the effective number of independent observations, since neighbouring misses are correlated.
    """
    share = float(inside.mean())
    means = layout.sums(inside) / layout.sums(np.ones(len(inside)))
    sums, overlap = layout.grouped(means)
    means = sums / layout.grouped(np.ones(layout.origins))[0]
    if len(means) < 2:
        return share, *wilson(share, 1)
    spread = float(means.var())
    found = mean_uncertainty(means, overlap)
    worth = float(found.pieces)
    if spread > 0:
        # An origin with several targets counts for more than one target, unless they miss together.
        worth *= share * (1 - share) / spread
    worth = min(max(worth, 1.0), float(len(inside)))
    return share, *wilson(share * worth, worth)
