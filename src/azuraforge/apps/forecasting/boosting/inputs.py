"""Inputs of the boosted trees: values known at an origin, and values known in advance about the row to predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.calendar import DAY, HOUR, WEEK, Clock
from azuraforge.plugins.forecasting.channels import (
    LIMIT,
    Channel,
    column_values,
    is_stationary,
    robust_center,
    robust_scale,
)
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.covariates import Covariates
from azuraforge.plugins.forecasting.panels import Blocks, consecutive, each, filled_each, known_series

#: Name that stands for the only series of a dataset without a series column.
ALONE = ""
#: Weight of the other series in the scale of a new series, as a number of its own rows.
_ROWS_OF_OTHERS = 12
#: Lags of the target's changes, in rows before the origin.
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 18, 21, 24, 28)
#: Lags of the other columns' changes, in rows before the origin; the value at the origin is an input too.
OTHER_LAGS = (1, 3, 6, 24)
#: Windows of the rolling statistics, in rows, in addition to each season and twice its length.
WINDOWS = (4, 12, 28)
#: Longest window in rows; longer ones take more time than they are worth, and the calendar covers the year.
LONGEST_WINDOW = 200
#: Number of last seasons over which the values at the same position are averaged.
SEASONS_BACK = 4
#: Further seasons in rows: a week of hourly rows, a year of daily rows.
_WEEK_OF_HOURS = 168
_YEAR_OF_DAYS = 365


def seasons_of(season: int, clock: Clock, rows: int) -> tuple[int, ...]:
    """Return ``season`` and the calendar's seasons in rows, shortest first, if they fit twice into ``rows`` rows."""
    found = {season}
    if clock.time is not None and clock.step > 0:
        if clock.step <= DAY // 2 and DAY % clock.step == 0:
            found |= {DAY // clock.step, WEEK // clock.step}
        elif clock.step == DAY:
            found |= {7, _YEAR_OF_DAYS}
    return tuple(sorted(one for one in found if 1 < one <= rows // 2))


@dataclass(frozen=True)
class Scales:
    """Scales of one series, computed from its training rows.

    Attributes:
        first: replacement for missing target values before the first known value.
        center, scale: the scaled target is ``(value - center) / scale``.
        others: channels of the other columns.
    """

    first: float
    center: float
    scale: float
    others: tuple[Channel, ...]

    @classmethod
    def learn(cls, train: Part) -> Scales:
        """Compute the scales from ``train``, whose frame ends with the training rows."""
        values = column_values(train.frame, train.schema.target)
        known = values[np.isfinite(values)]
        others = []
        for column in train.schema.features:
            read = column_values(train.frame, column)
            if np.isfinite(read).any():
                others.append(Channel.learn(column, read, 1, relative=False))
        first = float(known[0]) if known.size else 0.0
        center = robust_center(known) if known.size else 0.0
        scale = robust_scale(known) if known.size else 1.0
        return cls(first, center, scale, tuple(others))

    def drawn_to(self, ratio: float, rows: int) -> Scales:
        """Return the scales with ``scale`` shrunk towards ``ratio`` times the center.

        Args:
            ratio: typical ratio of scale to center in the other series.
            rows: number of rows of this series; the fewer, the stronger the shrinkage.
        """
        usual = abs(self.center) * ratio or self.scale
        return replace(self, scale=(rows * self.scale + _ROWS_OF_OTHERS * usual) / (rows + _ROWS_OF_OTHERS))

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Scales:
        """Rebuild the object from the result of ``to_dict``."""
        others = tuple(Channel.from_dict(one) for one in fields["others"])
        return cls(float(fields["first"]), float(fields["center"]), float(fields["scale"]), others)


@dataclass(frozen=True)
class Layout:
    """Inputs of the trees, the same for all series.

    Attributes:
        seasons: lengths of the seasons in rows, shortest first.
        level: whether the target's level is an input, because it is stationary.
        columns: names of the other columns.
        clock: time axis with the calendar features.
        covariates: covariates known ahead.
        several: whether scale and level are inputs that identify one of several series.
        stepped: whether the number of rows ahead is an input.
        cycle: length in rows of the season whose last ``SEASONS_BACK`` repetitions are averaged as a forecast; 0 if
            no season of at most ``LONGEST_WINDOW`` rows occurs so often in the training set.
        width: number of inputs.
    """

    seasons: tuple[int, ...]
    level: bool
    columns: tuple[str, ...]
    clock: Clock
    covariates: Covariates
    several: bool
    stepped: bool
    cycle: int
    width: int

    @classmethod
    def learn(cls, config: ForecastConfig, train: Part, clock: Clock, *, several: bool) -> Layout:
        """Choose the layout by ``train``, the training set of the longest series.

        Raises InvalidInput if a known-ahead column is missing or has no known value.
        """
        values = column_values(train.frame, train.schema.target)
        known = values[np.isfinite(values)]
        seasons = seasons_of(config.season_of(train.schema), clock, train.frame.height)
        columns = tuple(name for name in train.schema.features if np.isfinite(column_values(train.frame, name)).any())
        covariates = Covariates.learn(train, config.known_ahead, config.holidays)
        level = bool(is_stationary(known))
        whole = [one for one in seasons if one <= LONGEST_WINDOW and one * SEASONS_BACK <= train.frame.height]
        stepped, cycle = config.horizon > 1, max(whole, default=0)
        found = cls(seasons, level, columns, clock, covariates, several, stepped, cycle, 0)
        one = replace(train, origins=train.origins[:1], ahead={name: each[:1] for name, each in train.ahead.items()})
        row = np.zeros(1, dtype=np.int64)
        return replace(found, width=Inputs(found, {ALONE: Scales.learn(train)}, one).at(row, row).shape[1])

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return {**asdict(self), "clock": self.clock.to_dict(), "covariates": self.covariates.to_dict()}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Layout:
        """Rebuild the object from the result of ``to_dict``."""
        lists = {name: tuple(fields[name]) for name in ("seasons", "columns")}
        clock, covariates = Clock.from_dict(fields["clock"]), Covariates.from_dict(fields["covariates"])
        return cls(**{**fields, **lists, "clock": clock, "covariates": covariates})


def blocks_of(part: Part) -> Blocks:
    """Return the rows of each series of a part; a single series is named ``ALONE``."""
    if part.schema.series is not None:
        return Blocks.of(part.frame, part.schema.series)
    return Blocks([ALONE], np.zeros(1, dtype=np.int64), np.array([part.frame.height], dtype=np.int64))


class Inputs:
    """Reader of the inputs of one or several series at any origin.

    Args:
        layout: inputs to read.
        scales: scales of each series, by name.
        part: rows and origins; series without an origin are ignored.

    Attributes:
        owners: index of each origin's series in ``center`` and ``scale``, ``(origin,)``.
        center, scale: ``(series,)``, see ``Scales``.

    Raises InvalidInput if ``scales`` lacks a series that has an origin, or ``part`` lacks a column.
    """

    def __init__(self, layout: Layout, scales: Mapping[str, Scales], part: Part) -> None:
        self.layout = layout
        self.part, blocks = _asked_only(part)
        own = [known_series(scales, name) for name in blocks.names]
        self.owners = blocks.of_rows(self.part.origins)
        self._first = blocks.first[self.owners]
        self.center, self.scale = (np.array([getattr(one, name) for one in own]) for name in ("center", "scale"))
        first = np.array([one.first for one in own])
        raw = filled_each(column_values(self.part.frame, part.schema.target), blocks, first)
        self.target = (raw - np.repeat(self.center, blocks.sizes)) / np.repeat(self.scale, blocks.sizes)
        self.others = [self._other(name, blocks, own) for name in layout.columns]

    def _other(self, name: str, blocks: Blocks, own: list[Scales]) -> Floats:
        """Return the column ``name``, scaled, ``(row,)``; NaN in a series without a training value of the column."""
        nothing = (np.nan, np.nan, np.nan)
        known = [{each.column: (each.before, each.center, each.scale) for each in one.others} for one in own]
        before, center, scale = np.array([one.get(name, nothing) for one in known]).T
        raw = filled_each(column_values(self.part.frame, name), blocks, before)
        scaled = (raw - np.repeat(center, blocks.sizes)) / np.repeat(scale, blocks.sizes)
        return np.asarray(np.clip(scaled, -LIMIT, LIMIT))

    def at(self, rows: Indices, steps: Indices) -> Floats:
        """Return the inputs of examples, ``(example, feature)``.

        Args:
            rows: index of each example's origin among the part's origins, ``(example,)``.
            steps: rows ahead, counted from 0, ``(example,)``.
        """
        asked, place = np.unique(rows, return_inverse=True)
        once = self._at_origins(asked)
        return np.concatenate([once[place], *self._at_targets(rows, steps, asked, place)], axis=1)

    def last(self, rows: Indices) -> Floats:
        """Return the scaled target at each origin, ``(example,)``."""
        return np.asarray(self.target[self.part.origins[rows]])

    def level(self, rows: Indices) -> Floats:
        """Return the mean of the scaled target over the shortest season up to each origin, ``(example,)``."""
        asked, place = np.unique(rows, return_inverse=True)
        return self._means(asked, self.layout.seasons[0])[place]

    def repeated(self, rows: Indices, steps: Indices) -> Floats:
        """Return the mean of the scaled target at the same position of the last seasons, ``(example,)``.

        The seasons have ``Layout.cycle`` rows. The mean is shifted by the difference between the mean of the newest
        season and the mean of all of these seasons.
        """
        cycle = self.layout.cycle
        back = self._back(rows, steps, cycle)[:, :SEASONS_BACK]
        asked, place = np.unique(rows, return_inverse=True)
        moved = self._means(asked, cycle) - self._means(asked, cycle * SEASONS_BACK)
        return np.asarray(_known_mean(back) + moved[place])

    def _means(self, asked: Indices, window: int) -> Floats:
        """Return the mean of the last ``window`` rows up to the origins with the indices ``asked``, ``(origin,)``."""
        rows = self.part.origins[asked][:, None] - np.arange(window)
        return _known_mean(_read(self.target, rows, self._first[asked][:, None]))

    def _at_origins(self, asked: Indices) -> Floats:
        """Return the inputs ``(origin, feature)`` that do not depend on the row to predict.

        ``asked`` contains the indices of the origins among those of the part.
        """
        layout, target = self.layout, self.target
        origins, first = self.part.origins[asked], self._first[asked][:, None]
        last = target[origins]
        columns = [last[:, None] - _read(target, origins[:, None] - np.array(LAGS), first)]
        if layout.level:
            columns.append(last[:, None])
        for window in self._windows():
            seen = _read(target, origins[:, None] - np.arange(window), first)
            known = np.isfinite(seen)
            count = known.sum(axis=1)
            mean = np.where(known, seen, 0.0).sum(axis=1) / count
            spread = np.where(known, np.square(seen - mean[:, None]), 0.0).sum(axis=1) / count
            low, high = np.fmin.reduce(seen, axis=1), np.fmax.reduce(seen, axis=1)
            columns.append(np.stack([mean - last, np.sqrt(spread), low - last, high - last], axis=1))
        for other in self.others:
            now = other[origins]
            earlier = _read(other, origins[:, None] - np.array(OTHER_LAGS), first)
            columns += [now[:, None], now[:, None] - earlier]
        if layout.several:
            owners = self.owners[asked]
            columns.append(np.stack([np.log(self.scale), self.center / self.scale], axis=1)[owners])
        return np.concatenate(columns, axis=1)

    def _windows(self) -> list[int]:
        seasons = [window for season in self.layout.seasons for window in (season, 2 * season)]
        return sorted({window for window in (*WINDOWS, *seasons) if window <= LONGEST_WINDOW})

    def _at_targets(self, rows: Indices, steps: Indices, asked: Indices, place: Indices) -> list[Floats]:
        """Return blocks ``(example, feature)`` of the inputs that depend on the row to predict."""
        layout, last = self.layout, self.last(rows)[:, None]
        columns: list[Floats] = [(steps[:, None] + 1).astype(np.float64)] if layout.stepped else []
        for season in layout.seasons:
            back = self._back(rows, steps, season)
            known = np.isfinite(back[:, :SEASONS_BACK])
            count = np.maximum(known.sum(axis=1), 1)
            mean = np.where(known, back[:, :SEASONS_BACK], 0.0).sum(axis=1) / count
            columns += [back - last, np.where(known.any(axis=1), mean, np.nan)[:, None] - last]
        part, clock = self.part, layout.clock
        if clock.width:
            local_times = clock.following_local_times(part.frame, part.origins[asked], part.horizon)[place, steps]
            columns += [clock.phases(local_times), _numbers(clock, local_times)]
        if layout.covariates.width:
            columns.append(self._covariates(asked, clock)[place, steps])
        return columns

    def _covariates(self, asked: Indices, clock: Clock) -> Floats:
        """Return the covariates ``(origin, horizon, width)`` known ahead, for the origins with indices ``asked``."""
        following = self.layout.covariates.following
        if self.part.schema.series is None:
            return following(self.part, asked, clock)
        found = np.empty((len(self.part.origins), self.part.horizon, self.layout.covariates.width))
        for _, one, at in each(self.part):
            found[at] = following(one, np.arange(len(at)), clock)
        return found[asked]

    def _back(self, rows: Indices, steps: Indices, season: int) -> Floats:
        """Return the values at the same position of the last known seasons, ``(example, SEASONS_BACK + 2)``.

        The last two columns are the values before and after the newest value. Values before the first row of the series
        or after the origin are NaN.
        """
        ahead, origins, first = steps + 1, self.part.origins[rows], self._first[rows][:, None]
        newest = origins + ahead - season * -(-ahead // season)
        back = newest[:, None] + np.concatenate([-season * np.arange(SEASONS_BACK), [-1, 1]])
        read = _read(self.target, np.minimum(back, origins[:, None]), first)
        return np.where(back <= origins[:, None], read, np.nan)


def _asked_only(part: Part) -> tuple[Part, Blocks]:
    """Return the part without the series that have no origin, and the rows of each remaining series."""
    blocks = blocks_of(part)
    asked = np.unique(blocks.of_rows(part.origins))
    if len(asked) == len(blocks):
        return part, blocks
    first, sizes = blocks.first[asked], blocks.sizes[asked]
    stops = np.cumsum(sizes)
    place = np.searchsorted(asked, blocks.of_rows(part.origins))
    origins = part.origins - (first - (stops - sizes))[place]
    kept = Blocks([blocks.names[number] for number in asked.tolist()], stops - sizes, stops)
    return replace(part, frame=part.frame[consecutive(first, sizes)], origins=origins), kept


def _known_mean(values: Floats) -> Floats:
    """Return the mean of each row's known values, ``(row, value)`` → ``(row,)``; 0, the center, if none is known."""
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def _read(values: Floats, rows: Indices, first: Indices) -> Floats:
    """Return ``values[rows]``, NaN for rows before ``first``, the first row of their series."""
    return np.where(rows >= first, values[np.maximum(rows, 0)], np.nan)


def _numbers(clock: Clock, local_times: Indices) -> Floats:
    """Return hour, weekday, day of the month and day of the year of local times, ``(example, number)``.

    Only numbers whose cycles the calendar contains are included.
    """
    cycles = {cycle.name for cycle in clock.cycles}
    dates = (local_times // DAY).astype("datetime64[D]")
    columns: list[Floats] = []
    if "hour_of_day" in cycles:
        columns.append(local_times % DAY / HOUR)
    if "day_of_week" in cycles:
        columns.append(((local_times // DAY + 3) % 7).astype(np.float64))
        columns.append((dates - dates.astype("datetime64[M]")).astype(np.float64))
    if "day_of_year" in cycles:
        columns.append((dates - dates.astype("datetime64[Y]")).astype(np.float64))
    return np.stack(columns, axis=1) if columns else np.zeros((len(local_times), 0))
