"""Linear forecast in closed form, whose residuals a network learns.

The coefficients come from ridge regression on the training windows, and the penalty is chosen on the validation set. A
network that contains this forecast as a frozen layer starts from it, so training only concerns the residuals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.windows import Examples, Single

#: Function from ``(window, known)`` to ``(example, input)``.
Flatten = Callable[[Single, Single], Single]
_CHUNK = 2048
_PENALTIES = tuple(10.0**power for power in range(-2, 7))


@dataclass(frozen=True)
class Line:
    """Linear forecast ``y = x @ weight.T + bias``.

    Attributes:
        weight: ``(horizon, input)``.
        bias: ``(horizon,)``.
        penalty: penalty of the ridge regression.
    """

    weight: Floats
    bias: Floats
    penalty: float


def fit_line(train: Examples, validation: Examples | None, flatten: Flatten, *, penalty: float | None = None) -> Line:
    """Fit a ridge regression of the targets on flattened windows, in float64, in one pass over each set.

    Sums of products are computed chunk by chunk, so that memory does not grow with the series. The validation error of
    each penalty is computed from the sums of the validation set.

    Args:
        train: training windows.
        validation: validation windows on which the penalty is chosen; not needed if ``penalty`` is given.
        flatten: function that flattens windows and known-ahead values to ``(example, input)``.
        penalty: penalty to use; None to choose one.

    Raises ValueError if both ``penalty`` and ``validation`` are None.
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
    """Return the centred sums x'x, x'y and y'y, the means of x and y, and the number of examples."""
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
