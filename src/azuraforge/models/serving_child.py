"""The child that keeps one version loaded and answers from it. It verifies every byte before it loads anything."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from azuraforge.errors import AzuraError, InvalidInput
from azuraforge.models.folder import read_card, verify_folder
from azuraforge.plugins.loading import load_plugin
from azuraforge.plugins.parts import Part, Predictions, Schema

if TYPE_CHECKING:
    import polars as pl

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def serve(opening: Mapping[str, Any]) -> Answer:
    """Load a version and return the function that answers.

    Args:
        opening: ``folder``, ``content_hash``, ``plugin``, ``config``, ``schema``, ``plugins_folder``.
    """
    return Predictor(opening).answer


class Predictor:
    """A verified, loaded version."""

    def __init__(self, opening: Mapping[str, Any]) -> None:
        folder = Path(opening["folder"])
        verify_folder(folder, opening["content_hash"])
        card = read_card(folder)
        plugin = load_plugin("pipeline", opening["plugin"], opening["plugins_folder"])
        self._name = str(opening["plugin"])
        self._pipeline = plugin()
        self._predictor = self._pipeline.load(folder)
        fields = opening["schema"]
        known = {name: fields[name] for name in Schema.__dataclass_fields__ if name in fields}
        self._schema = Schema(**known | {"features": tuple(known.get("features", ()))})
        self._horizon = int(card.get("horizon") or opening["config"]["horizon"])
        self._datasets: dict[str, pl.DataFrame] = {}

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Predict the rows after the end of ``rows``, or of ``dataset`` (``path``, ``schema``, ``options`` and
        ``fingerprint`` of a dataset version) where ``rows`` is None.

        Returns ``origin``, ``interval``, ``rows`` and ``points``: a list of {at, value, low, high}.
        """
        horizon = question["horizon"] or self._horizon
        if horizon > self._horizon:
            raise InvalidInput(
                f"this version predicts {self._horizon} rows ahead, not {horizon}",
                where="horizon",
                next_step=f"ask for at most {self._horizon}, or train a model with a longer horizon",
            )
        rows = question["rows"]
        frame = read_rows(rows, self._schema) if rows is not None else self._dataset(question["dataset"])
        origins = np.array([frame.height - 1], dtype=np.int64)
        part = Part(frame, self._schema, frame.height, self._horizon, origins)
        points, interval = self._points(self._predict(part, from_rows=rows is not None), horizon)
        times = following_times(frame, self._schema, horizon)
        return {
            "origin": _last_time(frame, self._schema).isoformat(),
            "interval": interval,
            "rows": frame.height,
            "points": [{"at": at.isoformat(), **point} for at, point in zip(times, points, strict=True)],
        }

    def _predict(self, part: Part, *, from_rows: bool) -> Predictions:
        try:
            predictions: Predictions = self._pipeline.predict(self._predictor, part)
        except AzuraError:
            raise
        except Exception as error:
            raise InvalidInput(
                f"{self._name} could not predict from {part.frame.height} rows:"
                f" {type(error).__name__}: {' '.join(str(error).split())[:300]}",
                where="rows" if from_rows else "dataset",
                next_step="send a longer history" if from_rows else "look at the plugin that made this version",
            ) from error
        expected = (1, self._horizon)
        for values in (predictions.point, *predictions.quantiles.values()):
            if np.shape(values) != expected or not np.isfinite(values).all():
                raise InvalidInput(
                    f"{self._name} answered with shape {np.shape(values)} or with NaN; expected {expected} finite",
                    where="rows" if from_rows else "dataset",
                    next_step="send a longer history without missing values",
                )
        return predictions

    def _points(self, predictions: Predictions, horizon: int) -> tuple[list[dict[str, Any]], float | None]:
        levels = sorted(predictions.quantiles)
        outer = (levels[0], levels[-1]) if len(levels) > 1 and levels[0] < 0.5 < levels[-1] else None
        points = [
            {
                "value": float(predictions.point[0, step]),
                "low": float(predictions.quantiles[outer[0]][0, step]) if outer else None,
                "high": float(predictions.quantiles[outer[1]][0, step]) if outer else None,
            }
            for step in range(horizon)
        ]
        return points, round(outer[1] - outer[0], 10) if outer else None

    def _dataset(self, version: Mapping[str, Any]) -> pl.DataFrame:
        from azuraforge.datasets.canonical import load_version

        fingerprint = version["fingerprint"]
        if fingerprint not in self._datasets:  # versions never change, so one verified read is enough
            frame = load_version(Path(version["path"]), version["schema"], version["options"], fingerprint)
            self._datasets = {fingerprint: frame}
        return self._datasets[fingerprint]


def read_rows(rows: Sequence[Mapping[str, Any]], schema: Schema) -> pl.DataFrame:
    """Rows of a request as the frame a pipeline expects: time in UTC, oldest first, numbers as floats.

    Raises InvalidInput that names the row and the column.
    """
    import polars as pl

    wanted = [schema.target, *schema.features]
    columns: dict[str, list[Any]] = {name: [] for name in wanted}
    times: list[datetime] = []
    allowed = {*wanted, *([schema.time] if schema.time else [])}
    for index, row in enumerate(rows):
        if unknown := sorted(set(row) - allowed):
            raise _bad_row(index, f"unknown column {unknown[0]!r}", f"the columns are {', '.join(sorted(allowed))}")
        if schema.time is not None:
            times.append(_time(row, schema.time, index))
        for name in wanted:
            columns[name].append(_number(row, name, index))
    for index in range(1, len(times)):
        if times[index] <= times[index - 1]:
            raise _bad_row(index, f"{schema.time!r} is not later than in the row before", "send rows oldest first")
    frame = pl.DataFrame({name: pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()})
    if schema.time is None:
        return frame
    _check_rhythm(times, schema)
    return frame.insert_column(0, pl.Series(schema.time, times, dtype=pl.Datetime("us", "UTC")))


def following_times(frame: pl.DataFrame, schema: Schema, count: int) -> list[datetime]:
    """Times of the rows after the last, by the frequency in the dataset's own zone (days and months are the
    calendar's); without a frequency by the median distance, over weekends where the frame holds none."""
    import polars as pl

    if schema.time is None:
        raise InvalidInput("this version was trained on rows without a time", where="schema")
    column = frame.get_column(schema.time).cast(pl.Datetime("us", "UTC"))
    if schema.frequency is not None:
        local = column.tail(1).dt.convert_time_zone(schema.timezone)
        return [
            local.dt.offset_by(_multiple(schema.frequency, step)).dt.convert_time_zone("UTC")[0]
            for step in range(1, count + 1)
        ]
    if frame.height < 2:
        raise InvalidInput("one row says nothing about the time of the next", where="rows", next_step="send more rows")
    distance = column.diff().median()
    weekdays_only = frame.height >= 5 and bool((column.dt.weekday() <= 5).all())
    times: list[datetime] = []
    at: Any = column[-1]
    while len(times) < count:
        at = at + distance
        if not (weekdays_only and at.isoweekday() > 5):
            times.append(at)
    return times


def _check_rhythm(times: Sequence[datetime], schema: Schema) -> None:
    """A regular series must stay regular: a model of hours would read a jump of a day as an hour."""
    import polars as pl

    if schema.frequency is None:
        return
    column = pl.Series("at", times, dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone(schema.timezone)
    expected = column.dt.offset_by(schema.frequency)[:-1]
    for index, (due, at) in enumerate(zip(expected, column[1:], strict=True), start=1):
        if due != at:
            raise _bad_row(
                index,
                f"expected {due.isoformat()} after {column[index - 1].isoformat()}, got {at.isoformat()}",
                f"send one row every {schema.frequency}",
            )


def _multiple(frequency: str, count: int) -> str:
    return re.sub(r"\d+", lambda number: str(int(number.group()) * count), frequency)


def _last_time(frame: pl.DataFrame, schema: Schema) -> datetime:
    import polars as pl

    last: datetime = frame.get_column(str(schema.time)).tail(1).cast(pl.Datetime("us", "UTC"))[0]
    return last


def _time(row: Mapping[str, Any], name: str, index: int) -> datetime:
    text = row.get(name)
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _bad_row(index, f"{name!r} is {text!r}", "write times as ISO 8601 with a zone, 2026-01-31T12:00:00Z")
    return at


def _number(row: Mapping[str, Any], name: str, index: int) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad_row(index, f"{name!r} is {value!r}", "send a finite number")
    return float(value)


def _bad_row(index: int, problem: str, next_step: str) -> InvalidInput:
    return InvalidInput(problem, where=f"rows[{index}]", next_step=next_step)
