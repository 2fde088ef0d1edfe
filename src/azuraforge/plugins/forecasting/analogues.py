"""Forecasts of a series that was not learned, by analogy with the learned series of its panel.

All series share a seasonal profile, in units of the size of each series. Size and level of a new series come from its
rows up to the origin; with each further cycle, its own profile gets more weight. Interval widths come from the errors
of such forecasts on series of the panel that were cut to a few rows.
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

#: Maximum number of series from which the profile is learned, spaced evenly over the panel.
_MOST_SERIES = 200
#: Minimum number of known values of a new series up to the origin.
LEAST_ROWS = 2
#: Weight of the panel's profile, as a number of cycles of a series' own rows.
_CYCLES_OF_OTHERS = 2.0
#: Weight of each row in the level, relative to the row after it.
_FADING = 0.6
#: Number of rows to which series are cut when errors are measured, and number of origins in each series.
_FEW_ROWS, _ORIGINS = 6, 4
#: Minimum share of the level that remains after the season is removed.
_LEAST_SHARE = 0.1
#: A series with at least this many known values, all equal, counts as constant; its forecast is the last value.
_STILL_ROWS = 8
#: Minimum number of cycles from which a profile is learned.
_CYCLES = 2

_PREFIX = "analogues."


class AnaloguesSettings(TypedDict):
    """JSON values of stored ``Analogues``."""

    start: int
    clock: dict[str, object]


@dataclass(frozen=True)
class Analogues:
    """Seasonal profile and forecast errors shared by the series of a panel.

    Attributes:
        profile: ``(season,)``, addend of each position in the season, in units of a series' size; the mean is 0.
        offsets: ``(level, horizon)``, offsets of the quantiles at ``QUANTILE_LEVELS``, in the same units.
        start: time of a row at the first position of the season, see ``moments_of``.
        clock: time axis that counts the rows from ``start``.
    """

    profile: Floats
    offsets: Floats
    start: int
    clock: Clock

    @classmethod
    def learn(cls, train: Part, validation: Part, season: int) -> Analogues:
        """Learn the profile from the training set of a panel, and the offsets from errors on its validation set."""
        profiled = cls._profiled(train, season, np.zeros((len(QUANTILE_LEVELS), train.horizon)))
        checks = [part for _, part, _ in each(validation)]
        errors = [profiled._errors(part) for part in checks[:: max(1, -(-len(checks) // _MOST_SERIES))]]
        return replace(profiled, offsets=residual_quantiles(np.concatenate(errors), QUANTILE_LEVELS))

    def relearned(self, rows: Part) -> Analogues:
        """Return the analogues with a profile learned from all rows and unchanged offsets."""
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
        """Return forecasts of the series ``name`` from each origin, using the rows up to the origin.

        Raises InvalidInput (``UNKNOWN_SERIES``) if an origin has fewer than ``LEAST_ROWS`` known values up to it.
        """
        values, places = column_values(part.frame, part.schema.target), self._places(part)
        point = np.empty((len(part.origins), part.horizon))
        width = np.empty((len(part.origins), 1))
        for row, origin in enumerate(part.origins.tolist()):
            known = int(np.isfinite(values[: origin + 1]).sum())
            if known < LEAST_ROWS:
                raise InvalidInput(
                    "the series {name!r} was not used in training and has {known} known [value|values]; a forecast "
                    "by analogy needs {least}",
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
        """Return the settings to store with a version, as JSON values."""
        return {"start": self.start, "clock": self.clock.to_dict()}

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays to store with a version, by name."""
        return {f"{_PREFIX}profile": self.profile, f"{_PREFIX}offsets": self.offsets}

    @classmethod
    def stored(cls, settings: AnaloguesSettings, arrays: dict[str, Floats]) -> Analogues:
        """Return the analogues that ``settings`` and ``arrays`` store, and remove their arrays from ``arrays``."""
        profile, offsets = arrays.pop(f"{_PREFIX}profile"), arrays.pop(f"{_PREFIX}offsets")
        return cls(profile, offsets, int(settings["start"]), Clock.from_dict(settings["clock"]))

    def _places(self, part: Part) -> Indices:
        """Return the position of each row in the season, ``(row,)``."""
        count = part.frame.height
        if len(self.profile) < _CYCLES:
            return np.zeros(count, dtype=np.int64)
        moments = moments_of(part.frame, part.schema)
        last = self.clock.rows_between(self.start, int(moments[-1]))
        return np.asarray((last - np.arange(count - 1, -1, -1)) % len(self.profile))

    def _own_profile(self, part: Part) -> Floats | None:
        """Return the profile of one series, ``(season,)``; None if it has too few known values or only zeros."""
        values, season = column_values(part.frame, part.schema.target), len(self.profile)
        known = np.isfinite(values)
        size = float(np.abs(values[known]).mean()) if known.any() else 0.0
        if known.sum() < _CYCLES * season or size == 0:
            return None
        rest = _without_trend(values, season) / size
        return _mean_by_place(rest, self._places(part), season)[0]

    def _ahead(self, values: Floats, places: Indices, horizon: int) -> tuple[Floats, float]:
        """Return the forecasts ``(horizon,)`` and the size of a series, from its values ``(row,)`` up to an origin."""
        season, known = len(self.profile), np.isfinite(values)
        if known.sum() >= _STILL_ROWS and np.ptp(values[known]) == 0:
            still = float(values[known][-1])  # a constant series has no season, even if the others have one
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
        """Return the size of a series: the mean absolute value, without the season if all values are positive."""
        if values.min() > 0:
            return float((values / np.maximum(1 + self.profile[places], _LEAST_SHARE)).mean())
        return float(np.abs(values).mean())

    def _errors(self, part: Part) -> Floats:
        """Return errors ``(origin, horizon)`` in units of the size, for the series cut to a few rows at each origin."""
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
    """Return the values minus a straight line fitted to the known values."""
    rows, known = np.arange(len(values)), np.isfinite(values)
    slope, level = np.polyfit(rows[known], values[known], 1)
    return np.asarray(values - (level + slope * rows))


def _mean_by_place(rest: Floats, places: Indices, season: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the centred mean of each position in the season, ``(season,)``, and whether it has a known value."""
    known = np.isfinite(rest)
    counts = np.bincount(places[known], minlength=season)
    means = np.bincount(places[known], rest[known], season) / np.maximum(counts, 1)
    there = counts > 0
    return np.where(there, means - means[there].mean(), 0.0), there
