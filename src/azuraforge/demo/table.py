"""The closing table of the demo: errors of the champion, the first version and the naive forecast, from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azuraforge.client.predictions import LedgerLine


@dataclass(frozen=True)
class Judged:
    """Absolute errors of the forecasts of one judged row."""

    at: datetime
    champion: int
    error: float
    unchanged_error: float
    naive_error: float


@dataclass(frozen=True)
class Phase:
    """Mean absolute errors over a part of the series."""

    name: str
    rows: int
    error: float
    unchanged_error: float
    naive_error: float


def judged_rows(lines: Iterable[LedgerLine], first: int) -> list[Judged]:
    """Return the judged rows in order of time, from ledger lines with their outcomes.

    A row without a line of version ``first`` is omitted. The newest version of a row counts as its champion.

    Args:
        lines: one-row-ahead ledger lines of the champions and of version ``first``.
        first: the version that is never retrained.
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
    """Return the mean errors before the change, until the champion changed, and afterwards; omit empty phases.

    ``first`` is the version that is never retrained.
    """
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
