"""A fitted forecaster of boosted trees, and its answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from azuraforge.apps.forecasting.baseline import Learned
from azuraforge.apps.forecasting.boosting.inputs import Inputs, Layout, Scales
from azuraforge.apps.forecasting.boosting.trees import Forest
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.adaptive import Start, adapted_levels, adaptive_offsets, past_part, score_table
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS
from azuraforge.plugins.forecasting.intervals import in_order, residual_quantiles
from azuraforge.plugins.forecasting.panels import known_series

#: The name of a single series among those of a version.
ALONE = ""
#: So many windows of a series weigh as much as all series together in the width of its intervals.
_WINDOWS_OF_ALL = 20
#: Examples that are read together.
_AT_ONCE = 40_000


@dataclass(frozen=True)
class Boosted:
    """A fitted forecaster.

    Attributes:
        horizon: rows ahead.
        layout: columns that the trees see.
        scales: name of a series → its scales; ``ALONE`` is the single one.
        starts: per forest the forecast that it corrects: ``last`` (the value at the origin) or ``ridge``.
        forests: as many.
        shares: of the forests in the forecast, with the sum 1.
        ridge: the ridge forecast, where a forest corrects it.
        spread: ``(level, horizon)`` offsets of the quantiles in units of a series' scale.
        widths: name of a series → factor of its offsets.
        table: ``(GRID, horizon)`` errors for adaptive intervals in units of a series' scale; empty if fixed.
        starts_of_levels: name of a series → where the levels of its adaptive intervals start to move.
    """

    horizon: int
    layout: Layout
    scales: Mapping[str, Scales]
    starts: tuple[str, ...]
    forests: tuple[Forest, ...]
    shares: tuple[float, ...]
    ridge: Learned | None
    spread: Floats
    widths: Mapping[str, float]
    table: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    starts_of_levels: Mapping[str, Start] = field(default_factory=dict)


def starts_of(fitted: Boosted, read: Inputs, part: Part, rows: Indices, steps: Indices) -> Floats:
    """Return ``(forest, example)``: the scaled forecasts that the forests correct."""
    found = []
    for start in fitted.starts:
        if start == "ridge" and fitted.ridge is not None:
            asked, place = np.unique(rows, return_inverse=True)
            ahead = {column: values[asked] for column, values in part.ahead.items()}
            some = replace(part, origins=part.origins[asked], targets=None, ahead=ahead)
            forecast = Ridge().forecast(fitted.ridge, some)[place, steps]
            found.append((forecast - read.scales.center) / read.scales.scale)
        else:
            found.append(read.last(rows))
    return np.stack(found)


def _point(fitted: Boosted, name: str, part: Part) -> Floats:
    """Return ``(origin, horizon)``: the forecasts in the series' scale."""
    horizon = fitted.horizon
    read = Inputs(fitted.layout, known_series(fitted.scales, name), part)
    point = np.empty((len(part.origins), horizon))
    size = max(1, _AT_ONCE // horizon)
    for start in range(0, len(part.origins), size):
        chosen = np.arange(start, min(start + size, len(part.origins)))
        rows, steps = np.repeat(chosen, horizon), np.tile(np.arange(horizon), len(chosen))
        inputs, starts = read.at(rows, steps), starts_of(fitted, read, part, rows, steps)
        total = np.zeros(len(rows))
        for begun, forest, share in zip(starts, fitted.forests, fitted.shares, strict=True):
            total += share * (begun + forest.predict(inputs))
        point[chosen] = total.reshape(len(chosen), horizon)
    return point


def calibrated(fitted: Boosted, checks: Mapping[str, Part], *, adaptive: bool) -> Boosted:
    """Return the forecaster with the spread of its errors on the validation part."""
    errors = {}
    for name, part in checks.items():
        scales = known_series(fitted.scales, name)
        errors[name] = (np.asarray(part.targets) - scales.center) / scales.scale - _point(fitted, name, part)
    everything = np.concatenate(list(errors.values()))
    typical = float(np.nanmean(np.square(everything)))
    widths = {}
    for name, own in errors.items():
        squares, windows = float(np.nansum(np.square(own))) / fitted.horizon, np.isfinite(own).sum() / fitted.horizon
        mean = (squares + _WINDOWS_OF_ALL * typical) / (windows + _WINDOWS_OF_ALL)
        widths[name] = math.sqrt(mean / typical) if typical > 0 and len(errors) > 1 else 1.0
    scaled = np.concatenate([own / widths[name] for name, own in errors.items()])
    spread = residual_quantiles(scaled, QUANTILE_LEVELS)
    enough = adaptive and bool(np.isfinite(scaled).any(axis=0).all())
    table = score_table(scaled) if enough else np.zeros((0, 0))
    return replace(fitted, spread=spread, widths=widths, table=table)


def answer(fitted: Boosted, name: str, part: Part) -> Predictions:
    """Return forecasts and quantiles for the origins of one series, in the target's unit."""
    point, scales = _point(fitted, name, part), known_series(fitted.scales, name)
    width = fitted.widths.get(name, 1.0)
    offsets = fitted.spread[:, None, :]
    levels = levels_of(fitted, name, part)
    if levels is not None:
        offsets = adaptive_offsets([fitted.table] * len(levels), levels)
    quantiles = in_order(point + width * offsets) * scales.scale + scales.center
    return Predictions(point * scales.scale + scales.center, dict(zip(QUANTILE_LEVELS, quantiles, strict=True)))


def levels_of(fitted: Boosted, name: str, part: Part) -> Floats | None:
    """Return the ``(level, origin, horizon)`` that adaptive intervals look up; None where intervals are fixed."""
    past = past_part(part, 0) if len(fitted.table) else None
    if past is None:
        return None
    scales, start = known_series(fitted.scales, name), known_series(fitted.starts_of_levels, name)
    truth = (start.unlearned(part, past) - scales.center) / scales.scale
    errors = (truth - _point(fitted, name, past)) / fitted.widths.get(name, 1.0)
    many = len(QUANTILE_LEVELS)
    return adapted_levels(
        [fitted.table] * many, [errors] * many, past.origins, part.origins, QUANTILE_LEVELS, start.levels
    )
