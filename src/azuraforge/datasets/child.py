"""Entry points of datasets in child processes: the only code that opens a user's file or a source plugin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import orjson
import polars as pl
from pydantic import SecretStr

from azuraforge.datasets.kinds import KINDS
from azuraforge.datasets.loading import read_columns
from azuraforge.datasets.messages import (
    ImagesInput,
    ReadInput,
    ReadResult,
    RestateInput,
    RowsInput,
    SourceAccess,
    SourceInput,
)
from azuraforge.datasets.reading.charts import reduce_rows
from azuraforge.datasets.reading.limits import Text
from azuraforge.datasets.reading.prepared import prepared_series
from azuraforge.datasets.schemas import Json, RowsOut
from azuraforge.datasets.segment_files import write_segment
from azuraforge.datasets.sources.tables import TableSource
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.outgoing import Policy
from azuraforge.plugins import Source, SourceRead
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.discretion import no_secret_leaves, refuse_secrets
from azuraforge.plugins.discovery.loading import load_plugin

if TYPE_CHECKING:
    from azuraforge.datasets.reading.prepared import Prepared


class Asked(Protocol):
    """Protocol of the child process connection that these entry points use."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def read(child: Asked) -> Json:
    """Read an uploaded file. ``ReadInput`` → ``ReadResult``.

    Raises InvalidInput if the file cannot be used.
    """
    asked = ReadInput.model_validate(child.payload)
    got = KINDS[asked.kind].read(asked.path, asked.name, asked.options, asked.limits)
    schema, present = got.prepared.schema, asked.incumbent
    if present is None or schema.time is None or schema.incumbent is not None:
        return _result(got.prepared, asked.folder, got.facts, got.file_sha256).model_dump(mode="json")
    schema = schema.model_copy(update={"incumbent": present.columns})
    kept = prepared_series(got.prepared.frame, schema, got.prepared.options, got.prepared.findings)
    result = _result(kept, asked.folder, got.facts, got.file_sha256)
    return result.model_copy(update={"incumbent": present.segment}).model_dump(mode="json")


def read_source(child: Asked) -> Json:
    """Read from a source plugin. ``SourceInput`` → ``ReadResult``.

    Raises InvalidInput if the options or the result of the plugin cannot be used.
    """
    asked = SourceInput.model_validate(child.payload)
    name = asked.source
    source = opened_source(name, asked.access, asked.secrets, asked.folder)
    with no_secret_leaves(asked.secrets.values(), f"source {name}"):
        got = source.read(parse_config(source.Options, asked.options, name))
        if isinstance(got, SourceRead):
            refuse_secrets(asked.secrets.values(), [got.provenance, got.cursor, got.findings], name)
    if not isinstance(getattr(got, "frame", None), pl.DataFrame):
        raise InvalidInput(
            "the source {name} returned no Polars data frame",
            where="source {name}",
            next_step="correct the plugin: read must return a SourceRead whose frame is a Polars data frame",
            name=name,
        )
    for kind in KINDS.values():
        if (prepared := kind.prepare(got, name, asked.cleaning, asked.access.limits)) is not None:
            where = Message("source {source}", {"source": name})
            provenance = plain(got.provenance, where)
            cursor = plain(got.cursor, where) if isinstance(got, SourceRead) and got.cursor else None
            found = _result(prepared, asked.folder, {**provenance, "options": asked.options}, None, cursor)
            return found.model_dump(mode="json")
    raise InvalidInput(
        "the source {name} returned neither a SourceRead nor an ImageRead",
        where="source {name}",
        next_step="correct the plugin: read must return a SourceRead or an ImageRead",
        name=name,
    )


def opened_source(name: str, access: SourceAccess, secrets: Mapping[str, SecretStr], scratch: Path) -> Source:
    """Return a source plugin with the access that the platform grants; it writes temporary files to ``scratch``."""
    source: Source = load_plugin("source", name, access.plugins_folder)()
    source.outgoing, source.folders = Policy.from_json(access.outgoing), access.folders
    source.secrets = secrets
    if isinstance(source, TableSource):
        source.limits, source.scratch = access.limits, scratch
    return source


def restate(child: Asked) -> Json:
    """Set the times at which columns become known. ``RestateInput`` → ``ReadResult``."""
    from azuraforge.datasets.restating import restated

    asked = RestateInput.model_validate(child.payload)
    return restated(asked).model_dump(mode="json")


def rows(child: Asked) -> Json:
    """Return columns for a chart. ``RowsInput`` → ``RowsOut``."""
    asked = RowsInput.model_validate(child.payload)
    series, time = asked.meaning.series, str(asked.meaning.time)
    names = [] if series is None else [series]
    frame = read_columns(asked.paths, asked.meaning, [*names, time, *asked.columns])
    if series is not None:
        frame = frame.filter(pl.col(series) == asked.name)
    newest = frame if asked.last is None else frame.tail(asked.last)
    shown = reduce_rows(newest, list(asked.columns), asked.max_points)
    columns = {name: shown[name].to_list() for name in asked.columns}
    out = RowsOut(times=shown[time].to_list(), columns=columns, total_rows=frame.height)
    return out.model_dump(mode="json")


def images(child: Asked) -> Json:
    """Return the number of images of each class, and a sample of them. ``ImagesInput`` → ``ImagesOut``."""
    from azuraforge.datasets.images.samples import samples

    asked = ImagesInput.model_validate(child.payload)
    return samples(asked.paths[0], asked.size, asked.per_class).model_dump(mode="json")


def _result(
    prepared: Prepared, folder: Path, provenance: Json, file_sha256: str | None, cursor: Json | None = None
) -> ReadResult:
    segment, path = write_segment(prepared.frame, prepared.schema.time, folder)
    return ReadResult(
        segments=(segment,),
        made={segment.address: path},
        blocks=prepared.blocks,
        fingerprint=prepared.fingerprint,
        file_sha256=file_sha256,
        columns=prepared.schema,
        options=prepared.options,
        rows=prepared.frame.height,
        start_at=segment.start_at,
        end_at=segment.end_at,
        provenance=provenance,
        findings=tuple(prepared.findings),
        cursor=cursor,
    )


#: Serialization options that allow NumPy numbers, and numbers as keys.
_PLAIN = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def plain(provenance: Mapping[str, object], where: Text) -> Json:
    """Return a plugin's provenance or cursor as JSON. Raises InvalidInput if JSON cannot represent it."""
    try:
        plain = orjson.loads(orjson.dumps(dict(provenance), option=_PLAIN))
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            "the provenance cannot be written as JSON: {reason}",
            where="{place}",
            next_step="correct the plugin: provenance and cursor may contain only text, numbers, lists and mappings",
            code="not_json",
            reason=error,
            place=where,
        ) from None
    assert isinstance(plain, dict)
    return plain
