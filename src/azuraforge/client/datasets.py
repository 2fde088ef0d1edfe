"""Client for datasets: add files, sources, rows and images; list, read, delete and restore versions."""

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

#: Timeout of requests for which the platform reads a large file or a slow source.
_READING_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class Finding(Shape):
    """A finding that the platform made while it read the data. ``text`` maps language codes to sentences."""

    code: str
    severity: str
    count: int = 1
    where: str = ""
    text: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class IncumbentColumns(Shape):
    """The columns of the incumbent forecast, with which every model is compared."""

    forecast: str
    made_at: str
    time: str | None = None
    series: str | None = None
    file: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetSchema(Shape):
    """The schema of a dataset. Series have a time column; image datasets have an image size and classes instead."""

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
        """Names of all series of a panel that can be forecast, totals of groups first; empty if there is one series."""
        named = [f"{column}={group}" for column, found in self.groups.items() for group in found]
        return [*(["total", *named] if self.groups else []), *(self.series_names or [])]


@dataclass(frozen=True, kw_only=True)
class RevisedValue(Shape):
    """A stored value that a revision replaced. ``old`` or ``new`` is None if that value is missing."""

    at: datetime
    column: str
    series: str | None = None
    old: float | None = None
    new: float | None = None


@dataclass(frozen=True, kw_only=True)
class Growth(Shape):
    """The difference between a version and the previous one: added, revised and repeated rows."""

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
    """Result of appending rows: the version that contains them, and the number of added, revised and repeated rows."""

    version: DatasetVersion
    rows_added: int
    rows_revised: int
    rows_repeated: int
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class IncumbentAdded(Shape):
    """Result of adding incumbent forecasts: the version that contains them, and the number of forecasts by outcome."""

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
    """Columns of a dataset over time, downsampled for a chart in a way that keeps spikes."""

    times: list[datetime]
    columns: dict[str, list[float | None]]
    total_rows: int


@dataclass(frozen=True, kw_only=True)
class Image(Shape):
    """An image of a dataset: its name, its part of the official split, and its base64-encoded PNG."""

    name: str
    part: str | None
    png: str


@dataclass(frozen=True, kw_only=True)
class ImageClass(Shape):
    """A class of an image dataset, with the number of images per part and some example images."""

    name: str
    counts: dict[str, int]
    images: list[Image]


@dataclass(frozen=True, kw_only=True)
class Images(Shape):
    """The image size, the number of images, and the classes of an image dataset."""

    height: int
    width: int
    channels: int
    total: int
    classes: list[ImageClass]


DatasetList: TypeAlias = list[Dataset]
VersionList: TypeAlias = list[DatasetVersion]


class Datasets:
    """Methods of ``client.datasets``. A dataset is given by its name or id.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, path: str | os.PathLike[str], *, time: str, target: str, **options: object) -> DatasetVersion:
        """Upload a CSV, Parquet or Excel file as a new version of a dataset, and return the version with its findings.

        Args:
            path: path of the file.
            time: name of the time column.
            target: name of the column to forecast.
            options: options of ``POST /datasets``: ``name``, ``series`` (column that names the series of each row),
                ``groups`` (columns that group series), ``group_separator``, ``incumbent`` and ``incumbent_made_at``
                (columns of the incumbent forecast and of the time at which it was made), ``features``, ``exclude``,
                ``timezone``, ``unit``, ``sheet`` (of an Excel workbook), ``separator``, ``duplicates``, ``missing``,
                ``gaps``, ``frequency``, ``season``, ``available_after`` and others.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: the platform refuses the file or an option.
        """
        settings = {"time": time, "target": target, **given_options(options)}
        return DatasetVersion.from_json(self._upload("/datasets", path, settings))

    def add_images(self, path: str | os.PathLike[str], **options: object) -> DatasetVersion:
        """Upload images as a new version of a dataset.

        The top-level folders ``train`` and ``test``, if they exist, are the official split.

        Args:
            path: a folder with one folder per class, a folder of idx files, a zip file of either, or a Parquet file
                of encoded images.
            options: ``name``, ``height`` and ``width`` (images are scaled to this size), ``channels`` (1 or 3),
                ``unreadable`` (``"skip"`` omits images that cannot be read), ``image`` and ``label`` (columns of a
                Parquet file), ``strict``.

        Raises:
            FileUnusable: a file does not exist or cannot be read.
            ApiError: the platform refuses the images or an option.
        """
        settings = {"kind": "images", **given_options(options)}
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
        """Read rows from a source plugin into a new version, as in ``add_from_source("bundled", {"series": "co2"})``.

        ``options`` are those of the source; ``cleaning`` contains options such as ``missing`` and ``gaps``.
        """
        body = {"source": source, "options": dict(options or {}), "name": name, **given_options(cleaning)}
        answer = self._connection.post("/datasets/from-source", body, timeout_seconds=_READING_SECONDS)
        return DatasetVersion.from_json(answer)

    def append(
        self, name: str, rows: str | os.PathLike[str] | Sequence[Mapping[str, object]], **options: object
    ) -> Appended:
        """Append rows to the newest version of a dataset. Creates a version unless all rows are stored already.

        Args:
            name: the dataset's name or id.
            rows: a CSV, Parquet or Excel file, or rows such as ``{"time": "2024-05-01T10:00:00Z", "load": 41.5}``.
            options: ``separator``, ``decimal``, ``encoding``, ``time_format``, ``sheet``, ``strict``; ``unit`` and
                ``timezone``, which must equal those of the dataset.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: the rows cannot be added, for example because they change stored rows; then no row is added.
        """
        place, settings = f"/datasets/{segment(name)}/rows", given_options(options)
        if not isinstance(rows, (str, os.PathLike)):
            body = {"rows": [dict(row) for row in rows], "options": settings}
            return Appended.from_json(self._connection.post(place, body, timeout_seconds=_READING_SECONDS))
        return Appended.from_json(self._upload(place, rows, settings))

    def add_incumbent(self, name: str, path: str | os.PathLike[str], **options: object) -> IncumbentAdded:
        """Add incumbent forecasts, such as a planner's spreadsheet, with which every model is compared.

        Each call adds to the stored forecasts. Forecasts that are stored already are counted but not added again.

        Args:
            name: the dataset's name or id.
            path: a CSV, Parquet or Excel file with one row per forecast.
            options: ``forecast`` and ``made_at`` (columns of the forecasts and of the times at which they were made;
                required with the first file), ``time`` and ``series`` (default: the dataset's columns), ``replace``,
                ``separator``, ``decimal``, ``encoding``, ``time_format``, ``sheet``.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: the file cannot be used, for example because it changes a stored forecast.
        """
        place = f"/datasets/{segment(name)}/incumbent"
        return IncumbentAdded.from_json(self._upload(place, path, given_options(options)))

    def refresh(self, name: str, *, idempotency_key: str | None = None) -> Run:
        """Queue a run that reads new rows from the dataset's source. Raises ApiError if the dataset has no source."""
        body = {"kind": "refresh", "dataset": name, "idempotency_key": idempotency_key}
        return Run.from_json(self._connection.post("/runs", body))

    def set_revisions(self, name: str, revisions: Literal["refuse", "accept"]) -> DatasetVersion:
        """Set whether rows that change stored rows are refused or accepted as revisions; return the newest version."""
        answer = self._connection.post(f"/datasets/{segment(name)}/revisions", {"revisions": revisions})
        return DatasetVersion.from_json(answer)

    def state_availability(
        self, name: str, columns: Mapping[str, str | None], version: int | None = None
    ) -> DatasetVersion:
        """Specify when the values of columns become known. Creates a version with the same rows.

        Args:
            name: the dataset's name or id.
            columns: column → ``"0"`` (known at the row's time), a delay such as ``"6h"`` or ``"1d"``, ``"ahead"``, or
                None to remove an earlier statement.
            version: version whose rows the new version takes over; None: the newest.

        Raises:
            ApiError: a column is not an input of the dataset.
        """
        answer = self._connection.post(
            f"/datasets/{segment(name)}/available-after",
            {"columns": dict(columns), "version": version},
            timeout_seconds=_READING_SECONDS,
        )
        return DatasetVersion.from_json(answer)

    def list(self, trash: bool = False, *, limit: int | None = None) -> DatasetList:
        """Return the datasets with their newest versions, sorted by name.

        Args:
            trash: return the deleted datasets instead of the others.
            limit: maximum number of datasets; None: all.
        """
        return listed(self._connection, "/datasets", Dataset, limit, trash="true" if trash else None)

    def versions(self, name: str, *, limit: int | None = None) -> VersionList:
        """Return the versions of a dataset, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, f"/datasets/{segment(name)}/versions", DatasetVersion, limit)

    def get(self, name: str, version: int | None = None) -> DatasetVersion:
        """Return one version of a dataset; ``version`` None: the newest."""
        return DatasetVersion.from_json(self._connection.get(f"/datasets/{segment(name)}", version=version))

    def delete(self, name: str, version: int | None = None) -> None:
        """Move a dataset, or one of its versions, to the trash.

        Raises ApiError if an unfinished run or a schedule needs it.
        """
        self._connection.delete(_place(name, version))

    def restore(self, name: str, version: int | None = None) -> DatasetVersion:
        """Restore a dataset (by id or former name), or one of its versions, from the trash."""
        return DatasetVersion.from_json(self._connection.post(f"{_place(name, version)}/restore"))

    def rows(self, name: str, version: int | None = None, max_points: int = 1000) -> Rows:
        """Return the columns of a dataset over time, downsampled to at most ``max_points`` values each."""
        return Rows.from_json(
            self._connection.get(f"/datasets/{segment(name)}/rows", version=version, max_points=max_points)
        )

    def images(self, name: str, version: int | None = None, per_class: int = 8) -> Images:
        """Return the classes of an image dataset with their counts and up to ``per_class`` example images each."""
        answer = self._connection.get(f"/datasets/{segment(name)}/images", version=version, per_class=per_class)
        return Images.from_json(answer)

    def _upload(self, place: str, path: str | os.PathLike[str], settings: Mapping[str, object]) -> object:
        """Upload a file with its options; return the response, which the platform sends after reading the file."""
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


def given_options(options: Mapping[str, object]) -> dict[str, object]:
    """Return the options that are not None."""
    return {name: value for name, value in options.items() if value is not None}
