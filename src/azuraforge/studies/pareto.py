"""Pareto front of a study with several objectives."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[int, Sequence[float]]], directions: Sequence[str]) -> list[int]:
    """Return the numbers of the points that no other point dominates (Deb et al., 2002: non-dominated).

    A point is a pair (number, scores). ``directions`` contains ``minimize`` or ``maximize`` for each score. Raises
    ValueError if the lengths differ.

    Example:
        >>> pareto_front([(0, [1.0, 5.0]), (1, [2.0, 2.0]), (2, [3.0, 3.0])], ["minimize", "minimize"])
        [0, 1]
    """
    signs = [1.0 if direction == "minimize" else -1.0 for direction in directions]
    signed = [(number, [sign * value for sign, value in zip(signs, values, strict=True)]) for number, values in points]
    return [number for number, own in signed if not any(_beats(theirs, own) for _, theirs in signed)]


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
