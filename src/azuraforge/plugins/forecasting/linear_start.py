"""A linear forecast in closed form, to which a network learns the nonlinear rest.

The coefficients come from ridge regression on the training windows, the penalty from the validation set. A network
that carries this layer frozen begins where the linear model ends, so training can only be about the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.windows import Examples, Single

#: ``(window, known) -> (example, input)``
Flatten = Callable[[Single, Single], Single]
_CHUNK = 2048
_PENALTIES = tuple(10.0**power for power in range(-2, 7))


@dataclass(frozen=True)
class Line:
    """``y = x @ weight.T + bias``: weight ``(horizon, input)``, bias ``(horizon,)``; the penalty that was chosen."""

    weight: Floats
    bias: Floats
    penalty: float


def fit_line(train: Examples, validation: Examples | None, flatten: Flatten, *, penalty: float | None = None) -> Line:
    """Fit a ridge regression of the targets on flattened windows, in float64, in one pass over each part.

    Sums of products are gathered chunk by chunk, so that memory does not grow with the series. For each penalty the
    validation error follows from the validation set's own sums; one of ``validation`` and ``penalty`` is given.
    """
    gram, cross, _, mean_x, mean_y, count = _sums(train, flatten)
    scale = np.sqrt(np.maximum(np.diag(gram) / count, 0.0))
    scale[scale <= 1e-9] = 1.0
    gram = gram / scale[:, None] / scale
    cross = cross / scale[:, None]
    values, vectors = np.linalg.eigh(gram)
    turned = vectors.T @ cross

    def line(penalty: float) -> Line:
        weight = ((vectors @ (turned / (np.maximum(values, 0.0) + penalty)[:, None])) / scale[:, None]).T
        return Line(weight, mean_y - weight @ mean_x, penalty)

    if penalty is not None:
        return line(penalty)
    if validation is None:
        raise ValueError("neither a penalty nor a part to choose it on")
    v_gram, v_cross, v_square, v_mean_x, v_mean_y, v_count = _sums(validation, flatten)
    best: tuple[float, Line] | None = None
    for each in map(line, _PENALTIES):
        weight = each.weight
        # Squared error on validation = spread around its means + the error of the means.
        spread = v_square - 2 * np.einsum("hi,ih->", weight, v_cross) + np.einsum("hi,ij,hj->", weight, v_gram, weight)
        shift = weight @ v_mean_x + each.bias - v_mean_y
        error = float(spread + v_count * np.square(shift).sum())
        if best is None or error < best[0]:
            best = (error, each)
    if best is None:
        raise ValueError("no penalty to choose from")
    return best[1]


def _sums(examples: Examples, flatten: Flatten) -> tuple[Floats, Floats, float, Floats, Floats, int]:
    """Return centred sums: x'x, x'y, y'y, and the means of x and y, and the count."""
    gram = cross = mean_x = mean_y = np.zeros(0)
    square, count = 0.0, 0
    for window, known, target in examples.chunks(_CHUNK):
        x, y = flatten(window, known).astype(np.float64), target.astype(np.float64)
        if not count:
            gram, cross = np.zeros((x.shape[1], x.shape[1])), np.zeros((x.shape[1], y.shape[1]))
            mean_x, mean_y = np.zeros(x.shape[1]), np.zeros(y.shape[1])
        gram += x.T @ x
        cross += x.T @ y
        square += float(np.square(y).sum())
        mean_x += x.sum(axis=0)
        mean_y += y.sum(axis=0)
        count += len(x)
    mean_x, mean_y = mean_x / count, mean_y / count
    gram -= count * np.outer(mean_x, mean_x)
    cross -= count * np.outer(mean_x, mean_y)
    return gram, cross, square - count * float(np.square(mean_y).sum()), mean_x, mean_y, count
