"""Rows, statistics and differences of stored versions. Runs only in child processes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from azuraforge.datasets.exploring.messages import DifferenceInput, StoredRows, TableInput
from azuraforge.datasets.exploring.schemas import (
    ChangedCell,
    ChangedSetting,
    ColumnProfile,
    DifferenceOut,
    Gap,
    Histogram,
    ProfileOut,
    SameImages,
    TableOut,
    TableValue,
)
from azuraforge.datasets.loading import read_columns
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.vision.png import png_base64

_BINS, _PROFILED, _GAPS, _SAME_IMAGES, _NAMES, _CHANGES = 30, 100, 20, 20, 8, 100
#: Steps this many times longer than the usual step are gaps.
_GAP_STEPS = 3
_IMAGE_COLUMNS = ("name", "label", "part")


def table(asked: TableInput) -> TableOut:
    """Return one page of rows, of all series or of one."""
    schema = asked.meaning
    if schema.time is None:
        found = pl.scan_parquet(asked.paths[0]).select(_IMAGE_COLUMNS)
        total = int(found.select(pl.len()).collect().item())
        page = found.slice(asked.offset, asked.limit).collect()
    else:
        frame = read_columns(asked.paths, schema, _columns(schema))
        if schema.series is not None and asked.name is not None:
            frame = frame.filter(pl.col(schema.series) == asked.name)
        total, page = frame.height, frame.slice(asked.offset, asked.limit)
    rows = [[_value(cell) for cell in row] for row in page.rows()]
    return TableOut(columns=page.columns, rows=rows, offset=asked.offset, total=total)


def profile(asked: StoredRows) -> ProfileOut:
    """Return the statistics of a version, or the groups of equal images of an image dataset."""
    schema = asked.meaning
    if schema.time is None:
        return _image_profile(asked.paths[0], schema)
    numbers = [schema.target, *schema.features]
    keys = [schema.time] if schema.series is None else [schema.series, schema.time]
    frame = read_columns(asked.paths, schema, [*keys, *numbers[:_PROFILED]])
    columns = [_profiled(frame[name], "target" if name == schema.target else "feature") for name in numbers[:_PROFILED]]
    gaps = _gaps(frame, schema)
    return ProfileOut(
        rows=frame.height,
        columns=columns,
        column_count=len(numbers),
        gaps=gaps.height,
        longest_gaps=[
            Gap(series=series, after=after, before=before, seconds=step.total_seconds())
            for series, after, before, step in gaps.sort("step", descending=True).head(_GAPS).rows()
        ],
        repeated_images=0,
        same_images=[],
    )


def difference(asked: DifferenceInput) -> DifferenceOut:
    """Return what differs between two versions. The service sets the numbers of the versions."""
    old, new = asked.before.meaning, asked.after.meaning
    first, second = _comparable(asked.before), _comparable(asked.after)
    keys = [name for name in ("series", "at", "copy") if name in first.columns and name in second.columns]
    shared = [name for name in first.columns if name in second.columns and name not in keys]
    gone = [name for name in first.columns if name not in second.columns]
    added = [name for name in second.columns if name not in first.columns]
    joined = first.select(*keys, *shared).join(
        second.select(*keys, *shared, pl.lit(True).alias("there")), on=keys, how="inner", suffix=" (after)"
    )
    different = {name: joined[name].ne_missing(joined[f"{name} (after)"]) for name in shared}
    any_of = pl.Series([False] * joined.height, dtype=pl.Boolean)
    for flags in different.values():
        any_of = any_of | flags
    changed = int(any_of.sum())
    return DifferenceOut(
        before=0,
        after=0,
        rows_added=second.height - joined.height,
        rows_removed=first.height - joined.height,
        rows_changed=changed,
        rows_equal=joined.height - changed,
        columns_added=[name for name in added if name not in ("series", "at", "copy")],
        columns_removed=[name for name in gone if name not in ("series", "at", "copy")],
        changed={name: int(flags.sum()) for name, flags in different.items() if flags.any()},
        changes=_changes(joined, different),
        settings=_settings(old, new),
    )


def _columns(schema: DatasetSchema) -> list[str]:
    keys = [] if schema.series is None else [schema.series]
    return [*keys, str(schema.time), schema.target, *schema.features, *schema.incumbent_columns]


def _value(cell: object) -> TableValue:
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, float):
        return cell if np.isfinite(cell) else None
    return cell if cell is None or isinstance(cell, str | int) else str(cell)


def _profiled(series: pl.Series, role: Literal["target", "feature"]) -> ColumnProfile:
    values = series.cast(pl.Float64).fill_nan(None).drop_nulls()
    distinct = values.n_unique()
    found = ColumnProfile(name=series.name, role=role, missing=len(series) - len(values), distinct=distinct)
    array = values.filter(values.is_finite()).to_numpy()
    if not len(array):
        return found
    counts, edges = np.histogram(array, bins=min(_BINS, max(1, distinct)))
    low, middle, high = np.quantile(array, [0.25, 0.5, 0.75]).tolist()
    return found.model_copy(
        update={
            "mean": float(array.mean()),
            "deviation": float(array.std()),
            "lowest": float(array.min()),
            "lower_quartile": low,
            "median": middle,
            "upper_quartile": high,
            "highest": float(array.max()),
            "histogram": Histogram(edges=edges.tolist(), counts=counts.tolist()),
        }
    )


def _gaps(frame: pl.DataFrame, schema: DatasetSchema) -> pl.DataFrame:
    """Return the gaps of all series: series name, rows before and after, and the step between them."""
    time = pl.col(str(schema.time))
    name = pl.lit(None, pl.String) if schema.series is None else pl.col(schema.series)
    steps = frame.select(name.alias("series"), time.alias("before"))
    shifted = pl.col("before").shift(1)
    steps = steps.with_columns((shifted if schema.series is None else shifted.over("series")).alias("after"))
    steps = steps.select("series", "after", "before", (pl.col("before") - pl.col("after")).alias("step")).drop_nulls(
        "step"
    )
    return steps.filter(pl.col("step") > pl.col("step").median() * _GAP_STEPS)


def same_images(path: Path, size: tuple[int, int, int]) -> tuple[int, list[SameImages]]:
    """Return the number of images that repeat another one, and the largest groups of equal images."""
    frame = pl.scan_parquet(path).select(
        "name", "label", pl.col("image").hash(0).alias("one"), pl.col("image").hash(1).alias("two")
    )
    rows = frame.with_row_index("row").collect()
    groups = (
        rows.group_by("one", "two", maintain_order=True)
        .agg(
            pl.len().alias("count"), pl.col("row").first(), pl.col("label").unique().sort(), pl.col("name").head(_NAMES)
        )
        .filter(pl.col("count") > 1)
        .sort("count", "row", descending=[True, False])
    )
    largest = groups.head(_SAME_IMAGES)
    wanted = largest["row"].sort()
    found = pl.scan_parquet(path).select("image").with_row_index("row").filter(pl.col("row").is_in(wanted.implode()))
    pixels = dict(found.collect().select("row", "image").iter_rows())
    same = [
        SameImages(
            count=count, labels=labels, names=names, png=png_base64(np.frombuffer(pixels[row], np.uint8).reshape(size))
        )
        for count, row, labels, names in largest.select("count", "row", "label", "name").iter_rows()
    ]
    repeated = int((groups["count"] - 1).sum()) if groups.height else 0
    return repeated, same


def _image_profile(path: Path, schema: DatasetSchema) -> ProfileOut:
    size = schema.size
    assert size is not None
    repeated, same = same_images(path, size)
    return ProfileOut(
        rows=int(pl.scan_parquet(path).select(pl.len()).collect().item()),
        columns=[],
        column_count=0,
        gaps=0,
        longest_gaps=[],
        repeated_images=repeated,
        same_images=same,
    )


def _comparable(stored: StoredRows) -> pl.DataFrame:
    """Return rows with the keys ``series`` and ``at``, or with ``at`` (name) and ``copy`` for images."""
    schema = stored.meaning
    if schema.time is None:
        image = (pl.col("image").hash(0).cast(pl.String) + pl.col("image").hash(1).cast(pl.String)).alias("image")
        frame = pl.scan_parquet(stored.paths[0]).select(pl.col("name").alias("at"), "label", "part", image).collect()
        return frame.with_columns(pl.int_range(pl.len()).over("at").alias("copy"))
    frame = read_columns(stored.paths, schema, _columns(schema))
    keys = {str(schema.time): "at"} | ({} if schema.series is None else {schema.series: "series"})
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None)).rename(
        {name: key for name, key in keys.items() if name != key}
    )


def _changes(joined: pl.DataFrame, different: dict[str, pl.Series]) -> list[ChangedCell]:
    found: list[ChangedCell] = []
    for name, flags in different.items():
        rows = joined.filter(flags).head(_CHANGES - len(found))
        series = rows["series"].to_list() if "series" in rows.columns else [None] * rows.height
        places = [str(_value(at)) for at in rows["at"].to_list()]
        pixels = name == "image"  # the hashes of changed images say nothing to a reader
        for one, at, before, after in zip(series, places, rows[name], rows[f"{name} (after)"], strict=True):
            cells = (None, None) if pixels else (_value(before), _value(after))
            found.append(ChangedCell(series=one, at=at, column=name, before=cells[0], after=cells[1]))
    return found


def _settings(old: DatasetSchema, new: DatasetSchema) -> list[ChangedSetting]:
    before, after = old.to_json(), new.to_json()
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [ChangedSetting(name=name, before=before.get(name), after=after.get(name)) for name in names]
