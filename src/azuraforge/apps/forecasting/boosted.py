"""``forecasting.boosted_lags``: gradient-boosted trees on lags, calendar and what is known ahead, on top of ridge.

One set of trees answers every horizon: how many rows ahead is one of its inputs, and calendar, last season and known
covariates are those of the row to predict ("direct" forecasting). One model per horizon would cost as many times as
much and learn each from its own rows only; the recursive way would feed forecasts back as if they had been measured,
and would need the other columns' future, which nobody has.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar, cast

import numpy as np
from pydantic import Field

from azuraforge.apps.forecasting.baseline import Learned
from azuraforge.apps.forecasting.ridge import LONGEST_SEASON, Ridge, covariates_ahead
from azuraforge.apps.forecasting.trees import Trees
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.forecasting.calendar import Clock
from azuraforge.plugins.forecasting.channels import is_stationary
from azuraforge.plugins.forecasting.config import ForecastConfig

#: The target's change over so many rows.
LAGS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21, 24, 29)
#: The other columns: their value now, and its change over so many rows.
OTHER_LAGS = (1, 3, 6, 24)
#: Examples (an origin and a row ahead) to learn from, at most; more are thinned out evenly.
MOST_EXAMPLES = 150_000
MOST_CHECKED = 40_000
_CHUNK = 20_000


class BoostedConfig(ForecastConfig):
    """How the trees grow."""

    trees: Annotated[int, Field(default=300, ge=1, le=5000, description="Trees, at most; validation says when to stop")]
    learning_rate: Annotated[float, Field(default=0.06, gt=0, le=1, description="How much of each tree is added")]
    leaves: Annotated[int, Field(default=31, ge=2, le=1024, description="Leaves of one tree, at most")]
    depth: Annotated[int, Field(default=8, ge=1, le=32, description="Questions on the way to a leaf, at most")]
    leaf_rows: Annotated[int, Field(default=40, ge=1, le=100_000, description="Examples in a leaf, at least")]
    shrinkage: Annotated[float, Field(default=1.0, ge=0, le=1e6, description="Penalty on large leaves (L2)")]
    patience: Annotated[int, Field(default=20, ge=1, le=1000, description="Trees without gain before stopping")]
    linear: Annotated[bool, Field(default=True, description="Begin at the ridge forecast and learn what it misses")]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=5000,
            description="Grow so many trees whatever the validation part says; this is how the winner of a study is"
            " trained anew",
        ),
    ]


class BoostedLags(Ridge):
    """Trees that learn what the ridge forecast misses; without ``linear``, the change since the origin."""

    name: ClassVar[str] = "forecasting.boosted_lags"
    several_series = False
    Config: ClassVar[type[ForecastConfig]] = BoostedConfig
    title: ClassVar[dict[str, str]] = {"en": "Boosted trees on lags", "tr": "Gecikmeler üzerinde artırmalı ağaçlar"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Gradient-boosted trees on lags, calendar and what is known ahead; they begin at the ridge forecast.",
        "tr": "Gecikmeler, takvim ve önceden bilinenler üzerinde artırmalı ağaçlar; ridge tahmininden başlar.",
    }

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """The line first, then trees until ``validation`` gains no more, or as many as ``stop_after`` says."""
        learned = super().learn(run, train, validation)
        return self._grow(run, learned, train, validation, cast(BoostedConfig, run.config).stop_after)

    def relearn(self, run: RunContext[ForecastConfig], evaluated: Learned, rows: Part) -> Learned:
        """The line from every row, then as many trees as the evaluated forecaster has."""
        learned = super().relearn(run, evaluated, rows)
        return self._grow(run, learned, rows, rows, len(Trees.from_arrays(evaluated.arrays).roots))

    def _grow(
        self, run: RunContext[ForecastConfig], learned: Learned, train: Part, validation: Part, fixed: int | None
    ) -> Learned:
        """Add ``fixed`` trees to the line; None: until ``validation`` gains no more."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        config = cast(BoostedConfig, run.config)
        season = config.season_of(train.schema)
        known = self._series(learned, train)["target"]
        learned.settings |= {
            "linear": config.linear,
            "season": season if 1 < season <= LONGEST_SEASON else 0,
            "level": bool(is_stationary(known)),
        }
        inputs, targets = self._pairs(learned, train, MOST_EXAMPLES)
        model = HistGradientBoostingRegressor(
            learning_rate=config.learning_rate,
            max_iter=fixed or config.trees,
            max_leaf_nodes=config.leaves,
            max_depth=config.depth,
            min_samples_leaf=config.leaf_rows,
            l2_regularization=config.shrinkage,
            early_stopping=fixed is None,
            n_iter_no_change=config.patience,
            tol=0.0,
            random_state=run.seed % 2**32,
        )
        if fixed is None:
            checked, truth = self._pairs(learned, validation, MOST_CHECKED)
            model.fit(inputs, targets, X_val=checked, y_val=truth)
            for trees, score in enumerate(model.validation_score_.tolist()[1:], 1):
                run.log(trees, validation_loss=-score)
            # No tree at all is a contender: where the trees only got worse, the line stands alone.
            best = int(np.argmax(model.validation_score_))
        else:
            model.fit(inputs, targets)
            best = min(int(model.n_iter_), fixed)  # scikit-learn grows at least one
        run.progress(1, 1, f"{best} trees")
        learned.arrays |= Trees.of(model, best).to_arrays()
        if not best:
            learned.arrays["trees.baseline"] = np.zeros(1)
        return learned

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """The line (or the value at the origin) plus what the trees say."""
        point = self._start(learned, part)
        trees = Trees.from_arrays(learned.arrays)
        if not len(trees.roots):
            return point
        series, horizon = self._series(learned, part), part.horizon
        size = max(1, _CHUNK // horizon)
        for start in range(0, len(part.origins), size):
            chosen = np.arange(start, min(start + size, len(part.origins)))
            rows, steps = np.repeat(chosen, horizon), np.tile(np.arange(horizon), len(chosen))
            added = trees.predict(self._features(learned, part, series, rows, steps))
            point[chosen] += added.reshape(len(chosen), horizon)
        return point

    def _start(self, learned: Learned, part: Part) -> Floats:
        if learned.settings["linear"]:
            return super().forecast(learned, part)
        return np.repeat(self._series(learned, part)["target"][part.origins][:, None], part.horizon, axis=1)

    def _pairs(self, learned: Learned, part: Part, most: int) -> tuple[Floats, Floats]:
        """Inputs ``(example, feature)`` and what the start misses there ``(example,)``."""
        if part.targets is None:
            raise ValueError("a part without targets cannot be learned from")
        usable = np.flatnonzero(np.isfinite(part.targets).all(axis=1))
        pairs = np.arange(0, len(usable) * part.horizon, _stride(len(usable) * part.horizon, most, part.horizon))
        rows, steps = usable[pairs // part.horizon], pairs % part.horizon
        asked = np.unique(rows)
        ahead = {column: values[asked] for column, values in part.ahead.items()}
        start = self._start(learned, replace(part, origins=part.origins[asked], targets=None, ahead=ahead))
        missed = part.targets[rows, steps] - start[np.searchsorted(asked, rows), steps]
        return self._features(learned, part, self._series(learned, part), rows, steps), missed

    def _features(
        self, learned: Learned, part: Part, series: dict[str, Floats], rows: Indices, steps: Indices
    ) -> Floats:
        """``(example, feature)`` for indices into the origins and steps ahead counted from 0."""
        settings, target = learned.settings, series["target"]
        origins = part.origins[rows]
        last = target[origins]
        columns = [steps[:, None] + 1.0] if part.horizon > 1 else []
        if settings["level"]:
            columns.append(last[:, None])
        columns.append(last[:, None] - target[_back(origins, np.array(LAGS))])
        if season := settings["season"]:
            ahead = steps + 1
            back = season * -(-ahead // season) - ahead  # the row whole seasons before the one to predict
            places = back[:, None] + np.array([-1, 0, 1, season])
            columns.append(target[_back(origins[:, None], np.maximum(places, 0))] - last[:, None])
            sums = np.concatenate([[0.0], np.cumsum(target)])
            begin = np.maximum(origins + 1 - season, 0)
            columns.append(((sums[origins + 1] - sums[begin]) / (origins + 1 - begin) - last)[:, None])
        others = series["others"]
        if others.shape[1]:
            now = others[origins]
            columns.append(now)
            columns += [now - others[_back(origins, np.array([lag]))[:, 0]] for lag in OTHER_LAGS]
        clock = Clock.from_dict(settings["clock"])
        asked, place = np.unique(rows, return_inverse=True)
        if clock.width:
            walls = clock.following_walls(part.frame, part.origins[asked], part.horizon)
            columns.append(clock.phases(walls[place, steps]))
        columns.append(covariates_ahead(learned, part, asked)[place, steps])
        return np.concatenate(columns, axis=1)


def _back(origins: Indices, lags: Indices) -> Indices:
    """Rows so far before each origin; the first row stands for those before it."""
    return np.asarray(np.maximum((origins if origins.ndim > 1 else origins[:, None]) - lags, 0))


def _stride(pairs: int, most: int, horizon: int) -> int:
    """The step that keeps at most ``most`` of ``pairs`` and, having no factor in common with the horizon, visits
    every row ahead equally often."""
    stride = max(1, -(-pairs // most))
    while math.gcd(stride, horizon) > 1:
        stride += 1
    return stride
