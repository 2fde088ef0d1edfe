"""Examples that the boosted trees learn from: an origin and a row ahead each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from azuraforge.apps.forecasting.boosting.fitted import ALONE, Boosted, starts_of
from azuraforge.apps.forecasting.boosting.growing import Examples
from azuraforge.apps.forecasting.boosting.inputs import Inputs
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Indices
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.panels import each, known_series


def series_of(part: Part) -> Iterator[tuple[str, Part]]:
    """Yield the name and the part of each series; ``ALONE`` and the part itself where there is one."""
    if part.schema.series is None:
        yield ALONE, part
        return
    for name, one, _ in each(part):
        yield name, one


def usable(part: Part) -> Indices:
    """Places of the origins that have all of their targets."""
    if part.targets is None:
        raise ValueError("a part without targets cannot be learned from")
    return np.flatnonzero(np.isfinite(part.targets).all(axis=1))


def examples(fitted: Boosted, parts: Mapping[str, Part], most: int) -> Examples:
    """Return at most ``most`` examples of all series, each step ahead equally often.

    Raises InvalidInput where no origin has all of its targets.
    """
    found = {name: usable(part) for name, part in parts.items()}
    horizon = fitted.horizon
    origins = sum(map(len, found.values()))
    if not origins:
        raise InvalidInput(
            "no origin to learn from has all of its targets",
            where="train, validation",
            next_step="choose a smaller horizon, or add rows without missing targets",
        )
    stride = _stride(origins * horizon, most, horizon)
    inputs, truth, starts = [], [], []
    first = 0
    for name, part in parts.items():
        count = len(found[name]) * horizon
        pairs = np.arange(-first % stride, count, stride)
        first += count
        if not len(pairs):
            continue
        rows, steps = found[name][pairs // horizon], pairs % horizon
        scales = known_series(fitted.scales, name)
        read = Inputs(fitted.layout, scales, part)
        inputs.append(read.at(rows, steps))
        truth.append((np.asarray(part.targets)[rows, steps] - scales.center) / scales.scale)
        starts.append(starts_of(fitted, read, part, rows, steps))
    return Examples(np.concatenate(inputs), np.concatenate(truth), list(np.concatenate(starts, axis=1)))


def _stride(pairs: int, most: int, horizon: int) -> int:
    """Return the step that keeps at most ``most`` of ``pairs`` and, having no factor in common with the horizon, takes
    each row ahead equally often."""
    stride = max(1, -(-pairs // most))
    while math.gcd(stride, horizon) > 1:
        stride += 1
    return stride
