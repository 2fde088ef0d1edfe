"""Scores of a forecast's quantiles, computed by the platform in the unit of the target.

The *pinball loss* of a quantile is ``level * (truth - quantile)`` if the true value is above it, and
``(1 - level) * (quantile - truth)`` if it is below; its expectation is minimal for the true quantile.

The *CRPS* (continuous ranked probability score) is the integral of twice the pinball loss over all levels. Forecasters
return a few levels only, so it is approximated by the mean of twice their pinball losses. For symmetric levels with the
median, that is the weighted interval score (Bracher et al., "Evaluating epidemic forecasts in an interval format",
2021). Values are comparable only between forecasts with the same levels.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Predictions
from azuraforge.plugins.kinds.forecast.predictions import interval_of


class Scores(TypedDict):
    """Scores of quantiles; None or empty if there are no quantiles or no known true values.

    ``width`` is the mean width of the interval that ``interval_of`` returns, or None if it returns none. ``pinball``
    is the mean loss by level.
    """

    crps: float | None
    width: float | None
    pinball: dict[str, float]


def score(truth: Floats, predictions: Predictions) -> tuple[Scores, list[Scores]]:
    """Return the scores over all horizons together, and a list with the scores of each horizon.

    Args:
        truth: ``(origin, horizon)`` true values, NaN where missing.
        predictions: predictions of the same shape.

    Example:
        >>> made = Predictions(np.zeros((1, 1)), {0.1: -np.ones((1, 1)), 0.9: np.ones((1, 1))})
        >>> overall, _ = score(np.array([[3.0]]), made)
        >>> {level: round(value, 9) for level, value in overall["pinball"].items()}, overall["width"]
        ({'0.1': 0.4, '0.9': 1.8}, 2.0)
        >>> round(overall["crps"], 9)
        2.2
    """
    columns = [slice(step, step + 1) for step in range(truth.shape[1])]
    return _score(truth, predictions, slice(None)), [_score(truth, predictions, column) for column in columns]


def pinball(truth: Floats, quantile: Floats, level: float) -> Floats:
    """Return the pinball losses of one quantile, in the shape of ``truth``; NaN where the true value is missing."""
    above = truth - quantile
    return np.asarray(np.maximum(level * above, (level - 1.0) * above))


def _score(truth: Floats, predictions: Predictions, column: slice) -> Scores:
    actual = truth[:, column]
    known = np.isfinite(actual)
    if not known.any() or not predictions.quantiles:
        return {"crps": None, "width": None, "pinball": {}}
    losses = {
        level: float(pinball(actual[known], values[:, column][known], level).mean())
        for level, values in sorted(predictions.quantiles.items())
    }
    interval = interval_of(predictions)
    width = float((interval[2] - interval[1])[:, column][known].mean()) if interval else None
    crps = 2.0 * float(np.mean(list(losses.values())))
    return {"crps": crps, "width": width, "pinball": {f"{level:g}": loss for level, loss in losses.items()}}
