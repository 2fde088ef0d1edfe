"""Base of the baselines: parameters fitted to the training set and frozen, intervals from validation errors.

At each origin, a baseline uses the same history as other forecasters: later rows update its *state*, never its
parameters.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from azuraforge.apps.forecasting.floors import at_least_own_steps
from azuraforge.apps.forecasting.spread import MOST_INSIDE, Errors, Spread, is_enough, spread_of
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Predictions, Schema, Split, Table
from azuraforge.plugins.contract.pipeline import Pipeline, RunContext
from azuraforge.plugins.forecasting.adaptive import Start, last_origin, past_part
from azuraforge.plugins.forecasting.analogues import Analogues
from azuraforge.plugins.forecasting.channels import column_values, filled
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS, ForecastConfig, chronological_split
from azuraforge.plugins.forecasting.intervals import residual_quantiles
from azuraforge.plugins.forecasting.panels import each, known_series, predict_each

#: Number of series of a panel that are learned together before progress is reported.
_AT_ONCE = 500
#: Minimum number of errors from which a series has outer quantiles of its own.
_ENOUGH_ERRORS = 39
#: Weight of the errors of all series in the interval width of one series, as a number of its own windows.
_WINDOWS_OF_ALL = 20


@dataclass
class Learned:
    """Fitted state of a baseline.

    Attributes:
        settings: parameters as JSON values.
        arrays: parameters as arrays, by name.
        spread: spread of the quantiles around a forecast.
        series: for a panel, the fitted state of each series; all other attributes except ``analogues`` are empty.
        analogues: for a panel, the forecaster of series that are not in the training data; None otherwise.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Floats] = field(default_factory=dict)
    spread: Spread = field(default_factory=Spread)
    series: dict[str, Learned] = field(default_factory=dict)
    analogues: Analogues | None = None


class Baseline(Pipeline[ForecastConfig, Learned]):
    """Base class of forecasters without a training loop. Subclasses implement ``learn`` and ``forecast``.

    Each series of a panel is fitted separately; ``most_series`` limits their number.
    """

    kind = "forecast"
    uses_engine = False
    several_series = True
    reads_columns = False
    most_series: ClassVar[int | None] = None
    #: Whether ``learn`` works without a whole window, so that a series of eight rows is enough.
    partial: ClassVar[bool] = True
    Config: ClassVar[type[ForecastConfig]] = ForecastConfig

    def window(self, config: ForecastConfig, schema: Schema) -> int:
        """Return the number of past rows that a forecast reads; the training set must contain them and a horizon."""
        return 1

    @abstractmethod
    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Learn parameters from ``train``; ``validation`` is only used to choose settings."""

    def relearn(self, run: RunContext[ForecastConfig], evaluated: Learned, rows: Part) -> Learned:
        """Learn parameters from all rows; a subclass keeps the choices it made on the validation set."""
        return self.learn(run, rows, rows)

    @abstractmethod
    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Return the forecasts, ``(origin, horizon)``, in the unit of the target."""

    def split(self, table: Table, config: ForecastConfig) -> Split:
        """Split the rows in chronological order. Raises the errors of ``chronological_split``."""
        window = self.window(config, table.schema)
        return chronological_split(table, config, window=window, least_window=1, partial=self.partial)

    def fit(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Fit to the training set, and measure the spread of the errors on the validation set.

        Raises InvalidInput if a panel has too many series or a series cannot be learned, and ValueError if
        ``validation`` has no targets.
        """
        if train.schema.series is None:
            learned = self._fit(run, train, validation)
            run.progress(1, 1)
            return learned
        checks = {name: part for name, part, _ in each(validation)}
        parts = {name: part for name, part, _ in each(train)}
        self._refuse_many(len(parts))
        names, found, errors = list(parts), Learned(), dict[str, Errors]()
        for first in range(0, len(names), _AT_ONCE):
            some = names[first : first + _AT_ONCE]
            checked = [known_series(checks, name) for name in some]
            learned_each = self.learn_each(run, [parts[name] for name in some], checked)
            for name, check, own in zip(some, checked, learned_each, strict=True):
                errors[name] = self._errors(own, check)
                found.series[name] = own
            run.progress(first + len(some), len(names), some[-1])
        known = {name: each.errors for name, each in errors.items()}
        pooled = pooled_spreads(known, {name: step_size(parts[name]) for name in names})
        for name, own in found.series.items():
            self._set_spread(run, own, parts[name], errors[name], pooled.get(name))
        return replace(found, analogues=Analogues.learn(train, validation, run.config.season_of(train.schema)))

    def _refuse_many(self, count: int) -> None:
        if self.most_series is not None and count > self.most_series:
            raise InvalidInput(
                "{name} learns each series separately and supports at most {most:,} series; the dataset has {count:,}",
                where="dataset",
                next_step="choose forecasting.ets or forecasting.boosted_lags, which learn many series",
                name=self.name,
                most=self.most_series,
                count=count,
            )

    def learn_each(
        self, run: RunContext[ForecastConfig], trains: Sequence[Part], validations: Sequence[Part]
    ) -> Iterator[Learned]:
        """Yield the fitted state of each series of a panel, in the order of ``trains``."""
        for train, validation in zip(trains, validations, strict=True):
            yield self.learn(run, train, validation)

    def _fit(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        learned = self.learn(run, train, validation)
        self._set_spread(run, learned, train, self._errors(learned, validation), None)
        return learned

    def _set_spread(
        self,
        run: RunContext[ForecastConfig],
        learned: Learned,
        train: Part,
        outside: Errors,
        pooled: Floats | None,
    ) -> None:
        """Set the widths of intervals; ``pooled`` contains offsets from the errors of all series, if used."""
        adaptive = run.config.intervals == "adaptive"
        inside = None
        if pooled is None and not is_enough(outside.errors):
            inside = self._inside(learned, run.config, train)
        if pooled is not None and not adaptive:
            learned.spread = Spread(pooled)
            return
        found = spread_of(outside, inside, adaptive=adaptive)
        found = found if pooled is None else replace(found, offsets=pooled, power=0.0)
        learned.spread = at_least_own_steps(found, train)
        if len(learned.spread.table):
            _keep_start(learned, Start.after(train))

    def _errors(self, learned: Learned, validation: Part) -> Errors:
        """Return the forecasts on the validation set and their errors."""
        if validation.targets is None:
            raise ValueError("the validation part has no targets")
        point = self.forecast(learned, validation)
        return Errors(validation.targets - point, point)

    def settled(self, learned: Learned, config: ForecastConfig, train: Part) -> int:
        """Return the first row of the training set from which forecast errors are representative."""
        return self.window(config, train.schema) - 1

    def _inside(self, learned: Learned, config: ForecastConfig, train: Part) -> Errors | None:
        """Return the forecasts from the newest origins within the training set and their errors; None without any."""
        if train.targets is None:
            return None
        some = np.flatnonzero(train.origins >= self.settled(learned, config, train))[-MOST_INSIDE:]
        if not len(some):
            return None
        ahead = {column: values[some] for column, values in train.ahead.items()}
        point = self.forecast(learned, replace(train, origins=train.origins[some], targets=None, ahead=ahead))
        return Errors(train.targets[some] - point, point)

    def refit(self, run: RunContext[ForecastConfig], evaluated: Learned, rows: Part) -> Learned:
        """Fit to all rows, keeping the widths of the evaluated predictor's intervals.

        Series of a panel that the evaluated predictor did not learn are left out.
        """
        if rows.schema.series is None:
            return self._refit(run, evaluated, rows)
        parts = {name: part for name, part, _ in each(rows) if name in evaluated.series}
        names, found = list(parts), Learned()
        if evaluated.analogues is not None:
            found.analogues = evaluated.analogues.relearned(rows)
        for first in range(0, len(names), _AT_ONCE):
            some = names[first : first + _AT_ONCE]
            before = [evaluated.series[name] for name in some]
            again = self.relearn_each(run, before, [parts[name] for name in some])
            for name, own, learned in zip(some, before, again, strict=True):
                found.series[name] = self._carried_over(own, learned, parts[name])
            run.progress(first + len(some), len(names), some[-1])
        return found

    def relearn_each(
        self, run: RunContext[ForecastConfig], evaluated: Sequence[Learned], rows: Sequence[Part]
    ) -> Iterator[Learned]:
        """Yield the relearned state of each series of a panel; see ``relearn``."""
        for own, part in zip(evaluated, rows, strict=True):
            yield self.relearn(run, own, part)

    def _refit(self, run: RunContext[ForecastConfig], evaluated: Learned, rows: Part) -> Learned:
        return self._carried_over(evaluated, self.relearn(run, evaluated, rows), rows)

    def _carried_over(self, evaluated: Learned, learned: Learned, rows: Part) -> Learned:
        """Copy the interval widths of ``evaluated`` to ``learned`` and return ``learned``."""
        learned.spread = evaluated.spread
        if len(evaluated.spread.table):
            _keep_start(learned, Start.after_levels(rows, self._levels(evaluated, last_origin(rows))))
        return learned

    def predict(self, predictor: Learned, part: Part) -> Predictions:
        """Return the forecasts from each origin, with their intervals.

        Raises InvalidInput if a series that was not learned has too few known values.
        """
        if part.schema.series is not None:
            return predict_each(part, partial(self._predict_one, predictor))
        point = self.forecast(predictor, part)
        quantiles = predictor.spread.around(point, self._levels(predictor, part))
        return Predictions(point, dict(zip(QUANTILE_LEVELS, quantiles, strict=True)))

    def _predict_one(self, predictor: Learned, name: str, part: Part) -> Predictions:
        if name in predictor.series or predictor.analogues is None:
            return self.predict(known_series(predictor.series, name), part)
        return predictor.analogues.predict(name, part)

    def knows_series(self, predictor: Learned, name: str) -> bool:
        """Return whether the predictor was fitted to the series; other series are forecast by analogy."""
        return name in predictor.series

    def _levels(self, predictor: Learned, part: Part) -> Floats | None:
        """Return the levels of adaptive intervals, ``(level, origin, horizon)``; None if fixed or without past rows."""
        past = past_part(part, 0) if len(predictor.spread.table) else None
        if past is None:
            return None
        start = Start(predictor.settings["learned_until"], predictor.arrays["levels"])
        point = self.forecast(predictor, past)
        errors = Errors(start.unlearned(part, past) - point, point)
        return predictor.spread.moved(errors, past.origins, part.origins, start.levels)

    def save(self, predictor: Learned, folder: Path) -> None:
        """Write ``weights.safetensors`` and ``preprocessing.json``."""
        arrays, settings = {**predictor.arrays, **predictor.spread.arrays()}, predictor.settings
        if predictor.series:
            settings = {"series": {name: own.settings for name, own in predictor.series.items()}}
            arrays = {
                f"{place}.{name}": values
                for place, own in enumerate(predictor.series[one] for one in sorted(predictor.series))
                for name, values in {**own.arrays, **own.spread.arrays()}.items()
            }
        if predictor.analogues is not None:
            settings["analogues"] = predictor.analogues.settings()
            arrays |= predictor.analogues.arrays()
        save_safetensors(folder / "weights.safetensors", arrays)
        text = json.dumps(settings, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Learned:
        """Return the predictor that ``save`` wrote. Raises EngineError if the weights cannot be read."""
        arrays, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        settings = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        if "series" not in settings:
            spread = Spread.stored(arrays)
            return Learned(settings, arrays, spread)
        found = Learned()
        if (stored := settings.get("analogues")) is not None:
            found.analogues = Analogues.stored(stored, arrays)
        of_place: dict[str, dict[str, Floats]] = {}
        for key, value in arrays.items():
            place, _, named = key.partition(".")
            of_place.setdefault(place, {})[named] = value
        for number, name in enumerate(sorted(settings["series"])):
            own = of_place[str(number)]
            spread = Spread.stored(own)
            found.series[name] = Learned(settings["series"][name], own, spread)
        return found


def pooled_spreads(errors: Mapping[str, Floats], sizes: Mapping[str, float]) -> dict[str, Floats]:
    """Return offsets, ``(level, horizon)``, by name of each series that has too few validation errors.

    The result is empty if all series have enough errors, if there is only one series, or if no error is known.

    The shape of the offsets comes from the errors of all series, each divided by the size of its series. The width
    comes from the errors of the series itself, shrunk towards the errors of all series.

    Args:
        errors: errors ``(origin, horizon)`` on the validation set, by series.
        sizes: size of a typical step, by series; see ``step_size``.
    """
    few = [name for name, own in errors.items() if np.isfinite(own).sum(axis=0).min(initial=0) < _ENOUGH_ERRORS]
    if not few or len(errors) < 2:
        return {}
    scaled = {name: own / sizes[name] for name, own in errors.items()}
    everything = np.concatenate(list(scaled.values()))
    if not np.isfinite(everything).any():
        return {}
    typical, horizon = float(np.nanmean(np.square(everything))), everything.shape[1]
    widths = {}
    for name, own in scaled.items():
        squares, windows = float(np.nansum(np.square(own))) / horizon, np.isfinite(own).sum() / horizon
        mean = (squares + _WINDOWS_OF_ALL * typical) / (windows + _WINDOWS_OF_ALL)
        widths[name] = float(np.sqrt(mean / typical)) if typical > 0 else 1.0
    spread = residual_quantiles(np.concatenate([own / widths[name] for name, own in scaled.items()]), QUANTILE_LEVELS)
    return {name: spread * widths[name] * sizes[name] for name in few}


def step_size(train: Part) -> float:
    """Return the mean absolute change between consecutive known values of a training set; 1 if there is no change."""
    values = column_values(train.frame, train.schema.target)
    steps = np.abs(np.diff(values[np.isfinite(values)]))
    return float(steps.mean()) or 1.0 if steps.size else 1.0


def _keep_start(learned: Learned, start: Start) -> None:
    learned.settings["learned_until"], learned.arrays["levels"] = start.learned, start.levels


def first_known(part: Part) -> float:
    """Return the first known target value of a part, which replaces missing values before it; 0 if none is known."""
    values = column_values(part.frame, part.schema.target)
    known = values[np.isfinite(values)]
    return float(known[0]) if known.size else 0.0


def target_of(learned: Learned, part: Part) -> Floats:
    """Return the target, ``(row,)``, with gaps filled forward; before the first known value, the stored value."""
    return filled(column_values(part.frame, part.schema.target), learned.settings["first"])


def seasonal_rows(part: Part, season: int) -> tuple[Indices, NDArray[np.bool_]]:
    """Return the newest row up to the origin that is whole seasons before each target row, and whether it exists.

    Both have the shape ``(origin, horizon)``; a row that does not exist is replaced by 0. Example: with season 7, the
    target 9 rows ahead is read 14 rows before itself, which is 5 rows before the origin.
    """
    steps = np.arange(1, part.horizon + 1)
    rows = part.origins[:, None] + steps - season * -(-steps // season)
    return np.maximum(rows, 0), rows >= 0
