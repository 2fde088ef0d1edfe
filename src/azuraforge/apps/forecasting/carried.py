"""Statistical forecasters: parameters are estimated on the training part and frozen, the state is carried on.

A library estimates the parameters once, in the child that fits. A recursion of our own then carries the state over
every later row, so each origin has a forecast of its own and predicting needs no library.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, TypeVar, cast

import numpy as np

from azuraforge.apps.forecasting.baseline import Baseline, Learned, first_known, target_of
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.forecasting.calendar import Clock, moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.seasons import natural_seasons

_MODEL = "model."


@dataclass(frozen=True)
class Walk:
    """States along a series.

    Attributes:
        states: ``(row, state)`` what ``ahead`` needs, after each of the rows that were asked for.
        after: ``(begin,)`` what ``walk`` needs to go on after the last row.
    """

    states: Floats
    after: Floats


class StateModel(ABC):
    """Frozen parameters of a recursion. Subclasses are frozen dataclasses of numbers, words and arrays."""

    @abstractmethod
    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Carry the state ``begin`` over ``(row,)`` values and return the states after the rows ``at``.

        A NaN leaves the state as the model expects it.
        """

    @abstractmethod
    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Return ``(row, horizon)``: the forecasts from ``states`` ``(row, state)``."""

    @abstractmethod
    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Return a state to begin with on ``(row,)`` values that do not reach back to the training part.

        Args:
            before: the state before the first row of the training part.
            after: the state after its last row.
            values: the rows to begin on; at least one is known.
            gap: rows between the training part and the first of ``values``; negative where it lies before the end.
        """

    def state_of(self, begin: Floats) -> Floats:
        """Return ``(state,)``: what ``ahead`` needs to forecast from right before the first row. ``begin`` itself."""
        return begin

    @property
    def season(self) -> int:
        """Rows after which the model's season repeats; 1 without a season."""
        return 1


ModelT = TypeVar("ModelT", bound=StateModel)


@dataclass(frozen=True)
class Estimate(Generic[ModelT]):
    """A model, its state before the first value of the training part, and after the last; None: walk there."""

    model: ModelT
    before: Floats
    after: Floats | None = None


@dataclass(frozen=True)
class _Asked:
    """A series to estimate parameters of: its rows, all its values, and the last of them without holes."""

    train: Part
    values: Floats
    tail: Floats
    seasons: tuple[int, ...]
    settings: dict[str, Any]

    def learned(self, found: Estimate[ModelT]) -> Learned:
        """Return the estimate with the states around the training part."""
        moments, start = moments_of(self.train.frame, self.train.schema), len(self.values) - len(self.tail)
        model, after = found.model, found.after
        if after is None:
            after = model.walk(found.before, self.values[start:], np.zeros(0, dtype=np.int64)).after
        parts = {each.name: getattr(model, each.name) for each in fields(model)}  # type: ignore[arg-type]  # a dataclass
        settings = self.settings | {
            "model": {name: value for name, value in parts.items() if not isinstance(value, np.ndarray)},
            "clock": Clock.learn(self.train.frame, self.train.schema).to_dict(),
            "start": int(moments[start]),
            "end": int(moments[-1]),
            "rows": len(self.tail),
        }
        arrays = {_MODEL + name: value for name, value in parts.items() if isinstance(value, np.ndarray)}
        return Learned(settings, {**arrays, "before": found.before, "after": after})


class StateForecaster(Baseline, Generic[ModelT]):
    """A forecaster that estimates a ``StateModel``. Subclasses write ``estimate``."""

    Model: ClassVar[type[StateModel]]
    #: Known values that the training part must hold.
    fewest_rows: ClassVar[int] = 6
    #: Parameters are estimated on at most this many rows at the end of the training part, or four of its seasons.
    most_rows: ClassVar[int] = 2000
    #: Whether a refit keeps what was chosen on the training part, see ``estimate_again``.
    keeps_form: ClassVar[bool] = False
    #: Longer seasons are left out.
    longest_season: ClassVar[int] = 400

    @abstractmethod
    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[ModelT]:
        """Return the model of ``(row,)`` values without holes, with its states around them.

        ``seasons`` are those that the values hold often enough, ascending.
        """

    def estimate_again(
        self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...], found: ModelT
    ) -> Estimate[ModelT]:
        """Estimate as ``estimate`` does, on more values than ``found``. Called only if ``keeps_form``."""
        return self.estimate(config, values, seasons)

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Estimate the parameters on the end of the training part."""
        asked = self._asked(run.config, train)
        if isinstance(asked, Learned):
            return asked
        return asked.learned(self._estimate(run.config, asked.tail, asked.seasons))

    def relearn(self, run: RunContext[ForecastConfig], evaluated: Learned, rows: Part) -> Learned:
        """Estimate the parameters on every row; if ``keeps_form``, of the form found before."""
        if not self.keeps_form or evaluated.settings["model"] is None:
            return self.learn(run, rows, rows)
        asked = self._asked(run.config, rows)
        if isinstance(asked, Learned):
            return asked
        found = cast("ModelT", model_of(self.Model, evaluated))  # a class attribute cannot name a type variable
        return asked.learned(self._estimate(run.config, asked.tail, asked.seasons, found))

    def learn_each(
        self, run: RunContext[ForecastConfig], trains: Sequence[Part], validations: Sequence[Part]
    ) -> Iterator[Learned]:
        """Learn each of many series, estimating their parameters together if that is faster; see ``learn``."""
        asked = [self._asked(run.config, train) for train in trains]
        open_ = [one for one in asked if isinstance(one, _Asked)]
        found = self.estimate_each(run.config, [(one.tail, one.seasons) for one in open_])
        for one in asked:
            if isinstance(one, Learned):
                yield one
                continue
            estimate = next(found)
            if isinstance(estimate, InvalidInput):
                raise estimate
            yield one.learned(estimate)

    def relearn_each(
        self, run: RunContext[ForecastConfig], evaluated: Sequence[Learned], rows: Sequence[Part]
    ) -> Iterator[Learned]:
        """Estimate the parameters of many series again."""
        return super().relearn_each(run, evaluated, rows) if self.keeps_form else self.learn_each(run, rows, rows)

    def estimate_each(
        self, config: ForecastConfig, asked: Sequence[tuple[Floats, tuple[int, ...]]]
    ) -> Iterator[Estimate[ModelT] | InvalidInput]:
        """Yield the estimate of each series, given its values and seasons."""
        for values, seasons in asked:
            yield self._estimate(config, values, seasons)

    def _asked(self, config: ForecastConfig, train: Part) -> _Asked | Learned:
        """Return the values to estimate on, or at once what is learned of a series that never changes."""
        values = column_values(train.frame, train.schema.target)
        first = first_known(train)
        known = values[np.isfinite(values)]
        settings: dict[str, Any] = {"first": first, "model": None}
        if not known.size or not np.ptp(known):
            return Learned(settings)
        if known.size < self.fewest_rows:
            raise InvalidInput(
                "{name} needs {least} known values in the training set, which has {count}",
                where="dataset",
                next_step="add earlier rows or choose forecasting.ets",
                name=self.name,
                least=self.fewest_rows,
                count=known.size,
            )
        season = config.season_of(train.schema)
        seasons = natural_seasons(train.schema, season, len(values), self.longest_season)
        rows = min(len(values), max(self.most_rows, 4 * max(seasons, default=1)))
        tail = bridged(values[len(values) - rows :])
        if not np.ptp(tail):
            return Learned(settings)
        return _Asked(train, values, tail, natural_seasons(train.schema, season, rows, self.longest_season), settings)

    def settled(self, learned: Learned, config: ForecastConfig, train: Part) -> int:
        """Return the first row that the parameters were estimated on."""
        return train.frame.height - int(learned.settings.get("rows", train.frame.height))

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Carry the state to each origin and compute the forecasts from there."""
        last = np.repeat(target_of(learned, part)[part.origins][:, None], part.horizon, axis=1)
        if learned.settings["model"] is None:  # a constant training part: the last value stands
            return last
        model = model_of(self.Model, learned)
        values = column_values(part.frame, part.schema.target)
        begin, state = self._begin(model, learned, part, values)
        later = part.origins >= begin - 1
        at, place = np.unique(part.origins[later] - begin, return_inverse=True)
        if len(at):
            walked = model.walk(state, values[begin : begin + int(at[-1]) + 1], at[at >= 0]).states
            states = np.concatenate([model.state_of(state)[None], walked]) if at[0] < 0 else walked
            point = model.ahead(states, part.horizon)[place]
            # Numbers out of range are the model's failure to follow; the last value is the honest answer then.
            last[later] = np.where(np.isfinite(point), point, last[later])
        return last

    def _estimate(
        self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...], found: ModelT | None = None
    ) -> Estimate[ModelT]:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):  # the libraries report convergence by warnings
                warnings.simplefilter("ignore")
                if found is not None:
                    return self.estimate_again(config, values, seasons, found)
                return self.estimate(config, values, seasons)
        except InvalidInput:
            raise
        except Exception as error:  # statsforecast raises bare exceptions
            raise InvalidInput(
                "{name} could not be estimated on this series: {error_type}: {reason}",
                where="dataset",
                next_step="choose another forecaster, such as forecasting.ets",
                name=self.name,
                error_type=type(error).__name__,
                reason=str(error),
            ) from error

    def _begin(self, model: StateModel, learned: Learned, part: Part, values: Floats) -> tuple[int, Floats]:
        """Return the row to begin at and the state before it.

        A frame that holds the end of the training part goes on there; where origins lie before it, the frame begins
        where the estimation began. Another frame (a caller's own rows) begins at its first row.
        """
        settings, before, after = learned.settings, learned.arrays["before"], learned.arrays["after"]
        moments = moments_of(part.frame, part.schema)
        for moment, state, skip in ((settings["end"], after, 1), (settings["start"], before, 0)):
            found = int(np.searchsorted(moments, moment))
            there = found < len(moments) and moments[found] == moment
            if there and (not skip or part.origins.min(initial=len(moments)) >= found):
                return found + skip, state
        if not np.isfinite(values).any():
            return 0, after
        clock = Clock.from_dict(settings["clock"])
        gap = clock.rows_between(settings["start"], int(moments[0])) - settings["rows"]
        if clock.frequency is None and model.season > 1 and np.isfinite(values).sum() >= model.season:
            gap = _fitting_gap(model, before, after, values, gap)  # holidays and half days cannot be counted
        return 0, model.restart(before, after, values, gap)


def model_of(kind: type[StateModel], learned: Learned) -> StateModel:
    """Return the model that ``learn`` stored."""
    arrays = {name.removeprefix(_MODEL): values for name, values in learned.arrays.items() if name.startswith(_MODEL)}
    return kind(**learned.settings["model"], **arrays)


def bridged(values: Floats) -> Floats:
    """Return ``(row,)`` values with holes bridged by straight lines, for estimation inside the training part only."""
    known = np.isfinite(values)
    rows = np.arange(len(values))
    return np.interp(rows, rows[known], values[known]) if known.any() else np.zeros(len(values))


def _fitting_gap(model: StateModel, before: Floats, after: Floats, values: Floats, guess: int) -> int:
    """Return the gap, within a season of ``guess``, at which the one-step errors of ``values`` are least."""
    rows = np.arange(len(values) - 1)

    def mean_square(gap: int) -> float:
        made = model.ahead(model.walk(model.restart(before, after, values, gap), values[:-1], rows).states, 1)[:, 0]
        return float(np.nanmean((values[1:] - made) ** 2))

    return min((guess + place for place in range(model.season)), key=mean_square)
