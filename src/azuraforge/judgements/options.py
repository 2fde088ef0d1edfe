"""Options of a judgement."""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.datasets.reading.numeric import Decimal
from azuraforge.errors import InvalidInput

#: Maximum horizon, in rows.
MOST_AHEAD = 1000
_LONGEST_SEASON = 10_000
_MOST_TRIED = 1_000_000


@dataclass(frozen=True)
class Options:
    """Options of a judgement. Raises InvalidInput if a value is out of range.

    Attributes:
        horizon: horizon of every prediction in rows, if no column states it; None is 1.
        season: number of rows in a season; if None, detected from the times.
        coverage: level of the interval columns; if None, as the file states, else 0.9.
        tried: number of models that the judged ones were selected from.
        models: names of the columns to judge; if empty, detected.
        incumbent: column of the forecast in use today, or path of a file that contains it.
        series: name of the series to judge, if the files contain several.
        time, target: names of the columns of times and of actual values; if None, detected.
        actual_time: column of times in files of actual values, if it is not ``time``; if None, detected.
        incumbent_time: column of times in the incumbent's file, if it is not ``time``; if None, detected.
        sheet, actual_sheet, history_sheet, incumbent_sheet: sheet of each file that is a workbook; if None, detected.
        timezone, time_format, decimal: format of the files; if None, detected.
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
                "the coverage {coverage:g} is not a valid level of an interval",
                where="option --coverage",
                next_step="specify a share between 0.01 and 0.999, such as 0.9",
                coverage=self.coverage,
            )
        if self.decimal not in (None, ".", ","):
            raise InvalidInput(
                "{decimal!r} is not a decimal mark",
                where="option --decimal",
                next_step="choose '.' or ','",
                decimal=self.decimal,
            )


def _within(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise InvalidInput(
            "--{name} must be between {low} and {high:,}, but is {value}",
            where="option --{name}",
            next_step="choose a number in this range",
            name=name,
            value=value,
            low=low,
            high=high,
        )
