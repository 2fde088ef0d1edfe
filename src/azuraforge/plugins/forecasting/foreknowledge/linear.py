"""Least squares with orthonormal bases, for the leakage check."""

from __future__ import annotations

import numpy as np

from azuraforge.plugins.contract.arrays import Floats

_DEPENDENT = 1e-7


def carried(values: Floats) -> Floats:
    """Return values with gaps filled forward; gaps before the first known value get that value, or 0 if none is known.

    Example:
        >>> carried(np.array([np.nan, 1.0, np.nan, 3.0])).tolist()
        [1.0, 1.0, 1.0, 3.0]
    """
    known = np.isfinite(values)
    if known.all() or not known.any():
        return values if known.any() else np.zeros_like(values)
    at = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.asarray(values[np.where(at < 0, int(known.argmax()), at)])


def basis(columns: Floats) -> Floats:
    """Return an orthonormal basis of the space that the columns span."""
    sizes = np.sqrt((columns**2).sum(axis=0))
    columns = columns[:, sizes > 0] / sizes[sizes > 0]
    if not columns.shape[1]:
        return np.zeros((len(columns), 0))
    base, triangle = np.linalg.qr(columns)
    return np.asarray(base[:, np.abs(np.diag(triangle)) > _DEPENDENT])


def joined(base: Floats, columns: Floats) -> Floats:
    """Return ``base`` extended by the directions that ``columns`` add to it."""
    sizes = np.sqrt((columns**2).sum(axis=0))
    columns = columns[:, sizes > 0] / sizes[sizes > 0]
    left = rest(rest(columns, base), base)  # twice, because of rounding errors
    kept = left[:, np.sqrt((left**2).sum(axis=0)) > _DEPENDENT]
    return np.concatenate([base, basis(kept)], axis=1) if kept.shape[1] else base


def rest(columns: Floats, base: Floats) -> Floats:
    """Return the part of ``columns`` that the basis ``base`` does not explain."""
    return np.asarray(columns - base @ (base.T @ columns))


def size(columns: Floats) -> float:
    """Return the sum of the squares."""
    return float((columns**2).sum())


def adjusted(before: float, after: float, free: int, added: int) -> float:
    """Return the share of ``before`` that ``added`` regressors explain beyond chance, from 0 to 1."""
    if before <= 0 or free - added < 1:
        return 0.0
    return max(0.0, 1.0 - (after / (free - added)) / (before / free))
