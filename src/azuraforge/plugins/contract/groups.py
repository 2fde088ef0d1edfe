"""Groups of a panel's series, and the names of their totals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

#: Group column → group → names of the series in it. Groups of one series are omitted, because a total needs two.
Groups: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]

#: Name of the sum of all series.
TOTAL = "total"


def total_name(column: str, group: str) -> str:
    """Return the name of a group's total.

    Example:
        >>> total_name("region", "north")
        'region=north'
    """
    return f"{column}={group}"


def total_names(groups: Groups) -> tuple[str, ...]:
    """Return the names of all totals, starting with the sum of all series; empty without declared groups.

    Example:
        >>> total_names({"region": {"north": ("a", "b")}}), total_names({})
        (('total', 'region=north'), ())
    """
    if not groups:
        return ()
    return (TOTAL, *(total_name(column, group) for column, found in groups.items() for group in found))
