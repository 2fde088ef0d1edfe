"""API schemas of feeds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, StrictFloat, StrictInt, StrictStr

from azuraforge.bounds import MOST_COUNT, Moment
from azuraforge.learners.feeds.shapes import MOST_NAME, FeedColumn, FieldName
from azuraforge.paging import Page
from azuraforge.plugins.contract.shape import Texts
from azuraforge.runs.schemas import StorableObject, StorableText

#: Most columns and keys of a feed, and most rows of a request.
MOST_COLUMNS, MOST_KEYS, MOST_ROWS = 1000, 10_000, 20_000
#: Longest interval and grace: a year.
_MOST_SECONDS = 366 * 86_400.0

FeedState = Literal["open", "online", "offline", "error", "closed"]
FeedRowKind = Literal["row", "revision", "tick", "filled", "late", "gap"]
#: A value as it is sent; the feed decides whether it fits the column.
Value = (
    StrictFloat
    | Annotated[StrictInt, Field(ge=-MOST_COUNT, le=MOST_COUNT)]
    | Annotated[StrictStr, Field(max_length=MOST_NAME)]
    | StrictBool
    | None
)
FeedName = Annotated[str, Field(min_length=1, max_length=MOST_NAME, pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class FeedRequest(BaseModel):
    """Request for a feed."""

    model_config = ConfigDict(extra="forbid")

    name: FeedName = Field(description="name: lower-case letters, digits, '-', '_' and '.'")
    columns: list[FeedColumn] = Field(
        default_factory=list,
        max_length=MOST_COLUMNS,
        description="columns; may be omitted if the source is a replay of a dataset",
    )
    keys: list[FieldName] = Field(
        default_factory=list,
        max_length=MOST_KEYS,
        description="names of the keys, such as sensors; empty for one series",
    )
    interval_seconds: float | None = Field(
        default=None, gt=0, le=_MOST_SECONDS, description="distance of consecutive times; null if times are irregular"
    )
    grace_seconds: float = Field(
        default=0.0, ge=0, le=_MOST_SECONDS, description="how long rows wait for missing earlier rows and other keys"
    )
    fill: int = Field(
        default=0, ge=0, le=10_000, description="longest outage, in intervals, that is filled with a straight line"
    )
    source: StorableText | None = Field(
        default=None, max_length=200, description="source that the collector polls; null if rows are posted"
    )
    options: StorableObject = Field(default_factory=dict, description="options of the source")
    every_seconds: float = Field(
        default=10.0, ge=0.1, le=86_400, description="interval between two polls of a source that sets none"
    )
    historical: bool = Field(
        default=False,
        description="whether the rows belong to the past, so that times are not compared with the clock; always true "
        "for replays",
    )


class FeedOut(BaseModel):
    """A feed with its state."""

    id: str
    name: str
    columns: list[FeedColumn]
    keys: list[str]
    interval_seconds: float | None
    grace_seconds: float
    fill: int
    source: str | None
    options: dict[str, JsonValue]
    every_seconds: float
    historical: bool
    state: FeedState = Field(
        description="open: rows can be posted; online, offline, error: state of the collector; closed: no more rows"
    )
    run_id: str | None = Field(description="run of the last collector; null if there was none")
    collecting: bool = Field(description="whether the collector is queued or running")
    rows: int = Field(description="number of rows in the log, which is the number of the last row")
    sealed_rows: int = Field(description="number of rows in sealed segments")
    held_rows: int = Field(description="number of rows that wait for earlier ones or for other keys")
    duplicates: int = Field(description="number of arrived rows that were dropped because the log has an equal row")
    refused: int = Field(description="number of rows from the source that could not be used")
    problem: Texts | None = Field(
        description="last problem of the source or of a row, or the error of the collector; null if there is none"
    )
    watermark: datetime | None = Field(description="time up to which the log is complete; null before the first row")
    received_at: datetime | None = Field(description="time at which the last row arrived")
    polled_at: datetime | None = Field(description="time of the last successful poll that was reported")
    lag_seconds: float | None = Field(
        description="time between the watermark and now; null for historical feeds and before the first row"
    )
    bytes: int = Field(description="size of the rows in bytes")
    last_event_seq: int = Field(description="sequence number of the last event: cursor for the live stream feed/<id>")
    created_at: datetime
    closed_at: datetime | None
    deleted_at: datetime | None = Field(description="time at which it was moved to the trash; null if it was not")
    deleted_by: str | None


class FeedPage(Page[FeedOut]):
    """A page of feeds, newest first."""


class FeedRowIn(BaseModel):
    """One arriving row."""

    model_config = ConfigDict(extra="forbid")

    at: Moment = Field(description="event time")
    key: StrictStr = Field(default="", max_length=MOST_NAME, description="name of the key; omit it without keys")
    values: dict[Annotated[str, Field(max_length=MOST_NAME)], Value] = Field(
        max_length=MOST_COLUMNS, description="value by column: a number, a class, or null if it is missing"
    )


class FeedRowsIn(BaseModel):
    """Arriving rows, in any order. An equal row for a key and time that the feed has is dropped."""

    model_config = ConfigDict(extra="forbid")

    rows: list[FeedRowIn] = Field(max_length=MOST_ROWS)
    watermark: Moment | None = Field(
        default=None, description="time up to which no more rows will come; null if it is not known"
    )


class FeedRowsTaken(BaseModel):
    """Result of posted rows. Rows are numbered at once, or wait for earlier rows or other keys."""

    received: int
    numbered: int = Field(description="number of rows that were appended to the log, also ticks, gaps and filled ones")
    duplicates: int
    held: int = Field(description="number of rows that wait")
    last_seq: int = Field(description="number of the last row of the log")


class FeedRowOut(BaseModel):
    """One row of the log."""

    seq: int
    at: datetime
    key: str | None = Field(description="name of the key; null for a tick and for feeds without keys")
    kind: FeedRowKind
    received_at: datetime
    values: dict[str, float | str | None] = Field(description="value by column; null if it is missing")


class FeedRowsOut(BaseModel):
    """Rows of the log, by number."""

    rows: list[FeedRowOut]
    next: int | None = Field(description="number after which the following rows start; null if there are none yet")
    last_seq: int


class FeedChart(BaseModel):
    """A column of one key over time, reduced without losing spikes."""

    column: str
    key: str
    times: list[datetime]
    values: list[float | None]
    total_rows: int


class CutRequest(BaseModel):
    """Request for a dataset version with the rows of a range. Revisions replace the values that they revise."""

    model_config = ConfigDict(extra="forbid")

    dataset: StorableText | None = Field(
        default=None, max_length=100, description="name of the dataset; default: the feed's name"
    )
    target: FieldName | None = Field(default=None, description="column to predict; default: the first one")
    columns: list[FieldName] | None = Field(
        default=None, min_length=1, max_length=MOST_COLUMNS, description="columns of the dataset; default: all"
    )
    start: Moment | None = Field(default=None, description="first time; default: the first row")
    end: Moment | None = Field(default=None, description="last time; default: the last row")
    last_seq: int | None = Field(
        default=None, ge=1, le=MOST_COUNT, description="number of the last row of the log to read; default: the last"
    )
    filled: bool = Field(default=False, description="whether to include values that were filled in")
    gaps: Literal["auto", "forward_fill", "keep", "error"] = Field(
        default="auto", description="action for missing rows of a regular series; see the options of a file"
    )
    missing: Literal["error", "forward_fill", "drop"] = Field(
        default="drop", description="action for rows whose target is missing; see the options of a file"
    )
