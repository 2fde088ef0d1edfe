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
    text: dict[str, str] = Field(description="by language code: en, tr")


class CleaningOptions(BaseModel):
    """Options for cleaning rows. Gaps are filled from past values only."""

    model_config = ConfigDict(extra="forbid")

    duplicates: Literal["error", "first", "last", "mean"] = Field(
        default="error", description="rows with one time and different values; exact repetitions are always reduced"
    )
    missing: Literal["error", "forward_fill", "drop"] = Field(
        default="error", description="rows whose target is missing, NaN or infinite"
    )
    gaps: Literal["auto", "forward_fill", "keep", "error"] = Field(
        default="auto",
        description="missing rows of a regular series; auto fills small gaps (at most 5 % of the rows, none longer"
        " than a season) and refuses large ones",
    )
    missing_values: dict[Name, Annotated[list[float], Field(max_length=1000)]] = Field(
        default_factory=dict, max_length=10_000, description="values that mean missing, by column: {'pressure': [0]}"
    )
    frequency: Annotated[str | None, AfterValidator(_not_beyond_a_century)] = Field(
        default=None, max_length=10, pattern=_FREQUENCY, description="such as 1h, 1d; at most 100 years; empty: found"
    )
    season: int | None = Field(default=None, ge=1, le=10_000, description="rows in one season; empty: from frequency")
    available_after: dict[Name, Availability] = Field(
        default_factory=dict,
        max_length=10_000,
        description="when the values of a column become known: '0' with their row, a duration such as 6h or 1d after"
        " its time, 'ahead' before it: {'temperature': '6h'}",
    )
    strict: bool = Field(default=False, description="every warning is an error: nothing is changed in silence or aloud")


class FileOptions(CleaningOptions):
    """Options for reading an uploaded file."""

    kind: Literal["series"] = "series"
    name: str | None = Field(default=None, max_length=100, description="empty: the file's name")
    time: str = Field(max_length=200)
    target: str = Field(max_length=200)
    series: str | None = Field(
        default=None, max_length=200, description="the column that tells several series apart; empty: one series"
    )
    groups: list[Name] = Field(
        default_factory=list,
        max_length=20,
        description="columns that say which group each of several series belongs to, such as region; totals of the"
        " groups and of all series are forecast too, and add up",
    )
    group_separator: str | None = Field(
        default=None,
        min_length=1,
        max_length=10,
        description="divides the names of several series into groups: with / the series north/a belongs to north",
    )
    features: list[Name] | None = Field(
        default=None, max_length=10_000, description="empty: every other numeric column"
    )
    exclude: list[Name] = Field(default_factory=list, max_length=10_000)
    incumbent: str | None = Field(
        default=None,
        max_length=200,
        description="the column of a present forecast of the target, such as a planner's; models are compared with it"
        " and never learn from it; needs incumbent_made_at",
    )
    incumbent_made_at: str | None = Field(
        default=None, max_length=200, description="the column of the time at which the present forecast was made"
    )
    timezone: str | None = Field(
        default=None, max_length=64, description="zone of times without one, and of the calendar"
    )
    unit: str = Field(default="", max_length=40)
    separator: str | None = Field(default=None, min_length=1, max_length=1, description="empty: found")
    decimal: Literal[".", ","] | None = Field(default=None, description="empty: found")
    encoding: str | None = Field(default=None, max_length=40, description="empty: UTF-8 or UTF-16, else Windows-1254")
    time_format: str | None = Field(default=None, max_length=100, description="such as %d/%m/%Y %H:%M; empty: found")
    sheet: str | None = Field(
        default=None, min_length=1, max_length=200, description="of an Excel workbook; empty: its only visible one"
    )


class ImageOptions(BaseModel):
    """Options for reading an uploaded zip or Parquet table of images."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["images"]
    name: str | None = Field(default=None, max_length=100, description="empty: the file's name")
    height: int | None = Field(
        default=None, ge=4, le=1024, description="pixels, with width; empty: the pictures', where all are equal"
    )
    width: int | None = Field(default=None, ge=4, le=1024)
    channels: Literal[1, 3] | None = Field(default=None, description="empty: 1 where all pictures are grey, else 3")
    image: str = Field(default="image", max_length=200, description="Parquet: the column of encoded pictures")
    label: str = Field(default="label", max_length=200, description="Parquet: the column of classes")
    unreadable: Literal["error", "skip"] = Field(default="error", description="pictures that cannot be read")
    strict: bool = Field(default=False, description="every warning is an error")


class AvailabilityRequest(BaseModel):
    """Request to state when columns become known. Columns that it omits keep their stated time."""

    model_config = ConfigDict(extra="forbid")

    version: Number | None = Field(default=None, description="whose rows; empty: the newest")
    columns: dict[Name, Availability | None] = Field(
        min_length=1, max_length=10_000, description="by column, as FileOptions.available_after; null: not stated"
    )


class FromSource(CleaningOptions):
    """Request to create a dataset, or its next version, from a source plugin."""

    source: Name
    options: Json = Field(default_factory=dict)
    name: str | None = Field(default=None, max_length=100)
    missing: Literal["error", "forward_fill", "drop"] = "forward_fill"


class AppendOptions(BaseModel):
    """The format of appended rows; their columns are the dataset's. Empty fields default to its first file's format."""

    model_config = ConfigDict(extra="forbid")

    timezone: str | None = Field(default=None, max_length=64, description="refused where it is not the dataset's")
    unit: str | None = Field(default=None, max_length=40, description="refused where it is not the dataset's")
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: Literal[".", ","] | None = None
    encoding: str | None = Field(default=None, max_length=40)
    time_format: str | None = Field(default=None, max_length=100)
    sheet: str | None = Field(default=None, min_length=1, max_length=200, description="of an Excel workbook")
    strict: bool | None = Field(default=None, description="every warning is an error")


class IncumbentOptions(BaseModel):
    """Columns and format of a file of incumbent forecasts. Empty fields default to those of the previous file."""

    model_config = ConfigDict(extra="forbid")

    forecast: str | None = Field(default=None, max_length=200, description="column of the forecasts; needed once")
    made_at: str | None = Field(
        default=None, max_length=200, description="column of the time at which each was made; needed once"
    )
    time: str | None = Field(
        default=None, max_length=200, description="column of the time that is forecast; empty: the dataset's"
    )
    series: str | None = Field(
        default=None, max_length=200, description="column of the series' names; empty: the dataset's"
    )
    replace: bool = Field(default=False, description="the file stands for all forecasts that were added before")
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: Literal[".", ","] | None = None
    encoding: str | None = Field(default=None, max_length=40)
    time_format: str | None = Field(default=None, max_length=100)
    sheet: str | None = Field(default=None, min_length=1, max_length=200, description="of an Excel workbook")


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

    revisions: Revisions = Field(description="refuse: nothing is added; accept: a new version says what changed")


class DatasetVersionOut(BaseModel):
    """One immutable version of a dataset."""

    id: str = Field(description="the dataset's id; the same for all its versions")
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
    growth: Growth | None = Field(default=None, description="how it followed from an earlier version; null: read whole")
    revisions: Revisions = Field(default="refuse", description="the dataset's policy for rows that change stored ones")
    created: bool = Field(default=True, description="False where the same content was there already")
    created_at: datetime
    deleted_at: datetime | None = Field(default=None, description="in the trash since then, alone or with its dataset")
    deleted_by: str | None = None


class AppendOut(BaseModel):
    """The version that contains the appended rows, and the counts of added, revised and repeated rows."""

    version: DatasetVersionOut
    rows_added: int = Field(description="0, with no revised ones: the version that was there")
    rows_revised: int
    rows_repeated: int
    findings: tuple[Finding, ...] = Field(description="about the rows that came")


class IncumbentOut(BaseModel):
    """The version with the incumbent forecasts, and the counts of added, revised and repeated forecasts."""

    version: DatasetVersionOut
    forecasts: int = Field(description="known now")
    added: int = Field(description="0, with no revised ones: the version that was there")
    revised: int
    repeated: int
    findings: tuple[Finding, ...] = Field(description="about the forecasts that came")


class DatasetOut(BaseModel):
    """A dataset with its newest version."""

    id: str
    name: str
    versions: int
    numbers: list[int] = Field(description="the versions that are there, the oldest first")
    latest: DatasetVersionOut


class DatasetPage(Page[DatasetOut]):
    """A page of datasets, sorted by name."""


class DatasetVersionPage(Page[DatasetVersionOut]):
    """A page of a dataset's versions, newest first."""


class PictureOut(BaseModel):
    """An image of a dataset, as PNG for display."""

    name: str
    part: str | None
    png: str = Field(description="base64")


class ClassOut(BaseModel):
    """A class of images: its counts by part, and an evenly spread sample."""

    name: str
    counts: dict[str, int] = Field(description="by part: train and test, or all where there is no official split")
    pictures: list[PictureOut]


class PicturesOut(BaseModel):
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
