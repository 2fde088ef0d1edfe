"""The closing table of the demo: errors of the champion, the first version and the last value, from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azuraforge.client.predictions import LedgerLine


@dataclass(frozen=True)
class Judged:
    """The absolute errors of one judged row."""

    at: datetime
    champion: int
    error: float
    unchanged_error: float
    naive_error: float


@dataclass(frozen=True)
class Phase:
    """Mean errors over a stretch of the series."""

    name: str
    rows: int
    error: float
    unchanged_error: float
    naive_error: float


def judged_rows(lines: Iterable[LedgerLine], first: int) -> list[Judged]:
    """Return the judged rows in order, from lines with their outcomes.

    Args:
        lines: ledger lines of the champions and of version ``first``, one row ahead each.
        first: the version that never changes; its line counts as the champion's if there is no other.
    """
    by_time: dict[datetime, dict[int, LedgerLine]] = {}
    for line in lines:
        if line.outcomes:
            by_time.setdefault(line.outcomes[0].at, {})[line.version] = line
    found = []
    for at, versions in sorted(by_time.items()):
        if first not in versions:
            continue
        champion = max(versions)
        ours, theirs = versions[champion].outcomes[0], versions[first].outcomes[0]
        found.append(Judged(at, champion, ours.loss, theirs.loss, theirs.naive_loss or 0.0))
    return found


def phases(rows: Sequence[Judged], change_at: datetime, first: int) -> list[Phase]:
    """Return the means before the change, until the champion changed, and after that; empty stretches are left out."""
    parts = {
        "before": [each for each in rows if each.at < change_at],
        "until": [each for each in rows if each.at >= change_at and each.champion == first],
        "after": [each for each in rows if each.at >= change_at and each.champion != first],
    }
    return [
        Phase(
            name,
            len(mine),
            _mean(each.error for each in mine),
            _mean(each.unchanged_error for each in mine),
            _mean(each.naive_error for each in mine),
        )
        for name, mine in parts.items()
        if mine
    ]


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept)
