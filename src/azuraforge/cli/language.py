"""Texts, numbers, dates and durations in the language of a command."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from azuraforge.messages import LANGUAGES, Code, keyed
from azuraforge.messages.catalogue import has
from azuraforge.messages.formats import NOTHING, moment_for_readers, number_for_readers, percent_for_readers


def choose(asked: str | None, environment: Mapping[str, str]) -> Code:
    """Return the language code of ``asked``, else of ``$AZURAFORGE_LANG``, else of the system's locale.

    Raises ValueError if ``asked`` or ``$AZURAFORGE_LANG`` names an unsupported language. An unsupported system locale
    results in English.

    Example:
        >>> choose(None, {"LANG": "tr_TR.UTF-8"}), choose("en", {"LANG": "tr_TR.UTF-8"}), choose(None, {"LANG": "de"})
        ('tr', 'en', 'en')
    """
    if named := asked or environment.get("AZURAFORGE_LANG"):
        if (code := _code(named)) is None:
            raise ValueError(named)
        return code
    system = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return _code(system) or "en"


def _code(locale: str) -> Code | None:
    """Return the language code of a locale, such as ``tr`` for ``tr_TR.UTF-8``, or None if it is not supported."""
    named = re.split("[-_.@]", locale, maxsplit=1)[0].lower()
    return next((code for code in LANGUAGES if code == named), None)


@dataclass(frozen=True)
class Language:
    """The catalogue texts and number formats of one language."""

    code: Code

    def __call__(self, key: str, **values: object) -> str:
        """Return the catalogue text ``cli.KEY`` with its placeholders filled in. Raises KeyError for an unknown key."""
        return keyed(f"cli.{key}", self.code, **values)

    def has(self, key: str) -> bool:
        """Return whether the catalogue contains the key ``cli.KEY``."""
        return has(f"cli.{key}")

    def of(self, texts: Mapping[str, str] | None) -> str:
        """Return the text in this language, else in English, else in any other; empty if there is no text."""
        texts = texts or {}
        return texts.get(self.code) or texts.get("en") or next(iter(texts.values()), "")

    def number(self, value: float | None, digits: int | None = None) -> str:
        """Format a number with this language's separators; four significant digits if ``digits`` is not given.

        Example:
            >>> Language("en").number(-0.0002, 3), Language("tr").number(1234.5678)
            ('0.000', '1.235')
        """
        return number_for_readers(value, self.code, digits)

    def percent(self, share: float | None, digits: int = 1, signed: bool = False) -> str:
        """Format a share (0 to 1) as a percentage. ``signed`` adds a plus sign to positive values.

        Example:
            >>> Language("en").percent(0.083), Language("tr").percent(-0.0412, signed=True)
            ('8.3 %', '−%4,1')
        """
        return percent_for_readers(share, self.code, digits, signed)

    def moment(self, at: datetime | None, zone: tzinfo | None = None, day_only: bool = False) -> str:
        """Format a time with its UTC offset, in ``zone`` or else the local time zone; with ``day_only``, only the date.

        Example:
            >>> from datetime import UTC
            >>> Language("en").moment(datetime(2026, 1, 1, 12, 30, tzinfo=UTC), UTC)
            '2026-01-01 12:30 UTC'
        """
        if at is not None and day_only:
            return f"{at.astimezone(zone):%Y-%m-%d}"
        return moment_for_readers(at, zone)

    def duration(self, seconds: float | None) -> str:
        """Format a duration in seconds as ``h:mm:ss`` or ``m:ss``; below one minute, in seconds.

        Example:
            >>> Language("en").duration(3.14159), Language("en").duration(75), Language("tr").duration(4000)
            ('3.1 s', '1:15', '1:06:40')
        """
        if seconds is None or not math.isfinite(seconds):
            return NOTHING
        if seconds < 60:
            return self("seconds_short", seconds=self.number(seconds, 1 if seconds < 10 else 0))
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def bytes(self, count: int) -> str:
        """Format a size in bytes with a decimal unit, from B to GB."""
        size = float(count)
        for unit in ("B", "kB", "MB", "GB"):
            if size < 1000 or unit == "GB":
                return f"{self.number(size, 0 if unit == 'B' else 1)} {unit}"
            size /= 1000
        raise AssertionError("unreachable")


#: Language of messages that are printed before the language is known.
ENGLISH = Language("en")
