"""Scaled errors, which are comparable across series and defined even if most values are 0.

RMSSE and the scaled pinball loss are those of the M5 competition (Makridakis, Spiliotis and Assimakopoulos, "The M5
competition: background, organization, and implementation", 2022). Errors are divided by the mean change from one row to
the next in the training set, starting at the first value other than zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.kinds.forecast.facts import RMSSE, SCALED_PINBALL
from azuraforge.plugins.kinds.forecast.metrics import INTERMITTENT_SHARE
from azuraforge.plugins.kinds.forecast.probabilistic import pinball


@dataclass(frozen=True)
class Scales:
    """The scales of a test set's errors: the mean change from row to row in the training set.

    Attributes:
        squared: ``(origin,)`` mean squared change of each origin's series; NaN if it is zero or unknown.
        absolute: ``(origin,)`` mean absolute change of each origin's series; NaN if it is zero or unknown.
        zeros: share of zeros among the known values of the training set.
    """

    squared: Floats
    absolute: Floats
    zeros: float

    @classmethod
    def of(cls, train: Part, test: Part) -> Scales:
        """Return the scales of the test set's origins, computed from the training rows of each origin's series."""
        values = column_values(train.frame, train.schema.target)
        if test.schema.series is None:
            own = values[train.start :]
            squared, absolute = step_sizes(own)
            count = len(test.origins)
            return cls(np.full(count, squared), np.full(count, absolute), _zeros(own))
        learned, asked = (Blocks.of(part.frame, str(part.schema.series)) for part in (train, test))
        names = {asked.names[place] for place in np.unique(asked.of_rows(test.origins)).tolist()}
        spans = zip(learned.names, learned.first.tolist(), learned.stop.tolist(), strict=True)
        rows = {name: values[first:stop] for name, first, stop in spans if name in names}
        sizes = {name: step_sizes(own) for name, own in rows.items()}
        of_series = np.array([sizes.get(name, (np.nan, np.nan)) for name in asked.names])[asked.of_rows(test.origins)]
        return cls(of_series[:, 0], of_series[:, 1], _zeros(np.concatenate([*rows.values(), np.zeros(0)])))

    @property
    def intermittent(self) -> bool:
        """Return whether so many values are zero that contenders are compared by scaled errors."""
        return self.zeros >= INTERMITTENT_SHARE

    def losses(self, metric: str, truth: Floats, predictions: Predictions) -> Floats:
        """Return the losses by ``metric``, ``(origin, horizon)``, NaN where unknown.

        Args:
            metric: ``rmsse`` for scaled squared errors; otherwise scaled pinball losses are returned, which are NaN if
                there are no quantiles.
            truth: ``(origin, horizon)`` true values, NaN where missing.
            predictions: predictions of the same shape.
        """
        if metric == RMSSE.name:
            return np.asarray(np.square(predictions.point - truth) / self.squared[:, None])
        if not predictions.quantiles:
            return np.full(truth.shape, np.nan)
        levels = [pinball(truth, values, level) for level, values in predictions.quantiles.items()]
        return np.asarray(np.mean(levels, axis=0) / self.absolute[:, None])

    def measure(self, truth: Floats, predictions: Predictions, owners: Indices | None) -> dict[str, float | None]:
        """Return RMSSE and the scaled pinball loss by name; for a panel, each is the mean over its series.

        ``owners`` is the series index of each origin, ``(origin,)``; None for a single series.
        """
        return {metric.name: self.score(metric, truth, predictions, owners) for metric in (RMSSE, SCALED_PINBALL)}

    def score(
        self, metric: MetricFacts, truth: Floats, predictions: Predictions, owners: Indices | None
    ) -> float | None:
        """Return the value of ``metric``, for a panel the mean over its series; None if no loss is known.

        ``owners`` is the series index of each origin, ``(origin,)``; None for a single series.
        """
        return _score(metric, self.losses(metric.name, truth, predictions), owners)


def step_sizes(values: Floats) -> tuple[float, float]:
    """Return the mean squared and the mean absolute change between neighbouring known values.

    Values before the first nonzero value are ignored. Both are NaN if there is no change.

    Example:
        >>> step_sizes(np.array([0.0, 0.0, 2.0, 0.0, np.nan, 3.0, 4.0]))
        (2.5, 1.5)
    """
    begun = np.flatnonzero(np.isfinite(values) & (values != 0))
    steps = np.diff(values[begun[0] :]) if len(begun) else np.zeros(0)
    steps = steps[np.isfinite(steps)]
    if not steps.size or not steps.any():
        return float("nan"), float("nan")
    return float(np.square(steps).mean()), float(np.abs(steps).mean())


def _zeros(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float((known == 0).mean()) if known.size else 0.0


def _score(metric: MetricFacts, losses: Floats, owners: Indices | None) -> float | None:
    if owners is None:
        return metric.score(losses)
    known = np.isfinite(losses)
    counts = np.bincount(owners, known.sum(axis=1))
    total = np.bincount(owners, np.where(known, losses, 0.0).sum(axis=1))
    means = total[counts > 0] / counts[counts > 0]
    root = metric.pairing is not None and metric.pairing.mean == "root"
    return float((np.sqrt(means) if root else means).mean()) if means.size else None
