"""Forecasts of a series that was not learned, by analogy with the series of its panel.

What they share is the seasonal profile, in units of a series' own size. A new series gives its size and level from the
rows up to the origin, and with each cycle of its own rows more of its own profile. Intervals are as wide as this
forecast erred on series of the panel that were cut to a few rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.calendar import Clock, moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS
from azuraforge.plugins.forecasting.intervals import in_order, residual_quantiles
from azuraforge.plugins.forecasting.panels import UNKNOWN_SERIES, each

#: Number of series from which the profile is learned, evenly spread over the names.
_MOST_SERIES = 200
#: Known rows that a new series must have up to the origin.
LEAST_ROWS = 2
#: Cycles of a series' own rows that weigh as much as the profile of the panel.
_CYCLES_OF_OTHERS = 2.0
#: Weight of each row in the level, relative to the row after it.
_FADING = 0.6
#: Number of rows to which series are cut when errors are measured, and of origins in each series.
_FEW_ROWS, _ORIGINS = 6, 4
#: Least share of the level that remains after the season.
_LEAST_SHARE = 0.1
#: A series with at least so many known values, all equal, never changes; its forecast is the last value.
_STILL_ROWS = 8
#: Number of cycles in a series that a profile needs.
_CYCLES = 2

_PREFIX = "analogues."


class AnaloguesSettings(TypedDict):
    """JSON values of stored ``Analogues``."""

    start: int
    clock: dict[str, object]


@dataclass(frozen=True)
class Analogues:
    """The seasonal profile and the forecast errors that the series of a panel share.

    Attributes:
        profile: ``(season,)`` what each place in the season adds to the level, in units of a series' size; mean 0.
        offsets: ``(level, horizon)`` of the quantiles of ``QUANTILE_LEVELS``, in the same units.
        start: a moment at the first place of the season.
        clock: that counts the rows from there.
    """

    profile: Floats
    offsets: Floats
    start: int
    clock: Clock

    @classmethod
    def learn(cls, train: Part, validation: Part, season: int) -> Analogues:
        """Learn the profile from the training set of a panel, and the errors from its validation set."""
        profiled = cls._profiled(train, season, np.zeros((len(QUANTILE_LEVELS), train.horizon)))
        checks = [part for _, part, _ in each(validation)]
        errors = [profiled._errors(part) for part in checks[:: max(1, -(-len(checks) // _MOST_SERIES))]]
        return replace(profiled, offsets=residual_quantiles(np.concatenate(errors), QUANTILE_LEVELS))

    def relearned(self, rows: Part) -> Analogues:
        """Return the profile of all rows, with the same quantiles."""
        return self._profiled(rows, len(self.profile), self.offsets)

    @classmethod
    def _profiled(cls, rows: Part, season: int, offsets: Floats) -> Analogues:
        parts = [part for _, part, _ in each(rows)]
        parts = parts[:: max(1, -(-len(parts) // _MOST_SERIES))]
        longest = max(parts, key=lambda part: part.frame.height)
        start = int(moments_of(longest.frame, longest.schema)[0])
        bare = cls(np.zeros(season), offsets, start, Clock.learn(longest.frame, longest.schema))
        found = [one for one in (bare._own_profile(part) for part in parts if season > 1) if one is not None]
        profile = np.median(found, axis=0) if found else np.zeros(season)
        return replace(bare, profile=np.asarray(profile - profile.mean()))

    def predict(self, name: str, part: Part) -> Predictions:
        """Forecast the series ``name`` from each origin, by the rows up to it.

        Raises InvalidInput (``UNKNOWN_SERIES``) where an origin has fewer than ``LEAST_ROWS`` known rows.
        """
        values, places = column_values(part.frame, part.schema.target), self._places(part)
        point = np.empty((len(part.origins), part.horizon))
        width = np.empty((len(part.origins), 1))
        for row, origin in enumerate(part.origins.tolist()):
            known = int(np.isfinite(values[: origin + 1]).sum())
            if known < LEAST_ROWS:
                raise InvalidInput(
                    "the series {name!r} was not learned and has {known} known [value|values]; a forecast by analogy "
                    "needs {least}",
                    where="series",
                    next_step="send more rows of this series, or train a version with it",
                    code=UNKNOWN_SERIES,
                    name=name,
                    known=known,
                    least=LEAST_ROWS,
                )
            point[row], width[row] = self._ahead(values[: origin + 1], places[: origin + 1], part.horizon)
        quantiles = in_order(point + self.offsets[:, None, :] * width)
        return Predictions(point, dict(zip(QUANTILE_LEVELS, quantiles, strict=True)))

    def settings(self) -> AnaloguesSettings:
        """Return the JSON values of a version."""
        return {"start": self.start, "clock": self.clock.to_dict()}

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays of a version, by name."""
        return {f"{_PREFIX}profile": self.profile, f"{_PREFIX}offsets": self.offsets}

    @classmethod
    def stored(cls, settings: AnaloguesSettings, arrays: dict[str, Floats]) -> Analogues:
        """Rebuild the object from the results of ``settings`` and ``arrays``, and remove its arrays from ``arrays``."""
        profile, offsets = arrays.pop(f"{_PREFIX}profile"), arrays.pop(f"{_PREFIX}offsets")
        return cls(profile, offsets, int(settings["start"]), Clock.from_dict(settings["clock"]))

    def _places(self, part: Part) -> Indices:
        """Return ``(row,)``: the places of a series' rows in the season."""
        count = part.frame.height
        if len(self.profile) < _CYCLES:
            return np.zeros(count, dtype=np.int64)
        moments = moments_of(part.frame, part.schema)
        last = self.clock.rows_between(self.start, int(moments[-1]))
        return np.asarray((last - np.arange(count - 1, -1, -1)) % len(self.profile))

    def _own_profile(self, part: Part) -> Floats | None:
        """Return ``(season,)``: the profile of one series; None if it has too few rows."""
        values, season = column_values(part.frame, part.schema.target), len(self.profile)
        known = np.isfinite(values)
        size = float(np.abs(values[known]).mean()) if known.any() else 0.0
        if known.sum() < _CYCLES * season or size == 0:
            return None
        rest = _without_trend(values, season) / size
        return _mean_by_place(rest, self._places(part), season)[0]

    def _ahead(self, values: Floats, places: Indices, horizon: int) -> tuple[Floats, float]:
        """Return ``(horizon,)`` forecasts and the size of a series, from ``(row,)`` values up to an origin."""
        season, known = len(self.profile), np.isfinite(values)
        if known.sum() >= _STILL_ROWS and np.ptp(values[known]) == 0:
            still = float(values[known][-1])  # a series that never changes has no seasons, whatever the others have
            return np.full(horizon, still), abs(still)
        profile, size = self.profile, self._size(values[known], places[known])
        if season > 1 and (cycles := known.sum() // season) >= _CYCLES and size > 0:
            own, there = _mean_by_place(_without_trend(values, season) / size, places, season)
            share = cycles / (cycles + _CYCLES_OF_OTHERS)
            profile = np.where(there, share * own + (1 - share) * profile, profile)
        rest = values - size * profile[places]
        weights = np.where(known, _FADING ** np.arange(len(values) - 1, -1, -1.0), 0.0)
        weights = np.where(known, np.maximum(weights, 1e-300), 0.0)
        level = float((weights * np.where(known, rest, 0.0)).sum() / weights.sum())
        ahead = (places[-1] + np.arange(1, horizon + 1)) % season
        return level + size * profile[ahead], size

    def _size(self, values: Floats, places: Indices) -> float:
        """Return the size of a series: the mean of its values; over whole seasons if all values are positive."""
        if values.min() > 0:
            return float((values / np.maximum(1 + self.profile[places], _LEAST_SHARE)).mean())
        return float(np.abs(values).mean())

    def _errors(self, part: Part) -> Floats:
        """Return ``(origin, horizon)`` errors in units of size, of the series cut to a few rows before each origin."""
        assert part.targets is not None
        values, places = column_values(part.frame, part.schema.target), self._places(part)
        some = np.unique(np.linspace(0, len(part.origins) - 1, _ORIGINS).astype(np.int64))
        found = []
        for row in some.tolist():
            origin = int(part.origins[row])
            seen = slice(max(0, origin + 1 - _FEW_ROWS), origin + 1)
            if np.isfinite(values[seen]).sum() < LEAST_ROWS:
                continue
            point, size = self._ahead(values[seen], places[seen], part.horizon)
            if size > 0:
                found.append((part.targets[row] - point) / size)
        return np.stack(found) if found else np.zeros((0, part.horizon))


def _without_trend(values: Floats, season: int) -> Floats:
    """Return the values less a straight line through the known ones."""
    rows, known = np.arange(len(values)), np.isfinite(values)
    slope, level = np.polyfit(rows[known], values[known], 1)
    return np.asarray(values - (level + slope * rows))


def _mean_by_place(rest: Floats, places: Indices, season: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return ``(season,)`` means, centred, and whether each place has a value."""
    known = np.isfinite(rest)
    counts = np.bincount(places[known], minlength=season)
    means = np.bincount(places[known], rest[known], season) / np.maximum(counts, 1)
    there = counts > 0
    return np.where(there, means - means[there].mean(), 0.0), there
