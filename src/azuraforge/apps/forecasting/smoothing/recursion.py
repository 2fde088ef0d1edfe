"""Recursion of exponential smoothing with level, trend, and several additive seasons or one multiplicative season.

Equations: Hyndman, Koehler, Ord and Snyder, *Forecasting with Exponential Smoothing*, 2008, chapter 2.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from azuraforge.apps.forecasting.carried import StateModel, Walk
from azuraforge.plugins.contract.arrays import Floats, Indices

#: Seasonal factors and levels nearer to zero than this are not used as divisors.
_TINY = 1e-10


@dataclass(frozen=True)
class Smoothing(StateModel):
    """Parameters of the recursion.

    A state contains the level, the trend, and the values of each season, oldest first.

    Attributes:
        form: standard abbreviation of the form, such as ``"MAdM"``; not used in the recursion.
        alpha: weight of an error in the level.
        beta: weight of an error in the trend.
        phi: damping factor of the trend; 1 means no damping.
        multiplicative: whether the only season is multiplicative.
        periods: ``(season,)``, length of each season in rows.
        gammas: ``(season,)``, weight of an error in each season.
    """

    form: str
    alpha: float
    beta: float
    phi: float
    multiplicative: bool
    periods: Indices
    gammas: Floats

    @property
    def season(self) -> int:
        """Length of the longest season in rows; 1 without a season."""
        return int(self.periods.max(initial=1))

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Update level, trend and seasons with each value."""
        rows = len(values)
        borders = np.cumsum([2, *self.periods])
        seasons = [[*begin[first:stop].tolist(), *([0.0] * rows)] for first, stop in itertools.pairwise(borders)]
        level, trend = float(begin[0]), float(begin[1])
        levels, trends = np.empty(rows), np.empty(rows)
        recursion = self._multiplied if self.multiplicative else self._added
        level, trend = recursion(values.tolist(), level, trend, seasons, levels, trends)
        kept = [
            np.array(season)[at[:, None] + 1 + np.arange(period)]
            for season, period in zip(seasons, self.periods.tolist(), strict=True)
        ]
        states = np.concatenate([levels[at][:, None], trends[at][:, None], *kept], axis=1)
        return Walk(states, np.concatenate([[level, trend], *(np.array(season[rows:]) for season in seasons)]))

    def _added(
        self,
        values: list[float],
        level: float,
        trend: float,
        seasons: list[list[float]],
        levels: Floats,
        trends: Floats,
    ) -> tuple[float, float]:
        alpha, beta, phi = self.alpha, self.beta, self.phi
        cycles = list(zip(seasons, self.periods.tolist(), self.gammas.tolist(), strict=True))
        for row, value in enumerate(values):
            trend *= phi
            expected = level + trend
            seasonal = 0.0
            for season, _, _ in cycles:
                seasonal += season[row]
            error = value - expected - seasonal
            if error != error:
                error = 0.0
            level = expected + alpha * error
            trend += beta * error
            for season, period, gamma in cycles:
                season[row + period] = season[row] + gamma * error
            levels[row], trends[row] = level, trend
        return level, trend

    def _multiplied(
        self,
        values: list[float],
        level: float,
        trend: float,
        seasons: list[list[float]],
        levels: Floats,
        trends: Floats,
    ) -> tuple[float, float]:
        alpha, beta, phi, gamma = self.alpha, self.beta, self.phi, float(self.gammas[0])
        season, period = seasons[0], int(self.periods[0])
        for row, value in enumerate(values):
            trend *= phi
            expected, factor = level + trend, season[row]
            error = value / factor - expected if abs(factor) > _TINY else 0.0
            change = value / expected - factor if abs(expected) > _TINY else 0.0
            if error != error:
                error = change = 0.0
            level = expected + alpha * error
            trend += beta * error
            season[row + period] = factor + gamma * change
            levels[row], trends[row] = level, trend
        return level, trend

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Extrapolate the level and the damped trend, and repeat each season."""
        steps = np.arange(1, horizon + 1)
        point = states[:, :1] + states[:, 1:2] * np.cumsum(self.phi**steps)
        first = 2
        for period in self.periods.tolist():
            seasonal = states[:, first + (steps - 1) % period]
            point = point * seasonal if self.multiplicative else point + seasonal
            first += period
        return np.asarray(point)

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Keep the trend, rotate the seasons by ``gap`` rows, and set the level from the first known value."""
        state, first = after.copy(), int(np.argmax(np.isfinite(values)))
        begin, level = 2, float(values[first])
        for period in self.periods.tolist():
            season = np.roll(after[begin : begin + period], -gap)
            state[begin : begin + period] = season
            seasonal = float(season[first % period])
            if not self.multiplicative:
                level -= seasonal
            elif abs(seasonal) > _TINY:
                level /= seasonal
            begin += period
        state[0] = level
        return state
