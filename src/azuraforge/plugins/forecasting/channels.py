"""A table's columns as the channels of a network's input: filled from the past, scaled by the training part."""

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

#: Scaled inputs are cut off here: a sensor's zero among values around 1,000 must not drown everything else.
LIMIT = 8.0
#: A column counts as stationary where the means of quarters of the training part spread less than this share of it.
_DRIFT_SHARE = 0.35
_QUARTERS = 4
#: Of a column of which less than this share is missing in training, nothing can be learned from its holes.
MISSING_SHARE = 0.002


def column_values(frame: pl.DataFrame, column: str) -> Floats:
    """``(row,)`` as float64, infinities and nulls as NaN. Raises InvalidInput where the column is not there."""
    import polars as pl

    if column not in frame.columns:
        raise InvalidInput(
            "column {column!r} is missing",
            where="rows",
            next_step="send the column {column!r} too",
            column=column,
        )
    # No expression: those run in Polars' threads, which a forked process (``forecasting.auto``) does not have.
    values = frame.get_column(column).cast(pl.Float64).to_numpy()  # null becomes NaN
    return np.where(np.isfinite(values), values, np.nan)


def filled(values: Floats, before: float) -> Floats:
    """``values`` with each NaN replaced by the last known value, and by ``before`` where there is none yet.

    Example:
        >>> filled(np.array([np.nan, 2.0, np.nan, 3.0]), before=1.0).tolist()
        [1.0, 2.0, 2.0, 3.0]
    """
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(last >= 0, values[np.maximum(last, 0)], before)


def is_stationary(values: Floats) -> bool:
    """Return whether training values keep their level: the means of quarters vary little compared with the values.

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
    """The median."""
    return float(np.median(values)) if values.size else 0.0


def robust_scale(values: Floats) -> float:
    """A standard deviation that outliers do not move: the interquartile range over 1.349; else the plain one; else 1.

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
    """One input channel.

    Attributes:
        column: where its values come from.
        before: what stands for values before the first known one.
        center, scale: learned on training rows; scaled = (value - center) / scale.
        relative: the window is measured from its last row, so that the level does not matter.
        missing: the channel does not hold the column's values but 1 where one is missing, 0 where it is known.
    """

    column: str
    before: float
    center: float
    scale: float
    relative: bool
    missing: bool = False

    @classmethod
    def learn(cls, column: str, values: Floats, window: int, *, relative: bool | None = None) -> Channel:
        """Learn from training values ``(row,)``, NaN where unknown.

        ``relative`` None: relative where the level drifts, absolute where it stays.
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
        """``(row,)`` raw values to scaled ones, without holes."""
        if self.missing:
            return (~np.isfinite(values)).astype(np.float64)
        return (filled(values, self.before) - self.center) / self.scale

    @classmethod
    def told_missing(cls, column: str, values: Floats) -> list[Channel]:
        """A channel that tells where training values ``(row,)`` were missing; none where too few were to learn from.

        A value carried forward looks like a measured one; this lets a network mind the difference.

        Example:
            >>> [each.missing for each in Channel.told_missing("x", np.array([1.0, np.nan, 2.0]))]
            [True]
        """
        share = float(np.mean(~np.isfinite(values))) if len(values) else 0.0
        return [cls.of_holes(column)] if share >= MISSING_SHARE else []

    @classmethod
    def of_holes(cls, column: str) -> Channel:
        """1 where the column's value is missing, 0 where it is known."""
        return cls(column, 0.0, 0.0, 1.0, relative=False, missing=True)

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, object]) -> Channel:
        """Rebuild the object from the result of ``to_dict``."""
        return from_json(cls, fields)
