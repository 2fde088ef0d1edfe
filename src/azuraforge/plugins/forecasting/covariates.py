"""Covariates known ahead of the rows to predict: the columns named in the config, and public holidays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.availability import AHEAD, delay_of
from azuraforge.plugins.contract.parts import Part, Schema
from azuraforge.plugins.contract.stored import from_json
from azuraforge.plugins.forecasting.calendar import Clock
from azuraforge.plugins.forecasting.channels import LIMIT, Channel, column_values, filled
from azuraforge.plugins.forecasting.holidays import HOLIDAY_FEATURES, holidays_ahead

if TYPE_CHECKING:
    import polars as pl


def check_known_ahead(columns: Sequence[str], schema: Schema) -> None:
    """Raise InvalidInput unless all ``columns`` can be known ahead.

    Each must be named once, be a feature of the dataset, and not be declared as known with its row or later.
    """
    for column in columns:
        if column not in schema.features:
            raise InvalidInput(
                "{column!r} cannot be known ahead: it is not a covariate of the dataset; its covariates are: {others}",
                where="config.known_ahead",
                next_step="specify columns other than the time and the target",
                column=column,
                others=", ".join(schema.features) or "–",
            )
        stated = schema.available_after.get(column, AHEAD)
        if stated != AHEAD:
            raise InvalidInput(
                "{column!r} cannot be known ahead: the dataset states that its values become known with their row"
                if delay_of(stated) is None
                else "{column!r} cannot be known ahead: the dataset states that its values become known {delay} after"
                " their row",
                where="config.known_ahead",
                next_step="remove the column from known_ahead, or correct the dataset with azuraforge datasets "
                "available-after NAME {column}=ahead",
                code="not_known_ahead",
                column=column,
                delay=stated,
            )
    if len(set(columns)) != len(columns):
        raise InvalidInput(
            "known_ahead contains a column twice", where="config.known_ahead", next_step="list each column once"
        )


def ahead_of(frame: pl.DataFrame, columns: Sequence[str], origins: Indices, horizon: int) -> dict[str, Floats]:
    """Return column → values in the rows after each origin, ``(origin, horizon)``, NaN if missing.

    Raises InvalidInput if ``frame`` lacks a column.
    """
    steps = origins[:, None] + np.arange(1, horizon + 1)
    return {name: np.append(column_values(frame, name), np.full(horizon, np.nan))[steps] for name in columns}


def part_at_end(frame: pl.DataFrame, schema: Schema, horizon: int, known_ahead: Sequence[str] = ()) -> Part:
    """Return a part whose only origin is the last row of ``frame``.

    If there are known-ahead columns, a frame may continue with their values after the last known target; the origin is
    then the last row with a target (the last row if none has one), and later rows are removed. Raises InvalidInput if
    ``frame`` lacks a known-ahead column.
    """
    last = frame.height - 1
    if known_ahead:
        measured = np.flatnonzero(np.isfinite(column_values(frame, schema.target)))
        last = int(measured[-1]) if measured.size else last
    origins = np.array([last], dtype=np.int64)
    ahead = ahead_of(frame, known_ahead, origins, horizon)
    return Part(frame.head(last + 1), schema, last + 1, horizon, origins, ahead=ahead)


@dataclass(frozen=True)
class Covariates:
    """Columns and holidays known ahead, with scales learned on the training set and frozen.

    Attributes:
        columns: channels of the known-ahead columns; a missing value is replaced by the last known one.
        country: country whose public holidays are features; None for no holidays.
    """

    columns: tuple[Channel, ...] = ()
    country: str | None = None

    @classmethod
    def learn(cls, train: Part, columns: Sequence[str], country: str | None) -> Covariates:
        """Learn the scales from ``train``, whose frame ends with the training rows.

        Raises InvalidInput if a column is missing or has no known value.
        """
        learned = (Channel.learn(name, column_values(train.frame, name), 1, relative=False) for name in columns)
        return cls(tuple(learned), country)

    @property
    def width(self) -> int:
        """Number of features of one future row."""
        return len(self.columns) + (HOLIDAY_FEATURES if self.country else 0)

    def following(self, part: Part, chosen: Indices, clock: Clock) -> Floats:
        """Return the features ``(origin, horizon, width)``, holidays first, for the origins with indices ``chosen``.

        Raises InvalidInput if the frame of ``part`` lacks a column.
        """
        origins = part.origins[chosen]
        parts = [np.zeros((len(origins), part.horizon, 0))]
        if self.country:
            parts.append(holidays_ahead(clock, part.frame, origins, part.horizon, self.country))
        for channel in self.columns:
            last = filled(column_values(part.frame, channel.column), channel.before)[origins]
            ahead = part.ahead.get(channel.column)
            values = np.full((len(origins), part.horizon), np.nan) if ahead is None else ahead[chosen]
            scaled = (_carried(values, last) - channel.center) / channel.scale
            parts.append(np.clip(scaled, -LIMIT, LIMIT)[:, :, None])
        return np.concatenate(parts, axis=2)

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, object]) -> Covariates:
        """Rebuild the object from the result of ``to_dict``. Raises pydantic's ValidationError for invalid fields."""
        return from_json(cls, fields)


def _carried(values: Floats, last: Floats) -> Floats:
    """Return ``values`` ``(origin, horizon)`` with gaps filled forward, starting from ``last`` ``(origin,)``."""
    whole = np.concatenate([last[:, None], values], axis=1)
    known = np.maximum.accumulate(np.where(np.isfinite(whole), np.arange(whole.shape[1]), 0), axis=1)
    return np.asarray(np.take_along_axis(whole, known, axis=1)[:, 1:])
