"""Uncertainty of a mean along a series whose values are autocorrelated over an unknown time.

The mean of T autocorrelated values varies more than that of T independent ones. The factor is the spectrum at frequency
zero, which the slow cosine waves in the values reveal. A memory time τ is the time over which values of an
autoregression of first order, averaged over overlapping horizons, stay correlated. Each τ of a grid determines how the
sizes of the waves fall with their frequency, and so how uncertain the mean is. No single τ is chosen: few values cannot
distinguish a long memory from none, and the most likely τ is too short half of the time. Instead every τ counts,
weighted by its likelihood given the waves. Student's t of each τ has at most as many degrees of freedom as independent
pieces of that length fit into the series.

Sources: Müller, "HAC Corrections for Strongly Autocorrelated Time Series" (2014), for low frequencies and an average
over the memory; Lazarus, Lewis, Stock and Watson, "HAR Inference: Recommendations for Practice" (2018), for cosine
waves and Student's t; Whittle, "Estimation and information in stationary time series" (1953), for the likelihood. The
constants were chosen by simulation: decision 0018.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from azuraforge.models.gate.losses import Floats

#: Maximum number of waves; more add little, since Student's t with 64 degrees of freedom is nearly normal.
MOST_WAVES = 64
_MEMORIES = 24
#: Minimum for the longest memory time of the grid, for series that contain few horizons.
_LONGEST_AT_LEAST = 24.0
#: Number of additional origins that one degree of freedom requires per origin of memory beyond the horizon.
_COST_OF_MEMORY = 4.0
#: Exponent of τ in its weight before the waves are observed; it favours long memories, which are hard to detect.
_PRIOR_EXPONENT = 0.5
#: Minimum share of a wave's size that is assumed to remain after averaging over overlapping horizons.
_LEAST_SEEN = 0.05
_BISECTIONS = 50
#: Lower bound of squares, far below any real one and far above underflow.
_TINY = 1e-200


@dataclass(frozen=True)
class MeanUncertainty:
    """Distribution of a mean's error: a weighted mixture of Student's t distributions, one per memory time.

    Attributes:
        spread: standard errors of the mean, shape ``(…, memory)``.
        weights: weights of the memory times, which sum to one, shape ``(…, memory)``.
        freedom: degrees of freedom, shape ``(memory,)``.
        pieces: number of independent values with the same information about the mean, shape ``(…,)``.
    """

    spread: Floats
    weights: Floats
    freedom: Floats
    pieces: Floats

    def below(self, error: Floats) -> Floats:
        """Return the probability that the mean's error is below ``error``, shape ``(…,)``."""
        from scipy.special import stdtr  # slow import, needed only for a comparison

        return np.asarray((self.weights * stdtr(self.freedom, error[..., None] / self.spread)).sum(axis=-1))

    def half_width(self, tail: float) -> Floats:
        """Return the distance that the error exceeds with probability ``tail`` in each direction, shape ``(…,)``."""
        from scipy.special import stdtrit

        # The half width of the mixture lies between those of its parts.
        widths = -self.spread * stdtrit(self.freedom, tail)
        low, high = widths.min(axis=-1), widths.max(axis=-1)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            inside = self.below(-middle) < tail
            low, high = np.where(inside, low, middle), np.where(inside, middle, high)
        return np.asarray((low + high) / 2)


def number_of_waves(origins: int, horizon: int) -> int:
    """Return the number of cosine waves whose half period is at least the horizon, between 1 and 64.

    The average over overlapping horizons suppresses faster waves.

    Example:
        >>> number_of_waves(336, horizon=1), number_of_waves(336, horizon=24)
        (64, 14)
    """
    return max(1, min(MOST_WAVES, origins // max(1, horizon), origins - 1))


@dataclass(frozen=True)
class Waves:
    """Mean and slow cosine waves of values along a series, which determine the uncertainty of the mean.

    Attributes:
        mean: mean of the values, shape ``(…,)``.
        sizes: coefficients of the waves around the mean, shape ``(…, wave)``.
        largest: upper bound of the absolute values, from which rounding errors follow, shape ``(…,)``.
        origins: number of values.
        horizon: number of rows that each value covers.
    """

    mean: Floats
    sizes: Floats
    largest: Floats
    origins: int
    horizon: int

    def less(self, other: Waves, times: Floats) -> Waves:
        """Return the waves of the differences: these values minus ``times`` multiplied by the values of ``other``.

        ``times`` has the shape ``(…,)``; both sets of values belong to the same origins.
        """
        return Waves(
            self.mean - times * other.mean,
            self.sizes - times[..., None] * other.sizes,
            self.largest + np.abs(times) * other.largest,
            self.origins,
            self.horizon,
        )

    def uncertainty(self) -> MeanUncertainty:
        """Return the uncertainty of the mean, which is almost zero if all values are equal."""
        origins, waves = self.origins, self.sizes.shape[-1]
        # Allow for rounding in every wave: values that are all equal then count as independent, with almost no error.
        powers = np.square(self.sizes) + np.square(1e-14 * self.largest)[..., None] + _TINY
        memory = self._memory()
        spectra = _spectra(memory, _frequencies(origins, waves), self.horizon)
        totals = powers @ (1 / spectra).T
        known = -0.5 * np.log(spectra).sum(axis=1) + _PRIOR_EXPONENT * np.log(memory)
        logarithms = known - 0.5 * waves * np.log(totals)
        weights = np.exp(logarithms - logarithms.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        pieces = origins / (self.horizon + memory - 1)
        freedom = np.clip(origins / (self.horizon + _COST_OF_MEMORY * (memory - 1)), 1.0, waves)
        return MeanUncertainty(np.sqrt(totals / waves / origins), weights, freedom, np.asarray(weights @ pieces))

    def foreseen(self, now: MeanUncertainty, times: float) -> MeanUncertainty:
        """Return the uncertainty that ``times`` times as many origins of the same kind would have.

        ``now`` is the uncertainty with the present origins.
        """
        origins = self.origins * times
        waves = min(MOST_WAVES, max(1.0, origins // self.horizon))
        freedom = np.clip(origins / (self.horizon + _COST_OF_MEMORY * (self._memory() - 1)), 1.0, waves)
        return MeanUncertainty(now.spread / np.sqrt(times), now.weights, freedom, now.pieces * times)

    def _memory(self) -> Floats:
        """Return the grid of memory times τ, in ascending order from 1."""
        return np.asarray(np.geomspace(1.0, max(self.origins / self.horizon, _LONGEST_AT_LEAST), _MEMORIES))


def waves_of(values: Floats, horizon: int) -> Waves:
    """Return the waves of ``values``, shape ``(…, origin)``; ``horizon`` is the number of rows one value covers."""
    origins = values.shape[-1]
    frequencies = _frequencies(origins, number_of_waves(origins, horizon))
    cosines = np.cos(np.outer(np.arange(origins) + 0.5, frequencies)) * np.sqrt(2 / origins)
    mean = values.mean(axis=-1)
    return Waves(mean, (values - mean[..., None]) @ cosines, np.abs(values).max(axis=-1), origins, horizon)


def mean_uncertainty(values: Floats, horizon: int) -> MeanUncertainty:
    """Return the uncertainty of the mean of ``values``, shape ``(…, origin)``.

    Args:
        values: values along the series, in any unit.
        horizon: number of rows that each value covers.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=400)
        >>> found = mean_uncertainty(noise, horizon=1)
        >>> abs(float(found.half_width(0.025) * 20 / 1.96 - noise.std())) < 0.2
        True
    """
    return waves_of(values, horizon).uncertainty()


def _frequencies(origins: int, waves: int) -> Floats:
    return np.asarray(np.pi * np.arange(1, waves + 1) / origins)


def _spectra(memory: Floats, frequencies: Floats, horizon: int) -> Floats:
    """Return the expected sizes of waves relative to frequency zero, shape ``(memory, wave)``."""
    kept = ((memory - 1) / (memory + 1))[:, None]
    remembering = (1 - kept) ** 2 / (1 - 2 * kept * np.cos(frequencies) + kept**2)
    window = (np.sin(horizon * frequencies / 2) / (horizon * np.sin(frequencies / 2))) ** 2
    return np.asarray(remembering * np.maximum(window, _LEAST_SEEN))
