"""The steps of a batch prediction, each the entry point of a child.

    plan      which rows are origins (or which images are looked at), cut into chunks
    predict   one chunk; a chunk that has ended is never done again
    gather    chunks become one Parquet and one CSV file, and what is known by now becomes a score

A chunk is a phase of its own: its file is sealed and verified, so a killed run goes on with the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.models.registry.folder import read_card
from azuraforge.models.serving.child import following_times
from azuraforge.pipelines.classify import parts as image_parts
from azuraforge.pipelines.classify.predictions import classify_checked
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.forecast.panel import series_of
from azuraforge.pipelines.forecast.parts import ahead_at, read_table
from azuraforge.pipelines.forecast.predictions import predict_checked
from azuraforge.plugins.contract.parts import Floats, Indices, Part, Table
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.forecasting.panels import blocks, one_of, stack
from azuraforge.plugins.vision.config import content_hashes

if TYPE_CHECKING:
    import polars as pl

#: Of a panel, the series that rows belong to: its name, and the whole panel.
Of = tuple[str, Table] | None
#: Origins that are asked for at once; between them progress is told.
_BATCH = 512
_MOST_CHUNKS = 20
_LEAST_PER_CHUNK = 256
PARQUET, CSV = "predictions.parquet", "predictions.csv"


def plan(child: Child) -> dict[str, Any]:
    """Name the rows to predict from. Payload: plugin, plugins_folder, predictor, dataset, config (start, end, every).

    Result: ``{"chunks": [[first, last, every]], "origins": n, "skipped": n}``. The first rows of a series may have too
    little history for the version; how many, it is asked, for only it knows. Of a panel the chunks are places in
    ``origins_file``, the rows of all series one after another; a series that the version cannot predict is skipped.
    """
    made = _Loaded(child)
    config = child.payload["config"]
    if made.images:
        count = len(image_parts.read_images(**child.payload["dataset"]))
        return {**_chunks(0, count, 1), "skipped": 0}
    table = read_table(**child.payload["dataset"])
    if table.schema.series is not None:
        origins, skipped = made.origins_of_panel(table, config)
        np.save(child.outputs / "origins.npy", origins, allow_pickle=False)
        kept = str(child.outputs / "origins.npy")
        return {**_chunks(0, len(origins), 1), "skipped": skipped, "origins_file": kept}
    first, stop = _rows_between(table, config.get("start"), config.get("end"))
    able = made.first_able(table, first, stop)
    return {**_chunks(able, stop, config["every"]), "skipped": -(-(able - first) // config["every"])}


def predict(child: Child) -> dict[str, Any]:
    """Predict one chunk. Payload: as ``plan``, and ``chunk`` ``[first, stop, every]``, ``learned_until`` (or None),
    ``origins_file`` (of ``plan``; None where ``chunk`` names rows).

    Outputs: ``rows.parquet``. Result: ``{"rows": n}``.
    """
    made = _Loaded(child)
    first, stop, every = child.payload["chunk"]
    rows = np.arange(first, stop, every, dtype=np.int64)
    if child.payload.get("origins_file"):
        rows = np.load(child.payload["origins_file"], allow_pickle=False)[rows]
    frame = made.name_images(rows) if made.images else made.predict_series(rows)
    frame.write_parquet(child.outputs / "rows.parquet")
    return {"rows": frame.height}


def gather(child: Child) -> dict[str, Any]:
    """Put chunks together. Payload: ``chunks`` (paths, in order), ``folder``. Result: rows, scores, the last rows.

    Scores are of rows that the version has not learned from, beside the naive answers of the same rows.
    """
    import polars as pl

    folder = Path(child.payload["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    lazy = pl.scan_parquet([Path(path) for path in child.payload["chunks"]])
    lazy.sink_parquet(folder / PARQUET)
    lazy.sink_csv(folder / CSV, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    frame = pl.read_parquet(folder / PARQUET)
    scores = _class_scores(frame) if "probability" in frame.columns else _series_scores(frame)
    tail = frame.tail(20).with_columns(pl.selectors.temporal().dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dicts()
    return {"rows": frame.height, "scores": scores, "columns": frame.columns, "tail": tail}


class _Loaded:
    """The version, loaded in this child."""

    def __init__(self, child: Child) -> None:
        payload = child.payload
        self._child = child
        self._name = str(payload["plugin"])
        self._folder = Path(payload["predictor"])
        self._card = read_card(self._folder)
        self._pipeline: Any = load_plugin("pipeline", self._name, payload["plugins_folder"])()
        if self._pipeline.uses_engine:
            child.use_engine(self._card.get("engine"))
        self._predictor = self._pipeline.load(self._folder)
        self.images = self._pipeline.kind == "classify"

    def first_able(self, table: Table, first: int, stop: int, of: Of = None) -> int:
        """The first row from which it can predict; more history never hurts, so this is found by halving."""
        if not self._able(table, stop - 1, of):
            raise InvalidInput(
                f"{self._name} cannot predict from any of the rows {first} to {stop - 1}",
                where="dataset",
                next_step="name a dataset with a longer history, or a later `end`",
            )
        low, high = first, stop - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._able(table, middle, of) else (middle + 1, high)
        return low

    def origins_of_panel(self, table: Table, config: Mapping[str, Any]) -> tuple[Indices, int]:
        """The rows of the stacked series to predict from, and how many were skipped.

        How much history the version needs is asked of the longest series that it can predict at all.
        """
        asked, needed, found, skipped = [], None, [], 0
        first = 0
        for name, one in series_of(table):
            asked.append((name, one, first))
            first += len(one)
        for name, one, offset in sorted(asked, key=lambda each: -len(each[1])):
            begin, stop = _rows_between(one, config.get("start"), config.get("end"), least=0)
            rows = np.arange(begin, stop, config["every"], dtype=np.int64)
            able = bool(len(rows)) and self._able(one, stop - 1, (name, table))
            if able and needed is None:
                needed = self.first_able(one, 0, stop, (name, table))
            kept = rows[rows >= needed] if able and needed is not None else rows[:0]
            skipped += len(rows) - len(kept)
            found.append(kept + offset)
        origins = np.sort(np.concatenate(found))
        if not len(origins):
            raise InvalidInput(
                f"{self._name} cannot predict from any of these rows",
                where="dataset",
                next_step="name a dataset that holds series which the version learned, with a longer history",
            )
        return origins, skipped

    def predict_series(self, origins: Indices) -> pl.DataFrame:
        """One row for each origin and step: origin, target's time, value, quantiles, naive, what happened, learned.

        Of a panel the series comes first.
        """
        import polars as pl

        table = read_table(**self._child.payload["dataset"])
        parts = []
        for start in range(0, len(origins), _BATCH):
            self._child.progress(start, len(origins))
            some = origins[start : start + _BATCH]
            if table.schema.series is None:
                parts.append(self._series_rows(table, some))
                continue
            for name, first, stop in blocks(table.frame, table.schema.series):
                mine = some[(some >= first) & (some < stop)] - first
                if len(mine):
                    one = Table(table.frame.slice(first, stop - first).drop(table.schema.series), one_of(table.schema))
                    told = self._series_rows(one, mine, (name, table))
                    parts.append(told.select(pl.lit(name).alias("series"), pl.all()))
        self._child.progress(len(origins), len(origins))
        return pl.concat(parts)

    def name_images(self, rows: Indices) -> pl.DataFrame:
        """One row for each image: its name, the class and its probability, every class's, the label where there is."""
        import polars as pl

        table = image_parts.read_images(**self._child.payload["dataset"])
        learned = image_parts.learned_images(self._folder)
        labels, parts = table.labels, []
        for start in range(0, len(rows), _BATCH):
            self._child.progress(start, len(rows))
            part = image_parts.image_part(table, rows[start : start + _BATCH], None)
            told = classify_checked(self._name, lambda asked: self._pipeline.predict(self._predictor, asked), part)
            best = told.probabilities.argmax(axis=1)
            truth = labels[rows[start : start + _BATCH]]
            seen = content_hashes([image.tobytes() for image in part.pixels])
            columns: dict[str, Any] = {
                "name": list(part.names),
                "answer": [part.schema.classes[index] for index in best],
                "probability": told.probabilities[np.arange(len(part)), best],
                "actual": [part.schema.classes[index] if index >= 0 else None for index in truth],
                "learned": [None] * len(part) if learned is None else np.isin(seen, learned),
            }
            columns |= {f"p_{name}": told.probabilities[:, index] for index, name in enumerate(part.schema.classes)}
            parts.append(pl.DataFrame(columns, schema_overrides={"learned": pl.Boolean, "actual": pl.String}))
        self._child.progress(len(rows), len(rows))
        return pl.concat(parts)

    def _able(self, table: Table, row: int, of: Of = None) -> bool:
        try:
            predict_checked(self._name, self._ask, self._part(table, np.array([row], dtype=np.int64), of))
        except Exception:  # whatever it says: it cannot
            return False
        return True

    def _ask(self, part: Part) -> Any:
        return self._pipeline.predict(self._predictor, part)

    def _part(self, table: Table, origins: Indices, of: Of = None) -> Part:
        """What was known at these origins; rows after the last of them do not exist. ``of`` a panel: its series' name
        and all of it."""
        horizon = int(self._card["horizon"])
        ahead = ahead_at(table, list(self._card["config"].get("known_ahead") or ()), origins, horizon)
        frame = table.frame.head(int(origins[-1]) + 1)
        part = Part(frame, table.schema, frame.height, horizon, origins, ahead=ahead)
        return part if of is None else stack([(of[0], part)], of[1].schema)

    def _series_rows(self, table: Table, origins: Indices, of: Of = None) -> pl.DataFrame:
        import polars as pl

        part = self._part(table, origins, of)
        told = predict_checked(self._name, self._ask, part)
        horizon, count = part.horizon, len(table)
        steps = origins[:, None] + np.arange(1, horizon + 1)
        target = table.frame.get_column(table.schema.target).cast(pl.Float64).fill_null(float("nan")).to_numpy()
        truth = np.append(target, np.full(horizon, np.nan))[steps]
        times = _times(table, horizon)
        until = self._child.payload.get("learned_until")
        columns: dict[str, Any] = {
            "origin_at": times.gather(np.repeat(origins, horizon)),
            "step": np.tile(np.arange(1, horizon + 1), len(origins)),
            "target_at": times.gather(np.minimum(steps, count + horizon - 1).ravel()),
            "value": told.point.ravel(),
        }
        columns |= {f"q{round(level * 100, 4):g}": values.ravel() for level, values in sorted(told.quantiles.items())}
        columns |= {"naive": np.repeat(_last_known(target, origins), horizon), "actual": truth.ravel()}
        frame = pl.DataFrame(columns).with_columns(pl.col("naive", "actual").fill_nan(None))
        learned = (
            pl.lit(None, pl.Boolean)
            if until is None
            else pl.col("target_at") <= pl.lit(until).str.to_datetime(time_zone="UTC")
        )
        return frame.with_columns(learned.alias("learned"))


def _chunks(first: int, stop: int, every: int) -> dict[str, Any]:
    count = -(-(stop - first) // every)
    size = max(_LEAST_PER_CHUNK, -(-count // _MOST_CHUNKS)) * every
    return {"chunks": [[at, min(at + size, stop), every] for at in range(first, stop, size)], "origins": count}


def _rows_between(table: Table, start: str | None, end: str | None, least: int = 1) -> tuple[int, int]:
    """The rows from ``start`` to ``end``, both included; None: from the first, to the last.

    Raises InvalidInput for fewer than ``least``.
    """
    import polars as pl

    first, stop = 0, len(table)
    if (start or end) and table.schema.time is None:
        raise InvalidInput("the rows of this dataset have no time", where="start", next_step="leave start and end out")
    if table.schema.time is not None:
        times = table.frame.get_column(table.schema.time).cast(pl.Datetime("us", "UTC"))
        if start:
            first = int((times < pl.Series([start]).str.to_datetime(time_zone="UTC")[0]).sum())
        if end:
            stop = int((times <= pl.Series([end]).str.to_datetime(time_zone="UTC")[0]).sum())
    if stop - first < least:
        raise InvalidInput(
            "no row lies between start and end", where="start", next_step=f"azuraforge datasets show; {len(table)} rows"
        )
    return first, stop


def _times(table: Table, horizon: int) -> pl.Series:
    """The time of every row and of ``horizon`` rows after the last; their numbers where rows have no time."""
    import polars as pl

    if table.schema.time is None:
        return pl.Series("at", np.arange(len(table) + horizon))
    known = table.frame.get_column(table.schema.time).cast(pl.Datetime("us", "UTC"))
    later = pl.Series(following_times(table.frame, table.schema, horizon), dtype=pl.Datetime("us", "UTC"))
    return pl.concat([known.alias("at"), later.alias("at")])


def _last_known(target: Floats, origins: Indices) -> Floats:
    """The newest measured value at each origin; NaN where there is none."""
    rows = np.where(np.isfinite(target), np.arange(len(target)), -1)
    last = np.maximum.accumulate(rows)[origins]
    return np.where(last >= 0, target[last], np.nan)


def _series_scores(frame: pl.DataFrame) -> dict[str, Any] | None:
    import polars as pl

    fair = frame.filter(pl.col("actual").is_not_null(), pl.col("naive").is_not_null(), ~pl.col("learned"))
    if fair.is_empty():
        return None
    loss = float((fair["value"] - fair["actual"]).abs().mean())  # type: ignore[arg-type]
    naive = float((fair["naive"] - fair["actual"]).abs().mean())  # type: ignore[arg-type]
    return {"rows": fair.height, "mae": loss, "naive_mae": naive, "skill": 1 - loss / naive if naive > 0 else None}


def _class_scores(frame: pl.DataFrame) -> dict[str, Any] | None:
    import polars as pl

    fair = frame.filter(pl.col("actual").is_not_null(), ~pl.col("learned"))
    if fair.is_empty():
        return None
    counts: Mapping[str, int] = dict(fair["actual"].value_counts(sort=True).iter_rows())
    accuracy = float((fair["answer"] == fair["actual"]).mean())  # type: ignore[arg-type]
    return {"rows": fair.height, "accuracy": accuracy, "majority": max(counts.values()) / fair.height}
