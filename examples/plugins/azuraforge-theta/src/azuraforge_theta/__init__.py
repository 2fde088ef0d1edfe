"""The Theta method: half of the linear trend, added to exponential smoothing of what the season leaves.

Source: Assimakopoulos and Nikolopoulos, "The theta model: a decomposition approach to forecasting", 2000, in the form
of Hyndman and Billah, "Unmasking the Theta method", 2003.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins import (
    QUANTILE_LEVELS,
    ForecastConfig,
    Part,
    Pipeline,
    Predictions,
    RunContext,
    Split,
    Table,
    chronological_split,
)
from azuraforge.plugins.forecasting.calendar import Clock, moments_of
from azuraforge.plugins.forecasting.channels import column_values, filled
from azuraforge.plugins.forecasting.intervals import in_order, residual_quantiles

Floats = NDArray[np.float64]


class ThetaConfig(ForecastConfig):
    """The task's own settings and two of ours."""

    trend_share: Annotated[float, Field(default=0.5, ge=0, le=1, description="Share of the linear trend that goes on")]
    use_season: Annotated[bool, Field(default=True, description="Take the season out first, and put it back")]


@dataclass
class ThetaState:
    """What is learned: the smoothing share, the slope, the season's profile and where it begins, the interval."""

    alpha: float
    slope: float
    first: float
    season: Floats
    clock: Clock
    start: int
    spread: Floats


class Theta(Pipeline[ThetaConfig, ThetaState]):
    """The Theta method with an additive season."""

    kind = "forecast"
    uses_engine = False  # it computes with NumPy alone
    Config = ThetaConfig
    title: ClassVar[dict[str, str]] = {"en": "Theta", "tr": "Theta"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Half of the linear trend on exponential smoothing; the method that won the M3 competition.",
        "tr": "Üstel düzleştirmeye eklenen yarım doğrusal eğilim; M3 yarışmasını kazanan yöntem.",
    }

    def split(self, table: Table, config: ThetaConfig) -> Split:
        """In order of time; two whole seasons to learn the profile from."""
        return chronological_split(table, config, window=2 * config.season_of(table.schema))

    def fit(self, run: RunContext[ThetaConfig], train: Part, validation: Part) -> ThetaState:
        """Parameters from the training part, the interval from errors on the validation part."""
        config, schema = run.config, train.schema
        values = column_values(train.frame, schema.target)
        known = values[np.isfinite(values)]
        values = filled(values, float(known[0]))
        period = config.season_of(schema) if config.use_season else 1
        season = seasonal_profile(values, period)
        flat = values - season[np.arange(len(values)) % period]
        slope = config.trend_share * float(np.polyfit(np.arange(len(flat)), flat, 1)[0])
        errors = {share: one_step_error(flat, share, slope) for share in np.linspace(0.02, 1.0, 50).tolist()}
        state = ThetaState(
            alpha=min(errors, key=lambda share: errors[share]),
            slope=slope,
            first=float(known[0]),
            season=season,
            clock=Clock.learn(train.frame, schema),
            start=int(moments_of(train.frame, schema)[0]),
            spread=np.zeros((len(QUANTILE_LEVELS), train.horizon)),
        )
        run.log(1, one_step_error=errors[state.alpha])
        run.progress(1, 1)
        assert validation.targets is not None
        state.spread = residual_quantiles(validation.targets - self._point(state, validation), QUANTILE_LEVELS)
        return state

    def predict(self, predictor: ThetaState, part: Part) -> Predictions:
        """The smoothed level at each origin goes on along the slope, and the season is put back."""
        point = self._point(predictor, part)
        quantiles = in_order(point + predictor.spread[:, None, :])
        return Predictions(point, dict(zip(QUANTILE_LEVELS, quantiles, strict=True)))

    def save(self, predictor: ThetaState, folder: Path) -> None:
        """Arrays as safetensors, the rest as JSON: nothing else may stand in a version."""
        arrays = {"season": predictor.season, "spread": predictor.spread}
        save_safetensors(folder / "weights.safetensors", arrays)
        fields: dict[str, Any] = {name: value for name, value in vars(predictor).items() if name not in arrays}
        fields["clock"] = asdict(predictor.clock)
        (folder / "preprocessing.json").write_text(json.dumps(fields, sort_keys=True))

    def load(self, folder: Path) -> ThetaState:
        """What ``save`` wrote, to the bit."""
        arrays, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        fields = json.loads((folder / "preprocessing.json").read_text())
        fields["clock"] = Clock.from_dict(fields["clock"])
        return ThetaState(**{**fields, **arrays})

    def _point(self, state: ThetaState, part: Part) -> Floats:
        period = len(state.season)
        # Where in the season the frame begins; a caller's own rows need not begin where training began.
        begin = state.clock.rows_between(state.start, int(moments_of(part.frame, part.schema)[0]))
        phases = (begin + np.arange(part.frame.height)) % period
        values = filled(column_values(part.frame, part.schema.target), state.first)
        level = smoothed(values - state.season[phases], state.alpha, state.slope)
        steps = np.arange(1, part.horizon + 1)
        ahead = (begin + part.origins[:, None] + steps) % period
        return np.asarray(level[part.origins][:, None] + state.slope * steps + state.season[ahead])


def seasonal_profile(values: Floats, period: int) -> Floats:
    """``(period,)``: the mean distance of each place in the season from a moving average over one season."""
    if period < 2 or len(values) < 2 * period:
        return np.zeros(max(period, 1))
    weights = np.ones(period) / period
    if period % 2 == 0:
        weights = np.convolve(weights, [0.5, 0.5])
    trend = np.convolve(values, weights, mode="valid")
    margin = (len(values) - len(trend)) // 2
    rows = np.arange(margin, margin + len(trend))
    distance = values[rows] - trend
    profile = np.array([distance[rows % period == place].mean() for place in range(period)])
    return np.asarray(profile - profile.mean())


def smoothed(values: Floats, alpha: float, slope: float) -> Floats:
    """``(row,)``: simple exponential smoothing that drifts by ``slope`` from row to row; each uses its past only."""
    levels = np.empty(len(values))
    level = float(values[0])
    for row, value in enumerate(values.tolist()):
        expected = level + slope if row else level
        level = expected + alpha * (value - expected)
        levels[row] = level
    return levels


def one_step_error(values: Floats, alpha: float, slope: float) -> float:
    """Mean squared error of forecasting each row from the one before."""
    return float(np.square(values[1:] - smoothed(values, alpha, slope)[:-1] - slope).mean())
