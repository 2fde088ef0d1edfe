"""Datasets: add a file, read from a source, list, show, rows for a chart."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.run import Run
from azuraforge.client.shapes import Shape
from azuraforge.client.uploads.files import reading
from azuraforge.client.uploads.packing import as_one_file

#: Seconds for reading a large file, or years of history from a slow source.
_READING_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class Finding(Shape):
    """A finding of reading; ``text`` by language code."""

    code: str
    severity: str
    count: int = 1
    where: str = ""
    text: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class IncumbentColumns(Shape):
    """The columns of a present forecast of the target, with which every model is compared."""

    forecast: str
    made_at: str
    time: str | None = None
    series: str | None = None
    file: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetSchema(Shape):
    """The meaning of the columns. Rows that are a series have a time; images have a height and classes."""

    target: str
    kind: str = "series"
    unit: str = ""
    time: str | None = None
    features: list[str] = field(default_factory=list)
    frequency: str | None = None
    season: int = 1
    timezone: str = "UTC"
    rhythm_timezone: str | None = None
    month_end: bool = False
    series: str | None = None
    series_names: list[str] | None = None
    groups: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    available_after: dict[str, str] = field(default_factory=dict)
    incumbent: IncumbentColumns | None = None
    height: int | None = None
    width: int | None = None
    channels: int | None = None
    classes: list[str] | None = None

    @property
    def forecast_names(self) -> list[str]:
        """Return the series of a panel that can be forecast, totals of declared groups first; empty for one series."""
        named = [f"{column}={group}" for column, found in self.groups.items() for group in found]
        return [*(["total", *named] if self.groups else []), *(self.series_names or [])]


@dataclass(frozen=True, kw_only=True)
class RevisedValue(Shape):
    """One stored value that was revised; None: there was none."""

    at: datetime
    column: str
    series: str | None = None
    old: float | None = None
    new: float | None = None


@dataclass(frozen=True, kw_only=True)
class Growth(Shape):
    """The way in which a version followed from the one before it."""

    previous_version: int
    rows_added: int
    rows_revised: int
    rows_repeated: int
    changes: list[RevisedValue] = field(default_factory=list)
    revised_from: datetime | None = None
    revised_until: datetime | None = None
    carried_findings: int = 0


@dataclass(frozen=True, kw_only=True)
class DatasetVersion(Shape):
    """One immutable, fingerprinted version of a dataset."""

    id: str
    name: str
    version: int
    fingerprint: str
    dataset_schema: DatasetSchema
    rows: int
    start: datetime | None = None
    end: datetime | None = None
    source: str = ""
    provenance: dict[str, object] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    growth: Growth | None = None
    revisions: str = "refuse"
    created: bool = True
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    file_sha256: str | None = None
    deleted_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Appended(Shape):
    """The version that holds added rows, and the result of adding them."""

    version: DatasetVersion
    rows_added: int
    rows_revised: int
    rows_repeated: int
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class IncumbentAdded(Shape):
    """The version with added present forecasts, and the result of adding them."""

    version: DatasetVersion
    forecasts: int
    added: int
    revised: int
    repeated: int
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Dataset(Shape):
    """A dataset with its newest version."""

    id: str
    name: str
    versions: int
    latest: DatasetVersion
    numbers: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Rows(Shape):
    """Columns for a chart, reduced so that spikes stay."""

    times: list[datetime]
    columns: dict[str, list[float | None]]
    total_rows: int


@dataclass(frozen=True, kw_only=True)
class Picture(Shape):
    """A picture of a dataset: its name, its official part, and a PNG as base64."""

    name: str
    part: str | None
    png: str


@dataclass(frozen=True, kw_only=True)
class PictureClass(Shape):
    """A class, its number of pictures by part, and some of them."""

    name: str
    counts: dict[str, int]
    pictures: list[Picture]


@dataclass(frozen=True, kw_only=True)
class Pictures(Shape):
    """The contents of an image dataset."""

    height: int
    width: int
    channels: int
    total: int
    classes: list[PictureClass]


DatasetList: TypeAlias = list[Dataset]
VersionList: TypeAlias = list[DatasetVersion]


class Datasets:
    """``client.datasets``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, path: str | os.PathLike[str], *, time: str, target: str, **options: object) -> DatasetVersion:
        """Upload a CSV or Parquet file; the platform reads it critically and reports what it found.

        Args:
            path: the file.
            time: its time column.
            target: the column to forecast.
            options: ``name``, ``series`` (the column that tells several series apart), ``groups`` (columns that say
                which series add up), ``group_separator``, ``incumbent`` and ``incumbent_made_at`` (the columns of a
                present forecast and of the time at which it was made), ``features``, ``exclude``,
                ``timezone``, ``unit``, ``sheet`` (of an Excel workbook), ``separator``, ``duplicates``, ``missing``,
                ``gaps``, ``frequency``, ``season``,
                ``available_after`` … as ``POST /datasets`` takes them.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: the file is not what it should be; the message says where and what to do.
        """
        settings = {"time": time, "target": target, **_set(options)}
        return DatasetVersion.from_json(self._upload("/datasets", path, settings))

    def add_images(self, path: str | os.PathLike[str], **options: object) -> DatasetVersion:
        """Upload pictures: a folder with one folder a class (a folder of idx files), such a folder as a zip, or a
        Parquet table of encoded pictures.

        Top folders ``train`` and ``test`` make the official split.

        Args:
            path: the folder, zip or table.
            options: ``name``, ``height`` and ``width`` (pictures are fitted in), ``channels`` (1 or 3), ``unreadable``
                (``"skip"`` leaves pictures out that cannot be read), ``image`` and ``label`` (columns of a table),
                ``strict``.

        Raises:
            FileUnusable: a file does not exist or cannot be read.
            ApiError: the pictures are not what they should be; the message says where and what to do.
        """
        settings = {"kind": "images", **_set(options)}
        with as_one_file(Path(path)) as (name, content):
            answer = self._connection.request(
                "POST",
                "/datasets",
                data={"options": json.dumps(settings)},
                files={"file": (name, content, "application/octet-stream")},
                timeout_seconds=_READING_SECONDS,
            )
        return DatasetVersion.from_json(answer)

    def add_from_source(
        self, source: str, options: Mapping[str, object] | None = None, name: str | None = None, **cleaning: object
    ) -> DatasetVersion:
        """Read the rows from a source plugin, for example ``add_from_source("bundled", {"series": "co2"})``."""
        body = {"source": source, "options": dict(options or {}), "name": name, **_set(cleaning)}
        answer = self._connection.post("/datasets/from-source", body, timeout_seconds=_READING_SECONDS)
        return DatasetVersion.from_json(answer)

    def append(
        self, name: str, rows: str | os.PathLike[str] | Sequence[Mapping[str, object]], **options: object
    ) -> Appended:
        """Add rows to the newest version; makes the next one, unless all of them are there already.

        Args:
            name: the dataset's name or id.
            rows: a CSV, Parquet or Excel file, or rows such as ``{"time": "2024-05-01T10:00:00Z", "load": 41.5}``.
            options: ``separator``, ``decimal``, ``encoding``, ``time_format``, ``sheet``, ``strict``; ``unit`` and
                ``timezone`` are refused where they are not the dataset's.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: the rows cannot be added, for example because they change the past; nothing is added then.
        """
        place, settings = f"/datasets/{segment(name)}/rows", _set(options)
        if not isinstance(rows, (str, os.PathLike)):
            body = {"rows": [dict(row) for row in rows], "options": settings}
            return Appended.from_json(self._connection.post(place, body, timeout_seconds=_READING_SECONDS))
        return Appended.from_json(self._upload(place, rows, settings))

    def add_incumbent(self, name: str, path: str | os.PathLike[str], **options: object) -> IncumbentAdded:
        """Add a file of present forecasts, such as a planner's spreadsheet; every model is compared with them.

        Forecasts that are known already are counted; a later file adds to them.

        Args:
            name: the dataset's name or id.
            path: a CSV, Parquet or Excel file with a row for each forecast.
            options: ``forecast`` and ``made_at`` (the columns of the forecasts and of the time at which each was made;
                needed with the first file), ``time`` and ``series`` (default: the dataset's), ``replace``,
                ``separator``, ``decimal``, ``encoding``, ``time_format``, ``sheet``.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: the file cannot be used, for example because it changes a former forecast.
        """
        place = f"/datasets/{segment(name)}/incumbent"
        return IncumbentAdded.from_json(self._upload(place, path, _set(options)))

    def refresh(self, name: str, *, idempotency_key: str | None = None) -> Run:
        """Queue a run that asks the dataset's source for new rows. Raises ApiError for a dataset from a file."""
        body = {"kind": "refresh", "dataset": name, "idempotency_key": idempotency_key}
        return Run.from_json(self._connection.post("/runs", body))

    def set_revisions(self, name: str, revisions: Literal["refuse", "accept"]) -> DatasetVersion:
        """Set the policy for rows that change stored ones: ``refuse`` them, or ``accept`` them as a revision."""
        answer = self._connection.post(f"/datasets/{segment(name)}/revisions", {"revisions": revisions})
        return DatasetVersion.from_json(answer)

    def state_availability(
        self, name: str, columns: Mapping[str, str | None], version: int | None = None
    ) -> DatasetVersion:
        """State when the values of columns become known; makes a version with the same rows.

        Args:
            name: the dataset's name or id.
            columns: by column ``"0"`` (with its row), a duration after its row's time such as ``"6h"`` or ``"1d"``, or
                ``"ahead"``; None takes a statement back.
            version: whose rows; None: the newest.

        Raises ApiError for a column that is no input of the dataset.
        """
        answer = self._connection.post(
            f"/datasets/{segment(name)}/available-after",
            {"columns": dict(columns), "version": version},
            timeout_seconds=_READING_SECONDS,
        )
        return DatasetVersion.from_json(answer)

    def list(self, trash: bool = False, *, limit: int | None = None) -> DatasetList:
        """Return the datasets with their newest versions, by name.

        Args:
            trash: those that were deleted, instead of all others.
            limit: the first so many; None: all.
        """
        return listed(self._connection, "/datasets", Dataset, limit, trash="true" if trash else None)

    def versions(self, name: str, *, limit: int | None = None) -> VersionList:
        """Return a dataset's versions, the newest first; ``limit``: the first so many, None: all."""
        return listed(self._connection, f"/datasets/{segment(name)}/versions", DatasetVersion, limit)

    def get(self, name: str, version: int | None = None) -> DatasetVersion:
        """Return one version, by the dataset's name or id; None: the newest."""
        return DatasetVersion.from_json(self._connection.get(f"/datasets/{segment(name)}", version=version))

    def delete(self, name: str, version: int | None = None) -> None:
        """Move a dataset, or one of its versions, into the trash.

        Raises ApiError if an unfinished run or a schedule needs it.
        """
        self._connection.delete(_place(name, version))

    def restore(self, name: str, version: int | None = None) -> DatasetVersion:
        """Take a dataset (by id or former name), or one of its versions, out of the trash."""
        return DatasetVersion.from_json(self._connection.post(f"{_place(name, version)}/restore"))

    def rows(self, name: str, version: int | None = None, max_points: int = 1000) -> Rows:
        """Return the dataset's columns over time, at most ``max_points`` of each."""
        return Rows.from_json(
            self._connection.get(f"/datasets/{segment(name)}/rows", version=version, max_points=max_points)
        )

    def pictures(self, name: str, version: int | None = None, per_class: int = 8) -> Pictures:
        """Return the classes of an image dataset with their counts and some of their pictures."""
        answer = self._connection.get(f"/datasets/{segment(name)}/pictures", version=version, per_class=per_class)
        return Pictures.from_json(answer)

    def _upload(self, place: str, path: str | os.PathLike[str], settings: Mapping[str, object]) -> object:
        """Send a file with its options; the platform reads it before it answers."""
        file = Path(path)
        with reading(file) as content:
            return self._connection.request(
                "POST",
                place,
                data={"options": json.dumps(settings)},
                files={"file": (file.name, content, "application/octet-stream")},
                timeout_seconds=_READING_SECONDS,
            )


def _place(name: str, version: int | None) -> str:
    whole = f"/datasets/{segment(name)}"
    return whole if version is None else f"{whole}/versions/{version}"


def _set(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}
