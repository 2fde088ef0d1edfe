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
from azuraforge.plugins.forecasting.panels import each
from azuraforge.plugins.kinds.forecast.metrics import Metrics, measure, seasonal_scale, skill

ScalarT = TypeVar("ScalarT", bound=np.generic)

#: Series of which the table of a run tells; of more, the worst.
MOST_SERIES = 200


def origins_of(predictions: Predictions, at: Indices) -> Predictions:
    """Those from the origins at ``at``."""
    return Predictions(predictions.point[at], {level: told[at] for level, told in predictions.quantiles.items()})


@dataclass(frozen=True)
class Panel:
    """Which origins of a test part belong to which series, and when they are.

    Attributes:
        members: name → places of its origins in the part.
        scales: name → MASE's denominator, from the series' own training rows.
        moment: ``(origin,)`` which of the part's different moments.
        rank: ``(origin,)`` the how many-th of that moment's origins.
    """

    members: dict[str, Indices]
    scales: dict[str, float | None]
    moment: Indices
    rank: Indices

    @classmethod
    def of(cls, test: Part, scales: Mapping[str, float | None]) -> Panel:
        """Of a part to be judged, with the ``series_scales`` of the training part."""
        members = {name: at for name, _, at in each(test)}
        _, moment = np.unique(moments_of(test.frame, test.schema)[test.origins], return_inverse=True)
        order = np.argsort(moment, kind="stable")
        first = np.searchsorted(moment[order], moment[order])
        rank = np.empty(len(moment), dtype=np.int64)
        rank[order] = np.arange(len(moment)) - first
        return cls(members, {name: scales[name] for name in members}, moment.astype(np.int64), rank)

    def by_moment(self, values: NDArray[ScalarT], missing: float) -> NDArray[ScalarT]:
        """``(origin, horizon)`` → ``(moment, series * horizon)``, ``missing`` where a series has no origin then."""
        horizon, across = values.shape[1], int(self.rank.max(initial=0)) + 1
        packed = np.full((int(self.moment.max(initial=-1)) + 1, across, horizon), missing, dtype=values.dtype)
        packed[self.moment, self.rank] = values
        return packed.reshape(len(packed), across * horizon)

    def all_at_moment(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``(origin,)`` → ``(moment,)``: whether it holds for all of a moment's origins."""
        return np.asarray(self.by_moment(flags[:, None], True).all(axis=1))

    def measure(self, truth: Floats, predictions: Predictions) -> tuple[Metrics, list[Metrics], dict[str, Metrics]]:
        """Overall, per horizon, and per series, see the module."""
        overall, horizons = measure(truth, predictions, None)
        alone: dict[str, Metrics] = {}
        steps: list[list[float]] = [[] for _ in horizons]
        within = np.array(truth)
        for name, at in self.members.items():
            mine = origins_of(predictions, at)
            alone[name], at_steps = measure(truth[at], mine, self.scales[name])
            known = np.isfinite(truth[at])
            within[at] -= truth[at][known].mean() if known.any() else 0.0
            for step, found in enumerate(at_steps):
                if found["mase"] is not None:
                    steps[step].append(found["mase"])
        error = predictions.point - truth
        overall |= {"mase": _mean([each["mase"] for each in alone.values()]), "r2": _r2(within, error)}
        for step, row in enumerate(horizons):
            row |= {"mase": _mean(steps[step]), "r2": _r2(within[:, step], error[:, step])}
        return overall, horizons, alone


def series_scales(train: Part, season: int) -> dict[str, float | None]:
    """MASE's denominator of each series of the training part."""
    return {name: seasonal_scale(column_values(one.frame, one.schema.target), season) for name, one, _ in each(train)}


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
