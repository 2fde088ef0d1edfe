"""Live source that replays the rows of a dataset or of a file, as fast as possible or at a chosen speed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from azuraforge.datasets.loading import load_version
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.sources.allowed import allowed_path
from azuraforge.errors import InvalidInput, InvalidValue, TransientError
from azuraforge.learners.feeds.sources.stored_version import StoredVersion
from azuraforge.plugins import LiveSource, Polled
from azuraforge.plugins.contract.shape import in_turkish

_WHERE = "source replay"
#: Rows of one poll of a replay without a speed.
_ROWS = 16_384


class ReplayOptions(BaseModel):
    """The rows to replay, and the speed."""

    model_config = ConfigDict(extra="forbid")

    dataset: str | None = Field(
        default=None,
        max_length=200,
        title="Dataset",
        description="Name of the dataset to replay",
        json_schema_extra=in_turkish("Veri kümesi", "Yeniden oynatılacak veri kümesinin adı"),
    )
    version: int | None = Field(
        default=None,
        ge=1,
        title="Version",
        description="Version of the dataset; empty: the newest",
        json_schema_extra=in_turkish("Sürüm", "Veri kümesinin sürümü; boş: en yenisi"),
    )
    file: str | None = Field(
        default=None,
        max_length=1000,
        title="File",
        description="Absolute path of a CSV or Parquet file inside one of the folders that the settings allow",
        json_schema_extra=in_turkish(
            "Dosya", "Ayarların izin verdiği klasörlerden birindeki CSV ya da Parquet dosyasının mutlak yolu"
        ),
    )
    time: str = Field(
        default="time",
        min_length=1,
        max_length=200,
        title="Time column",
        description="Column of the file with the times",
        json_schema_extra=in_turkish("Zaman sütunu", "Dosyada zamanları içeren sütun"),
    )
    key: str | None = Field(
        default=None,
        max_length=200,
        title="Key column",
        description="Column of the file with the names of the keys; empty if the feed has no keys",
        json_schema_extra=in_turkish("Anahtar sütunu", "Dosyada anahtarların adlarını içeren sütun; anahtar yoksa boş"),
    )
    speed: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        title="Speed",
        description="Multiple of real time, such as 60 for a minute per second; empty: as fast as possible",
        json_schema_extra=in_turkish("Hız", "Gerçek zamanın katı, örneğin 60: saniyede bir dakika; boş: en yüksek hız"),
    )

    @model_validator(mode="after")
    def _one(self) -> ReplayOptions:
        if (self.dataset is None) == (self.file is None):
            raise InvalidValue("set either dataset or file")
        return self


class Replay(LiveSource[ReplayOptions]):
    """Source that replays stored rows in order of their times.

    Attributes:
        version: the dataset version to replay; the platform sets it if the options name a dataset.
        limits: limits for reading a file.
    """

    name = "replay"
    Options: ClassVar[type[BaseModel]] = ReplayOptions
    historical: ClassVar[bool] = True
    title: ClassVar[Mapping[str, str]] = {"en": "Replay", "tr": "Yeniden oynatma"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "The rows of a dataset or a file, in order of their times, at any speed.",
        "tr": "Bir veri kümesinin ya da dosyanın satırları; zaman sırasıyla, istenen hızda.",
    }

    def __init__(self) -> None:
        self.version: StoredVersion | None = None
        self.limits: ReadingLimits | None = None
        self._frame: pl.DataFrame | None = None
        self._base: tuple[float, datetime] | None = None

    def poll(self, options: ReplayOptions, cursor: Mapping[str, JsonValue] | None) -> Polled:
        """Return the next rows; with a speed, those whose time has come.

        Raises InvalidInput if the dataset or the file cannot be read.
        """
        if self._frame is None:
            self._frame = self._read(options)
        frame, start = self._frame, int(str((cursor or {}).get("row", 0)))
        if start >= frame.height:
            return Polled(frame.clear(), {"row": frame.height}, closed=True)
        if options.speed is None:
            stop, wait = min(start + _ROWS, frame.height), 0.0
        else:
            stop, wait = self._due(frame["at"], start, options.speed)
        return Polled(frame[start:stop], {"row": stop}, closed=stop == frame.height, wait_seconds=wait)

    def _due(self, times: pl.Series, start: int, speed: float) -> tuple[int, float]:
        """Return the end of the rows whose time has come, and the seconds until the next row."""
        if self._base is None:  # continues from the first row of this process
            self._base = time.monotonic(), times[start]
        began, first = self._base
        elapsed = (time.monotonic() - began) * speed
        offsets = (times[start : start + _ROWS] - first).dt.total_microseconds() / 1e6
        n_due = int((offsets <= elapsed).sum())
        following = start + n_due
        if following >= len(times) or n_due == len(offsets):
            return following, 0.0
        return following, min(max((float(offsets[n_due]) - elapsed) / speed, 0.0), 1.0)

    def _read(self, options: ReplayOptions) -> pl.DataFrame:
        if options.file is not None:
            return _file(options, allowed_path(options.file, self.folders, _WHERE))
        found = self.version
        if found is None:
            raise InvalidInput(
                "only a feed can replay a dataset", where=_WHERE, next_step="use the option file", code="no_dataset"
            )
        meaning = found.meaning
        if meaning.time is None:
            raise InvalidInput(
                "the dataset {dataset!r} contains no times",
                where=_WHERE,
                next_step="replay a dataset of series",
                code="not_a_series",
                dataset=found.name,
            )
        frame = load_version(found.paths, meaning, found.options, found.fingerprint)
        names = {meaning.time: "at"} | ({meaning.series: "key"} if meaning.series is not None else {})
        frame = frame.rename(names)
        order = ["at", "key"] if meaning.series is not None else ["at"]
        return frame.with_columns(pl.col("key").cast(pl.String) if meaning.series is not None else []).sort(order)


def _file(options: ReplayOptions, path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path) if path.suffix in (".parquet", ".pq") else pl.read_csv(path, try_parse_dates=True)
    except FileNotFoundError:
        raise TransientError(
            "the file {file!r} does not exist", where=_WHERE, next_step="check its path", file=str(path)
        ) from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InvalidInput(
            "the file {file!r} cannot be read: {reason}",
            where=_WHERE,
            next_step="use a CSV or Parquet file",
            code="unreadable",
            file=str(path),
            reason=str(error).splitlines()[0][:200],
        ) from None
    for column in (options.time, *([] if options.key is None else [options.key])):
        if column not in frame.columns:
            raise InvalidInput(
                "the file {file!r} has no column {column!r}",
                where=_WHERE,
                next_step="set the options time and key to its columns, such as {known}",
                code="other_columns",
                file=str(path),
                column=column,
                known=", ".join(frame.columns[:8]),
            )
    names = {options.time: "at"} | ({options.key: "key"} if options.key is not None else {})
    frame = frame.rename(names)
    if frame.schema["at"] == pl.Date:
        frame = frame.with_columns(pl.col("at").cast(pl.Datetime("us")))
    if not isinstance(frame.schema["at"], pl.Datetime):
        raise InvalidInput(
            "the column {column!r} of the file contains no times",
            where=_WHERE,
            next_step="use times in ISO 8601, such as 2024-05-01T10:00:00Z",
            code="no_time",
            column=options.time,
        )
    return frame.sort(["at", "key"] if options.key is not None else ["at"])
