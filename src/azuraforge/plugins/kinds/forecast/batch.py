"""Batch prediction by a forecaster: forecasts from every row of a dataset, with naive forecasts and actual values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.batch import Batch, BatchRange, LoadedVersion
from azuraforge.plugins.contract.parts import Part, Predictions, Table
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.following import following_times
from azuraforge.plugins.forecasting.panels import Blocks, one_of, stack
from azuraforge.plugins.kinds.forecast.hierarchy.together import Together
from azuraforge.plugins.kinds.forecast.panel_judging import origins_of
from azuraforge.plugins.kinds.forecast.panels.panel import series_of
from azuraforge.plugins.kinds.forecast.parts import ahead_at
from azuraforge.plugins.kinds.forecast.predictions import predict_checked

if TYPE_CHECKING:
    import polars as pl

#: Name of the series that rows belong to, and the whole panel; None for a single series.
Of = tuple[str, Table] | None
#: Number of origins per call of ``predict``; progress is reported between calls.
_AT_ONCE = 512


class ForecastBatch(Batch[Table]):
    """Batch prediction by forecasters, with one row per origin and step ahead."""

    def origins(self, version: LoadedVersion, table: Table, rows: BatchRange) -> tuple[Indices, int]:
        """Return the rows to predict from, and the number of requested rows that are not usable as origins.

        The first rows of a series may have too little history for the version; trial predictions determine how many.
        Series of a panel that the version cannot predict are skipped. If the version has totals, the origins are in
        order of time. Raises InvalidInput if no row is usable, or if ``rows`` has a start or end but the dataset has no
        time.
        """
        whole = Together.of(table, version.folder)
        if whole is not None:
            origins, skipped = _origins_of_panel(version, whole.table, rows, whole)
            return whole.in_time(origins), skipped
        if table.schema.series is not None:
            return _origins_of_panel(version, table, rows)
        first, stop = _rows_between(table, rows.start, rows.end)
        able = _first_able(version, table, first, stop)
        return np.arange(able, stop, rows.every, dtype=np.int64), -(-(able - first) // rows.every)

    def predict(
        self, version: LoadedVersion, table: Table, origins: Indices, learned_until: str | None
    ) -> pl.DataFrame:
        """Return one row per origin and step ahead.

        Columns: ``origin_at``, ``step``, ``target_at``, ``value``, quantiles such as ``q5``, ``naive`` (last known
        value), ``actual`` (null if unknown) and ``learned`` (whether the version learned from the target; null if
        unknown). A panel has ``series`` as its first column, and ``is_total`` as its second if there are totals.
        """
        import polars as pl

        whole = Together.of(table, version.folder)
        if whole is not None:
            return _with_totals(version, whole, origins, learned_until)
        parts = []
        for start in range(0, len(origins), _AT_ONCE):
            version.progress(start, len(origins))
            some = origins[start : start + _AT_ONCE]
            if table.schema.series is None:
                parts.append(_series_rows(version, table, some, learned_until))
            else:
                parts += _panel_rows(version, table, some, learned_until)
        version.progress(len(origins), len(origins))
        return pl.concat(parts)

    def scores(self, frame: pl.DataFrame) -> dict[str, float | None] | None:
        """Return ``rows``, the MAE of the version and of the naive forecast, and ``skill``; totals are left out.

        Only rows with a known true value and a naive forecast count, and only if the version is known not to have
        learned from them; returns None if there are none.
        """
        import polars as pl

        if "is_total" in frame.columns:
            frame = frame.filter(~pl.col("is_total"))
        fair = frame.filter(pl.col("actual").is_not_null(), pl.col("naive").is_not_null(), ~pl.col("learned"))
        if fair.is_empty():
            return None
        loss = float((fair["value"] - fair["actual"]).abs().mean())  # type: ignore[arg-type]  # numbers, not empty
        naive = float((fair["naive"] - fair["actual"]).abs().mean())  # type: ignore[arg-type]  # as above
        return {"rows": fair.height, "mae": loss, "naive_mae": naive, "skill": 1 - loss / naive if naive > 0 else None}


def _with_totals(version: LoadedVersion, whole: Together, origins: Indices, learned_until: str | None) -> pl.DataFrame:
    """Return the rows of series and totals in order of time, with all series of a moment predicted together.

    Series that the version did not learn are in no total and are predicted separately.
    """
    import polars as pl

    blocks, table, parts = whole.blocks, whole.table, []
    reconciled = whole.learned[blocks.of_rows(origins)]
    if reconciled.any():
        asked, done = origins[reconciled], 0
        for rows in whole.questions(asked, _history_needed(version, whole)):
            version.progress(done, len(origins))
            owners, pieces = blocks.of_rows(rows), []
            for number in np.unique(owners).tolist():
                one = _one(table, blocks, number)
                own = rows[owners == number] - int(blocks.first[number])
                pieces.append((number, one, _part(version, one, own)))
            part = stack([(blocks.names[number], piece) for number, _, piece in pieces], table.schema)
            made = predict_checked(version.name, version.answer, part)
            place = 0
            for number, one, piece in pieces:
                kept = np.flatnonzero(np.isin(piece.origins + int(blocks.first[number]), asked))
                answer = origins_of(made, kept + place)
                place += len(piece.origins)
                found = _as_rows(one, piece.origins[kept], part.horizon, answer, learned_until)
                parts.append(found.select(pl.lit(blocks.names[number]).alias("series"), pl.all()))
                done += len(kept)
    parts += _panel_rows(version, table, origins[~reconciled], learned_until)
    version.progress(len(origins), len(origins))
    order = pl.DataFrame({"series": blocks.names, "number": range(len(blocks))})
    totals = pl.col("series").is_in(list(whole.hierarchy.totals)).alias("is_total")
    joined = pl.concat(parts).join(order, on="series", how="left").sort("origin_at", "number", "step")
    return joined.select("series", totals, pl.exclude("series", "number"))


def _panel_rows(
    version: LoadedVersion, table: Table, origins: Indices, learned_until: str | None
) -> list[pl.DataFrame]:
    """Return one frame of rows per series of a panel; the series are predicted one after another."""
    import polars as pl

    blocks, parts = Blocks.of(table.frame, str(table.schema.series)), []
    owners = blocks.of_rows(origins)
    for number in np.unique(owners).tolist():
        name, own = blocks.names[number], origins[owners == number] - int(blocks.first[number])
        found = _series_rows(version, _one(table, blocks, number), own, learned_until, (name, table))
        parts.append(found.select(pl.lit(name).alias("series"), pl.all()))
    return parts


def _one(table: Table, blocks: Blocks, number: int) -> Table:
    """Return series ``number`` of a panel as a separate table."""
    rows = table.frame.slice(int(blocks.first[number]), int(blocks.sizes[number]))
    return Table(rows.drop(str(table.schema.series)), one_of(table.schema))


def _history_needed(version: LoadedVersion, whole: Together) -> int:
    """Return the number of earlier rows that the version requires to predict a series that it learned.

    If it can predict none of them, this is the number of rows of the panel.
    """
    names, table = frozenset(whole.hierarchy.names), whole.table
    learned = [(name, one) for name, one in series_of(table) if name in names]
    for name, one in sorted(learned, key=lambda each: -len(each[1])):
        if _able(version, one, len(one) - 1, (name, table)):
            return _first_able(version, one, 0, len(one), (name, table))
    return len(table)


def _origins_of_panel(
    version: LoadedVersion, table: Table, rows: BatchRange, whole: Together | None = None
) -> tuple[Indices, int]:
    """Return the rows of a panel to predict from, and the number of requested rows that are not usable as origins.

    The required history is determined with the longest series that the version can predict, and again for each series
    that requires more; a learned series may require more than one that is forecast by analogy. With totals (``whole``),
    ``rows.every`` counts moments, so that series and totals are predicted at the same moments. Raises InvalidInput if
    no row is usable.
    """
    ranges, needed, first = [], None, 0
    for name, one in series_of(table):
        begin, stop = _rows_between(one, rows.start, rows.end, least=0)
        ranges.append((name, one, first, begin, stop))
        first += len(one)
    among = None if whole is None else whole.every(_all_rows(ranges), rows.every)
    of_learned = None if whole is None else _history_needed(version, whole)
    learned = frozenset[str]() if whole is None else frozenset(whole.hierarchy.names)
    found, skipped = [], 0
    for name, one, offset, begin, stop in sorted(ranges, key=lambda each: -len(each[1])):
        own = np.arange(begin, stop, rows.every, dtype=np.int64)
        if among is not None:
            own = among[np.searchsorted(among, offset + begin) : np.searchsorted(among, offset + stop)] - offset
        least: int | None = None
        if name in learned:
            least = of_learned
        elif len(own) and _able(version, one, stop - 1, (name, table)):
            if needed is None or needed >= stop or not _able(version, one, needed, (name, table)):
                needed = _first_able(version, one, 0, stop, (name, table))
            least = needed
        kept = own[:0] if least is None else own[own >= least]
        skipped += len(own) - len(kept)
        found.append(kept + offset)
    origins = np.sort(np.concatenate(found))
    if not len(origins):
        raise InvalidInput(
            "{version} cannot predict from any of these rows",
            where="dataset",
            next_step="choose a dataset with series that the version learned, and with a longer history",
            version=version.name,
        )
    return origins, skipped


def _all_rows(ranges: Sequence[tuple[str, Table, int, int, int]]) -> Indices:
    """Return the indices in the panel's frame of the rows from ``begin`` up to ``stop`` of each series.

    A series is given as ``(name, table, first row, begin, stop)``.
    """
    return np.concatenate([np.arange(first + begin, first + stop) for _, _, first, begin, stop in ranges])


def _first_able(version: LoadedVersion, table: Table, first: int, stop: int, of: Of = None) -> int:
    """Return the first row between ``first`` and ``stop`` from which the version can predict.

    It is found by bisection, because a row with more history is usable whenever one with less is. Raises InvalidInput
    if no row is usable.
    """
    if not _able(version, table, stop - 1, of):
        raise InvalidInput(
            "{version} cannot predict from any of the rows {first} to {stop}",
            where="dataset",
            next_step="choose a dataset with a longer history, or a later `end`",
            version=version.name,
            first=first,
            stop=stop - 1,
        )
    low, high = first, stop - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _able(version, table, middle, of) else (middle + 1, high)
    return low


def _able(version: LoadedVersion, table: Table, row: int, of: Of = None) -> bool:
    try:
        part = _part(version, table, np.array([row], dtype=np.int64), of)
        predict_checked(version.name, version.answer, part)
    except Exception:  # any error means that the version cannot predict from this row
        return False
    return True


def _part(version: LoadedVersion, table: Table, origins: Indices, of: Of = None) -> Part:
    """Return a part with ``origins`` and without the rows after the last origin."""
    horizon = version.horizon or 1
    stated = {name: version.config[name] for name in ForecastConfig.model_fields if name in version.config}
    ahead = ahead_at(table, ForecastConfig.model_validate(stated).known_ahead, origins, horizon)
    frame = table.frame.head(int(origins[-1]) + 1)
    part = Part(frame, table.schema, frame.height, horizon, origins, ahead=ahead)
    return part if of is None else stack([(of[0], part)], of[1].schema)


def _series_rows(
    version: LoadedVersion, table: Table, origins: Indices, learned_until: str | None, of: Of = None
) -> pl.DataFrame:
    part = _part(version, table, origins, of)
    made = predict_checked(version.name, version.answer, part)
    return _as_rows(table, origins, part.horizon, made, learned_until)


def _as_rows(
    table: Table, origins: Indices, horizon: int, made: Predictions, learned_until: str | None
) -> pl.DataFrame:
    """Return the predictions of a series as rows with the columns of ``ForecastBatch.predict``."""
    import polars as pl

    count = len(table)
    steps = origins[:, None] + np.arange(1, horizon + 1)
    target = table.frame.get_column(table.schema.target).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    truth = np.append(target, np.full(horizon, np.nan))[steps]
    times = _times(table, horizon)
    columns: dict[str, pl.Series | Floats | Indices] = {
        "origin_at": times.gather(np.repeat(origins, horizon)),
        "step": np.tile(np.arange(1, horizon + 1), len(origins)),
        "target_at": times.gather(np.minimum(steps, count + horizon - 1).ravel()),
        "value": made.point.ravel(),
    }
    columns |= {f"q{round(level * 100, 4):g}": values.ravel() for level, values in sorted(made.quantiles.items())}
    columns |= {"naive": np.repeat(_last_known(target, origins), horizon), "actual": truth.ravel()}
    frame = pl.DataFrame(columns).with_columns(pl.col("naive", "actual").fill_nan(None))
    learned = (
        pl.lit(None, pl.Boolean)
        if learned_until is None
        else pl.col("target_at") <= pl.lit(learned_until).str.to_datetime(time_zone="UTC")
    )
    return frame.with_columns(learned.alias("learned"))


def _rows_between(table: Table, start: datetime | None, end: datetime | None, least: int = 1) -> tuple[int, int]:
    """Return the half-open range of the rows from time ``start`` to time ``end``, both included; None for no limit.

    Raises InvalidInput if there are fewer than ``least`` rows, or if a limit is given for rows without time.
    """
    import polars as pl

    first, stop = 0, len(table)
    if (start or end) and table.schema.time is None:
        raise InvalidInput("the rows of this dataset have no time", where="start", next_step="omit start and end")
    if table.schema.time is not None:
        times = table.frame.get_column(table.schema.time).cast(pl.Datetime("us", "UTC"))
        if start:
            first = int((times < start.astimezone(UTC)).sum())
        if end:
            stop = int((times <= end.astimezone(UTC)).sum())
    if stop - first < least:
        raise InvalidInput(
            "no row is between start and end",
            where="start",
            next_step="run azuraforge datasets show NAME to see the time range; the dataset has {count:,} [row|rows]",
            count=len(table),
        )
    return first, stop


def _times(table: Table, horizon: int) -> pl.Series:
    """Return the times of all rows and of the ``horizon`` rows after the last; row numbers if rows have no time."""
    import polars as pl

    if table.schema.time is None:
        return pl.Series("at", np.arange(len(table) + horizon))
    known = table.frame.get_column(table.schema.time).cast(pl.Datetime("us", "UTC"))
    later = pl.Series(following_times(table.frame, table.schema, horizon), dtype=pl.Datetime("us", "UTC"))
    return pl.concat([known.alias("at"), later.alias("at")])


def _last_known(target: Floats, origins: Indices) -> Floats:
    """Return the last measured value at each origin, ``(origin,)``; NaN if there is none."""
    rows = np.where(np.isfinite(target), np.arange(len(target)), -1)
    last = np.maximum.accumulate(rows)[origins]
    return np.where(last >= 0, target[last], np.nan)
