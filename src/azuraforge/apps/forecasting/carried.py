"""Base of the statistical forecasters, with parameters frozen after training and a state that each row updates.

A library estimates the parameters once, in the child process that fits. Predicting needs no library: a recursion in
this package updates the state at every later row, so that each origin has its own forecast.
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
    """States of a model along a series.

    Attributes:
        states: state after each of the requested rows, the input of ``ahead``; ``(row, state)``.
        after: start of another ``walk`` after the last row, ``(begin,)``.
    """

    states: Floats
    after: Floats


class StateModel(ABC):
    """Model with frozen parameters and a state that is updated at each row.

    Subclasses are frozen dataclasses of numbers, strings and arrays.
    """

    @abstractmethod
    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Update the state ``begin`` with ``values``, ``(row,)``, and return the states after the rows ``at``.

        At a NaN, the state advances without a correction.
        """

    @abstractmethod
    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Return the forecasts from each state: ``(row, state)`` → ``(row, horizon)``."""

    @abstractmethod
    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Return an initial state for ``values`` that do not reach back to the training set.

        Args:
            before: the state before the first row of the training set.
            after: the state after its last row.
            values: values, ``(row,)``, at least one of which is known.
            gap: number of rows between the training set and the first of ``values``; negative if ``values`` begin
                before the end of the training set.
        """

    def state_of(self, begin: Floats) -> Floats:
        """Return the input of ``ahead`` before the first row, ``(state,)``; by default ``begin`` itself."""
        return begin

    @property
    def season(self) -> int:
        """Length of the season in rows; 1 without a season."""
        return 1


ModelT = TypeVar("ModelT", bound=StateModel)


@dataclass(frozen=True)
class Estimate(Generic[ModelT]):
    """Estimated model with its states around the training set.

    Attributes:
        model: the model.
        before: the state before the first value.
        after: the state after the last value; if None, ``walk`` computes it.
    """

    model: ModelT
    before: Floats
    after: Floats | None = None


@dataclass(frozen=True)
class _Asked:
    """Series prepared for estimation.

    Attributes:
        train: the training set.
        values: ``(row,)``, the target of all rows.
        tail: the last rows of ``values``, with gaps filled, on which the model is estimated.
        seasons: lengths of the seasons in rows, ascending.
        settings: settings of the fitted state, without the settings of the model.
    """

    train: Part
    values: Floats
    tail: Floats
    seasons: tuple[int, ...]
    settings: dict[str, Any]

    def learned(self, found: Estimate[ModelT]) -> Learned:
        """Return the fitted state: the model, its states around the training set, and the settings."""
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
    """Base class of forecasters that estimate a ``StateModel``. Subclasses implement ``estimate``."""

    Model: ClassVar[type[StateModel]]
    #: Minimum number of known values in the training set.
    fewest_rows: ClassVar[int] = 6
    #: Maximum number of rows, at the end of the training set, on which parameters are estimated; at least four seasons.
    most_rows: ClassVar[int] = 2000
    #: Whether a refit keeps the form chosen on the training set, see ``estimate_again``.
    keeps_form: ClassVar[bool] = False
    #: Longest season in rows; longer ones are ignored.
    longest_season: ClassVar[int] = 400

    @abstractmethod
    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[ModelT]:
        """Estimate the model of ``values``.

        Args:
            config: config of the run.
            values: values without gaps, ``(row,)``.
            seasons: lengths in rows, ascending, of the seasons that fit into the values often enough.
        """

    def estimate_again(
        self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...], found: ModelT
    ) -> Estimate[ModelT]:
        """Estimate the model on more values than ``found``. A subclass with ``keeps_form`` keeps its form."""
        return self.estimate(config, values, seasons)

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Estimate the parameters on the last rows of the training set; a constant series has none.

        Raises InvalidInput if fewer than ``fewest_rows`` values are known or the estimation fails.
        """
        asked = self._asked(run.config, train)
        if isinstance(asked, Learned):
            return asked
        return asked.learned(self._estimate(run.config, asked.tail, asked.seasons))

    def relearn(self, run: RunContext[ForecastConfig], evaluated: Learned, rows: Part) -> Learned:
        """Estimate the parameters again on all rows, as ``learn`` does; if ``keeps_form``, keep the chosen form."""
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
        """Yield the fitted state of each series; the parameters are estimated together if this is faster.

        Raises InvalidInput if the parameters of a series cannot be estimated.
        """
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
        """Yield the state of each series, fitted again; see ``relearn``."""
        return super().relearn_each(run, evaluated, rows) if self.keeps_form else self.learn_each(run, rows, rows)

    def estimate_each(
        self, config: ForecastConfig, asked: Sequence[tuple[Floats, tuple[int, ...]]]
    ) -> Iterator[Estimate[ModelT] | InvalidInput]:
        """Yield the estimate of each series in ``asked``, pairs of values and seasons.

        Raises InvalidInput if an estimation fails. An override may yield this error instead; ``learn_each`` raises it.
        """
        for values, seasons in asked:
            yield self._estimate(config, values, seasons)

    def _asked(self, config: ForecastConfig, train: Part) -> _Asked | Learned:
        """Prepare a series for estimation; return its fitted state instead if the series is constant.

        Raises InvalidInput if fewer than ``fewest_rows`` values are known.
        """
        values = column_values(train.frame, train.schema.target)
        first = first_known(train)
        known = values[np.isfinite(values)]
        settings: dict[str, Any] = {"first": first, "model": None}
        if not known.size or not np.ptp(known):
            return Learned(settings)
        if known.size < self.fewest_rows:
            raise InvalidInput(
                "{name} requires at least {least} known values in the training set, which has {count}",
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
        """Return the first row on which the parameters were estimated."""
        return train.frame.height - int(learned.settings.get("rows", train.frame.height))

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Update the state up to each origin and return the forecasts from there, ``(origin, horizon)``.

        The last value is repeated if the training set is constant, the model diverges, or an origin has no state.
        """
        last = np.repeat(target_of(learned, part)[part.origins][:, None], part.horizon, axis=1)
        if learned.settings["model"] is None:  # a constant training set: forecast the last value
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
            # A forecast that is not finite means that the model diverged; the last value replaces it.
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
                "{name} could not be fitted to this series: {error_type}: {reason}",
                where="dataset",
                next_step="choose another forecaster, such as forecasting.ets",
                name=self.name,
                error_type=type(error).__name__,
                reason=str(error),
            ) from error

    def _begin(self, model: StateModel, learned: Learned, part: Part, values: Floats) -> tuple[int, Floats]:
        """Return the row at which ``walk`` starts and the state before it.

        If the frame contains the end of the training set, ``walk`` starts after it; if an origin is before that end,
        it starts at the first row of the estimation. In any other frame (a caller's own rows), it starts at the first
        row.
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
    """Rebuild the model that ``learn`` stored."""
    arrays = {name.removeprefix(_MODEL): values for name, values in learned.arrays.items() if name.startswith(_MODEL)}
    return kind(**learned.settings["model"], **arrays)


def bridged(values: Floats) -> Floats:
    """Return the values with gaps interpolated linearly, ``(row,)``; zeros if none is known.

    Only for estimation within the training set, because a gap is filled from both sides.
    """
    known = np.isfinite(values)
    rows = np.arange(len(values))
    return np.interp(rows, rows[known], values[known]) if known.any() else np.zeros(len(values))


def _fitting_gap(model: StateModel, before: Floats, after: Floats, values: Floats, guess: int) -> int:
    """Return the gap, from ``guess`` to one season more, with the smallest one-step-ahead errors on ``values``."""
    rows = np.arange(len(values) - 1)

    def mean_square(gap: int) -> float:
        made = model.ahead(model.walk(model.restart(before, after, values, gap), values[:-1], rows).states, 1)[:, 0]
        return float(np.nanmean((values[1:] - made) ** 2))

    return min((guess + place for place in range(model.season)), key=mean_square)
