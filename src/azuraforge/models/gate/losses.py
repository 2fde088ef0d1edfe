"""Paired losses of two forecasters, summed over each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def paired_sums(losses_a: Floats, losses_b: Floats) -> tuple[Floats, Floats]:
    """Return each side's losses, shape ``(row,)`` or ``(row, column)``, summed over each row, shape ``(row,)``.

    Both sides lack the same targets, so the counts cancel in the ratio of two means and sums suffice. Raises ValueError
    if shapes or missing targets differ, or a loss is infinite or negative.

    Example:
        >>> a, b = paired_sums(np.array([[1.0, np.nan], [2.0, 3.0]]), np.array([[4.0, np.nan], [0.0, 1.0]]))
        >>> a.tolist(), b.tolist()
        ([1.0, 5.0], [4.0, 1.0])
    """
    a, b = np.asarray(losses_a, dtype=np.float64), np.asarray(losses_b, dtype=np.float64)
    if a.shape != b.shape or a.ndim not in (1, 2):
        raise ValueError(f"paired losses need one shape (origin, horizon), got {a.shape} and {b.shape}")
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        raise ValueError("paired losses must be missing (NaN) at the same places on both sides")
    a, b = np.nan_to_num(a, nan=0.0, posinf=np.inf), np.nan_to_num(b, nan=0.0, posinf=np.inf)
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or a.min(initial=0) < 0 or b.min(initial=0) < 0:
        raise ValueError("losses must be finite squared errors")
    return (a.sum(axis=1), b.sum(axis=1)) if a.ndim == 2 else (a, b)
