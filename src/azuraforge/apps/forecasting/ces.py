"""Complex exponential smoothing: one complex-valued level, so that no choice between trend and no trend is needed.

Source: Svetunkov, Kourentzes and Ord, "Complex exponential smoothing", 2022; estimated by statsforecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel, Walk
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.forecasting.config import ForecastConfig

#: Number of parts of a state: real and imaginary part of the level and of the season.
_PARTS = 4

#: A single value, or an array with one value for each origin.
Number = TypeVar("Number", float, Floats)


@dataclass(frozen=True)
class ComplexSmoothing(StateModel):
    """Frozen parameters of complex exponential smoothing.

    A state is a flattened ``(part, season)`` array: the values of each part over the last season, oldest first.

    Attributes:
        form: ``"N"`` (no season), ``"S"`` (seasonal level), ``"P"`` (real season) or ``"F"`` (complex season).
        period: length of the season in rows; 1 without a season.
        alpha_real, alpha_imaginary: weights of an error in the level.
        beta_real, beta_imaginary: weights of an error in the season.
    """

    form: str
    period: int
    alpha_real: float
    alpha_imaginary: float
    beta_real: float
    beta_imaginary: float

    @property
    def season(self) -> int:
        """Length of the season in rows; 1 without a season."""
        return self.period

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Update the level and the season with each value; a missing value counts as equal to its forecast."""
        parts = [[*part.tolist(), *([0.0] * len(values))] for part in begin.reshape(_PARTS, self.period)]
        for row, value in enumerate(values.tolist(), self.period):
            error = value - self._expected(parts, row)
            self._step(parts, row, 0.0 if error != error else error)
        windows = at[:, None] + 1 + np.arange(self.period)
        kept = np.concatenate([np.array(part)[windows] for part in parts], axis=1)
        return Walk(kept, np.concatenate([np.array(part[len(values) :]) for part in parts]))

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Apply the recursion without errors."""
        zeros = np.zeros(len(states))
        parts = [[*part, *([zeros] * horizon)] for part in states.T.reshape(_PARTS, self.period, len(states))]
        point = np.empty((len(states), horizon))
        for step in range(horizon):
            point[:, step] = self._expected(parts, self.period + step)
            self._step(parts, self.period + step, 0.0)
        return point

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Rotate the season by ``gap`` rows and shift the level to the first known value."""
        parts = np.roll(after.reshape(_PARTS, self.period), -gap, axis=1)
        if self.form != "S":  # the level does not depend on the place in the season
            parts[:2] = after.reshape(_PARTS, self.period)[:2, -1:]
        first = int(np.argmax(np.isfinite(values)))
        expected = float(parts[0, first % self.period] + (parts[2, first % self.period] if self.form in "PF" else 0.0))
        parts[0] += float(values[first]) - expected
        return parts.ravel()

    def _expected(self, parts: list[list[Number]], row: int) -> Number:
        """Return the expected value at ``row``, computed from the parts at earlier rows."""
        level = parts[0][row - (self.period if self.form == "S" else 1)]
        return level + parts[2][row - self.period] if self.form in "PF" else level

    def _step(self, parts: list[list[Number]], row: int, error: float) -> None:
        """Set the parts at ``row`` from the parts at earlier rows and the error at ``row``."""
        real, imaginary, season, quadrature = parts
        back = row - self.period
        level = back if self.form == "S" else row - 1
        first, second = self.alpha_real, self.alpha_imaginary
        real[row] = real[level] - (1 - second) * imaginary[level] + (first - second) * error
        imaginary[row] = real[level] + (1 - first) * imaginary[level] + (first + second) * error
        if self.form == "P":
            season[row] = season[back] + self.beta_real * error
        elif self.form == "F":
            first, second = self.beta_real, self.beta_imaginary
            season[row] = season[back] - (1 - second) * quadrature[back] + (first - second) * error
            quadrature[row] = season[back] + (1 - first) * quadrature[back] + (first + second) * error


class ComplexExponentialSmoothing(StateForecaster[ComplexSmoothing]):
    """Forecaster that uses complex exponential smoothing; AICc chooses the form of the season."""

    name: ClassVar[str] = "forecasting.ces"
    Model: ClassVar[type[StateModel]] = ComplexSmoothing
    most_series: ClassVar[int | None] = 20_000
    title: ClassVar[dict[str, str]] = {
        "en": "Complex exponential smoothing (CES)",
        "tr": "Karmaşık üstel düzleştirme (CES)",
    }
    summary: ClassVar[dict[str, str]] = {
        "en": "One complex-valued level replaces level and trend; AICc chooses the form of the season.",
        "tr": "Düzey ile eğilimin yerine karmaşık değerli tek bir düzey kullanır; mevsimin biçimini AICc seçer.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[ComplexSmoothing]:
        """Estimate the four forms, only ``"N"`` without a season, and keep the one with the lowest AICc."""
        from statsforecast.ces import cesmodel

        period, unknown = seasons[0] if seasons else 1, [None] * 4
        tried = [cesmodel(values, period, form, *unknown, 3) for form in ("NSPF" if seasons else "N")]
        # The automatic choice of statsforecast fails if a form fits perfectly, because its AICc is minus infinity.
        found = min(tried, key=lambda each: float("inf") if np.isnan(each["aicc"]) else each["aicc"])
        form, weights = str(found["seasontype"]), found["par"]
        period = 1 if form == "N" else period
        model = ComplexSmoothing(
            form,
            period,
            *(float(np.nan_to_num(weights[name])) for name in ("alpha_0", "alpha_1", "beta_0", "beta_1")),
        )
        before = np.zeros((_PARTS, period))
        states = np.asarray(found["states"], dtype=np.float64)[:period].T
        before[: len(states)] = states
        return Estimate(model, before.ravel())
