"""Ridge regression on lags, calendar and the other columns: the baseline that is hardest to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from azuraforge.apps.forecasting.baseline import Baseline, Learned, first_known, target_of
from azuraforge.apps.forecasting.least_squares import RidgePath
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Schema
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.forecasting.calendar import Clock
from azuraforge.plugins.forecasting.channels import Channel, column_values
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.covariates import Covariates

#: Number of the target's lags, in addition to those around one season back.
LAGS = 30
#: Longest season in rows. Longer ones are ignored: the calendar covers the year, and thousands of lags add nothing.
LONGEST_SEASON = 400
#: Lags of the other columns, in rows.
OTHER_LAGS = (0, 1, 2, 3, 6, 12, 24)
PENALTIES = tuple(10.0**power for power in range(-3, 6))
#: Maximum number of examples; more are thinned out evenly, because a few hundred coefficients need no more.
MOST_ROWS = 100_000
_CHUNK = 4096


class Ridge(Baseline):
    """Ridge regression on the last 30 values, last season's values, other columns, calendar, and known-ahead values.

    Each row ahead has separate coefficients ("direct" forecasting), which predict the change since the origin. Of
    ``PENALTIES``, the penalty with the smallest error on the validation set is used.
    """

    name: ClassVar[str] = "forecasting.ridge"
    partial: ClassVar[bool] = False
    reads_columns = True
    title: ClassVar[dict[str, str]] = {"en": "Ridge on lags and calendar", "tr": "Gecikmeler ve takvim üzerinde ridge"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Penalised linear regression on the last 30 values, the last season, other columns and the calendar.",
        "tr": "Son 30 değer, geçen mevsim, öteki sütunlar ve takvim üzerinde cezalı doğrusal regresyon.",
    }

    def window(self, config: ForecastConfig, schema: Schema) -> int:
        """Return the number of past rows that the longest lag requires."""
        return max(target_lags(config.season_of(schema), config.horizon)) + 1

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Fit coefficients to ``train`` for every penalty, and choose the penalty on ``validation``.

        Raises InvalidInput if a set has no origin whose targets are all known, or if a column has no known value.
        """
        return self._line(run, train, validation, PENALTIES)

    def relearn(self, run: RunContext[ForecastConfig], evaluated: Learned, rows: Part) -> Learned:
        """Fit coefficients to all rows, with the evaluated penalty."""
        return self._line(run, rows, rows, [evaluated.settings["penalty"]])

    def _line(
        self, run: RunContext[ForecastConfig], train: Part, validation: Part, penalties: Sequence[float]
    ) -> Learned:
        lags = target_lags(run.config.season_of(train.schema), run.config.horizon)
        others = [
            Channel.learn(column, column_values(train.frame, column), LAGS, relative=False)
            for column in train.schema.features
        ]
        settings: dict[str, Any] = {
            "first": first_known(train),
            "lags": lags,
            "clock": Clock.learn(train.frame, train.schema).to_dict(),
            "others": [channel.to_dict() for channel in others],
            "covariates": Covariates.learn(train, run.config.known_ahead, run.config.holidays).to_dict(),
        }
        learned = Learned(settings)
        inputs, targets = self._examples(learned, train, MOST_ROWS)
        mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
        scale[scale <= 1e-12 * np.maximum(1.0, np.abs(mean))] = 1.0
        inputs -= mean
        inputs /= scale
        path = RidgePath.of(inputs, targets)
        settings["penalty"] = self._best(path, penalties, learned, validation, mean, scale)
        weights, intercept = path.solve(settings["penalty"])
        # In C order, as after loading, because the last bits of a product depend on the memory layout.
        weights = np.ascontiguousarray(weights / scale)
        learned.arrays = {"weights": weights, "bias": intercept - weights @ mean}
        return learned

    def _best(
        self,
        path: RidgePath,
        penalties: Sequence[float],
        learned: Learned,
        validation: Part,
        mean: Floats,
        scale: Floats,
    ) -> float:
        """Return the penalty with the smallest squared error on the validation set; if several, the first."""
        if len(penalties) == 1:
            return penalties[0]
        checked, truth = self._examples(learned, validation, MOST_ROWS)
        checked = (checked - mean) / scale

        def error(penalty: float) -> float:
            weights, intercept = path.solve(penalty)
            return float(np.square(checked @ weights.T + intercept - truth).mean())

        return min(penalties, key=error)

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Return the forecasts ``(origin, horizon)``: the value at each origin plus the predicted change."""
        series, lags = self._series(learned, part), np.array(learned.settings["lags"])
        point = np.empty((len(part.origins), part.horizon))
        for start in range(0, len(part.origins), _CHUNK):
            origins = part.origins[start : start + _CHUNK]
            chosen = np.arange(start, start + len(origins))
            inputs = np.concatenate([self._inputs(lags, series, origins), ahead_of(learned, part, chosen)], axis=1)
            change = inputs @ learned.arrays["weights"].T + learned.arrays["bias"]
            point[start : start + _CHUNK] = series["target"][origins][:, None] + change
        return point

    def _examples(self, learned: Learned, part: Part, most: int) -> tuple[Floats, Floats]:
        if part.targets is None:
            raise ValueError("a part without targets cannot be learned from")
        usable = (part.origins >= max(learned.settings["lags"])) & np.isfinite(part.targets).all(axis=1)
        if not usable.any():  # in a very short series, the first value replaces missing lags
            usable = np.isfinite(part.targets).all(axis=1)
        if not usable.any():
            raise InvalidInput(
                "{name} requires {horizon} consecutive known target [value|values] in the training set and in the "
                "validation set",
                where="config.horizon",
                next_step="choose a shorter horizon, or forecasting.ets, which learns from few rows",
                name=self.name,
                horizon=part.horizon,
            )
        chosen = np.flatnonzero(usable)
        chosen = chosen[:: -(-len(chosen) // most)]
        origins, targets = part.origins[chosen], part.targets[chosen]
        series, lags = self._series(learned, part), np.array(learned.settings["lags"])
        inputs = np.concatenate([self._inputs(lags, series, origins), ahead_of(learned, part, chosen)], axis=1)
        return inputs, targets - series["target"][origins][:, None]

    def _series(self, learned: Learned, part: Part) -> dict[str, Floats]:
        others = [Channel.from_dict(fields) for fields in learned.settings["others"]]
        scaled = [channel.scaled(column_values(part.frame, channel.column)) for channel in others]
        return {
            "target": target_of(learned, part),
            "others": np.clip(np.stack(scaled, axis=1), -8, 8) if scaled else np.zeros((part.frame.height, 0)),
            "calendar": Clock.from_dict(learned.settings["clock"]).features(part.frame),
        }

    def _inputs(self, lags: Indices, series: dict[str, Floats], origins: Indices) -> Floats:
        target = series["target"]
        last = target[origins][:, None]
        earlier = target[_rows(origins, lags[1:])] - last
        others = series["others"][_rows(origins, np.array(OTHER_LAGS))].reshape(len(origins), -1)
        return np.concatenate([last, earlier, others, series["calendar"][origins]], axis=1)


def ahead_of(learned: Learned, part: Part, chosen: Indices) -> Floats:
    """Return the covariates as ``(origin, horizon * width)``; see ``covariates_ahead``."""
    return covariates_ahead(learned, part, chosen).reshape(len(chosen), -1)


def covariates_ahead(learned: Learned, part: Part, chosen: Indices) -> Floats:
    """Return the covariates ``(origin, horizon, width)`` known ahead, for the origins with the indices ``chosen``.

    The width is 0 for a learned state without covariates.
    """
    if "covariates" not in learned.settings:
        return np.zeros((len(chosen), part.horizon, 0))
    covariates = Covariates.from_dict(learned.settings["covariates"])
    return covariates.following(part, chosen, Clock.from_dict(learned.settings["clock"]))


def target_lags(season: int, horizon: int) -> list[int]:
    """Return the lags 0 to 29, and the lags around the newest row whole seasons before each target row.

    Example:
        >>> target_lags(season=52, horizon=2)[-5:]
        [49, 50, 51, 52, 53]
    """
    lags = set(range(LAGS))
    if 1 < season <= LONGEST_SEASON:
        for ahead in range(1, horizon + 1):
            back = season * -(-ahead // season) - ahead
            lags.update(range(max(back - 1, 0), back + 3))
    return sorted(lags)


def _rows(origins: Indices, lags: NDArray[np.int64]) -> Indices:
    return np.asarray(np.maximum(origins[:, None] - lags, 0))
