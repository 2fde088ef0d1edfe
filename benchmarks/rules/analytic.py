"""Rules with a formula: the gate's own, and Diebold-Mariano with other estimates of the long-run variance.

A rule takes the repetitions and the season and returns the test that finds leads.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import stdtrit

from azuraforge.models.gate.comparability import MIN_PIECES, needed_origins
from azuraforge.models.gate.losses import Floats
from azuraforge.models.gate.memory import mean_uncertainty
from azuraforge.models.gate.origins import Pair
from benchmarks.rules.losses import Draw, Finding, beyond


def gate(drawn: Draw, season: int) -> Finding:
    """The gate's rule, with the numbers that it wants at least; ``evidence.compare`` is its form for one pair."""
    horizon = drawn.cell.horizon
    known = np.asarray(drawn.cell.origins >= needed_origins(horizon, season))
    known = known & (Pair.of(drawn.a, drawn.b, horizon).pieces >= MIN_PIECES)

    @cache
    def chance(lead: float) -> Floats:
        return Pair.of(drawn.a * np.exp(-2 * lead), drawn.b, horizon).chance_of_less()

    return lambda lead, tail: known & (chance(lead) < tail)


def scaled(drawn: Draw, season: int) -> Finding:
    """The gate's rule before decision 0022 without its test for outliers; guarded slices still use it."""
    found = mean_uncertainty(drawn.values, drawn.cell.horizon)
    known = (drawn.cell.origins >= needed_origins(drawn.cell.horizon, season)) & (found.pieces >= MIN_PIECES)

    @cache
    def chance(lead: float) -> Floats:
        return found.below(drawn.estimate - lead)

    return lambda lead, tail: known & (chance(lead) < tail)


def small_sample(drawn: Draw, season: int) -> Finding:
    """Diebold-Mariano with the correction of Harvey, Leybourne and Newbold (1997): h - 1 lags, Student's t."""
    origins, horizon = drawn.values.shape[1], drawn.cell.horizon
    lags = autocovariance(drawn.values, min(horizon, origins))
    steps = np.arange(1, lags.shape[1])
    plain = lags[:, 0] + 2 * lags[:, 1:].sum(axis=1)
    positive = lags[:, 0] + 2 * (lags[:, 1:] * (1 - steps / horizon)).sum(axis=1)
    variance = np.where(plain > 0, plain, positive) / origins
    factor = max((origins + 1 - 2 * horizon + horizon * (horizon - 1) / origins) / origins, 1e-3)
    return beyond(drawn, lambda tail: -stdtrit(origins - 1, tail) * np.sqrt(variance / factor))


def fixed_b(drawn: Draw, season: int) -> Finding:
    """Diebold-Mariano, Bartlett kernel over 1.3 √T lags, critical values of Kiefer and Vogelsang (2005)."""
    origins, horizon = drawn.values.shape[1], drawn.cell.horizon
    reach = min(origins, max(horizon + 1, int(np.ceil(1.3 * np.sqrt(origins)))))
    lags = autocovariance(drawn.values, reach)
    variance = lags[:, 0] + 2 * (lags[:, 1:] * (1 - np.arange(1, reach) / reach)).sum(axis=1)
    limit = _fixed_b_limit(round(reach / origins, 2))
    return beyond(drawn, lambda tail: np.quantile(limit, 1 - tail) * np.sqrt(variance / origins))


def cosines(drawn: Draw, season: int) -> Finding:
    """Equally weighted cosines, 0.4 T^(2/3) of them (Lazarus and others 2018), Student's t."""
    origins = drawn.values.shape[1]
    waves = max(1, int(0.4 * origins ** (2 / 3)))
    angles = np.outer(np.arange(origins) + 0.5, np.pi * np.arange(1, waves + 1) / origins)
    powers = np.square(drawn.values @ (np.cos(angles) * np.sqrt(2 / origins)))
    return beyond(drawn, lambda tail: -stdtrit(waves, tail) * np.sqrt(powers.mean(axis=1) / origins))


def autocovariance(values: Floats, lags: int) -> Floats:
    """``(repetition, lag)`` for lags from 0; values have mean zero."""
    length = values.shape[1]
    spectrum = np.fft.rfft(values, 2 * length, axis=1)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :lags] / length)


@cache
def _fixed_b_limit(share: float) -> Floats:
    """Draws of the t statistic with a Bartlett kernel over this share of the sample."""
    rng, length, repetitions = np.random.default_rng(0), 400, 40_000
    values = rng.normal(size=(repetitions, length))
    means = values.mean(axis=1)
    reach = max(1, round(share * length))
    lags = autocovariance(values - means[:, None], reach)
    variance = lags[:, 0] + 2 * (lags[:, 1:] * (1 - np.arange(1, reach) / reach)).sum(axis=1)
    return np.asarray(means / np.sqrt(variance / length))
