"""Examples for the boosted trees, each a pair of an origin and a row ahead."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.apps.forecasting.boosting.fitted import Boosted, starts_of
from azuraforge.apps.forecasting.boosting.growing import Examples
from azuraforge.apps.forecasting.boosting.inputs import Inputs
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Indices
from azuraforge.plugins.contract.parts import Part


def usable(part: Part) -> Indices:
    """Return the indices of the origins whose targets are all known. Raises ValueError if the part has no targets."""
    if part.targets is None:
        raise ValueError("a part without targets cannot be learned from")
    return np.flatnonzero(np.isfinite(part.targets).all(axis=1))


def examples(fitted: Boosted, part: Part, most: int) -> Examples:
    """Return at most ``most`` examples from all series, with each row ahead about equally often.

    Raises InvalidInput if no target is known.
    """
    targets, horizon = np.asarray(part.targets), fitted.horizon
    known = np.flatnonzero(np.isfinite(targets).reshape(-1))
    if not len(known):
        raise InvalidInput(
            "the training or the validation set has no known target",
            where="train, validation",
            next_step="choose a smaller horizon, or add rows without missing targets",
        )
    pairs = known[:: _stride(len(known), most, horizon)]
    rows, steps = pairs // horizon, pairs % horizon
    read = Inputs(fitted.layout, fitted.scales, part)
    owners = read.owners[rows]
    truth = (targets[rows, steps] - read.center[owners]) / read.scale[owners]
    return Examples(read.at(rows, steps), truth, list(starts_of(fitted, read, rows, steps)))


def _stride(pairs: int, most: int, horizon: int) -> int:
    """Return the step with which to take at most ``most`` of ``pairs`` pairs.

    The step has no factor in common with the horizon, so that each row ahead is taken equally often.
    """
    stride = max(1, -(-pairs // most))
    while math.gcd(stride, horizon) > 1:
        stride += 1
    return stride
