"""Exponential smoothing (ETS, additive errors): level, trend and season, each a running average of the past.

statsmodels estimates the parameters on the end of the training part; a recursion of our own then carries the state
over every later row, so that each origin has its own forecast. Equations: Hyndman, Koehler, Ord and Snyder,
*Forecasting with Exponential Smoothing*, 2008, chapter 2.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from azuraforge.apps.forecasting.baseline import Baseline, Learned, first_known
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.forecasting.calendar import Clock, moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import ForecastConfig

#: Parameters are estimated on at most this many rows at the end of the training part, or ten seasons.
TAIL_ROWS = 2000
#: Longer seasons are left to the trend: their states could not be estimated from what is there.
LONGEST_SEASON = 400
_SEASONS_NEEDED = 3


@dataclass(frozen=True)
class Smoothing:
    """Parameters and the state before the first row. ``season`` holds one value per row of a season, oldest first."""

    alpha: float
    beta: float
    gamma: float
    phi: float
    level: float
    trend: float
    season: tuple[float, ...]

    def states(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Carry the state over ``(row,)`` values; a NaN leaves it as the model expects it.

        Returns level and trend after each row ``(row,)``, and the season's values ``(season + row,)``: the one that
        row ``t`` set stands at ``season + t``.
        """
        period = len(self.season)
        levels, trends = np.empty(len(values)), np.empty(len(values))
        seasons = [*self.season, *([0.0] * len(values))] if period else []
        level, trend, phi = self.level, self.trend, self.phi
        alpha, beta, gamma = self.alpha, self.beta, self.gamma
        for row, value in enumerate(values.tolist()):
            seasonal = seasons[row] if period else 0.0
            expected = level + phi * trend
            error = value - expected - seasonal
            if error != error:
                error = 0.0
            level = expected + alpha * error
            trend = phi * trend + beta * error
            if period:
                seasons[row + period] = seasonal + gamma * error
            levels[row], trends[row] = level, trend
        return levels, trends, np.array(seasons)

    def turned(self, values: Floats, place: int) -> Smoothing:
        """This state with the season beginning at ``place``, and the level without the first known value's season."""
        season = np.roll(np.array(self.season), -place)
        first = int(np.argmax(np.isfinite(values)))
        return replace(self, level=self.level - float(season[first % len(season)]), season=tuple(season.tolist()))

    def fitting_place(self, values: Floats, guess: int) -> int:
        """The place in the season where the one-step errors of ``(row,)`` values have the least mean square.

        All places are carried along at once: the recursion of ``states`` on a vector. ``guess`` wins ties.
        """
        period = len(self.season)
        places = (guess + np.arange(period)) % period
        seasons = np.array(self.season)[(places + np.arange(period)[:, None]) % period]  # (place in the row, candidate)
        level = self.level - seasons[int(np.argmax(np.isfinite(values))) % period]
        trend, squares = np.full(period, self.trend), np.zeros(period)
        for row, value in enumerate(values.tolist()):
            level = level + self.phi * trend
            trend = self.phi * trend
            if value == value:
                error = value - level - seasons[row % period]
                squares += error**2
                level = level + self.alpha * error
                trend = trend + self.beta * error
                seasons[row % period] += self.gamma * error
        return int(places[np.argmin(squares)])


class ExponentialSmoothing(Baseline):
    """ETS with additive errors; trend (none, additive or damped) and season (none or additive) chosen by AICc."""

    name: ClassVar[str] = "forecasting.ets"
    most_series: ClassVar[int | None] = 24
    title: ClassVar[dict[str, str]] = {"en": "Exponential smoothing (ETS)", "tr": "Üstel düzleştirme (ETS)"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Level, trend and season as running averages; the form is chosen by AICc on the training part.",
        "tr": "Düzey, eğilim ve mevsim hareketli ortalamalarla; biçimi eğitim parçasında AICc ile seçilir.",
    }

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Estimate the candidates on the end of the training part and keep the one with the lowest AICc."""
        values = column_values(train.frame, train.schema.target)
        season = run.config.season_of(train.schema)
        rows = min(len(values), max(TAIL_ROWS, 10 * season) if season <= LONGEST_SEASON else TAIL_ROWS)
        start = len(values) - rows
        first = first_known(train)
        tail = _interpolated(values[start:], first)
        period = season if 1 < season <= LONGEST_SEASON and rows >= _SEASONS_NEEDED * season else 0
        smoothing, form = estimate(tail, period)
        clock = Clock.learn(train.frame, train.schema)
        moments = moments_of(train.frame, train.schema)
        _, trends, seasons = smoothing.states(values[start:])
        settings = {
            "first": first,
            "form": form,
            "clock": clock.to_dict(),
            "start": int(moments[start]),
            "rows": rows,
            "parameters": {name: getattr(smoothing, name) for name in ("alpha", "beta", "gamma", "phi")},
            "before": {"level": smoothing.level, "trend": smoothing.trend},
            "after": {"trend": float(trends[-1])},
        }
        arrays = {}
        if period:
            arrays = {"season_before": np.array(smoothing.season), "season_after": seasons[len(seasons) - period :]}
        return Learned(settings, arrays)

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Carry the state to each origin and read the forecasts off it."""
        values = column_values(part.frame, part.schema.target)
        begin, smoothing = self._state_before(learned, part, values)
        levels, trends, seasons = smoothing.states(values[begin:])
        steps = np.arange(1, part.horizon + 1)
        damping = np.cumsum(smoothing.phi**steps)
        rows = np.maximum(part.origins - begin, 0)
        point = levels[rows][:, None] + trends[rows][:, None] * damping
        if period := len(smoothing.season):
            # The newest value of each target's place in the season that the origin knows.
            point = point + seasons[period + rows[:, None] + steps - period * -(-steps // period)]
        return np.asarray(point)

    def _state_before(self, learned: Learned, part: Part, values: Floats) -> tuple[int, Smoothing]:
        """The row to begin at, and the state before it.

        A frame that holds the rows of the estimation begins there. Another one (a caller's own rows) begins at its
        first row, with the trend and the season that training ended with, turned to the right place of the season:
        counted from the times, or where rows have no fixed distance the one that fits these rows best.
        """
        settings = learned.settings
        moments = moments_of(part.frame, part.schema)
        found = int(np.searchsorted(moments, settings["start"]))
        if found < len(moments) and moments[found] == settings["start"]:
            season = learned.arrays.get("season_before", np.zeros(0))
            return found, Smoothing(**settings["parameters"], **settings["before"], season=tuple(season.tolist()))
        known = values[np.isfinite(values)]
        level = float(known[0]) if known.size else settings["first"]
        season = learned.arrays.get("season_after", np.zeros(0))
        before = Smoothing(
            **settings["parameters"], level=level, trend=settings["after"]["trend"], season=tuple(season.tolist())
        )
        if not before.season:
            return 0, before
        clock = Clock.from_dict(settings["clock"])
        place = (clock.rows_between(settings["start"], int(moments[0])) - settings["rows"]) % len(season)
        if clock.frequency is None and known.size >= len(season):  # holidays and half days cannot be counted
            place = before.fitting_place(values, place)
        return 0, before.turned(values, place)


def estimate(values: Floats, period: int) -> tuple[Smoothing, str]:
    """The best additive-error ETS of ``(row,)`` values without holes; ``period`` 0 means no season.

    Returns the parameters with the state before the first value, and the form in the usual letters, ``"AAdA"``.
    """
    if float(np.ptp(values)) == 0 or len(values) < 10:
        return Smoothing(0.5, 0.0, 0.0, 1.0, float(values[0]), 0.0, ()), "ANN"
    best: tuple[float, Any, str] | None = None
    for trend, damped in ((None, False), ("add", True), ("add", False)):
        form = "A" + ("Ad" if damped else "A" if trend else "N") + ("A" if period else "N")
        fitted = _fit(values, trend, damped, period)
        if fitted is not None and np.isfinite(fitted.aicc) and (best is None or fitted.aicc < best[0]):
            best = (float(fitted.aicc), fitted, form)
    if best is None:
        return Smoothing(0.5, 0.0, 0.0, 1.0, float(values[0]), 0.0, ()), "ANN"
    return _smoothing(best[1], period), best[2]


def _fit(values: Floats, trend: str | None, damped: bool, period: int) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings():  # statsmodels tells of convergence by warnings; AICc decides anyway
        warnings.simplefilter("ignore")
        try:
            model = ETSModel(
                values,
                error="add",
                trend=trend,
                damped_trend=damped,
                seasonal="add" if period else None,
                seasonal_periods=period or None,
                initialization_method="heuristic",
            )
            return model.fit(disp=False, maxiter=100)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return None


def _smoothing(fitted: Any, period: int) -> Smoothing:
    trend = fitted.model.has_trend
    return Smoothing(
        alpha=float(fitted.alpha),
        beta=float(fitted.beta) if trend else 0.0,
        gamma=float(fitted.gamma) if period else 0.0,
        phi=float(fitted.phi) if fitted.model.damped_trend else 1.0,
        level=float(fitted.initial_level),
        trend=float(fitted.initial_trend) if trend else 0.0,
        season=tuple(float(value) for value in fitted.initial_seasonal) if period else (),
    )


def _interpolated(values: Floats, first: float) -> Floats:
    """Holes bridged by straight lines, for the estimation inside the training part only."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), first)
    rows = np.arange(len(values))
    return np.interp(rows, rows[known], values[known])
