"""Public holidays by country as known-ahead features; only child processes import the ``holidays`` package."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.calendar import DAY, Clock

if TYPE_CHECKING:
    import polars as pl

#: Number of features of a row: the share of its days that are holidays, and whether the day after the row is one.
HOLIDAY_FEATURES = 2
_EPOCH = date(1970, 1, 1)


def check_country(country: str, schema: Schema) -> None:
    """Raise InvalidInput if the holidays of ``country`` are unknown or the rows have no times."""
    if schema.time is None:
        raise InvalidInput(
            "holidays require rows with times, but the rows of this dataset have none",
            where="config.holidays",
            next_step="leave holidays empty, or add the dataset with its time column",
        )
    _calendar(country, 2020, 2020)


def holiday_features(local_times: Indices, step: int, country: str) -> Floats:
    """Return the holiday features ``(…, 2)`` of rows that begin at the given local times.

    Args:
        local_times: microseconds since 1970-01-01 00:00 in local time, in any shape.
        step: microseconds that a row covers. The share is 0 or 1 for a row of at most a day, and 2/7 for a week with
            two holidays.
        country: ISO 3166 code, optionally with a subdivision, such as ``"DE-BY"``.

    Raises InvalidInput if the holidays of ``country`` are unknown.

    Example:
        >>> from datetime import datetime
        >>> day = (datetime(2025, 10, 28) - datetime(1970, 1, 1)).days * DAY
        >>> holiday_features(np.array([day, day + DAY]), DAY, "TR").tolist()  # the 29th is Republic Day
        [[0.0, 1.0], [1.0, 0.0]]
    """
    if not local_times.size:
        return np.zeros((*local_times.shape, HOLIDAY_FEATURES))
    days = local_times // DAY
    span = max(1, round(step / DAY))
    first, last = (_year_of(int(day)) for day in (days.min(), days.max() + span))
    found = _days(country, first, last)
    share = (np.searchsorted(found, days + span) - np.searchsorted(found, days)) / span
    eve = np.searchsorted(found, days + span + 1) - np.searchsorted(found, days + span)
    return np.stack([share.astype(np.float64), eve.astype(np.float64)], axis=-1)


def holidays_ahead(clock: Clock, frame: pl.DataFrame, origins: Indices, horizon: int, country: str) -> Floats:
    """Return the holiday features of the rows after each origin, ``(origin, horizon, 2)``.

    Raises InvalidInput if the holidays of ``country`` are unknown, and ValueError if rows have no time.
    """
    return holiday_features(clock.following_local_times(frame, origins, horizon), clock.step, country)


@lru_cache(maxsize=8)
def _days(country: str, first: int, last: int) -> Indices:
    """Return the holidays of the years ``first`` to ``last`` and the next year, in days since 1970-01-01, ascending."""
    named = _calendar(country, first, last + 1)
    return np.array(sorted({(day - _EPOCH).days for day in named}), dtype=np.int64)


def _calendar(country: str, first: int, last: int) -> Iterable[date]:
    import holidays

    code, _, subdivision = country.partition("-")
    try:
        return holidays.country_holidays(code, subdiv=subdivision or None, years=range(first, last + 1))
    except NotImplementedError as error:
        raise InvalidInput(
            "the public holidays of {country!r} are unknown",
            where="config.holidays",
            next_step="enter an ISO 3166 code, such as TR, HU or DE-BY, or leave it empty",
            country=country,
        ) from error


def _year_of(day: int) -> int:
    return int(np.datetime64(day, "D").astype("datetime64[Y]").astype(int)) + 1970
