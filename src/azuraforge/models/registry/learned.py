"""What a version says that it has learned from. Pure: the supervisor asks, too, and loads no NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def learned_range(learned_from: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first and last moment that a version learned from; None where its lineage does not tell.

    What is missing, unreadable or the wrong way round tells nothing: it must not read as "has seen no row", for then
    every row could judge the version.

    Example:
        >>> learned_range({"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"})
        ('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z')
        >>> learned_range({}) is None
        True
    """
    start, end = learned_from.get("start"), learned_from.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return None
    try:
        ends = [datetime.fromisoformat(at) for at in (start, end)]
    except ValueError:
        return None
    first, last = (at if at.tzinfo else at.replace(tzinfo=UTC) for at in ends)
    return (start, end) if first <= last else None
