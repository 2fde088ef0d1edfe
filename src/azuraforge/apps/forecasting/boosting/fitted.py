"""Fitted forecaster of boosted trees, and its predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from azuraforge.apps.forecasting.baseline import Learned
from azuraforge.apps.forecasting.boosting.inputs import ALONE, Inputs, Layout, Scales, blocks_of
from azuraforge.apps.forecasting.boosting.trees import Forest
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.adaptive import Start, adapted_levels, adaptive_offsets, error_table, past_part
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS
from azuraforge.plugins.forecasting.intervals import in_order, residual_quantiles
from azuraforge.plugins.forecasting.panels import known_series, predict_each

#: Weight of the errors of all series in the interval width of one series, as a number of its own windows.
_WINDOWS_OF_ALL = 20
#: Number of examples that are evaluated together.
_AT_ONCE = 40_000


@dataclass(frozen=True)
class Boosted:
    """Fitted forecaster of boosted trees.

    Attributes:
        horizon: number of rows ahead.
        layout: inputs of the trees.
        scales: scales of each series, by name; a single series is named ``ALONE``.
        starts: forecast that each forest corrects: ``last`` (the value at the origin), ``ridge``, ``level`` (the mean
            of the last season) or ``season`` (the mean at the same position of the last seasons).
        forests: one forest for each of ``starts``.
        shares: share of each forest in the forecast; the sum is 1.
        ridge: ridge forecast; None if no forest corrects it.
        spread: offsets of the quantiles, ``(level, horizon)``, in units of a series' scale.
        widths: factor of the offsets of each series, by name.
        table: errors for adaptive intervals, ``(GRID, horizon)``, in units of a series' scale; empty if fixed.
        starts_of_levels: starting point of the levels of adaptive intervals, by series.
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


def starts_of(fitted: Boosted, read: Inputs, rows: Indices, steps: Indices) -> Floats:
    """Return the scaled forecasts that each forest corrects, ``(forest, example)``."""
    found = []
    for start in fitted.starts:
        if start == "ridge" and fitted.ridge is not None:
            part = read.part
            asked, place = np.unique(rows, return_inverse=True)
            ahead = {column: values[asked] for column, values in part.ahead.items()}
            some = replace(part, origins=part.origins[asked], targets=None, ahead=ahead)
            forecast = Ridge().forecast(fitted.ridge, some)[place, steps]
            found.append((forecast - read.center[0]) / read.scale[0])
        elif start == "level":
            found.append(read.level(rows))
        elif start == "season":
            found.append(read.repeated(rows, steps))
        else:
            found.append(read.last(rows))
    return np.stack(found)


def _point(fitted: Boosted, read: Inputs) -> Floats:
    """Return the forecasts, ``(origin, horizon)``, in the scale of each series."""
    horizon, count = fitted.horizon, len(read.owners)
    point = np.empty((count, horizon))
    size = max(1, _AT_ONCE // horizon)
    for start in range(0, count, size):
        chosen = np.arange(start, min(start + size, count))
        rows, steps = np.repeat(chosen, horizon), np.tile(np.arange(horizon), len(chosen))
        inputs, starts = read.at(rows, steps), starts_of(fitted, read, rows, steps)
        total = np.zeros(len(rows))
        for begun, forest, share in zip(starts, fitted.forests, fitted.shares, strict=True):
            total += share * (begun + forest.predict(inputs))
        point[chosen] = total.reshape(len(chosen), horizon)
    return point


def calibrated(fitted: Boosted, check: Part, *, adaptive: bool) -> Boosted:
    """Return the forecaster with offsets, widths and error table from its errors on ``check``, the validation set.

    The table is empty, so that intervals are fixed, unless ``adaptive`` is set and every row ahead has a known error.
    """
    read = Inputs(fitted.layout, fitted.scales, check)
    owners = read.owners
    center, scale = read.center[owners, None], read.scale[owners, None]
    errors = (np.asarray(check.targets) - center) / scale - _point(fitted, read)
    typical, names = float(np.nanmean(np.square(errors))), blocks_of(read.part).names
    squares = np.bincount(owners, np.nansum(np.square(errors), axis=1)) / fitted.horizon
    windows = np.bincount(owners, np.isfinite(errors).sum(axis=1)) / fitted.horizon
    widths = np.ones(len(names))
    if typical > 0 and len(names) > 1:
        widths = np.sqrt((squares + _WINDOWS_OF_ALL * typical) / (windows + _WINDOWS_OF_ALL) / typical)
    scaled = errors / widths[owners, None]
    spread = residual_quantiles(scaled, QUANTILE_LEVELS)
    enough = adaptive and bool(np.isfinite(scaled).any(axis=0).all())
    table = error_table(scaled) if enough else np.zeros((0, 0))
    return replace(fitted, spread=spread, widths=dict(zip(names, widths.tolist(), strict=True)), table=table)


def answer(fitted: Boosted, part: Part) -> Predictions:
    """Return forecasts and quantiles for the origins of one or several series, in the unit of the target.

    A series that is not in the training data is forecast by the same trees, in a scale computed from its rows.
    """
    if part.schema.series is None:
        return _answer(fitted, part, None)
    blocks = blocks_of(part)
    names = {blocks.names[number] for number in np.unique(blocks.of_rows(part.origins)).tolist()}
    if len(fitted.table) or not names <= fitted.scales.keys():
        return predict_each(
            part,
            lambda name, one: _answer(fitted, one, name) if name in fitted.scales else _by_analogy(fitted, one),
        )
    return _answer(fitted, part, None)


def _by_analogy(fitted: Boosted, part: Part) -> Predictions:
    """Return forecasts of a series that is not in the training data; each origin is scaled by the rows up to it."""
    ratios = [scales.scale / abs(scales.center) for scales in fitted.scales.values() if scales.center]
    ratio = float(np.median(ratios)) if ratios else 1.0
    found = []
    for place, origin in enumerate(part.origins.tolist()):
        ahead = {name: values[place : place + 1] for name, values in part.ahead.items()}
        at, frame = np.array([origin], dtype=np.int64), part.frame.head(origin + 1)
        alone = Part(frame, part.schema, origin + 1, part.horizon, at, ahead=ahead)
        known = column_values(frame, part.schema.target)
        known = known[np.isfinite(known)]
        if known.size > 1 and not np.ptp(known):  # a constant series
            still = np.full((1, part.horizon), known[0])
            found.append(Predictions(still, dict.fromkeys(QUANTILE_LEVELS, still)))
            continue
        scales = Scales.learn(alone).drawn_to(ratio, origin + 1)
        found.append(_answer(replace(fitted, scales={ALONE: scales}, widths={}, table=np.zeros((0, 0))), alone, None))
    quantiles = {level: np.concatenate([one.quantiles[level] for one in found]) for level in QUANTILE_LEVELS}
    return Predictions(np.concatenate([one.point for one in found]), quantiles)


def _answer(fitted: Boosted, part: Part, alone: str | None) -> Predictions:
    """Return predictions like ``answer``; if ``alone`` is not None, the part contains only this series."""
    named = fitted if alone is None else _only(fitted, alone)
    read = Inputs(named.layout, named.scales, part)
    point, owners = _point(named, read), read.owners
    center, scale = read.center[owners, None], read.scale[owners, None]
    width = np.array([named.widths.get(name, 1.0) for name in blocks_of(read.part).names])[owners, None]
    offsets = named.spread[:, None, :]
    levels = levels_of(fitted, ALONE if alone is None else alone, part)
    if levels is not None:
        offsets = adaptive_offsets([named.table] * len(levels), levels)
    quantiles = in_order(point + width * offsets) * scale + center
    return Predictions(point * scale + center, dict(zip(QUANTILE_LEVELS, quantiles, strict=True)))


def levels_of(fitted: Boosted, name: str, part: Part) -> Floats | None:
    """Return the levels of one series' adaptive intervals, ``(level, origin, horizon)``.

    Returns None if intervals are fixed, or if the series has no rows before the origins from which to measure errors.
    Raises InvalidInput (``UNKNOWN_SERIES``) if the series was not learned.
    """
    past = past_part(part, 0) if len(fitted.table) else None
    if past is None:
        return None
    own, start = _only(fitted, name), known_series(fitted.starts_of_levels, name)
    read = Inputs(own.layout, own.scales, past)
    truth = (start.unlearned(part, past) - read.center[0]) / read.scale[0]
    errors = (truth - _point(own, read)) / own.widths[ALONE]
    many = len(QUANTILE_LEVELS)
    return adapted_levels(
        [own.table] * many, [errors] * many, past.origins, part.origins, QUANTILE_LEVELS, start.levels
    )


def _only(fitted: Boosted, name: str) -> Boosted:
    """Return the forecaster reduced to one of several series, which is then named ``ALONE``."""
    return replace(
        fitted, scales={ALONE: known_series(fitted.scales, name)}, widths={ALONE: fitted.widths.get(name, 1.0)}
    )
