"""Scores of a panel's forecasts: over all of its series, for each of them, and as the gate compares them.

Overall, every row counts alike, in the data's unit, so that large series weigh most in RMSE and MAE. MASE is free of
scale: each series' own, averaged over the series. R² is of what moves within the series: that one is larger than
another is no merit of a forecast.

The gate compares contenders by moments: all series' errors from one moment are one row of its losses, so that a block
of moments is drawn with all of its series, and what moves them together is not taken for independent.
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

#: Largest number of series in a run's table; of more, the worst.
MOST_SERIES = 200


def origins_of(predictions: Predictions, at: Indices) -> Predictions:
    """Return the predictions from the origins at the indices ``at``."""
    quantiles = {level: values[at] for level, values in predictions.quantiles.items()}
    return Predictions(predictions.point[at], quantiles, None if predictions.base is None else predictions.base[at])


@dataclass(frozen=True)
class Panel:
    """Series and times of the origins of a test set.

    Attributes:
        members: name → places of its origins in the part.
        scales: name → MASE's denominator, from the series' own training rows.
        owners: ``(origin,)`` the place of its series among ``members``.
        moment: ``(origin,)`` the index of its time among the part's distinct times.
        rank: ``(origin,)`` its position among the origins of the same time.
    """

    members: dict[str, Indices]
    scales: dict[str, float | None]
    owners: Indices
    moment: Indices
    rank: Indices

    @classmethod
    def of(cls, test: Part, scales: Mapping[str, float | None]) -> Panel:
        """Build it for a part to be evaluated, with the ``series_scales`` of the training set."""
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
        """Reshape ``(origin, horizon)`` → ``(moment, series * horizon)``; ``missing`` where a series has no origin."""
        horizon, across = values.shape[1], int(self.rank.max(initial=0)) + 1
        packed = np.full((int(self.moment.max(initial=-1)) + 1, across, horizon), missing, dtype=values.dtype)
        packed[self.moment, self.rank] = values
        return packed.reshape(len(packed), across * horizon)

    def all_at_moment(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return ``(origin,)`` → ``(moment,)``: whether it holds for all of a moment's origins."""
        return np.asarray(self.by_moment(flags[:, None], True).all(axis=1))

    def measure(self, truth: Floats, predictions: Predictions) -> tuple[Metrics, list[Metrics], dict[str, Metrics]]:
        """Return the metrics overall, per horizon and per series; see the module."""
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
    """Return the metrics of each series alone, in the form of ``metrics.measure``.

    Args:
        truth: ``(origin, horizon)``, NaN where missing.
        predictions: of the same shape.
        owners: ``(origin,)`` the place of each origin's series among ``scales``.
        scales: MASE's denominators.
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
    """Return MASE's denominator of each series of the training set."""
    blocks = Blocks.of(train.frame, str(train.schema.series))
    values = column_values(train.frame, train.schema.target)
    borders = zip(blocks.names, blocks.first.tolist(), blocks.stop.tolist(), strict=True)
    return {name: seasonal_scale(values[first:stop], season) for name, first, stop in borders}


def series_table(panel: Panel, candidate: dict[str, Metrics], baseline: dict[str, Metrics]) -> list[SeriesScores]:
    """Return the series, the worst first (by MASE); skill is 1 minus the ratio of the two RMSEs."""
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
