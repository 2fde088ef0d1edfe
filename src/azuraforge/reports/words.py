"""Formatting of a report's sentences and numbers in one language."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of
from azuraforge.reports.texts import TEXTS
from azuraforge.wording import fill, percent_for_readers, signed_for_readers

Code = Literal["en", "tr"]
LANGUAGES: tuple[str, ...] = get_args(Code)
NOTHING = "–"
_SWAP = str.maketrans(",.", ".,")
_BACK = re.compile(r"(.*), (\d+(?:–\d+)?) back")


@dataclass(frozen=True)
class Words:
    """Sentences and numbers of one language."""

    code: str

    def __call__(self, key: str, **values: object) -> str:
        english, turkish = TEXTS[key]
        return fill(turkish if self.code == "tr" else english, **values)

    def input(self, name: str) -> str:
        """Return the name of a forecaster's input, given the key of ``pipelines.importance``.

        Example:
            >>> Words("tr").input("co2, 2–3 back"), Words("tr").input("rain")
            ('co2, 2–3 geride', 'rain')
        """
        found = _BACK.fullmatch(name)
        return self("input.back", column=found[1], rows=found[2]) if found else name

    def or_else(self, key: str, otherwise: str) -> str:
        return self(key) if key in TEXTS else otherwise

    def number(self, value: float | None) -> str:
        """Return a number with four significant digits and this language's separators; integers stay integers.

        Example:
            >>> Words("en").number(1234.5678), Words("tr").number(0.041253), Words("en").number(20000)
            ('1,235', '0,04125', '20,000')
        """
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return NOTHING
        if isinstance(value, int):
            text = f"{value:,}"
        elif value and (abs(value) >= 1e15 or abs(value) < 1e-6):
            text = f"{value:.3e}"
        else:
            digits = 1 if value == 0 else min(8, max(0, 3 - math.floor(math.log10(abs(value)))))
            text = f"{value:,.{digits}f}"
        text = signed_for_readers(text)
        return text.translate(_SWAP) if self.code == "tr" else text

    def percent(self, share: float | None) -> str:
        """Return a share as percentage.

        Example:
            >>> Words("en").percent(-0.0412), Words("tr").percent(0.9), Words("en").percent(-0.0001)
            ('−4.1 %', '%90,0', '0.0 %')
        """
        if not isinstance(share, int | float) or not math.isfinite(share):
            return NOTHING
        return percent_for_readers(share, self.code)

    def signed(self, share: float | None) -> str:
        """Return a share as percentage with its sign.

        Example:
            >>> Words("en").signed(0.032), Words("tr").signed(-0.1)
            ('+3.2 %', '−%10,0')
        """
        shown = self.percent(share)
        if share is not None and 10 <= abs(share) < 1e9:  # digits behind the point say nothing there
            whole = self.number(round(abs(share) * 100))
            shown = ("−" if share < 0 else "") + (f"%{whole}" if self.code == "tr" else f"{whole} %")
        return (
            f"+{shown}" if share is not None and share > 0 and any(digit in shown for digit in "123456789") else shown
        )

    def title(self, metric: MetricFacts) -> str:
        """Return the title of a metric."""
        return text_of(metric.title, self.code)

    def measured(self, metric: MetricFacts, value: float | None) -> str:
        """Return a value as the metric's format says."""
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
        return NOTHING if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
