"""Formats of numbers, percentages, durations and times, with the separators of the Unicode CLDR (from Babel)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo
from functools import cache

#: Text in place of a value that is missing or not finite.
NOTHING = "–"


@cache
def _symbols(language: str) -> dict[int, str]:
    """Return a translation table from English number separators to those of a language."""
    if language == "en":
        return {}
    from babel import Locale  # the import takes 20 ms and is not needed for English

    symbols = Locale(language).number_symbols["latn"]
    return str.maketrans({",": symbols["group"], ".": symbols["decimal"]})


def separated(number: str, language: str) -> str:
    """Return a number formatted by Python, with its separators replaced by those of a language.

    Example:
        >>> separated("1,234.5", "tr"), separated("1,234.5", "en")
        ('1.234,5', '1,234.5')
    """
    return number.translate(_symbols(language))


def count_for_readers(count: int, language: str) -> str:
    """Return an integer with the thousands separators of the language.

    Example:
        >>> count_for_readers(12345, "en"), count_for_readers(12345, "tr")
        ('12,345', '12.345')
    """
    return separated(f"{count:,}", language)


def duration_for_readers(duration: timedelta, language: str) -> str:
    """Return a duration in days, hours, minutes and seconds, without the units that are zero.

    Example:
        >>> duration_for_readers(timedelta(days=2, hours=3), "en"), duration_for_readers(timedelta(days=1), "tr")
        ('2 days 3 h', '1 gün')
    """
    turkish = language == "tr"
    seconds = duration.seconds + duration.microseconds / 1e6
    day = "gün" if turkish else "day" if duration.days == 1 else "days"
    parts = [
        (duration.days, f"{count_for_readers(duration.days, language)} {day}"),
        (duration.seconds // 3600, f"{duration.seconds // 3600} {'sa' if turkish else 'h'}"),
        (duration.seconds // 60 % 60, f"{duration.seconds // 60 % 60} {'dk' if turkish else 'min'}"),
        (seconds % 60, f"{separated(f'{seconds % 60:g}', language)} {'sn' if turkish else 's'}"),
    ]
    return " ".join(text for size, text in parts if size) or parts[-1][1]


def number_for_readers(value: float | None, language: str, digits: int | None = None) -> str:
    """Return a number with the separators of the language and ``digits`` decimals (None: four significant digits).

    Absolute values of at least 1e15, or below 1e-6 except 0, are in scientific notation with four significant digits.
    None, NaN and infinite values become a dash.

    Example:
        >>> number_for_readers(1234.5678, "en"), number_for_readers(-1234.5678, "tr", 2), number_for_readers(None, "en")
        ('1,235', '−1.234,57', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if digits is None:
        digits = _digits(value)
    extreme = abs(value) >= 1e15 or 0 < abs(value) < 1e-6
    text = signed_for_readers(f"{value:.3e}" if extreme else f"{value:,.{digits}f}")
    return separated(text, language)


def _digits(value: float) -> int:
    """Return the number of decimals that results in four significant digits, at most eight."""
    if value == 0:
        return 1
    return min(8, max(0, 3 - math.floor(math.log10(abs(value)))))


def percent_for_readers(share: float | None, language: str, digits: int = 1, signed: bool = False) -> str:
    """Return a share (0 to 1) as a percentage with ``digits`` decimals; ``signed`` adds a plus sign.

    Example:
        >>> percent_for_readers(-0.0412, "en"), percent_for_readers(0.9, "tr"), percent_for_readers(0.9, "tr", 0)
        ('−4.1 %', '%90,0', '%90')
        >>> percent_for_readers(0.032, "en", signed=True), percent_for_readers(-0.0001, "en", signed=True)
        ('+3.2 %', '0.0 %')
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    number = number_for_readers(abs(share) * 100, language, digits)
    zero = not any(figure in number for figure in "123456789")
    sign = "" if zero else "−" if share < 0 else "+" if signed else ""
    return f"{sign}%{number}" if language == "tr" else f"{sign}{number} %"


def moment_for_readers(at: datetime | None, zone: tzinfo | None = None) -> str:
    """Return a time to the minute with its UTC offset, in ``zone`` (None: the local time zone).

    Both languages use the ISO 8601 format.

    Example:
        >>> from datetime import UTC, timezone
        >>> at = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
        >>> moment_for_readers(at, UTC), moment_for_readers(at, timezone(timedelta(hours=3)))
        ('2026-01-01 12:30 UTC', '2026-01-01 15:30 +03:00')
    """
    if at is None:
        return NOTHING
    local = at.astimezone(zone)
    offset = local.isoformat(timespec="minutes")[16:] if local.utcoffset() else "UTC"
    return f"{local:%Y-%m-%d %H:%M} {offset}"


def signed_for_readers(number: str) -> str:
    """Return a formatted number with the minus sign U+2212, or without a sign if it is zero.

    Example:
        >>> signed_for_readers("-1.5"), signed_for_readers("-0.000"), signed_for_readers("1.2e-07")
        ('−1.5', '0.000', '1.2e−07')
    """
    zero = not any(digit in number.partition("e")[0] for digit in "123456789")
    return (number.removeprefix("-") if zero else number).replace("-", "−")
