"""Possible seasons of a series, derived from the frequency of its rows."""

from __future__ import annotations

import re

from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.calendar import DAY, HOUR, UNITS, WEEK, YEAR

#: Minimum number of repetitions at which a season can be distinguished from a trend.
CYCLES_NEEDED = 2


def natural_seasons(schema: Schema, season: int, rows: int, longest: int) -> tuple[int, ...]:
    """Return the seasons of a series in rows, ascending; empty if it has none.

    These are the main season ``season`` and longer seasons of the calendar: the hour, the day, the week and the year,
    in rows of the schema's frequency. Seasons that are longer than ``longest`` rows, or that fit fewer than
    ``CYCLES_NEEDED`` times into ``rows`` rows, are left out. If ``season`` is 1, there are none.

    Example:
        >>> natural_seasons(Schema("at", "y", frequency="1h", season=24), 24, 2000, 400)
        (24, 168)
    """
    if season <= 1:
        return ()
    found = {season}
    match = re.fullmatch(r"(\d+)([a-z]+)", schema.frequency or "")
    if match is not None and match[2] in UNITS:
        step = int(match[1]) * UNITS[match[2]]
        cycles = (HOUR, DAY, WEEK, YEAR)
        # A cycle that is not a whole number of rows (a year of weeks) is rounded; one below four rows is ignored.
        found |= {round(cycle / step) for cycle in cycles if cycle >= 4 * step}
    return tuple(sorted(each for each in found if season <= each <= longest and CYCLES_NEEDED * each <= rows))
