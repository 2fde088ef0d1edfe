"""``forecasting.boosted_lags``: gradient-boosted trees on lags, rolling statistics, calendar, known-ahead columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from azuraforge.apps.forecasting.baseline import Learned
from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.boosting.examples import examples, usable
from azuraforge.apps.forecasting.boosting.fitted import Boosted, answer, calibrated, levels_of
from azuraforge.apps.forecasting.boosting.growing import Growth, grow, regrow
from azuraforge.apps.forecasting.boosting.inputs import ALONE, Layout, Scales
from azuraforge.apps.forecasting.boosting.trees import Forest
from azuraforge.apps.forecasting.floors import at_least_own_steps
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.apps.forecasting.spread import Spread
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.engine.ops.registry import Array
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pipeline import Pipeline, RunContext
from azuraforge.plugins.forecasting.adaptive import Start, last_origin, starts_from, starts_to_arrays
from azuraforge.plugins.forecasting.calendar import Clock
from azuraforge.plugins.forecasting.config import chronological_split
from azuraforge.plugins.forecasting.panels import each, one_of

#: Maximum number of training examples and of validation examples; more are thinned out evenly.
MOST_EXAMPLES = 100_000
MOST_CHECKED = 30_000
#: Minimum number of origins for a forest that corrects a ridge forecast.
_FEWEST_FOR_RIDGE = 60
#: With more training rows, only two forests are grown: they take long, and a benefit of four was not measured there.
_MOST_ROWS_FOR_FOUR = 10_000


class BoostedLags(Pipeline[BoostedConfig, Boosted]):
    """Forecaster that averages forests, which correct the last value, a ridge forecast, or the last seasons.

    The same trees predict every row ahead: the number of rows ahead is an input, and the calendar, earlier seasons and
    known-ahead columns refer to the row to predict. One model is fitted to all series of a panel, which are scaled
    separately.
    """

    name: ClassVar[str] = "forecasting.boosted_lags"
    kind = "forecast"
    uses_engine = False
    several_series = True
    Config: ClassVar[type[BoostedConfig]] = BoostedConfig
    title: ClassVar[dict[str, str]] = {"en": "Boosted trees on lags", "tr": "Gecikmeler üzerinde artırmalı ağaçlar"}
    summary: ClassVar[dict[str, str]] = {
        "en": "LightGBM on lags, rolling statistics, calendar and known-ahead columns: a mean of forests that correct"
        " the last value, ridge and the last seasons.",
        "tr": "Gecikmeler, kayan istatistikler, takvim ve önceden bilinen sütunlar üzerinde LightGBM: son değeri, ridge"
        " tahminini ve geçen mevsimleri düzelten ormanların ortalaması.",
    }

    def split(self, table: Table, config: BoostedConfig) -> Split:
        """Split the rows in chronological order; a window of one row is enough, because inputs may be missing.

        Raises the errors of ``chronological_split``.
        """
        return chronological_split(table, config, window=1, partial=True)

    def fit(self, run: RunContext[BoostedConfig], train: Part, validation: Part) -> Boosted:
        """Grow trees on ``train`` until the validation loss stops falling; measure the intervals on ``validation``.

        If ``stop_after`` is set, it is the number of trees. Raises InvalidInput if a set has no known target, a
        known-ahead column has no known value, or LightGBM cannot be loaded.
        """
        config = run.config
        fresh = self._fresh(run, train, validation)
        learned = examples(fresh, train, MOST_EXAMPLES)
        checked = None if config.stop_after is not None else examples(fresh, validation, MOST_CHECKED)

        def report(number: int, done: int, error: float) -> None:
            # A study counts rounds by "validation_loss".
            run.log(done, **{"validation_loss" if number == 0 else f"{fresh.starts[number]}_validation_loss": error})
            run.progress(number * config.trees + done, len(fresh.starts) * config.trees)

        grown = grow(Growth(config, run.seed, run.threads), learned, checked, report)
        run.progress(1, 1, f"{sum(map(len, grown.forests))} trees")
        adaptive = config.intervals == "adaptive"
        starts = {name: Start.after(part) for name, part in series_of(train)} if adaptive else {}
        fitted = replace(fresh, forests=grown.forests, shares=grown.shares, starts_of_levels=starts)
        found = calibrated(fitted, validation, adaptive=adaptive)
        if train.schema.series is not None:
            return found
        size = found.scales[ALONE].scale
        wide = at_least_own_steps(Spread(found.spread * size, table=found.table * size), train)
        return replace(found, spread=wide.offsets / size, table=wide.table / size)

    def refit(self, run: RunContext[BoostedConfig], evaluated: Boosted, rows: Part) -> Boosted:
        """Grow the same numbers of trees on all rows, keeping the evaluated scales, shares and intervals.

        Raises InvalidInput if no target is known or LightGBM cannot be loaded.
        """
        ridge = None if evaluated.ridge is None else Ridge().relearn(run, evaluated.ridge, rows)
        starts = dict(evaluated.starts_of_levels)
        for name, part in series_of(rows) if starts else ():
            if name in starts:
                starts[name] = Start.after_levels(part, levels_of(evaluated, name, last_origin(part)))
        fresh = replace(evaluated, ridge=ridge, starts_of_levels=starts)
        trees = [len(forest) for forest in evaluated.forests]
        forests = regrow(Growth(run.config, run.seed, run.threads), examples(fresh, rows, MOST_EXAMPLES), trees)
        return replace(fresh, forests=forests)

    def predict(self, predictor: Boosted, part: Part) -> Predictions:
        """Return the forecasts from each origin, with their intervals.

        Raises InvalidInput if ``part`` has another horizon than the training data.
        """
        if part.horizon != predictor.horizon:
            raise InvalidInput(
                "this forecaster predicts {learned} [row|rows] ahead, not {asked}",
                where="horizon",
                next_step="train the model again with this horizon",
                learned=predictor.horizon,
                asked=part.horizon,
            )
        return answer(predictor, part)

    def knows_series(self, predictor: Boosted, name: str) -> bool:
        """Return whether the predictor was fitted to the series; other series are forecast by analogy."""
        return name in predictor.scales

    def save(self, predictor: Boosted, folder: Path) -> None:
        """Write ``weights.safetensors`` and ``preprocessing.json``."""
        arrays: dict[str, Array] = {"spread": predictor.spread, "table": predictor.table}
        arrays |= starts_to_arrays(predictor.starts_of_levels)
        for number, forest in enumerate(predictor.forests):
            arrays |= forest.to_arrays(f"forest.{number}")
        if predictor.ridge is not None:
            arrays |= {f"ridge.{name}": values for name, values in predictor.ridge.arrays.items()}
        described = {
            "horizon": predictor.horizon,
            "layout": predictor.layout.to_dict(),
            "scales": {name: scales.to_dict() for name, scales in predictor.scales.items()},
            "starts": predictor.starts,
            "shares": predictor.shares,
            "ridge": None if predictor.ridge is None else predictor.ridge.settings,
            "widths": dict(predictor.widths),
            "learned_until": {name: start.learned for name, start in predictor.starts_of_levels.items()},
        }
        save_safetensors(folder / "weights.safetensors", arrays)
        text = json.dumps(described, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Boosted:
        """Return the predictor that ``save`` wrote.

        Raises InvalidInput if the trees are not valid, and EngineError if the file with them cannot be read.
        """
        arrays, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        described = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        layout, starts = Layout.from_dict(described["layout"]), tuple(described["starts"])
        forests = (Forest.from_arrays(arrays, f"forest.{number}", layout.width) for number in range(len(starts)))
        ridge = None
        if described["ridge"] is not None:
            ridge = Learned(described["ridge"], {name: arrays[f"ridge.{name}"] for name in ("weights", "bias")})
        return Boosted(
            horizon=int(described["horizon"]),
            layout=layout,
            scales={name: Scales.from_dict(fields) for name, fields in described["scales"].items()},
            starts=starts,
            forests=tuple(forests),
            shares=tuple(map(float, described["shares"])),
            ridge=ridge,
            spread=arrays["spread"],
            widths={name: float(width) for name, width in described["widths"].items()},
            table=arrays["table"],
            starts_of_levels=starts_from(described["learned_until"], arrays.get("levels")),
        )

    def _fresh(self, run: RunContext[BoostedConfig], train: Part, validation: Part) -> Boosted:
        """Return a forecaster without trees, with scales, layout and ridge forecast fitted to the training set."""
        config, rows = run.config, train.frame.height
        parts = dict(series_of(train))
        longest = max(parts.values(), key=lambda part: part.frame.height)
        several = train.schema.series is not None
        time = train.schema.time
        times = train.frame.select(time).unique().sort(time) if several and time is not None else train.frame
        clock = Clock.learn(times, one_of(train.schema))
        scales = {name: Scales.learn(part) for name, part in parts.items()}
        layout = Layout.learn(config, longest, clock, several=several)
        ridge = None
        if config.linear and not several and len(usable(train)) >= _FEWEST_FOR_RIDGE:
            ridge = _ridge(run, train, None if config.stop_after is not None else validation)
        starts = ("last", "ridge") if ridge is not None else ("last",)
        # Without a validation set, all shares are equal, which suits only starts of similar accuracy.
        if ridge is not None and layout.cycle and config.stop_after is None and rows <= _MOST_ROWS_FOR_FOUR:
            starts = (*starts, "level", "season")
        return Boosted(config.horizon, layout, scales, starts, (), (), ridge, np.zeros((0, 0)), {})


def series_of(part: Part) -> Iterator[tuple[str, Part]]:
    """Yield the name and the part of each series; ``ALONE`` and the part itself if there is only one."""
    if part.schema.series is None:
        yield ALONE, part
        return
    for name, one, _ in each(part):
        yield name, one


def _ridge(run: RunContext[BoostedConfig], train: Part, validation: Part | None) -> Learned:
    """Return the ridge forecast; without ``validation``, its penalty is chosen on the last origins of ``train``."""
    if validation is not None:
        return Ridge().learn(run, train, validation)
    cut = len(train.origins) * 5 // 6
    found = Ridge().learn(run, _cut(train, slice(0, cut)), _cut(train, slice(cut, None)))
    return Ridge().relearn(run, found, train)


def _cut(part: Part, places: slice) -> Part:
    """Return the part with only the origins in ``places``."""
    targets = None if part.targets is None else part.targets[places]
    ahead = {column: values[places] for column, values in part.ahead.items()}
    return replace(part, origins=part.origins[places], targets=targets, ahead=ahead)
