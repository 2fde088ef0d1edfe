"""Rows that a version learned from, as its lineage states them.

The module does not load NumPy, since the worker imports it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from azuraforge.models.provenance import EvaluatedRows, LearnedRows
from azuraforge.models.registry.folder import EVALUATED


def learned_range(learned_from: LearnedRows | EvaluatedRows) -> tuple[str, str] | None:
    """Return the first and the last time that a version learned from; None if its lineage does not state them.

    Missing, unreadable or reversed times give None as well. None does not mean that the version learned from no rows:
    every row would then count as unseen.

    Example:
        >>> learned_range(LearnedRows(start="2026-01-01T00:00:00Z", end="2026-02-01T00:00:00Z"))
        ('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z')
        >>> learned_range(LearnedRows()) is None
        True
    """
    return _range(learned_from.start, learned_from.end)


def _range(start: str | None, end: str | None) -> tuple[str, str] | None:
    if start is None or end is None:
        return None
    try:
        first, last = _moment(start), _moment(end)
    except ValueError:
        return None
    return (start, end) if first <= last else None


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def comparable_predictor(learned_from: LearnedRows, test_start: str | None) -> tuple[str, tuple[str, str] | None]:
    """Return the predictor of a version that may be evaluated on a test set, as its subfolder and its time range.

    A version that was refitted on all rows also contains the evaluated predictor. The refitted one, which serves, is
    used if the test set begins after every row it learned from; otherwise the evaluated one is used.

    Args:
        learned_from: rows that the version learned from.
        test_start: time of the first row of the test set; None or text that is no time selects the evaluated predictor.

    Example:
        >>> evaluated = EvaluatedRows(start="2026-01-01", end="2026-02-01")
        >>> refitted = LearnedRows(start="2026-01-01", end="2026-03-01", evaluated=evaluated)
        >>> comparable_predictor(refitted, "2026-02-15"), comparable_predictor(refitted, "2026-03-02")
        (('evaluated', ('2026-01-01', '2026-02-01')), ('', ('2026-01-01', '2026-03-01')))
    """
    learned = learned_range(learned_from)
    if learned_from.evaluated is None:
        return "", learned
    after = None if learned is None else _range(learned[1], test_start)
    if after is not None and _moment(after[0]) < _moment(after[1]):
        return "", learned
    return EVALUATED, learned_range(learned_from.evaluated)
