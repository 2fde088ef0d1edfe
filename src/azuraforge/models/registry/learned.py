"""Rows that a version has learned from, as its lineage states them. Pure, since the worker loads no NumPy."""

from __future__ import annotations

from datetime import UTC, datetime

from azuraforge.models.provenance import EvaluatedRows, LearnedRows
from azuraforge.models.registry.folder import EVALUATED


def learned_range(learned_from: LearnedRows | EvaluatedRows) -> tuple[str, str] | None:
    """Return the first and the last time that a version learned from; None if its lineage does not state them.

    What is missing, unreadable or the wrong way round tells nothing: it must not read as "has seen no row", for then
    every row could judge the version.

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
    """Return a version's predictor that may be evaluated on a test set: its folder in the version, and its rows.

    A version that was refitted on every row holds the evaluated predictor, too. The refitted one, which serves, is
    used if the test set begins after every row that it learned; otherwise the evaluated one is.

    Args:
        learned_from: the version's.
        test_start: time of the first row of the test set; None or no time gives no information.

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
