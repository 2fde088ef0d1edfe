"""Groups of a panel's series, and the names of the totals that they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

#: Group column → group → the series in it. A group of one series is left out: it has no total of its own.
Groups: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]

#: The series that is the sum of all others.
TOTAL = "total"


def total_name(column: str, group: str) -> str:
    """Return the name of a group's total.

    Example:
        >>> total_name("region", "north")
        'region=north'
    """
    return f"{column}={group}"


def total_names(groups: Groups) -> tuple[str, ...]:
    """Return the names of all totals, the sum of everything first; empty without declared groups.

    Example:
        >>> total_names({"region": {"north": ("a", "b")}}), total_names({})
        (('total', 'region=north'), ())
    """
    if not groups:
        return ()
    return (TOTAL, *(total_name(column, group) for column, found in groups.items() for group in found))
