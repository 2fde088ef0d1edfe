"""Columns of a table as input channels: gaps are filled from the past, values are scaled by the training set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.stored import from_json

if TYPE_CHECKING:
    import polars as pl

#: Maximum absolute scaled input: a zero of a sensor whose values are around 1,000 must not dominate all other inputs.
LIMIT = 8.0
#: A column is stationary if the standard deviation of its means over four quarters of the training set is below this
#: share of its own standard deviation.
_DRIFT_SHARE = 0.35
_QUARTERS = 4
#: Minimum share of missing training values at which something can be learned from the gaps of a column.
MISSING_SHARE = 0.002


def column_values(frame: pl.DataFrame, column: str) -> Floats:
    """Return the column ``(row,)`` as float64, with NaN for infinities and nulls.

    Raises InvalidInput if the column is missing.
    """
    import polars as pl

    if column not in frame.columns:
        raise InvalidInput(
            "column {column!r} is missing",
            where="rows",
            next_step="send the column {column!r} too",
            column=column,
        )
    # Expressions run in threads of Polars, which a forked process (``forecasting.auto``) does not have.
    values = frame.get_column(column).cast(pl.Float64).to_numpy()  # null becomes NaN
    return np.where(np.isfinite(values), values, np.nan)


def filled(values: Floats, before: float) -> Floats:
    """Return ``values`` with each NaN replaced by the last known value, or by ``before`` if there is none yet.

    Example:
        >>> filled(np.array([np.nan, 2.0, np.nan, 3.0]), before=1.0).tolist()
        [1.0, 2.0, 2.0, 3.0]
    """
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(last >= 0, values[np.maximum(last, 0)], before)


def is_stationary(values: Floats) -> bool:
    """Return whether training values keep their level: the means of their quarters vary little.

    Constant values, and fewer than eight values, count as not stationary.

    Example:
        >>> is_stationary(np.sin(np.arange(400.0))), is_stationary(np.arange(400.0))
        (True, False)
    """
    spread = float(values.std())
    if spread == 0 or len(values) < 2 * _QUARTERS:
        return False
    means = [float(quarter.mean()) for quarter in np.array_split(values, _QUARTERS)]
    return float(np.std(means)) < _DRIFT_SHARE * spread


def robust_center(values: Floats) -> float:
    """Return the median of the values; 0 without values."""
    return float(np.median(values)) if values.size else 0.0


def robust_scale(values: Floats) -> float:
    """Return a robust standard deviation: the interquartile range divided by 1.349.

    If it is zero, the plain standard deviation is returned, and 1 if that is zero too or there are no values.

    Example:
        >>> round(robust_scale(np.append(np.arange(100.0), 1e9)), 1)
        37.1
    """
    if not values.size:
        return 1.0
    low, high = np.quantile(values, [0.25, 0.75])
    scale = float(high - low) / 1.349
    if scale <= 1e-12 * max(1.0, float(np.abs(values).max())):
        scale = float(values.std())
    return scale if scale > 0 else 1.0


@dataclass(frozen=True)
class Channel:
    """Input channel of one column.

    Attributes:
        column: name of the column.
        before: replacement for missing values before the first known value.
        center, scale: learned on training rows; a scaled value is ``(value - center) / scale``.
        relative: whether a window contains differences from its last row, so that the level has no effect.
        missing: whether the channel contains 1 for each missing and 0 for each known value, instead of the values.
    """

    column: str
    before: float
    center: float
    scale: float
    relative: bool
    missing: bool = False

    @classmethod
    def learn(cls, column: str, values: Floats, window: int, *, relative: bool | None = None) -> Channel:
        """Learn a channel from training values.

        Args:
            column: name of the column.
            values: ``(row,)`` training values, NaN if unknown.
            window: number of rows in a window; a relative channel is scaled by the changes over half of a window.
            relative: see ``Channel``; if None, the channel is relative unless the values are stationary.

        Raises InvalidInput if no value is known.
        """
        known = values[np.isfinite(values)]
        if not known.size:
            raise InvalidInput(
                "column {column!r} has no known value in the training set",
                where="train",
                next_step="remove the column from the dataset, or add earlier rows",
                column=column,
            )
        if relative is None:
            relative = not is_stationary(known)
        if not relative:
            return cls(column, float(known[0]), robust_center(known), robust_scale(known), relative=False)
        lag = max(1, min(window // 2, len(known) - 1))
        return cls(column, float(known[0]), 0.0, robust_scale(known[lag:] - known[:-lag]), relative=True)

    def scaled(self, values: Floats) -> Floats:
        """Return the scaled values with gaps filled, ``(row,)``; if ``missing``, 1 for each gap and 0 otherwise."""
        if self.missing:
            return (~np.isfinite(values)).astype(np.float64)
        return (filled(values, self.before) - self.center) / self.scale

    @classmethod
    def told_missing(cls, column: str, values: Floats) -> list[Channel]:
        """Return a list with a channel that marks missing values; empty if too few training values are missing.

        A value that fills a gap looks like a measured one; this channel shows a network the difference.

        Example:
            >>> [each.missing for each in Channel.told_missing("x", np.array([1.0, np.nan, 2.0]))]
            [True]
        """
        share = float(np.mean(~np.isfinite(values))) if len(values) else 0.0
        return [cls.of_holes(column)] if share >= MISSING_SHARE else []

    @classmethod
    def of_holes(cls, column: str) -> Channel:
        """Return a channel that contains 1 for each missing value of the column and 0 for each known value."""
        return cls(column, 0.0, 0.0, 1.0, relative=False, missing=True)

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, object]) -> Channel:
        """Rebuild the object from the result of ``to_dict``. Raises pydantic's ValidationError for invalid fields."""
        return from_json(cls, fields)
