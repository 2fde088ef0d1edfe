"""Options of a judgement of files."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.datasets.reading.numeric import Decimal
from azuraforge.errors import InvalidInput

#: The farthest horizon of baselines.
MOST_AHEAD = 1000
_LONGEST_SEASON = 10_000
_MOST_TRIED = 1_000_000


@dataclass(frozen=True)
class Options:
    """Options of a judgement. Raises InvalidInput for a value out of range.

    Attributes:
        horizon: rows ahead of every prediction, where no column says so; None: one.
        season: rows in one season; None: found from the times.
        coverage: stated level of the interval columns; None: as the file states it, else 0.9.
        tried: models that the judged ones were chosen from.
        models: columns to judge; empty: found.
        incumbent: column of the forecast in use today, or the path of a file that holds it.
        series: which of several series to judge.
        time, target: names of the columns of times and of actual values; None: found.
        actual_time: column of times in the files of actual values, where it is not ``time``; None: found.
        incumbent_time: column of times in the incumbent's file, where it is not ``time``; None: found.
        sheet, actual_sheet, history_sheet, incumbent_sheet: sheet of each file that is a workbook; None: found.
        timezone, time_format, decimal: how the files are written; None: found.
    """

    horizon: int | None = None
    season: int | None = None
    coverage: float | None = None
    tried: int = 1
    models: tuple[str, ...] = ()
    incumbent: str | None = None
    series: str | None = None
    time: str | None = None
    actual_time: str | None = None
    incumbent_time: str | None = None
    sheet: str | None = None
    actual_sheet: str | None = None
    history_sheet: str | None = None
    incumbent_sheet: str | None = None
    target: str | None = None
    timezone: str | None = None
    time_format: str | None = None
    decimal: Decimal | None = None

    def __post_init__(self) -> None:
        _within("horizon", self.horizon, 1, MOST_AHEAD)
        _within("season", self.season, 1, _LONGEST_SEASON)
        _within("tried", self.tried, 1, _MOST_TRIED)
        if self.coverage is not None and not 0.01 <= self.coverage <= 0.999:
            raise InvalidInput(
                "the coverage {coverage:g} is not the level of an interval",
                where="option --coverage",
                next_step="state a share from 0.01 to 0.999, such as 0.9",
                coverage=self.coverage,
            )
        if self.decimal not in (None, ".", ","):
            raise InvalidInput(
                "{decimal!r} is not a decimal sign",
                where="option --decimal",
                next_step="choose '.' or ','",
                decimal=self.decimal,
            )


def _within(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise InvalidInput(
            "--{name} must be from {low} to {high:,}, not {value}",
            where="option --{name}",
            next_step="choose a number in this range",
            name=name,
            value=value,
            low=low,
            high=high,
        )
