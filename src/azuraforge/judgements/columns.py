"""Roles of the columns in a file of predictions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from azuraforge.datasets.reading.delimited import RawTable, require_column
from azuraforge.errors import InvalidInput
from azuraforge.judgements.files import TIMES, columns_of, is_numeric, is_time
from azuraforge.judgements.options import Options

ACTUALS = ("actual", "actuals", "truth", "y_true", "observed", "y")
LABEL = "label"
PREDICTIONS = ("prediction", "predicted", "forecast", "yhat", "y_pred")
ORIGINS = ("origin", "made_at", "cutoff")
HORIZON = "horizon"
_NAMED = 10
SERIES = ("unique_id", "series", "series_id", "item_id")
_LOW = re.compile(r"(.*?)[_-](lower|low|lo|lo-\d+(?:\.\d+)?)", re.IGNORECASE)
_HIGH = re.compile(r"(.*?)[_-](upper|high|hi|hi-\d+(?:\.\d+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class ModelColumns:
    """A model's column of predictions, and the columns of its interval if the file has one."""

    name: str
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Columns:
    """Roles of the columns in a file of forecasts; ``ignored`` lists the columns without a role."""

    time: str
    models: tuple[ModelColumns, ...]
    actual: str | None = None
    origin: str | None = None
    horizon: str | None = None
    incumbent: ModelColumns | None = None
    ignored: tuple[str, ...] = ()


def find_columns(table: RawTable, options: Options) -> Columns:
    """Return the role of each column.

    Raises InvalidInput if the times or all predictions are missing, if the options contradict the columns, if the table
    contains several series, or if an interval has only one bound.
    """
    names = columns_of(table)
    time = time_column(table, options)
    actual = _named(table, options.target, "--target") if options.target in names else first_of(names, ACTUALS)
    origin, horizon = first_of(names, ORIGINS), first_of(names, (HORIZON,))
    if options.horizon is not None and (origin or horizon):
        raise InvalidInput(
            "the option --horizon contradicts the column {column!r}",
            where="option --horizon",
            next_step="leave the option out, or remove the column",
            column=origin or horizon,
        )
    _refuse_panel(table, names)
    rest = [name for name in names if name not in (time, actual, origin, horizon)]
    incumbent = None
    if options.incumbent in rest:
        incumbent = _with_interval(table, options.incumbent, rest, alone=False)
        rest = [name for name in rest if name not in (incumbent.name, incumbent.low, incumbent.high)]
    models = _models(table, rest, options)
    used = {each for model in models for each in (model.name, model.low, model.high)}
    ignored = tuple(name for name in rest if name not in used and name not in SERIES)
    return Columns(time, models, actual, origin, horizon, incumbent, ignored)


def time_column(table: RawTable, options: Options) -> str:
    """Return the column of times in a file of predictions. Raises InvalidInput if the file has no such column."""
    names = columns_of(table)
    if options.time is not None:
        return _named(table, options.time, "--time")
    if (found := first_of(names, TIMES)) is not None:
        return found
    raise InvalidInput(
        "{table} has no time column; its columns are {columns}",
        where="{table}",
        next_step="rename the column to 'at', or specify it with --time",
        code="no_such_column",
        table=table.name,
        columns=", ".join(map(repr, names[:20])),
    )


def actual_time_column(table: RawTable, options: Options, *, stated: bool) -> str:
    """Return the column of times in a file of actual values.

    It is the stated one, the one of the predictions, one with a known name, or the only column that contains times.

    Args:
        table: the file.
        options: the options of the judgement.
        stated: whether the column ``options.actual_time`` is required, as in the file of --actual.

    Raises InvalidInput if there is no such column, or if several columns contain times.
    """
    if options.actual_time is not None and (stated or options.actual_time in columns_of(table)):
        return _named(table, options.actual_time, "--actual-time")
    return _other_time_column(table, options, "--actual-time")


def incumbent_time_column(table: RawTable, options: Options) -> str:
    """Return the column of times in the incumbent's file.

    It is the stated one, the one of the predictions, one with a known name, or the only column that contains times.
    Raises InvalidInput if there is no such column, or if several columns contain times.
    """
    if options.incumbent_time is not None:
        return _named(table, options.incumbent_time, "--incumbent-time")
    return _other_time_column(table, options, "--incumbent-time")


def _other_time_column(table: RawTable, options: Options, option: str) -> str:
    names = columns_of(table)
    if options.time is not None and options.time in names:
        return options.time
    if (found := first_of(names, TIMES)) is not None:
        return found
    times = [name for name in names if name.lower() not in ORIGINS and is_time(table, name)]
    if len(times) == 1:
        return times[0]
    raise InvalidInput(
        "{table} has several time columns: {columns}"
        if times
        else "{table} has no time column; its columns are {columns}",
        where="{table}",
        next_step="specify the time column with {option}",
        code="no_such_column",
        table=table.name,
        columns=[repr(name) for name in (times or names)[:20]],
        option=option,
    )


def actual_column(table: RawTable, options: Options, time: str) -> str:
    """Return the column of actual values: ``options.target``, one with a known name, or the only numeric column.

    Raises InvalidInput if there is no such column.
    """
    names = [name for name in columns_of(table) if name != time]
    if options.target is not None:
        return _named(table, options.target, "--target")
    if (found := first_of(names, ACTUALS)) is not None:
        return found
    numeric = [name for name in names if is_numeric(table, name)]
    if len(numeric) == 1:
        return numeric[0]
    raise InvalidInput(
        "{table} has several numeric columns, and none is named 'actual'"
        if numeric
        else "{table} has no numeric column",
        where="{table}",
        next_step="specify the column of actual values with --target",
        code="no_such_column",
        table=table.name,
    )


def of_series(table: RawTable, series: str | None) -> RawTable:
    """Return the rows of ``series``; the whole table if ``series`` is None.

    If no column has a known name for series, the first text column that contains ``series`` is used; if there is none,
    the whole table is returned. Raises InvalidInput if a column with a known name does not contain ``series``.
    """
    column = first_of(columns_of(table), SERIES)
    if series is None:
        return table
    if column is None:
        texts = [name for name in columns_of(table) if table.frame[name].dtype == pl.String]
        column = next((name for name in texts if (table.frame[name] == series).any()), None)
        if column is None:
            return table
    kept = table.frame.filter(pl.col(column).cast(pl.String) == series)
    if kept.is_empty():
        raise InvalidInput(
            "{table} has no series {series!r}",
            where="{table}, column {column!r}",
            next_step="choose one of the file's series with --series",
            code="no_such_series",
            table=table.name,
            series=series,
            column=column,
        )
    return replace(table, frame=kept)


def only_series(table: RawTable) -> str | None:
    """Return the series that all rows belong to; None if there are several series or no column of series."""
    column = first_of(columns_of(table), SERIES)
    if column is None or table.frame[column].n_unique() != 1:
        return None
    return str(table.frame[column][0])


def first_of(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Return the first of ``wanted`` that ``names`` contains, ignoring case, as spelled in ``names``; else None."""
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[each] for each in wanted if each in lower), None)


def _models(table: RawTable, names: list[str], options: Options) -> tuple[ModelColumns, ...]:
    if options.models:
        chosen = list(dict.fromkeys(_named(table, each, "--model") for each in options.models))
        if taken := next((each for each in chosen if each not in names), None):
            raise InvalidInput(
                "the column {column!r} contains the times or the actual values, not predictions",
                where="option --model",
                next_step=(
                    "choose a column of predictions, or specify the time column and the column of actual values "
                    "with --time and --target"
                ),
                column=taken,
            )
    elif (single := first_of(names, PREDICTIONS)) is not None:
        chosen = [single]
    else:
        ends = {name for name in names if _end_of(name, names) is not None}
        chosen = [name for name in names if name not in ends and is_numeric(table, name)]
    if not chosen:
        shown = ", ".join(map(repr, columns_of(table)[:20]))
        raise InvalidInput(
            "{table} has no column of predictions; its columns are {columns}",
            where="{table}",
            next_step="rename the column to 'prediction', or add a numeric column for each model",
            code="no_such_column",
            table=table.name,
            columns=shown,
        )
    alone = len(chosen) == 1
    return tuple(_with_interval(table, name, names, alone=alone) for name in chosen)


def _with_interval(table: RawTable, name: str, names: list[str], *, alone: bool) -> ModelColumns:
    low = next((each for each in names if (found := _LOW.fullmatch(each)) and found[1] == name), None)
    high = next((each for each in names if (found := _HIGH.fullmatch(each)) and found[1] == name), None)
    if alone:
        low, high = low or first_of(names, ("lower", "low")), high or first_of(names, ("upper", "high"))
    if (low is None) != (high is None):
        raise InvalidInput(
            "the interval of {name!r} has only one bound: {column!r}",
            where="{place}",
            next_step="add the other bound, or remove this one",
            name=name,
            column=low or high,
            place=table.name,
        )
    return ModelColumns(name, low, high)


def _end_of(name: str, names: list[str]) -> str | None:
    """Return the column of the model whose interval has the end ``name``; None if ``name`` is not an interval's end.

    An end without a model's name, such as ``lower``, is returned as it is.
    """
    found = _LOW.fullmatch(name) or _HIGH.fullmatch(name)
    if found is not None and found[1] in names:
        return found[1]
    return name if name.lower() in ("lower", "upper", "low", "high") else None


def _refuse_panel(table: RawTable, names: list[str]) -> None:
    column = first_of(names, SERIES)
    if column is not None and table.frame[column].n_unique() > 1:
        several = [str(each) for each in table.frame[column].unique(maintain_order=True).to_list()]
        shown = ", ".join(several[:_NAMED]) + (" …" if len(several) > _NAMED else "")
        raise InvalidInput(
            "the column {column!r} contains {count:,} series, but only one can be judged at a time: {series}",
            where="{table}, column {column!r}",
            next_step="choose one with --series, such as --series {first!r}",
            column=column,
            count=len(several),
            series=shown,
            table=table.name,
            first=several[0],
        )


def _named(table: RawTable, column: str, option: str) -> str:
    require_column(columns_of(table), table.name, column, option)
    return column
