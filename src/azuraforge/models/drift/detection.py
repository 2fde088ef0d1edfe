"""Drift detection: comparison of a version's inputs and predictions with its reference. Pure arithmetic.

A column has drifted if both of two measures agree:

- PSI, the population stability index (Siddiqi, *Credit Risk Scorecards*, 2006), over the deciles of the reference
  measures **how large** a shift is. 0.2 is the customary bound above which a shift requires action.
- The two-sample Kolmogorov–Smirnov test measures **how certain** a shift is. Its level is divided by the number of
  compared columns (Bonferroni), so that the probability of a false alarm in one check is at most ``ALPHA``.

Neither measure suffices alone: in a large window the test finds trivial shifts significant, and in a small window PSI
is large by chance (its mean without a shift is about bins · (1/window + 1/reference)). Neighbouring rows of a series
are correlated and contain less information than as many independent rows. Both sides therefore count as ``effective``
rows, n · (1 − ρ) / (1 + ρ), with the correlation ρ of neighbours (Bayley & Hammersley, 1946, for AR(1)). A column with
fewer than ``LEAST`` effective rows in the window has no result.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Mapping, Sequence

from azuraforge.models.distributions import Detected, Distribution, DriftColumn, DriftThresholds

PSI_ALARM = 0.2
ALPHA = 0.01
#: Minimum number of effective rows in a window for a result; each of ten bins then expects about three.
LEAST = 30
BINS = 10
#: Maximum number of evenly spaced quantiles stored for a reference; they limit the resolution of the KS distance.
_KEPT = 400
_SMALLEST_SHARE = 1e-4


def describe(values: Sequence[float]) -> Distribution | None:
    """Return the distribution to store for a reference column: quantiles, effective rows, bin edges and their shares.

    Returns None if there are fewer than ``BINS`` finite values or all of them are equal.
    """
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < BINS or min(finite) == max(finite):
        return None
    ordered = sorted(finite)
    kept = [_quantile(ordered, index / (_KEPT - 1)) for index in range(_KEPT)] if len(ordered) > _KEPT else ordered
    edges = sorted({_quantile(ordered, index / BINS) for index in range(1, BINS)})
    return Distribution(
        rows=len(finite),
        effective=effective_rows(finite),
        quantiles=kept,
        edges=edges,
        shares=_shares(ordered, edges),
    )


def effective_rows(values: Sequence[float]) -> float:
    """Return the number of independent values with the information of a time-ordered sequence that is not empty.

    The number is between 1 and the length of the sequence.

    Example:
        >>> effective_rows([1.0, 1.1, 1.2, 1.3, 1.4, 1.5]) < 6
        True
    """
    count = len(values)
    mean = sum(values) / count
    spread = sum((value - mean) ** 2 for value in values)
    if spread == 0:
        return 1.0
    together = sum((one - mean) * (other - mean) for one, other in itertools.pairwise(values))
    rho = min(max(together / spread, 0.0), 0.9999)
    return max(1.0, count * (1 - rho) / (1 + rho))


def psi(reference: Distribution, values: Sequence[float]) -> float:
    """Return the population stability index Σ (window − reference) · ln(window / reference) over the reference's bins.

    A share below 0.0001, such as that of an empty bin, counts as 0.0001.

    Example:
        >>> made = describe([float(value) for value in range(100)])
        >>> psi(made, [float(value) for value in range(100)])
        0.0
    """
    found = _shares(sorted(values), reference.edges)
    pairs = (
        (max(ours, _SMALLEST_SHARE), max(theirs, _SMALLEST_SHARE))
        for ours, theirs in zip(found, reference.shares, strict=True)
    )
    return math.fsum((ours - theirs) * math.log(ours / theirs) for ours, theirs in pairs)


def ks(reference: Distribution, values: Sequence[float], effective: float) -> tuple[float, float]:
    """Return the Kolmogorov–Smirnov distance between window and reference, and its p-value.

    Args:
        reference: distribution of the training rows.
        values: values of the window.
        effective: effective number of independent values in the window.
    """
    quantiles, ordered = reference.quantiles, sorted(values)
    count, kept = len(ordered), len(quantiles)
    distance = 0.0
    for at in {*ordered, *quantiles}:
        ours = bisect.bisect_right(ordered, at) / count
        theirs = bisect.bisect_right(quantiles, at) / kept
        distance = max(distance, abs(ours - theirs))
    both = effective * reference.effective / (effective + reference.effective)
    return distance, _survival((math.sqrt(both) + 0.12 + 0.11 / math.sqrt(both)) * distance)


def detect(reference: Mapping[str, Distribution], window: Mapping[str, Sequence[float]]) -> Detected:
    """Compare a window with a reference, column by column; columns without a reference are ignored."""
    compared = [name for name in reference if name in window]
    level = ALPHA / max(1, len(compared))
    columns = [_column(name, reference[name], window[name], level) for name in compared]
    judged = [each for each in columns if each.drifted is not None]
    return Detected(
        columns=columns,
        alarm=any(each.drifted for each in judged),
        enough=bool(judged),
        thresholds=DriftThresholds(psi=PSI_ALARM, alpha=ALPHA, level=level, least=LEAST),
    )


def _column(name: str, reference: Distribution, values: Sequence[float], level: float) -> DriftColumn:
    finite = [value for value in values if math.isfinite(value)]
    effective = effective_rows(finite) if finite else 0.0
    if effective < LEAST:
        return DriftColumn(
            name=name, rows=len(finite), effective=effective, psi=None, ks=None, p_value=None, drifted=None
        )
    distance, probability = ks(reference, finite, effective)
    shift = psi(reference, finite)
    drifted = shift >= PSI_ALARM and probability < level
    return DriftColumn(
        name=name,
        rows=len(finite),
        effective=effective,
        psi=shift,
        ks=distance,
        p_value=probability,
        drifted=drifted,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _shares(ordered: Sequence[float], edges: Sequence[float]) -> list[float]:
    places = [bisect.bisect_right(ordered, edge) for edge in edges]
    ends = [*places, len(ordered)]
    return [(end - start) / len(ordered) for start, end in zip([0, *places], ends, strict=True)]


def _survival(scaled: float) -> float:
    """Return the probability of a scaled distance above ``scaled`` under Kolmogorov's distribution."""
    if scaled < 0.2:
        return 1.0
    terms = ((1.0 if k % 2 else -1.0) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(terms)))
