"""Sentences and number formats of reports in one language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from azuraforge.messages import LANGUAGES, Code, keyed
from azuraforge.messages.catalogue import has
from azuraforge.messages.formats import NOTHING, moment_for_readers, number_for_readers, percent_for_readers
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of

__all__ = ["LANGUAGES", "NOTHING", "Code", "Words"]

_BACK = re.compile(r"(.*), (\d+(?:–\d+)?) back")


@dataclass(frozen=True)
class Words:
    """Sentences and number formats of one language. A missing number or time is a dash."""

    code: Code

    def __call__(self, key: str, **values: object) -> str:
        """Return the catalogue text ``reports.KEY`` with its placeholders filled in.

        Raises KeyError if the catalogue does not contain the key.
        """
        return keyed(f"reports.{key}", self.code, **values)

    def input(self, name: str) -> str:
        """Return the translated name of a forecaster's input, such as ``co2, 2–3 back``.

        Example:
            >>> Words("tr").input("co2, 2–3 back"), Words("tr").input("rain")
            ('co2, 2–3 satır geride', 'rain')
        """
        found = _BACK.fullmatch(name)
        return self("input.back", column=found[1], rows=found[2]) if found else name

    def or_else(self, key: str, otherwise: str) -> str:
        """Return the text of a key, or ``otherwise`` if the catalogue does not contain the key."""
        return self(key) if has(f"reports.{key}") else otherwise

    def number(self, value: float | None) -> str:
        """Return a number with the language's separators: floats with four significant digits, integers complete.

        Example:
            >>> Words("en").number(1234.5678), Words("tr").number(0.041253), Words("en").number(20000)
            ('1,235', '0,04125', '20,000')
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            return NOTHING
        return number_for_readers(value, self.code, 0 if isinstance(value, int) else None)

    def percent(self, share: float | None) -> str:
        """Return a share (0 to 1) as a percentage with one decimal.

        Example:
            >>> Words("en").percent(-0.0412), Words("tr").percent(0.9), Words("en").percent(-0.0001)
            ('−4.1 %', '%90,0', '0.0 %')
        """
        return percent_for_readers(share, self.code)

    def signed(self, share: float | None) -> str:
        """Return a share as a percentage with its sign; from 1000 % on without decimals.

        Example:
            >>> Words("en").signed(0.032), Words("tr").signed(-0.1), Words("en").signed(12.345)
            ('+3.2 %', '−%10,0', '+1,234 %')
        """
        large = share is not None and 10 <= abs(share) < 1e9
        return percent_for_readers(share, self.code, 0 if large else 1, signed=True)

    def title(self, metric: MetricFacts) -> str:
        """Return the title of a metric in the language."""
        return text_of(metric.title, self.code)

    def measured(self, metric: MetricFacts, value: float | None) -> str:
        """Return a value formatted according to the metric's format."""
        if metric.format == "signed_share":
            return self.signed(value)
        if metric.format == "share":
            return self.percent(value)
        return self.percent(value / 100) if metric.format == "percent" and value is not None else self.number(value)

    def moment(self, at: datetime | None) -> str:
        """Return a time to the minute, in UTC.

        Example:
            >>> Words("en").moment(datetime.fromisoformat("2026-01-02T03:04:05Z"))
            '2026-01-02 03:04 UTC'
        """
        return moment_for_readers(at, UTC)
