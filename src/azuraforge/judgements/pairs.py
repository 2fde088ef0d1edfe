"""Predictions paired with their actual values: a pair is a target row, an origin, and the predictions of all models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.errors import InvalidInput
from azuraforge.judgements.columns import Columns, find_columns
from azuraforge.judgements.files import numbers, times
from azuraforge.judgements.options import MOST_AHEAD, Options
from azuraforge.judgements.truth import Truth, written
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Flags, Floats, Indices


@dataclass(frozen=True)
class Model:
    """One model's predictions, with the ends of its interval if the file contains them; ``(pair,)`` each."""

    name: str
    point: Floats
    low: Floats | None = None
    high: Floats | None = None

    def at(self, chosen: Flags | Indices) -> Model:
        """Return the model's predictions of the pairs ``chosen``, a mask or indices."""
        ends = [None if end is None else end[chosen] for end in (self.low, self.high)]
        return Model(self.name, self.point[chosen], ends[0], ends[1])


@dataclass(frozen=True)
class ReadPredictions:
    """The predictions in a file.

    Attributes:
        table: the file.
        columns: roles of its columns.
        all_at: times of all rows, ``(row,)``, in microseconds since 1970.
        at: target times of the predictions, ``(prediction,)``, in microseconds since 1970.
        rows: row of each prediction in the file, ``(prediction,)``, for messages.
        models: the models; each has a value for every prediction.
        origins: ``(prediction,)`` times at which the predictions were made; None if the file does not state them.
        ahead: ``(prediction,)`` horizons in rows; None if the file does not state them.
        left: number of rows without a prediction between the first and the last prediction.
        incumbent: the incumbent in a column of the file, NaN where it has no forecast; None without such a column.
        names: original names of renamed columns, for messages.
    """

    table: RawTable
    columns: Columns
    all_at: Indices
    at: Indices
    rows: Indices
    models: tuple[Model, ...]
    origins: Indices | None
    ahead: Indices | None
    left: int
    incumbent: Model | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pairs:
    """Judged predictions, ordered by origin and target.

    Attributes:
        target, origin: ``(pair,)`` rows of the series; an origin may be before the first row.
        ahead: ``(pair,)`` number of rows from origin to target.
        actual: ``(pair,)`` actual values.
        models: predictions of each model.
        incumbent: the forecast in use today; None if none is given.
        without_actual: number of predictions excluded because they have no actual value.
        without_incumbent: number of pairs excluded because they have no incumbent forecast.
    """

    target: Indices
    origin: Indices
    ahead: Indices
    actual: Floats
    models: tuple[Model, ...]
    incumbent: Model | None = None
    without_actual: int = field(default=0, kw_only=True)
    without_incumbent: int = field(default=0, kw_only=True)

    def __len__(self) -> int:
        return len(self.target)

    def at(self, chosen: Flags | Indices) -> Pairs:
        """Return the pairs ``chosen``, a mask or indices."""
        return replace(
            self,
            target=self.target[chosen],
            origin=self.origin[chosen],
            ahead=self.ahead[chosen],
            actual=self.actual[chosen],
            models=tuple(each.at(chosen) for each in self.models),
            incumbent=None if self.incumbent is None else self.incumbent.at(chosen),
        )


def read_predictions(table: RawTable, options: Options, names: Mapping[str, str] | None = None) -> ReadPredictions:
    """Read times, predictions and intervals; ``names`` maps renamed columns to their original names.

    Raises InvalidInput if a column is missing or contains a wrong value, or if the models predict different rows.
    """
    columns = find_columns(table, options)
    at = times(table, columns.time, options)
    values = {each.name: numbers(table, each.name, options) for each in columns.models}
    known = np.stack([np.isfinite(each) for each in values.values()])
    anywhere, everywhere = known.any(axis=0), known.all(axis=0)
    if not anywhere.any():
        raise InvalidInput(
            "the column {column!r} has no predictions",
            where="{place}",
            next_step="fill in the column, or specify the columns of predictions with --model",
            column=columns.models[0].name,
            place=table.name,
        )
    if len(holes := np.flatnonzero(anywhere & ~everywhere)):
        row = int(holes[0])
        lacks = columns.models[int((~known[:, row]).argmax())].name
        raise InvalidInput(
            "{name!r} has no prediction where another model has one; {count:,} such [row|rows] in total",
            where="{place}",
            next_step="models are judged on the same rows: fill in the predictions, or choose models with --model",
            name=lacks,
            count=len(holes),
            place=table.place(int(table.frame[ROW][row]), lacks),
        )
    rows = np.flatnonzero(everywhere)
    models = tuple(
        _model(table, each.name, values[each.name], each.low, each.high, rows, options) for each in columns.models
    )
    origins = None if columns.origin is None else times(_at_rows(table, rows), columns.origin, options)
    ahead = None
    if origins is None and columns.horizon is not None:
        ahead = _ahead(table, columns.horizon, rows, options)
    order = np.sort(at[rows])
    between = (at > order[0]) & (at < order[-1]) & ~everywhere
    left = len(np.setdiff1d(at[between], order))
    incumbent = None
    if (own := columns.incumbent) is not None:
        said = rows[np.isfinite(numbers(table, own.name, options)[rows])]
        found = _model(table, own.name, numbers(table, own.name, options), own.low, own.high, said, options)
        incumbent = spread_over(found, np.searchsorted(rows, said), len(rows))
    return ReadPredictions(table, columns, at, at[rows], rows, models, origins, ahead, left, incumbent, names or {})


def pair(read: ReadPredictions, truth: Truth, options: Options) -> Pairs:
    """Pair the predictions with their actual values.

    Raises InvalidInput if two predictions have the same target and origin, if a prediction was not made before its
    target or too far ahead, or if no prediction has an actual value.
    """
    target = truth.row_of(read.at)
    if read.origins is not None:
        origin = np.searchsorted(truth.at, read.origins, side="right") - 1
        if len(late := np.flatnonzero(read.origins >= read.at)):
            first = int(late[0])
            made, of = written(int(read.origins[first]), truth.schema), written(int(read.at[first]), truth.schema)
            raise InvalidInput(
                "the prediction for {at} was made at {made}, not before that time; {count:,} such [row|rows] in total",
                where="{place}",
                next_step="the column must contain the time of the last row known when the prediction was made",
                at=of,
                made=made,
                count=len(late),
                place=_place(read, first, read.columns.origin),
            )
        ahead = target - origin
    else:
        ahead = read.ahead if read.ahead is not None else np.full(len(target), options.horizon or 1, dtype=np.int64)
        origin = target - ahead
    if len(far := np.flatnonzero(ahead > MOST_AHEAD)):
        raise InvalidInput(
            "a prediction was made {ahead:,} rows ahead; at most {most:,} rows are supported",
            where="{place}",
            next_step="remove predictions that were made so far ahead",
            ahead=int(ahead.max()),
            most=MOST_AHEAD,
            place=_place(read, int(far[0]), read.columns.origin or read.columns.horizon),
        )
    order = np.lexsort((target, origin))
    same = np.flatnonzero((np.diff(target[order]) == 0) & (np.diff(origin[order]) == 0))
    if len(same):
        again = int(order[same[0] + 1])
        named = read.columns.origin or read.columns.horizon
        raise InvalidInput(
            "{at} is predicted twice from the same origin" if named else "{at} is predicted twice",
            where="{place}",
            next_step="delete one of the rows"
            if named
            else "delete one of the rows, or add a column 'origin' or 'horizon'",
            code="duplicate_times",
            at=written(int(read.at[again]), truth.schema),
            place=_place(read, again, read.columns.time),
        )
    actual = truth.values[target]
    known = np.isfinite(actual[order])
    if not known.any():
        raise _nothing_common(read, truth)
    every = Pairs(target, origin, ahead, actual, read.models, read.incumbent)
    return replace(every.at(order[known]), without_actual=int((~known).sum()))


def spread_over(model: Model, places: Indices, length: int) -> Model:
    """Return a model whose values are at the indices ``places`` in arrays of length ``length``, with NaN elsewhere."""

    def spread(values: Floats) -> Floats:
        found = np.full(length, np.nan)
        found[places] = values
        return found

    ends = [None if end is None else spread(end) for end in (model.low, model.high)]
    return Model(model.name, spread(model.point), ends[0], ends[1])


def _model(
    table: RawTable, name: str, point: Floats, low: str | None, high: str | None, rows: Indices, options: Options
) -> Model:
    if low is None or high is None:
        return Model(name, point[rows])
    if all(table.frame[column].null_count() == table.frame.height for column in (low, high)):
        return Model(name, point[rows])  # empty columns are no interval
    ends = []
    for column in (low, high):
        values = numbers(table, column, options)[rows]
        if len(holes := np.flatnonzero(~np.isfinite(values))):
            raise InvalidInput(
                "the interval of {name!r} is empty in {count:,} [row|rows] with a prediction",
                where="{place}",
                next_step="fill in the interval, or remove its columns",
                name=name,
                count=len(holes),
                place=table.place(int(table.frame[ROW][int(rows[holes[0]])]), column),
            )
        ends.append(values)
    if len(crossed := np.flatnonzero(ends[0] > ends[1])):
        raise InvalidInput(
            "the lower bound of the interval is above the upper bound in {count:,} [row|rows]",
            where="{place}",
            next_step="swap the two columns, or correct the values",
            count=len(crossed),
            place=table.place(int(table.frame[ROW][int(rows[crossed[0]])]), low),
        )
    return Model(name, point[rows], ends[0], ends[1])


def _ahead(table: RawTable, column: str, rows: Indices, options: Options) -> Indices:
    values = numbers(table, column, options)[rows]
    if len(bad := np.flatnonzero(~((values >= 1) & (values == np.floor(values))))):
        raise InvalidInput(
            "the horizon {horizon:g} is not a whole number of at least 1",
            where="{place}",
            next_step="count the rows from the last known row to the predicted row",
            horizon=values[bad[0]],
            place=table.place(int(table.frame[ROW][int(rows[bad[0]])]), column),
        )
    return np.asarray(np.minimum(values, MOST_AHEAD + 1), dtype=np.int64)


def _at_rows(table: RawTable, rows: Indices) -> RawTable:
    """Return the given rows of a table; the other rows have no prediction and need no origin."""
    return replace(table, frame=table.frame[rows])


def _nothing_common(read: ReadPredictions, truth: Truth) -> InvalidInput:
    """Return the error for files without common times: actual values before, after or between the predictions."""
    known = truth.at[np.isfinite(truth.values)]
    ends = known[0], known[-1], read.at.min(), read.at.max()
    begin, end, first, last = (written(int(each), truth.schema) for each in ends)
    column = read.names.get(read.columns.time, read.columns.time)
    place = Message("{file}, column {column!r}", {"file": read.table.name, "column": column})
    if known[-1] < read.at.min():
        return InvalidInput(
            "the actual values end at {end}, before the first prediction, which is for {first}",
            where="{place}",
            next_step="run the command again when the actual values of the predicted times are known, or check that "
            "both files use the same times",
            code="no_common_rows",
            end=end,
            first=first,
            place=place,
        )
    if known[0] > read.at.max():
        return InvalidInput(
            "the actual values begin at {begin}, after the last prediction, which is for {last}",
            where="{place}",
            next_step="add the actual values of the predicted times, or check that both files use the same times",
            code="no_common_rows",
            begin=begin,
            last=last,
            place=place,
        )
    return InvalidInput(
        "no prediction has an actual value at its time",
        where="{place}",
        next_step="compare the times of both files: time zone, hour and first day of a period must agree",
        code="no_common_rows",
        place=place,
    )


def _place(read: ReadPredictions, index: int, column: str | None) -> Message:
    named = None if column is None else read.names.get(column, column)
    return read.table.place(int(read.table.frame[ROW][int(read.rows[index])]), named)
