"""Sorting and filtering runs by a metric, as query parameters spell it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import PlainSerializer

from azuraforge.errors import InvalidInput
from azuraforge.paging import Order
from azuraforge.processes.frames import spell
from azuraforge.processes.points import SERIES_CHARACTERS

#: The facts about a whole curve that its row holds: the value at the highest step, and the extremes.
Statistic = Literal["last", "lowest", "highest"]
Comparison = Literal["<", "<=", ">", ">=", "="]
#: The place of a run in a list that is sorted by a metric; infinities have a spelling in cursors.
SortKey = tuple[Annotated[float, PlainSerializer(spell, when_used="json")], str]

#: Conditions of one request at most, and their length.
MOST_CONDITIONS, CONDITION_CHARACTERS = 5, SERIES_CHARACTERS + 50

_STATISTICS = "|".join(get_args(Statistic))
_SORT = re.compile(rf"(?P<minus>-?)metric:(?P<series>.+):(?P<statistic>{_STATISTICS})", re.DOTALL)
_CONDITION = re.compile(
    rf"(?P<series>.+?)(?::(?P<statistic>{_STATISTICS}))?\s*"
    r"(?P<comparison><=|>=|<|>|=)\s*(?P<value>[-+.\deE]+)",
    re.DOTALL,
)


@dataclass(frozen=True)
class MetricSort:
    """The order of runs by one metric."""

    series: str
    statistic: Statistic
    descending: bool

    @classmethod
    def parse(cls, text: str) -> MetricSort:
        """Read ``[-]metric:SERIES:STATISTIC``. Raises InvalidInput.

        Example:
            >>> MetricSort.parse("-metric:accuracy:highest")
            MetricSort(series='accuracy', statistic='highest', descending=True)
        """
        found = _SORT.fullmatch(text)
        if found is None:
            raise InvalidInput(
                "this is not a sort order of runs",
                where="sort",
                next_step="write metric:NAME:{statistics}, with - before it for the highest first",
                statistics=_STATISTICS,
            )
        return cls(found["series"], _statistic(found["statistic"]), found["minus"] == "-")

    @property
    def order(self) -> Order[SortKey]:
        """The order stated in the list's cursors; a cursor of another order is refused."""
        return Order(f"runs by {'-' if self.descending else ''}{self.statistic} {self.series}", SortKey)


@dataclass(frozen=True)
class MetricCondition:
    """A condition on one metric of a run."""

    series: str
    statistic: Statistic
    comparison: Comparison
    value: float

    @classmethod
    def parse(cls, text: str) -> MetricCondition:
        """Read ``SERIES[:STATISTIC] COMPARISON NUMBER``; without a statistic it is ``last``. Raises InvalidInput.

        Example:
            >>> MetricCondition.parse("validation_loss:lowest <= 0.1")
            MetricCondition(series='validation_loss', statistic='lowest', comparison='<=', value=0.1)
        """
        found = _CONDITION.fullmatch(text)
        value = math.nan
        if found is not None:
            try:
                value = float(found["value"])
            except ValueError:
                found = None
        if found is None or not math.isfinite(value):
            raise InvalidInput(
                "this is not a condition on a metric",
                where="metric",
                next_step="write NAME<NUMBER or NAME:{statistics}<NUMBER, with one of < <= > >= =",
                statistics=_STATISTICS,
            )
        return cls(found["series"], _statistic(found["statistic"] or "last"), _comparison(found["comparison"]), value)


def _statistic(text: str) -> Statistic:
    return next(each for each in get_args(Statistic) if each == text)


def _comparison(text: str) -> Comparison:
    return next(each for each in get_args(Comparison) if each == text)
