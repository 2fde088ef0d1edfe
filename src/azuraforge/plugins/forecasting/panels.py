"""Panels: tables of several series, which one model learns without mixing their rows.

The rows of a panel are ordered by series. Code that works on one series at a time splits a part with ``each`` and joins
the predictions with ``predict_each``; it then receives ordinary parts of one series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Predictions, Schema
from azuraforge.plugins.forecasting.calendar import moments_of

if TYPE_CHECKING:
    import polars as pl

Learned = TypeVar("Learned")
#: Error code for a series that a version did not learn; a champion is then compared on the other series.
UNKNOWN_SERIES = "unknown_series"
#: Maximum number of moments of a panel whose parts adapt to its short series, such as yearly data.
SHORT_PANEL = 40
_NAMED = 8


def one_of(schema: Schema) -> Schema:
    """Return the schema of a single series of a panel: ``schema`` without its series column."""
    return replace(schema, series=None)


@dataclass(frozen=True)
class Blocks:
    """Rows of each series of a panel, in the order of the frame.

    Attributes:
        names: names of the series.
        first: ``(series,)``, first row of each series.
        stop: ``(series,)``, row after the last row of each series.

    Example:
        >>> import polars as pl
        >>> found = Blocks.of(pl.DataFrame({"shop": ["a", "a", "b"]}), "shop")
        >>> found.names, found.first.tolist(), found.stop.tolist(), found.of_rows(np.array([1, 2])).tolist()
        (['a', 'b'], [0, 2], [2, 3], [0, 1])
    """

    names: list[str]
    first: Indices
    stop: Indices

    @classmethod
    def of(cls, frame: pl.DataFrame, column: str) -> Blocks:
        """Return the blocks of a frame whose rows are ordered by the series in ``column``."""
        runs = frame.get_column(column).rle().struct
        stops = np.cumsum(runs.field("len").to_numpy().astype(np.int64))
        return cls(runs.field("value").to_list(), np.append(0, stops[:-1]).astype(np.int64)[: len(stops)], stops)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def sizes(self) -> Indices:
        """Number of rows of each series, ``(series,)``."""
        return np.asarray(self.stop - self.first)

    def of_rows(self, rows: Indices) -> Indices:
        """Return the index of the series of each row, ``(row,)``."""
        return np.asarray(np.searchsorted(self.first, rows, side="right") - 1)


def consecutive(first: Indices, counts: Indices) -> Indices:
    """Return the concatenated ranges that begin at ``first`` and have ``counts`` numbers each.

    Example:
        >>> consecutive(np.array([5, 0]), np.array([2, 3])).tolist()
        [5, 6, 0, 1, 2]
    """
    begins = np.cumsum(counts) - counts
    return np.asarray(np.repeat(first - begins, counts) + np.arange(int(counts.sum())), dtype=np.int64)


def filled_each(values: Floats, blocks: Blocks, before: Floats) -> Floats:
    """Return ``values`` with each NaN replaced by the last known value of its own series.

    Args:
        values: ``(row,)``.
        blocks: the rows of each series.
        before: ``(series,)``, replacement for missing values before the first known value.

    Example:
        >>> found = Blocks(["a", "b"], np.array([0, 2]), np.array([2, 4]))
        >>> filled_each(np.array([1.0, np.nan, np.nan, 3.0]), found, np.array([0.0, 7.0])).tolist()
        [1.0, 1.0, 7.0, 3.0]
    """
    newest = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), -1))
    own = newest >= np.repeat(blocks.first, blocks.sizes)
    return np.where(own, values[np.maximum(newest, 0)], np.repeat(before, blocks.sizes))


def times(frame: pl.DataFrame, schema: Schema) -> Indices:
    """Return the distinct times of all series, ``(moment,)``, in microseconds UTC, ascending."""
    return np.unique(moments_of(frame, schema))


def each(part: Part) -> Iterator[tuple[str, Part, Indices]]:
    """Yield the name, the part and the positions in ``part.origins`` of each series that has origins in ``part``.

    Raises ValueError if ``part`` is not a part of a panel.
    """
    column = _column(part.schema)
    schema = one_of(part.schema)
    found = Blocks.of(part.frame, column)
    bare = _without(part.frame, column)
    owners = found.of_rows(part.origins)
    order = np.argsort(owners, kind="stable")
    borders = np.searchsorted(owners[order], np.arange(len(found) + 1))
    for number in np.flatnonzero(np.diff(borders)).tolist():
        first, stop = int(found.first[number]), int(found.stop[number])
        at = order[borders[number] : borders[number + 1]]
        origins = part.origins[at] - first
        yield (
            found.names[number],
            Part(
                frame=bare.slice(first, stop - first),
                schema=schema,
                start=int(origins.min()) + 1,
                horizon=part.horizon,
                origins=origins,
                targets=None if part.targets is None else part.targets[at],
                ahead={known: values[at] for known, values in part.ahead.items()},
            ),
            at,
        )


def _without(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the frame without a column.

    ``DataFrame.drop`` uses threads of Polars, which a forked process does not have.
    """
    import polars as pl

    return pl.DataFrame([series for series in frame.get_columns() if series.name != column])


def stack(parts: Sequence[tuple[str, Part]], schema: Schema) -> Part:
    """Join the parts of several series into one part of a panel; the inverse of ``each``.

    The result has targets only if all parts have targets.

    Args:
        parts: name and part of each series, at least one.
        schema: schema of the panel, with the name of the series column.

    Raises ValueError if ``schema`` names no series column.
    """
    import polars as pl

    column = _column(schema)
    frames, origins, first = [], [], 0
    for name, part in parts:
        frames.append(part.frame.select(pl.lit(name, pl.String).alias(column), pl.all()))
        origins.append(part.origins + first)
        first += part.frame.height
    targets = [part.targets for _, part in parts if part.targets is not None]
    return Part(
        frame=pl.concat(frames),
        schema=schema,
        start=0,
        horizon=parts[0][1].horizon,
        origins=np.concatenate(origins),
        targets=np.concatenate(targets) if len(targets) == len(parts) else None,
        ahead={known: np.concatenate([part.ahead[known] for _, part in parts]) for known in parts[0][1].ahead},
    )


def predict_each(part: Part, predict: Callable[[str, Part], Predictions]) -> Predictions:
    """Call ``predict`` for each series of a panel and return the predictions in the order of the part's origins.

    Raises ValueError if ``part`` is not a part of a panel.
    """
    shape = (len(part.origins), part.horizon)
    point, quantiles = np.empty(shape), dict[float, Floats]()
    for name, one, at in each(part):
        answer = predict(name, one)
        point[at] = answer.point
        for level, values in answer.quantiles.items():
            quantiles.setdefault(level, np.full(shape, np.nan))[at] = values
    return Predictions(point, quantiles)


def known_series(learned: Mapping[str, Learned], name: str) -> Learned:
    """Return the value of the series ``name``. Raises InvalidInput (``UNKNOWN_SERIES``) if it was not learned."""
    if name not in learned:
        shown_names = ", ".join(list(learned)[:_NAMED]) + (" …" if len(learned) > _NAMED else "")
        raise InvalidInput(
            "this version was not trained on the series {name!r}, only on {count} other series",
            where="series",
            next_step=(
                "specify a series that the version was trained on ({known}), or retrain the model; short or "
                "constant series are left out of training"
            ),
            code=UNKNOWN_SERIES,
            name=name,
            count=len(learned),
            known=shown_names,
        )
    return learned[name]


def _column(schema: Schema) -> str:
    if schema.series is None:
        raise ValueError("rows of one series are no panel")
    return str(schema.series)
