"""Turkish and English for what commands print: sentences, numbers, dates, durations."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from azuraforge.cli.texts import TEXTS
from azuraforge.wording import fill, signed_for_readers

LANGUAGES = ("en", "tr")
_SWAP = str.maketrans(",.", ".,")
_NONE = "–"


def choose(asked: str | None, environment: Mapping[str, str]) -> str:
    """Return the language code: the one asked for, else the system's, else English.

    ``asked`` and ``$AZURAFORGE_LANG`` must name a language that exists; raises ValueError otherwise. A system in any
    other language gets English.

    Example:
        >>> choose(None, {"LANG": "tr_TR.UTF-8"}), choose("en", {"LANG": "tr_TR.UTF-8"}), choose(None, {"LANG": "de"})
        ('tr', 'en', 'en')
    """
    if named := asked or environment.get("AZURAFORGE_LANG"):
        if (code := _code(named)) not in LANGUAGES:
            raise ValueError(named)
        return code
    system = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return code if (code := _code(system)) in LANGUAGES else "en"


def _code(locale: str) -> str:
    """Return the language of a locale: ``tr`` of ``tr_TR.UTF-8``."""
    return re.split("[-_.@]", locale, maxsplit=1)[0].lower()


@dataclass(frozen=True)
class Language:
    """One language, with its formats."""

    code: str

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence of the catalogue, filled in."""
        english, turkish = TEXTS[key]
        return fill(turkish if self.code == "tr" else english, **values)

    def has(self, key: str) -> bool:
        return key in TEXTS

    def of(self, texts: Mapping[str, str] | None) -> str:
        """Return a text by language code, in this language or else in any other."""
        texts = texts or {}
        return texts.get(self.code) or texts.get("en") or next(iter(texts.values()), "")

    def number(self, value: float | None, digits: int | None = None) -> str:
        """Format a number with this language's separators; four significant digits if ``digits`` is not given.

        Example:
            >>> Language("en").number(1234.5678), Language("tr").number(-1234.5678, 2), Language("tr").number(None)
            ('1,235', '−1.234,57', '–')
            >>> Language("en").number(-0.0002, 3)
            '0.000'
        """
        if value is None or not math.isfinite(value):
            return _NONE
        if digits is None:
            digits = _digits(value)
        extreme = abs(value) >= 1e15 or 0 < abs(value) < 1e-6
        text = signed_for_readers(f"{value:.3e}" if extreme else f"{value:,.{digits}f}")
        return text.translate(_SWAP) if self.code == "tr" else text

    def percent(self, share: float | None, digits: int = 1, signed: bool = False) -> str:
        """Format a share as percentage.

        Example:
            >>> Language("en").percent(0.083), Language("tr").percent(-0.0412, signed=True)
            ('8.3 %', '−%4,1')
        """
        if share is None or not math.isfinite(share):
            return _NONE
        number = self.number(abs(share) * 100, digits)
        zero = not any(figure in number for figure in "123456789")
        sign = "" if zero else "−" if share < 0 else "+" if signed else ""
        return f"{sign}%{number}" if self.code == "tr" else f"{sign}{number} %"

    def moment(self, at: datetime | None, zone: tzinfo | None = None, day_only: bool = False) -> str:
        """Format a time in the reader's zone (or the one given) with its offset from UTC; ``day_only``: the date alone.

        Example:
            >>> from datetime import UTC, timedelta, timezone
            >>> at = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
            >>> Language("en").moment(at, UTC), Language("en").moment(at, timezone(timedelta(hours=3)))
            ('2026-01-01 12:30 UTC', '2026-01-01 15:30 +03:00')
        """
        if at is None:
            return _NONE
        local = at.astimezone(zone)
        if day_only:
            return f"{local:%Y-%m-%d}"
        offset = local.isoformat(timespec="minutes")[16:] if local.utcoffset() else "UTC"
        return f"{local:%Y-%m-%d %H:%M} {offset}"

    def duration(self, seconds: float | None) -> str:
        """Format a duration as a clock would show it, short ones with a tenth.

        Example:
            >>> Language("en").duration(3.14159), Language("en").duration(75), Language("tr").duration(4000)
            ('3.1 s', '1:15', '1:06:40')
        """
        if seconds is None or not math.isfinite(seconds):
            return _NONE
        if seconds < 60:
            unit = "sn" if self.code == "tr" else "s"
            return f"{self.number(seconds, 1 if seconds < 10 else 0)} {unit}"
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def bytes(self, count: int) -> str:
        """Format a size with a decimal unit."""
        size = float(count)
        for unit in ("B", "kB", "MB", "GB"):
            if size < 1000 or unit == "GB":
                return f"{self.number(size, 0 if unit == 'B' else 1)} {unit}"
            size /= 1000
        raise AssertionError("unreachable")


#: The language of what must be said before a language is chosen.
ENGLISH = Language("en")


def _digits(value: float) -> int:
    """Return the digits after the point for four significant ones."""
    if value == 0:
        return 1
    return min(8, max(0, 3 - math.floor(math.log10(abs(value)))))
