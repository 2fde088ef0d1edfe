"""Theta method in its standard, optimized and dynamic forms.

Source: Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler, "Models for optimising the theta method and their
relationship to state space models", 2016; estimated by statsforecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from azuraforge.apps.forecasting.baseline import Learned
from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel, Walk
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.config import ForecastConfig

#: Number of first rows whose errors the estimation of statsforecast ignores.
_UNSEEN_ROWS = 3


@dataclass(frozen=True)
class ThetaModel(StateModel):
    """Frozen parameters of a Theta model.

    A state contains the level, the mean, the intercept and slope of the line, the number of rows seen, and the position
    in the season.

    Attributes:
        form: ``"STM"`` (standard), ``"OTM"`` (optimized), ``"DSTM"`` or ``"DOTM"`` (their dynamic variants).
        alpha: weight of a new value in the level.
        theta: parameter that determines the weight of the line in the forecast, ``1 − 1 / theta``.
        multiplicative: whether the seasonal indices are factors instead of summands.
        indices: seasonal indices of the training set, ``(season,)``; empty without a season.
    """

    form: str
    alpha: float
    theta: float
    multiplicative: bool
    indices: Floats

    @property
    def dynamic(self) -> bool:
        """Return whether the line is fitted to all values up to the origin instead of to the training set only."""
        return self.form.startswith("D")

    @property
    def season(self) -> int:
        """Length of the season in rows; 1 without a season."""
        return max(1, len(self.indices))

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Update level, mean and line with each value; a missing value is replaced by its forecast."""
        state = begin[None].copy()
        wanted = np.zeros(len(values), dtype=bool)
        wanted[at] = True
        adjusted = self._adjusted(values, int(begin[5]))
        kept = np.empty((len(at), 6))
        level, mean, intercept, slope, count, place = state[0].tolist()
        alpha, share, dynamic, period = self.alpha, 1 - 1 / self.theta, self.dynamic, self.season
        found = 0
        for row, value in enumerate(adjusted.tolist()):
            known = value == value
            if count == 0:
                if known:
                    mean = value
                    if dynamic:
                        intercept, slope = value, 0.0
                    level = alpha * value + (1 - alpha) * level
                    count = 1.0
            else:
                if not known:
                    fading = (1 - alpha) ** count
                    value = level + share * (intercept * fading + slope * (1 - fading * (1 - alpha)) / alpha)
                level = alpha * value + (1 - alpha) * level
                before, mean = mean, (count * mean + value) / (count + 1)
                if dynamic:
                    slope = ((count - 1) * slope + 6 * (value - before) / (count + 1)) / (count + 2)
                    intercept = mean - slope * (count + 2) / 2
                count += 1
            place = (place + 1) % period
            if wanted[row]:
                kept[found] = level, mean, intercept, slope, count, place
                found += 1
        return Walk(kept, np.array([level, mean, intercept, slope, count, place]))

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Forecast row by row, using each forecast as the next value, and restore the season."""
        level, mean, intercept, slope, count, place = (column.copy() for column in states.T)
        point = np.empty((len(states), horizon))
        alpha = self.alpha
        for step in range(horizon):
            fading = (1 - alpha) ** count
            value = level + (1 - 1 / self.theta) * (intercept * fading + slope * (1 - fading * (1 - alpha)) / alpha)
            point[:, step] = value
            level = alpha * value + (1 - alpha) * level
            before, mean = mean, (count * mean + value) / (count + 1)
            if self.dynamic:
                slope = ((count - 1) * slope + 6 * (value - before) / (count + 1)) / (count + 2)
                intercept = mean - slope * (count + 2) / 2
            count = count + 1
        if not len(self.indices):
            return point
        seasonal = self.indices[(place[:, None].astype(np.int64) + np.arange(horizon)) % self.season]
        return np.asarray(point * seasonal if self.multiplicative else point + seasonal)

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Shift level, mean and line to the first known value; keep the slope."""
        state = after.copy()
        state[5] = (after[5] + gap) % self.season
        adjusted = self._adjusted(values, int(state[5]))
        moved = float(adjusted[np.isfinite(adjusted)][0]) - after[0]
        state[[0, 1, 2]] += moved
        return state

    def _adjusted(self, values: Floats, place: int) -> Floats:
        """Return the seasonally adjusted values; ``place`` is the position of the first value in the season."""
        if not len(self.indices):
            return values
        seasonal = self.indices[(place + np.arange(len(values))) % self.season]
        return np.asarray(values / seasonal if self.multiplicative else values - seasonal)


class Theta(StateForecaster[ThetaModel]):
    """Forecaster that uses the form of the Theta method with the smallest error on the training set."""

    name: ClassVar[str] = "forecasting.theta"
    Model: ClassVar[type[StateModel]] = ThetaModel
    #: The estimation time of statsforecast grows with the square of the number of rows.
    most_rows: ClassVar[int] = 400
    most_series: ClassVar[int | None] = 2000
    title: ClassVar[dict[str, str]] = {"en": "Theta", "tr": "Theta"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Exponential smoothing combined with a trend line; uses the form with the smallest error.",
        "tr": "Bir eğilim doğrusuyla birleştirilen üstel düzleştirme; hatası en küçük olan biçimi kullanır.",
    }

    def settled(self, learned: Learned, config: ForecastConfig, train: Part) -> int:
        """Return the first row whose error the estimation uses; before it, the level may be far from the values."""
        first = super().settled(learned, config, train)
        return first + min(_UNSEEN_ROWS, (train.frame.height - first) // 4)

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[ThetaModel]:
        """Remove the season if the autocorrelation shows one, estimate all four forms, and return the best."""
        from statsforecast.theta import auto_theta
        from statsmodels.tsa.seasonal import seasonal_decompose

        period = seasons[0] if seasons else 1
        found = auto_theta(values, m=period)
        indices, multiplicative, adjusted = np.zeros(0), False, values
        if found.get("decompose", False):
            multiplicative = found["decomposition_type"] == "multiplicative"
            seasonal = seasonal_decompose(values, model=found["decomposition_type"], period=period).seasonal
            indices = np.asarray(seasonal[:period], dtype=np.float64)
            adjusted = values / seasonal if multiplicative else values - seasonal
        model = ThetaModel(
            form=str(found["modeltype"]),
            alpha=float(found["par"]["alpha"]),
            theta=float(found["par"]["theta"]),
            multiplicative=multiplicative,
            indices=indices,
        )
        rows = len(adjusted)
        numbers = np.arange(1, rows + 1)
        mean = float(adjusted.mean())
        slope = 6 * (2 * float(adjusted @ numbers) / rows - (rows + 1) * mean) / (rows**2 - 1)
        before = [found["par"]["initial_smoothed"], 0.0, mean - (rows + 1) * slope / 2, slope, 0.0, 0.0]
        return Estimate(model, np.array(before, dtype=np.float64))
