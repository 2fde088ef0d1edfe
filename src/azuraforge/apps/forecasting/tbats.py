"""Complex seasonality: trigonometric seasons, Box-Cox, trend (TBATS).

Source: De Livera, Hyndman and Snyder, "Forecasting time series with complex seasonal patterns using exponential
smoothing", 2011; estimated by statsforecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel, Walk
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.forecasting.config import ForecastConfig

#: Maximum number of rows for which all forms (with or without Box-Cox, trend and damping) are tried.
_ROWS_FOR_ALL_FORMS = 300


@dataclass(frozen=True)
class Tbats(StateModel):
    """TBATS model in innovations form.

    The expected value is ``reading · state``; at each row, the state becomes ``transition · state + share · error``.

    Attributes:
        power: exponent (lambda) of the Box-Cox transformation; None without a transformation.
        floor: replacement for values that are not positive, which the transformation does not allow.
        longest: length of the longest season in rows; 1 without a season.
        transition: transition matrix, ``(state, state)``.
        reading: observation vector, ``(state,)``.
        share: weights of an error in the state, ``(state,)``.
    """

    power: float | None
    floor: float
    longest: int
    transition: Floats
    reading: Floats
    share: Floats

    @property
    def season(self) -> int:
        """Length of the longest season in rows."""
        return self.longest

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Apply the transition at each row and correct the state by the weighted error."""
        state = begin
        wanted = np.zeros(len(values), dtype=bool)
        wanted[at] = True
        kept = np.empty((len(at), len(begin)))
        place = 0
        for row, value in enumerate(self._forward(values).tolist()):
            error = value - float(self.reading @ state)
            state = self.transition @ state
            if error == error:
                state = state + self.share * error
            if wanted[row]:
                kept[place] = state
                place += 1
        return Walk(kept, state)

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Apply the transition without errors, and invert the Box-Cox transformation."""
        reading = np.empty((horizon, len(self.reading)))
        row = self.reading
        for step in range(horizon):
            reading[step] = row
            row = row @ self.transition
        return self._backward(states @ reading.T)

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Advance the state by ``gap`` rows and shift the level to the first known value.

        A negative gap is taken modulo the longest season.
        """
        turns = gap if gap >= 0 else gap % self.longest
        state = np.linalg.matrix_power(self.transition, turns) @ after
        transformed = self._forward(values)
        state[0] += float(transformed[np.isfinite(transformed)][0]) - float(self.reading @ state)
        return state

    def _forward(self, values: Floats) -> Floats:
        if self.power is None:
            return values
        positive = np.where(values > 0, values, np.where(np.isfinite(values), self.floor, np.nan))
        if self.power == 0:
            return np.log(positive)
        return np.asarray((positive**self.power - 1) / self.power)

    def _backward(self, values: Floats) -> Floats:
        if self.power is None:
            return values
        if self.power == 0:
            return np.exp(values)
        return np.asarray(np.maximum(self.power * values + 1, 0.0) ** (1 / self.power))


class TbatsForecaster(StateForecaster[Tbats]):
    """Forecaster that models long seasons by a few trigonometric terms, updated at each row like the level."""

    name: ClassVar[str] = "forecasting.tbats"
    Model: ClassVar[type[StateModel]] = Tbats
    fewest_rows: ClassVar[int] = 16
    most_rows: ClassVar[int] = 1000
    longest_season: ClassVar[int] = 2000
    most_series: ClassVar[int | None] = 100
    title: ClassVar[dict[str, str]] = {"en": "Complex seasons (TBATS)", "tr": "Karmaşık mevsimler (TBATS)"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Several long seasons as trigonometric terms; AIC chooses Box-Cox, trend and damping.",
        "tr": "Birden çok uzun mevsimi trigonometrik terimlerle modeller; Box-Cox, eğilim ve sönümü AIC seçer.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[Tbats]:
        """Estimate the forms and choose one by AIC.

        Box-Cox is tried only if all values are positive. Above ``_ROWS_FOR_ALL_FORMS`` rows, only the form with a
        damped trend and without Box-Cox is estimated.
        """
        from statsforecast.tbats import tbats_selection

        all_forms = len(values) <= _ROWS_FOR_ALL_FORMS
        found = tbats_selection(
            values,
            np.array(seasons or (1,)),
            use_boxcox=None if all_forms and values.min() > 0 else False,
            bc_lower_bound=0.0,
            bc_upper_bound=1.0,
            use_trend=None if all_forms else True,
            use_damped_trend=None if all_forms else True,
            use_arma_errors=False,
        )
        power = found["BoxCox_lambda"]
        model = Tbats(
            power=None if power is None else float(power),
            floor=float(values.min()),
            longest=max(seasons, default=1),
            transition=np.asarray(found["F"], dtype=np.float64),
            reading=np.asarray(found["w_transpose"], dtype=np.float64).ravel(),
            share=np.asarray(found["g"], dtype=np.float64).ravel(),
        )
        return Estimate(model, np.asarray(found["seed_states"], dtype=np.float64).ravel())
