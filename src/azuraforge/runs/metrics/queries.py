"""Parsing of the query parameters that sort and filter runs by a metric."""

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

#: Statistics of a curve that its row stores: the value at the highest step, and the extremes.
Statistic = Literal["last", "lowest", "highest"]
Comparison = Literal["<", "<=", ">", ">=", "="]
#: Cursor of a list that is sorted by a metric: the metric's value, which may be infinite, and the run's id.
SortKey = tuple[Annotated[float, PlainSerializer(spell, when_used="json")], str]

#: Maximum number of conditions in a request, and maximum number of characters of each.
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
    """Sort order of runs by a statistic of one metric."""

    series: str
    statistic: Statistic
    descending: bool

    @classmethod
    def parse(cls, text: str) -> MetricSort:
        """Parse ``[-]metric:SERIES:STATISTIC``; ``-`` means descending. Raises InvalidInput if the text is malformed.

        Example:
            >>> MetricSort.parse("-metric:accuracy:highest")
            MetricSort(series='accuracy', statistic='highest', descending=True)
        """
        found = _SORT.fullmatch(text)
        if found is None:
            raise InvalidInput(
                "this is not a valid sort order of runs",
                where="sort",
                next_step="write metric:NAME:{statistics}, with - before it for descending order",
                statistics=_STATISTICS,
            )
        return cls(found["series"], _statistic(found["statistic"]), found["minus"] == "-")

    @property
    def order(self) -> Order[SortKey]:
        """Order of the list for its cursors; a cursor of another order is rejected."""
        return Order(f"runs by {'-' if self.descending else ''}{self.statistic} {self.series}", SortKey)


@dataclass(frozen=True)
class MetricCondition:
    """Condition on a statistic of one metric of a run."""

    series: str
    statistic: Statistic
    comparison: Comparison
    value: float

    @classmethod
    def parse(cls, text: str) -> MetricCondition:
        """Parse ``SERIES[:STATISTIC] COMPARISON NUMBER``; the default statistic is ``last``.

        Raises InvalidInput if the text is malformed.

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
                "this is not a valid condition on a metric",
                where="metric",
                next_step="write NAME<NUMBER or NAME:{statistics}<NUMBER, with one of < <= > >= =",
                statistics=_STATISTICS,
            )
        return cls(found["series"], _statistic(found["statistic"] or "last"), _comparison(found["comparison"]), value)


def _statistic(text: str) -> Statistic:
    return next(each for each in get_args(Statistic) if each == text)


def _comparison(text: str) -> Comparison:
    return next(each for each in get_args(Comparison) if each == text)
