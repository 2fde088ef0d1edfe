"""Scores of a panel's forecasts: over all series, for each series, and as losses for the gate.

In overall scores, every value has the same weight and the unit of the target, so RMSE and MAE depend most on large
series. MASE is independent of scale; overall, it is the mean of the series' MASE. R² uses deviations from the mean of
each series, because differences between the levels of series are easy to predict.

The gate compares contenders by moments: the errors of all series at one moment form one row of its losses. Blocks of
moments are resampled with all series, so that correlated errors of several series do not count as independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.evaluation import SeriesScores
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.kinds.forecast.metrics import Metrics, measure, measure_all, seasonal_scale, skill
from azuraforge.plugins.kinds.forecast.predictions import interval_of

ScalarT = TypeVar("ScalarT", bound=np.generic)

#: Maximum number of series in a run's table; if there are more, the worst are shown.
MOST_SERIES = 200


def origins_of(predictions: Predictions, at: Indices) -> Predictions:
    """Return the predictions for the origins with the indices ``at``, ``(origin,)``."""
    quantiles = {level: values[at] for level, values in predictions.quantiles.items()}
    return Predictions(predictions.point[at], quantiles, None if predictions.base is None else predictions.base[at])


@dataclass(frozen=True)
class Panel:
    """The series and moments of the origins of a test set.

    Attributes:
        members: series name → indices of its origins in the part.
        scales: series name → denominator of MASE from its training rows; None if undefined.
        owners: ``(origin,)`` index of the origin's series in ``members``.
        moment: ``(origin,)`` index of the origin's time among the distinct times of all origins.
        rank: ``(origin,)`` position of the origin among the origins of the same time.
    """

    members: dict[str, Indices]
    scales: dict[str, float | None]
    owners: Indices
    moment: Indices
    rank: Indices

    @classmethod
    def of(cls, test: Part, scales: Mapping[str, float | None]) -> Panel:
        """Return the series and moments of a test set; ``scales`` are the ``series_scales`` of the training set."""
        blocks = Blocks.of(test.frame, str(test.schema.series))
        found, owners = np.unique(blocks.of_rows(test.origins), return_inverse=True)
        order = np.argsort(owners, kind="stable")
        places = np.split(order, np.searchsorted(owners[order], np.arange(1, len(found))))
        members = {blocks.names[number]: at for number, at in zip(found.tolist(), places, strict=True)}
        _, moment = np.unique(moments_of(test.frame, test.schema)[test.origins], return_inverse=True)
        order = np.argsort(moment, kind="stable")
        first = np.searchsorted(moment[order], moment[order])
        rank = np.empty(len(moment), dtype=np.int64)
        rank[order] = np.arange(len(moment)) - first
        own = {name: scales[name] for name in members}
        return cls(members, own, owners.astype(np.int64), moment.astype(np.int64), rank)

    def by_moment(self, values: NDArray[ScalarT], missing: float) -> NDArray[ScalarT]:
        """Return ``values``, ``(origin, horizon)``, rearranged as ``(moment, series * horizon)``.

        The origins of a moment are packed side by side, so a column may contain different series at different moments;
        the remaining places of a moment have the value ``missing``.
        """
        horizon, across = values.shape[1], int(self.rank.max(initial=0)) + 1
        packed = np.full((int(self.moment.max(initial=-1)) + 1, across, horizon), missing, dtype=values.dtype)
        packed[self.moment, self.rank] = values
        return packed.reshape(len(packed), across * horizon)

    def all_at_moment(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a ``(moment,)`` mask of the moments at which ``flags``, ``(origin,)``, is True for all origins."""
        return np.asarray(self.by_moment(flags[:, None], True).all(axis=1))

    def measure(self, truth: Floats, predictions: Predictions) -> tuple[Metrics, list[Metrics], dict[str, Metrics]]:
        """Return the overall metrics, a list with the metrics of each horizon, and series name → metrics.

        Args:
            truth: ``(origin, horizon)`` true values, NaN where missing.
            predictions: predictions of the same shape.
        """
        overall, horizons = measure(truth, predictions, None)
        alone = measure_each(truth, predictions, self.owners, list(self.scales.values()))
        error, known = predictions.point - truth, np.isfinite(truth)
        count = np.bincount(self.owners, known.sum(axis=1), len(self.members))
        total = np.bincount(self.owners, np.where(known, truth, 0.0).sum(axis=1), len(self.members))
        within = truth - (total / np.maximum(count, 1))[self.owners, None]
        scale = np.array([each or np.nan for each in self.scales.values()], dtype=np.float64)
        overall |= {"mase": _mean([each["mase"] for each in alone]), "r2": _r2(within, error)}
        for step, row in enumerate(horizons):
            size = np.where(known[:, step], np.abs(error[:, step]), 0.0)
            seen = np.bincount(self.owners, known[:, step], len(self.members))
            mine = np.bincount(self.owners, size, len(self.members))[seen > 0] / (seen * scale)[seen > 0]
            mase = float(np.nanmean(mine)) if np.isfinite(mine).any() else None
            row |= {"mase": mase, "r2": _r2(within[:, step], error[:, step])}
        return overall, horizons, dict(zip(self.members, alone, strict=True))


def measure_each(
    truth: Floats, predictions: Predictions, owners: Indices, scales: Sequence[float | None]
) -> list[Metrics]:
    """Return the metrics of each series, in the order of ``scales``, as ``metrics.measure_all`` computes them.

    Args:
        truth: ``(origin, horizon)`` true values, NaN where missing.
        predictions: predictions of the same shape.
        owners: ``(origin,)`` index of each origin's series in ``scales``.
        scales: ``(series,)`` denominators of MASE; None if undefined.
    """
    interval = interval_of(predictions)
    order = np.argsort(owners, kind="stable")
    borders = np.searchsorted(owners[order], np.arange(len(scales) + 1)).tolist()
    actual, point = truth[order], predictions.point[order]
    ends = None if interval is None else (interval[1][order], interval[2][order])
    return [
        measure_all(actual[rows], point[rows], None if ends is None else (ends[0][rows], ends[1][rows]), scale)
        for rows, scale in zip(map(slice, borders[:-1], borders[1:]), scales, strict=True)
    ]


def series_scales(train: Part, season: int) -> dict[str, float | None]:
    """Return series name → denominator of MASE, from the training set; None if undefined."""
    blocks = Blocks.of(train.frame, str(train.schema.series))
    values = column_values(train.frame, train.schema.target)
    borders = zip(blocks.names, blocks.first.tolist(), blocks.stop.tolist(), strict=True)
    return {name: seasonal_scale(values[first:stop], season) for name, first, stop in borders}


def series_table(panel: Panel, candidate: dict[str, Metrics], baseline: dict[str, Metrics]) -> list[SeriesScores]:
    """Return the scores of each series in descending order of the candidate's MASE.

    Args:
        panel: series and origins of the test set.
        candidate, baseline: series name → metrics of the candidate and of the best baseline.
    """
    rows: list[SeriesScores] = []
    for name, at in panel.members.items():
        mine, theirs = candidate[name], baseline[name]
        rows.append(
            SeriesScores(
                series=name,
                origins=len(at),
                mase=mine["mase"],
                rmse=mine["rmse"],
                coverage=mine["coverage"],
                baseline_mase=theirs["mase"],
                baseline_rmse=theirs["rmse"],
                skill=skill(mine["rmse"], theirs["rmse"]),
            )
        )
    return sorted(rows, key=lambda row: -1.0 if row.mase is None else row.mase, reverse=True)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _r2(within: Floats, error: Floats) -> float | None:
    known = np.isfinite(within)
    spread = float(np.square(within[known]).sum())
    value = 1 - float(np.square(error[known]).sum()) / spread if spread > 0 else float("nan")
    return value if np.isfinite(value) else None
