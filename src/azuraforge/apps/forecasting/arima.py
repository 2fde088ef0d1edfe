"""ARIMA with automatic orders: a stepwise search on the training set, then a Kalman filter over later rows.

Search: Hyndman and Khandakar, "Automatic time series forecasting: the forecast package for R", 2008, in statsforecast.
Filter: Durbin and Koopman, *Time Series Analysis by State Space Methods*, 2012, chapter 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel, Walk
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.forecasting.config import ForecastConfig

#: Longest season of a seasonal ARIMA, in rows; longer ones need too many states and are modelled by sines and cosines.
LONGEST_ARIMA_SEASON = 24
_HARMONICS = 4
#: Maximum number of models that the stepwise search tries.
_MOST_MODELS = 40
#: With more rows or a longer season, the search compares models by conditional sums of squares; the chosen model is
#: then estimated exactly.
_ROWS_FOR_EXACT_SEARCH, _SEASON_FOR_EXACT_SEARCH = 150, 12
#: Suffix of the form of a model with a mean or a drift.
_CONSTANT = "+c"
#: The filter's gain has converged once the covariance changes by less than this share of its largest value.
_STEADY = 1e-12
#: Maximum number of missing rows that the filter processes between the training set and a caller's own rows.
_MOST_MISSING = 2000


@dataclass(frozen=True)
class ArimaModel(StateModel):
    """Frozen coefficients of an ARIMA model.

    ``walk`` starts from the number of the next row, its expected state and the covariance of that state. The inputs of
    ``ahead`` are the same without the covariance.

    Attributes:
        form: the orders, such as ``"(1,1,1)(0,1,1)[12]"``, and ``"+c"`` if a mean or a drift is estimated.
        mean: mean of the series; 0 if not estimated.
        drift: drift per row; 0 if not estimated.
        period: length in rows of the season that ``waves`` model; 1 without waves.
        phi: expanded polynomial of the autoregressive part.
        theta: expanded polynomial of the moving-average part.
        delta: expanded polynomial of all differences.
        waves: coefficients of sines and cosines, ``(2 · harmonic,)``; empty without waves.
    """

    form: str
    mean: float
    drift: float
    period: int
    phi: Floats
    theta: Floats
    delta: Floats
    waves: Floats

    def regression(self, rows: Floats) -> Floats:
        """Return the sum of mean, drift and waves at the row numbers ``rows``, which start at 1, ``(row,)``."""
        known = self.mean + self.drift * rows
        if not len(self.waves):
            return np.asarray(known)
        return np.asarray(known + waves_at(rows, self.period, len(self.waves) // 2) @ self.waves)

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Apply the Kalman filter to the values; once its gain has converged, it is reused until a value is missing."""
        transition, noise, seen = self._matrices()
        size = len(seen)
        count, state = float(begin[0]), begin[1 : 1 + size].copy()
        covariance = begin[1 + size :].reshape(size, size).copy()
        rest = values - self.regression(np.arange(len(values), dtype=np.float64) + count)
        wanted = np.zeros(len(values), dtype=bool)
        wanted[at] = True
        kept = np.empty((len(at), 1 + size))
        place, steady = 0, False
        gain = np.zeros(size)
        for row, value in enumerate(rest.tolist()):
            if value == value:
                if not steady:
                    toward = covariance @ seen
                    gain = toward / float(seen @ toward)
                    filtered = covariance - np.outer(gain, toward)
                state = state + gain * (value - float(seen @ state))
            else:
                filtered, steady = covariance, False
            state = transition @ state
            if not steady:
                expected = transition @ filtered @ transition.T + noise
                largest = float(np.abs(expected).max())
                steady = value == value and float(np.abs(expected - covariance).max()) <= _STEADY * largest
                covariance = expected
            if wanted[row]:
                kept[place, 0], kept[place, 1:] = count + row + 1, state
                place += 1
        after = np.concatenate([[count + len(values)], state, covariance.ravel()])
        return Walk(kept, after)

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Apply the transition without errors."""
        transition, _, seen = self._matrices()
        reading = np.empty((horizon, len(seen)))
        row = seen
        for step in range(horizon):
            reading[step] = row
            row = row @ transition
        rows = states[:, :1] + np.arange(horizon)
        return np.asarray(states[:, 1:] @ reading.T + self.regression(rows.ravel()).reshape(rows.shape))

    def state_of(self, begin: Floats) -> Floats:
        """Return the number of the next row and its expected state."""
        return begin[: 1 + len(self._matrices()[2])]

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Treat the rows of the gap as missing; with a negative gap, use the initial state of the training set."""
        if gap < 0:
            return np.concatenate([[after[0] + gap], before[1:]])
        missing = np.full(min(gap, _MOST_MISSING), np.nan)
        return self.walk(after, missing, np.zeros(0, dtype=np.int64)).after

    def _matrices(self) -> tuple[Floats, Floats, Floats]:
        """Return the transition matrix, the covariance of the noise of one step, and the observation vector."""
        order = max(len(self.phi), len(self.theta) + 1)
        differences = len(self.delta)
        seen = np.concatenate([[1.0], np.zeros(order - 1), self.delta])
        transition = np.zeros((len(seen), len(seen)))
        transition[: len(self.phi), 0] = self.phi
        transition[np.arange(order - 1), np.arange(1, order)] = 1.0
        if differences:
            transition[order] = seen
            transition[order + np.arange(1, differences), order + np.arange(differences - 1)] = 1.0
        shock = np.concatenate([[1.0], self.theta, np.zeros(len(seen) - 1 - len(self.theta))])
        return transition, np.outer(shock, shock), seen


def waves_at(rows: Floats, period: int, harmonics: int) -> Floats:
    """Return sines, then cosines, of a season of ``period`` rows at the numbers ``rows``, ``(row, 2 · harmonic)``."""
    angles = 2 * np.pi * np.outer(rows / period, np.arange(1, harmonics + 1))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


class AutoArima(StateForecaster[ArimaModel]):
    """Forecaster that uses seasonal ARIMA; a stepwise search chooses the orders by AICc."""

    name: ClassVar[str] = "forecasting.arima"
    Model: ClassVar[type[StateModel]] = ArimaModel
    fewest_rows: ClassVar[int] = 6
    keeps_form: ClassVar[bool] = True
    most_rows: ClassVar[int] = 1000
    most_series: ClassVar[int | None] = 100
    title: ClassVar[dict[str, str]] = {"en": "ARIMA", "tr": "ARIMA"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Seasonal ARIMA on past values and past errors; a stepwise search chooses the orders by AICc.",
        "tr": "Geçmiş değerler ve geçmiş hatalar üzerinde mevsimsel ARIMA; dereceleri adımlı arama AICc ile seçer.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[ArimaModel]:
        """Search for the orders with statsforecast; the filter starts with an unknown level of each difference."""
        from statsforecast.arima import auto_arima_f

        period, wave, waves = _seasons(values, seasons)
        approximated = len(values) > _ROWS_FOR_EXACT_SEARCH or period > _SEASON_FOR_EXACT_SEARCH
        found = auto_arima_f(values, period=period, xreg=waves, nmodels=_MOST_MODELS, approximation=approximated)
        return _estimate(found, wave)

    def estimate_again(
        self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...], found: ArimaModel
    ) -> Estimate[ArimaModel]:
        """Estimate the coefficients for the orders of ``found``.

        If the seasons have changed or the estimation fails, search for new orders.
        """
        from statsforecast.arima import myarima

        p, d, q, seasonal_p, seasonal_d, seasonal_q, m = map(int, re.findall(r"\d+", found.form))
        period, wave, waves = _seasons(values, seasons)
        if (m, found.period) != (period, wave):
            return self.estimate(config, values, seasons)
        again = myarima(
            values,
            (p, d, q),
            {"order": (seasonal_p, seasonal_d, seasonal_q), "period": m},
            constant=found.form.endswith(_CONSTANT),
            xreg=waves,
        )
        # The search of statsforecast also skips such models: the estimation failed, or a root is on the unit circle.
        if not np.isfinite(again["ic"]):
            return self.estimate(config, values, seasons)
        return _estimate(again, wave)


def _seasons(values: Floats, seasons: tuple[int, ...]) -> tuple[int, int, Floats | None]:
    """Return the season of the seasonal orders, the season of the waves, and the waves ``(row, 2 · harmonic)``.

    Seasons are in rows, 1 for none. Without a season for them, the waves are None.
    """
    short = [season for season in seasons if season <= LONGEST_ARIMA_SEASON]
    long = [season for season in seasons if season > LONGEST_ARIMA_SEASON]
    period = short[-1] if short else 1
    wave = 1 if short or not long else long[0]
    return period, wave, waves_at(np.arange(1.0, len(values) + 1), wave, _HARMONICS) if wave > 1 else None


def _estimate(found: dict[str, Any], wave: int) -> Estimate[ArimaModel]:
    """Convert a model that statsforecast fitted; ``wave`` is the season of the model's waves in rows."""
    from statsforecast.arima import make_arima

    coefficients: dict[str, float] = {name: float(value) for name, value in found["coef"].items()}
    inner = found["model"]
    phi, theta, delta = (np.asarray(inner[name], dtype=np.float64) for name in ("phi", "theta", "delta"))
    p, q, seasonal_p, seasonal_q, m, d, seasonal_d = found["arma"]
    constant = _CONSTANT if {"intercept", "drift"} & set(coefficients) else ""
    model = ArimaModel(
        form=f"({p},{d},{q})({seasonal_p},{seasonal_d},{seasonal_q})[{m}]{constant}",
        mean=coefficients.get("intercept", 0.0),
        drift=coefficients.get("drift", 0.0),
        period=wave,
        phi=phi,
        theta=theta,
        delta=delta,
        waves=np.array([value for name, value in coefficients.items() if name.startswith("ex_")]),
    )
    start = make_arima(phi, theta, delta)
    return Estimate(model, np.concatenate([[1.0], start["a"], start["Pn"].ravel()]))
