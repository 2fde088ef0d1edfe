"""API schemas of datasets."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from azuraforge.bounds import Name, Number
from azuraforge.datasets.segments import Growth, Revisions
from azuraforge.errors import InvalidValue
from azuraforge.paging import Page
from azuraforge.plugins.contract.availability import Availability
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

Json: TypeAlias = dict[str, JsonValue]

_FREQUENCY = r"^[1-9][0-9]*(ms|s|m|h|d|w|mo|q|y)$"
#: Number of each unit in a year.
_A_YEAR = {"ms": 3e10, "s": 3e7, "m": 525_600, "h": 8760, "d": 365, "w": 52, "mo": 12, "q": 4, "y": 1}


def _not_beyond_a_century(frequency: str | None) -> str | None:
    parts = re.fullmatch(r"([0-9]+)([a-z]+)", frequency or "")
    if parts and int(parts[1]) > 100 * _A_YEAR[parts[2]]:
        raise InvalidValue("rows cannot be more than 100 years apart")
    return frequency


class Finding(BaseModel):
    """A finding from reading a dataset: its code, severity, count, first place, and text by language."""

    code: str
    severity: Literal["info", "warning", "error"]
    count: int = 1
    where: str = ""
    text: dict[str, str] = Field(description="text by language code: en, tr")


class CleaningOptions(BaseModel):
    """Options for cleaning rows. Gaps are filled from past values only."""

    model_config = ConfigDict(extra="forbid")

    duplicates: Literal["error", "first", "last", "mean"] = Field(
        default="error",
        description="action for rows with the same time and different values: reject the data, keep the first or"
        " the last row, or compute the mean; identical rows are always merged",
    )
    missing: Literal["error", "forward_fill", "drop"] = Field(
        default="error",
        description="action for rows whose target is missing, NaN or infinite: reject the data, fill forward from"
        " past values, or drop the rows",
    )
    gaps: Literal["auto", "forward_fill", "keep", "error"] = Field(
        default="auto",
        description="action for the missing rows of a regular series: fill them forward, keep the gaps, or reject"
        " the data; auto fills small gaps (at most 5 % of the rows, none longer than a season or, if that is"
        " longer, 3 rows) and rejects larger ones",
    )
    missing_values: dict[Name, Annotated[list[float], Field(max_length=1000)]] = Field(
        default_factory=dict, max_length=10_000, description="values that mean missing, by column: {'pressure': [0]}"
    )
    frequency: Annotated[str | None, AfterValidator(_not_beyond_a_century)] = Field(
        default=None,
        max_length=10,
        pattern=_FREQUENCY,
        description="interval between two rows, such as 1h or 1d; at most 100 years; default: detected",
    )
    season: int | None = Field(
        default=None, ge=1, le=10_000, description="number of rows in one season; default: derived from the frequency"
    )
    available_after: dict[Name, Availability] = Field(
        default_factory=dict,
        max_length=10_000,
        description="time at which the values of a column become known, by column: '0' at the time of their row, a"
        " duration such as 6h or 1d after it, or 'ahead' before it: {'temperature': '6h'}",
    )
    strict: bool = Field(
        default=False, description="whether warnings are errors, so that the data are rejected instead of corrected"
    )


class FileOptions(CleaningOptions):
    """Options for reading an uploaded file."""

    kind: Literal["series"] = "series"
    name: str | None = Field(default=None, max_length=100, description="name of the dataset; default: the file's name")
    time: str = Field(max_length=200, description="name of the column that contains the times")
    target: str = Field(max_length=200, description="name of the column to forecast")
    series: str | None = Field(
        default=None,
        max_length=200,
        description="name of the column that contains the name of each row's series; null if there is one series",
    )
    groups: list[Name] = Field(
        default_factory=list,
        max_length=20,
        description="columns that assign each series to a group, such as region; coherent totals of the groups and"
        " of all series are forecast too",
    )
    group_separator: str | None = Field(
        default=None,
        min_length=1,
        max_length=10,
        description="separator of group names in series names: with /, the series north/a belongs to the group north",
    )
    features: list[Name] | None = Field(
        default=None, max_length=10_000, description="columns used as inputs; default: every other numeric column"
    )
    exclude: list[Name] = Field(default_factory=list, max_length=10_000, description="columns to leave out")
    incumbent: str | None = Field(
        default=None,
        max_length=200,
        description="name of the column with the incumbent forecast of the target, such as a planner's; models are"
        " compared with it and never learn from it; requires incumbent_made_at",
    )
    incumbent_made_at: str | None = Field(
        default=None,
        max_length=200,
        description="name of the column with the time at which each incumbent forecast was made",
    )
    timezone: str | None = Field(
        default=None,
        max_length=64,
        description="time zone of times without an offset, and of the calendar; default: UTC",
    )
    unit: str = Field(default="", max_length=40, description="unit of the target, such as °C")
    separator: str | None = Field(
        default=None, min_length=1, max_length=1, description="separator of CSV columns; default: detected"
    )
    decimal: Literal[".", ","] | None = Field(
        default=None, description="decimal mark of CSV numbers; default: detected"
    )
    encoding: str | None = Field(
        default=None,
        max_length=40,
        description="encoding of the file; default: UTF-8 or UTF-16 if the bytes are valid, otherwise Windows-1254",
    )
    time_format: str | None = Field(
        default=None, max_length=100, description="format of the times, such as %d/%m/%Y %H:%M; default: detected"
    )
    sheet: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="name of a worksheet of an Excel workbook; default: its only visible one",
    )


class ImageOptions(BaseModel):
    """Options for reading an uploaded zip or Parquet table of images."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["images"]
    name: str | None = Field(default=None, max_length=100, description="name of the dataset; default: the file's name")
    height: int | None = Field(
        default=None,
        ge=4,
        le=1024,
        description="height of the stored images in pixels; requires width; default: the size of the images if all"
        " are equal",
    )
    width: int | None = Field(
        default=None, ge=4, le=1024, description="width of the stored images in pixels; requires height"
    )
    channels: Literal[1, 3] | None = Field(
        default=None, description="number of channels; default: 1 if all images are grey, otherwise 3"
    )
    image: str = Field(
        default="image", max_length=200, description="name of the column with encoded images in a Parquet file"
    )
    label: str = Field(default="label", max_length=200, description="name of the column with classes in a Parquet file")
    unreadable: Literal["error", "skip"] = Field(
        default="error", description="action for images that cannot be read: reject the file, or skip the images"
    )
    strict: bool = Field(
        default=False, description="whether warnings are errors, so that the data are rejected instead of corrected"
    )


class AvailabilityRequest(BaseModel):
    """Request to state when columns become known. Columns that it omits keep their stated time."""

    model_config = ConfigDict(extra="forbid")

    version: Number | None = Field(
        default=None, description="version whose rows the new version contains; default: the newest"
    )
    columns: dict[Name, Availability | None] = Field(
        min_length=1,
        max_length=10_000,
        description="time at which the values of each column become known, as in FileOptions.available_after; null"
        " removes the statement",
    )


class FromSource(CleaningOptions):
    """Request to create a dataset, or its next version, from a source plugin."""

    source: Name
    options: Json = Field(default_factory=dict)
    name: str | None = Field(default=None, max_length=100)
    missing: Literal["error", "forward_fill", "drop"] = "forward_fill"


class AppendOptions(BaseModel):
    """Format of rows appended to a dataset. Null fields default to the format of the dataset's first file."""

    model_config = ConfigDict(extra="forbid")

    timezone: str | None = Field(
        default=None,
        max_length=64,
        description="time zone of the rows; the request fails if it differs from the dataset's",
    )
    unit: str | None = Field(
        default=None,
        max_length=40,
        description="unit of the target; the request fails if it differs from the dataset's",
    )
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: Literal[".", ","] | None = None
    encoding: str | None = Field(default=None, max_length=40)
    time_format: str | None = Field(default=None, max_length=100)
    sheet: str | None = Field(
        default=None, min_length=1, max_length=200, description="name of a worksheet of an Excel workbook"
    )
    strict: bool | None = Field(
        default=None, description="whether warnings are errors, so that the data are rejected instead of corrected"
    )


class IncumbentOptions(BaseModel):
    """Columns and format of a file of incumbent forecasts. Null columns default to those of the previous file."""

    model_config = ConfigDict(extra="forbid")

    forecast: str | None = Field(
        default=None, max_length=200, description="name of the column with the forecasts; required for the first file"
    )
    made_at: str | None = Field(
        default=None,
        max_length=200,
        description="name of the column with the time at which each forecast was made; required for the first file",
    )
    time: str | None = Field(
        default=None,
        max_length=200,
        description="name of the column with the forecast time; default: the dataset's time column",
    )
    series: str | None = Field(
        default=None,
        max_length=200,
        description="name of the column with the series names; default: the dataset's series column",
    )
    replace: bool = Field(default=False, description="whether the file replaces all stored incumbent forecasts")
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: Literal[".", ","] | None = None
    encoding: str | None = Field(default=None, max_length=40)
    time_format: str | None = Field(default=None, max_length=100)
    sheet: str | None = Field(
        default=None, min_length=1, max_length=200, description="name of a worksheet of an Excel workbook"
    )


#: Maximum number of rows in a JSON request.
MOST_ROWS = 1_000_000
#: One value of a row.
Cell: TypeAlias = Annotated[str, Field(max_length=10_000)] | float | int | None


class AppendRows(BaseModel):
    """Rows to append, each a mapping of columns to values: {"time": "2024-05-01T10:00:00Z", "load": 41.5}."""

    model_config = ConfigDict(extra="forbid")

    rows: list[dict[Name, Cell]] = Field(min_length=1, max_length=MOST_ROWS)
    options: AppendOptions = Field(default_factory=AppendOptions)


class RevisionPolicy(BaseModel):
    """A dataset's policy for new rows that change stored ones."""

    model_config = ConfigDict(extra="forbid")

    revisions: Revisions = Field(
        description="refuse: rows that change stored ones are rejected; accept: they are stored in a new version"
        " that lists the changes"
    )


class DatasetVersionOut(BaseModel):
    """One immutable version of a dataset."""

    id: str = Field(description="id of the dataset; the same for all its versions")
    name: str
    version: int
    fingerprint: str
    file_sha256: str | None
    dataset_schema: DatasetSchema
    rows: int
    start: datetime | None
    end: datetime | None
    source: str
    provenance: Json
    findings: tuple[Finding, ...]
    growth: Growth | None = Field(
        default=None, description="changes from the previous version; null if the version was read as a whole"
    )
    revisions: Revisions = Field(default="refuse", description="policy of the dataset for rows that change stored ones")
    created: bool = Field(default=True, description="false if a version with the same content already existed")
    created_at: datetime
    deleted_at: datetime | None = Field(
        default=None,
        description="time at which the version or its dataset was moved to the trash; null if it is not in the trash",
    )
    deleted_by: str | None = None


class AppendOut(BaseModel):
    """The version that contains the appended rows, and the counts of added, revised and repeated rows."""

    version: DatasetVersionOut
    rows_added: int = Field(
        description="number of new rows; if no rows were added or revised, the version is the existing one"
    )
    rows_revised: int
    rows_repeated: int
    findings: tuple[Finding, ...] = Field(description="findings about the received rows")


class IncumbentOut(BaseModel):
    """The version with the incumbent forecasts, and the counts of added, revised and repeated forecasts."""

    version: DatasetVersionOut
    forecasts: int = Field(description="total number of stored incumbent forecasts")
    added: int = Field(
        description="number of new forecasts; if none were added or revised, the version is the existing one"
    )
    revised: int
    repeated: int
    findings: tuple[Finding, ...] = Field(description="findings about the received forecasts")


class DatasetOut(BaseModel):
    """A dataset with its newest version."""

    id: str
    name: str
    versions: int
    numbers: list[int] = Field(description="numbers of the existing versions, oldest first")
    latest: DatasetVersionOut


class DatasetPage(Page[DatasetOut]):
    """A page of datasets, sorted by name."""


class DatasetVersionPage(Page[DatasetVersionOut]):
    """A page of a dataset's versions, newest first."""


class ImageOut(BaseModel):
    """An image of a dataset, as PNG for display."""

    name: str
    part: str | None
    png: str = Field(description="PNG file in base64")


class ClassOut(BaseModel):
    """A class of images: its counts by part, and an evenly spread sample."""

    name: str
    counts: dict[str, int] = Field(
        description="number of images by part: train and test, or all if there is no official split"
    )
    images: list[ImageOut]


class ImagesOut(BaseModel):
    """The contents of an image dataset: the images' size, their number, and their classes."""

    height: int
    width: int
    channels: int
    total: int
    classes: list[ClassOut]


class RowsOut(BaseModel):
    """Columns for a chart, reduced to fewer rows without losing spikes."""

    times: list[datetime]
    columns: dict[str, list[float | None]]
    total_rows: int
