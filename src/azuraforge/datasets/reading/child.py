"""Child entry points of datasets: the only code that touches a user's file or a source plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import polars as pl

from azuraforge.datasets.reading.canonical import write_parquet
from azuraforge.datasets.reading.charts import reduce_rows
from azuraforge.datasets.reading.limits import limits_of
from azuraforge.datasets.reading.reader import Prepared, prepare_source, read_file
from azuraforge.datasets.reading.result import ReadResult
from azuraforge.datasets.schemas import CleaningOptions, FileOptions, ImageOptions
from azuraforge.errors import InvalidInput
from azuraforge.outgoing import Policy
from azuraforge.plugins import ImageRead, Source
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin


class Asked(Protocol):
    """The part of a child that these entry points need."""

    payload: dict[str, Any]


def read(child: Asked) -> dict[str, Any]:
    """Read a file. Payload: ``{path, name, options, folder, limits}``; the canonical Parquet is written into
    ``folder``."""
    payload = child.payload
    got = read_file(Path(payload["path"]), payload["name"], FileOptions(**payload["options"]), limits_of(payload))
    return _result(got.prepared, payload["folder"], got.facts, got.file_sha256)


def read_images(child: Asked) -> dict[str, Any]:
    """Read a zip or table of pictures. Payload as of ``read``."""
    from azuraforge.datasets.images.reading import read_images

    payload = child.payload
    got = read_images(Path(payload["path"]), payload["name"], ImageOptions(**payload["options"]), limits_of(payload))
    return _result(got.prepared, payload["folder"], got.facts, got.file_sha256)


def pictures(child: Asked) -> dict[str, Any]:
    """Counts and some pictures of each class. Payload: ``{path, schema, per_class}``."""
    from azuraforge.datasets.images.samples import samples

    payload = child.payload
    return samples(Path(payload["path"]), payload["schema"], payload["per_class"])


def read_source(child: Asked) -> dict[str, Any]:
    """Let a source read. Payload: ``{source, options, plugins_folder, cleaning, folder, limits, outgoing}``."""
    payload = child.payload
    name = payload["source"]
    source: Source = load_plugin("source", name, payload["plugins_folder"])()
    source.outgoing = Policy(**payload.get("outgoing", {}))
    got = source.read(parse_config(source.Options, payload["options"], name))
    if not isinstance(getattr(got, "frame", None), pl.DataFrame):
        raise InvalidInput(f"the source {name} returned no frame of rows", where=f"source {name}")
    if isinstance(got, ImageRead):
        from azuraforge.datasets.images.reading import prepare_image_source

        prepared = prepare_image_source(got, name, limits_of(payload))
    else:
        prepared = prepare_source(got, name, CleaningOptions(**payload["cleaning"]), limits_of(payload))
    return _result(prepared, payload["folder"], {**got.provenance, "options": payload["options"]}, None)


def rows(child: Asked) -> dict[str, Any]:
    """Rows for a chart. Payload: ``{path, time, columns, max_points}``; of several series ``series`` ``{column, name}``
    says of which."""
    payload, which = child.payload, child.payload.get("series")
    names = [which["column"]] if which else []
    frame = pl.read_parquet(payload["path"], columns=[*names, payload["time"], *payload["columns"]])
    if which:
        frame = frame.filter(pl.col(which["column"]) == which["name"])
    shown = reduce_rows(frame, payload["columns"], payload["max_points"])
    return {
        "times": [at.isoformat() for at in shown[payload["time"]]],
        "columns": {name: shown[name].to_list() for name in payload["columns"]},
        "total_rows": frame.height,
    }


def _result(prepared: Prepared, folder: str, provenance: dict[str, Any], file_sha256: str | None) -> dict[str, Any]:
    parquet = Path(folder) / "rows.parquet"
    write_parquet(prepared.frame, parquet)
    time = prepared.schema.get("time")
    times = prepared.frame[time] if time else None
    result = ReadResult(
        parquet=parquet,
        fingerprint=prepared.fingerprint,
        file_sha256=file_sha256,
        columns=prepared.schema,
        options=prepared.options,
        rows=prepared.frame.height,
        start_at=times.min() if times is not None else None,
        end_at=times.max() if times is not None else None,
        provenance=provenance,
        findings=prepared.findings,
    )
    return {**result.model_dump(), "parquet": str(parquet)}
