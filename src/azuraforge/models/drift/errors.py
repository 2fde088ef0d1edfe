"""Error drift: comparison of a version's live errors with its test errors. Pure arithmetic.

The errors of judged forecasts that do not overlap follow the errors of the test set in one sequence. As long as nothing
changes, every order of that sequence is equally likely. The rank of each new error among all previous ones then gives a
p-value that is independent of the earlier p-values (Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random
World*). Each p-value is converted into the bet ``∫ ε p^(ε - 1) dε`` over ε in (0, 1), and the Shiryaev–Roberts
statistic sums the bets:

    R(t) = (1 + R(t - 1)) · bet(p(t))

As long as nothing changes, R(t) − t is a supermartingale. The expected number of forecasts until R first reaches
``RUN_LENGTH`` is therefore at least ``RUN_LENGTH`` (Shin, Ramdas & Rinaldo, *E-detectors*, 2023), however often R is
evaluated. Larger errors than before give small p-values and increase R; smaller errors do not. If errors stay large,
their ranks soon become ordinary and R falls again. The alarm does not end then, but when the newest errors are, on
average, no larger than all errors were at the time of the alarm.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from azuraforge.models.distributions import DriftErrors

#: Minimum average number of judged forecasts until a false alarm.
RUN_LENGTH = 1000
#: Number of newest errors that end an alarm if their mean is at most that of all errors when the alarm began.
_NEWEST = 30


@dataclass(frozen=True)
class JudgedError:
    """Mean absolute error of the fully judged forecasts from one origin."""

    origin_at: datetime
    matures_at: datetime
    error: float


def detect(reference: Sequence[float], judged: Iterable[JudgedError]) -> DriftErrors:
    """Test the errors one by one, in the order of their origins.

    Args:
        reference: errors of test forecasts that do not overlap; empty if unknown.
        judged: live errors, oldest origin first; forecasts that overlap the previously counted one are skipped.
    """
    before = sorted(reference)
    live: list[float] = []
    evidence, usual = 0.0, 0.0
    since: datetime | None = None
    begun = 0
    ends: datetime | None = None
    for each in judged:
        if not math.isfinite(each.error) or (ends is not None and each.origin_at < ends):
            continue
        ends = each.matures_at
        evidence = (1 + evidence) * bet(_p_value(before, each.error))
        bisect.insort(before, each.error)
        live.append(each.error)
        if since is None and evidence >= RUN_LENGTH:
            since, usual, begun = each.matures_at, _mean(before), len(live)
        elif since is not None and len(live) >= begun + _NEWEST and _mean(live[-_NEWEST:]) <= usual:
            since, evidence = None, 0.0
    return DriftErrors(
        forecasts=len(live),
        reference=len(reference),
        reference_mean=_mean(reference) if reference else None,
        mean=_mean(live) if live else None,
        evidence=evidence,
        run_length=RUN_LENGTH,
        drifted=since is not None,
        since=since,
    )


def bet(p: float) -> float:
    """Return the bet against a p-value: the mean of ``ε p^(ε - 1)`` over ε in (0, 1). Its mean over uniform p is 1.

    Example:
        >>> bet(1.0), bet(0.5) < 1 < bet(0.1)
        (0.5, True)
    """
    if p >= 1:
        return 0.5
    log = math.log(p)
    return (1 - p + p * log) / (p * log * log)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _p_value(before: Sequence[float], error: float) -> float:
    """Return the share of all errors, including this one, that are at least as large; ``before`` must be sorted."""
    as_large = len(before) - bisect.bisect_left(before, error)
    return (as_large + 1) / (len(before) + 1)
