"""Availability of a column: whether its values become known with their row, some time after it, or before it.

The three cases are written ``0``, as a duration such as ``6h``, ``1d`` or ``1mo``, and ``ahead``. Longer forms such as
``6 hours``, ``1 day`` and ``known ahead`` are accepted too.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from azuraforge.errors import InvalidValue

#: Availability of a column whose values are known before their rows, such as a planned price.
AHEAD = "ahead"
#: Availability of a column whose values are known at the time of their rows.
AT_ONCE = "0"
_AHEAD_WORDS = frozenset({AHEAD, "known ahead", "known_ahead", "önceden"})
#: Unit → pattern of its spellings, and the number of these units in a year, rounded down.
_UNITS: dict[str, tuple[str, float]] = {
    "s": (r"s|secs?|seconds?|saniye|sn", 3e7),
    "m": (r"m|mins?|minutes?|dakika|dk", 525_600),
    "h": (r"h|hours?|saat|sa", 8760),
    "d": (r"d|days?|gün|gun", 365),
    "w": (r"w|weeks?|hafta", 52),
    "mo": (r"mo|months?|ay", 12),
    "q": (r"q|quarters?|çeyrek", 4),
    "y": (r"y|years?|yıl|yil", 1),
}
#: Units whose length depends on the calendar; they are counted in the time zone of the series.
CALENDAR_UNITS = ("d", "w", "mo", "q", "y")
_MOST_YEARS = 100


def parse_availability(text: str) -> str:
    """Return an availability in its short form.

    Raises ``InvalidValue`` if ``text`` is not an availability or is a duration of more than 100 years.

    Example:
        >>> [parse_availability(each) for each in ("0 days", "6 hours", "1 Day", "known ahead")]
        ['0', '6h', '1d', 'ahead']
    """
    plain = " ".join(text.split()).lower()
    if plain in _AHEAD_WORDS:
        return AHEAD
    if plain == AT_ONCE:
        return AT_ONCE
    parts = re.fullmatch(r"([0-9]{1,9}) ?(\D+)", plain)
    unit = next((unit for unit, (words, _) in _UNITS.items() if parts and re.fullmatch(words, parts[2])), None)
    if parts is None or unit is None:
        raise InvalidValue("{text!r} is not a delay; write 0, a duration such as 6h or 1d, or ahead", text=text)
    count = int(parts[1])
    if count > _MOST_YEARS * _UNITS[unit][1]:
        raise InvalidValue("{text!r} is longer than {most} years", text=text, most=_MOST_YEARS)
    return f"{count}{unit}" if count else AT_ONCE


#: An availability; validation converts it to its short form.
Availability: TypeAlias = Annotated[str, Field(max_length=40), AfterValidator(parse_availability)]


def delay_of(statement: str | None) -> str | None:
    """Return the delay after which a row's value becomes known; None if it is known at the row's time or earlier.

    Example:
        >>> delay_of("6h"), delay_of("0"), delay_of("ahead"), delay_of(None)
        ('6h', None, None, None)
    """
    return None if statement in (None, AT_ONCE, AHEAD) else statement


def unit_of(delay: str) -> str:
    """Return the unit of a duration in its short form, such as ``h`` for ``6h``."""
    return delay.lstrip("0123456789")
