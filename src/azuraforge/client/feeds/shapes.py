"""Shapes of feeds: their columns, state and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class FeedColumn(Shape):
    """A column of a feed: numbers, or classes if ``classes`` lists their names."""

    name: str
    classes: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Feed(Shape):
    """A feed with its state: ``open``, ``online``, ``offline``, ``error`` or ``closed``.

    ``rows`` is the number of rows in the log. ``problem`` is the last problem of the source, by language code.
    """

    id: str
    name: str
    state: str
    columns: list[FeedColumn] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    interval_seconds: float | None = None
    grace_seconds: float = 0.0
    fill: int = 0
    source: str | None = None
    options: dict[str, object] = field(default_factory=dict)
    every_seconds: float = 10.0
    historical: bool = False
    run_id: str | None = None
    collecting: bool = False
    rows: int = 0
    sealed_rows: int = 0
    held_rows: int = 0
    duplicates: int = 0
    refused: int = 0
    problem: dict[str, str] | None = None
    watermark: datetime | None = None
    received_at: datetime | None = None
    polled_at: datetime | None = None
    lag_seconds: float | None = None
    bytes: int = 0
    last_event_seq: int = 0
    created_at: datetime | None = None
    closed_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class FeedRowsTaken(Shape):
    """Result of posted rows. ``held`` rows wait for earlier rows or other keys."""

    received: int
    numbered: int
    duplicates: int
    held: int
    last_seq: int


@dataclass(frozen=True, kw_only=True)
class FeedRowOut(Shape):
    """One row of the log. ``kind`` is ``row``, ``revision``, ``late``, ``gap``, ``tick`` or ``filled``."""

    seq: int
    at: datetime
    key: str | None
    kind: str
    received_at: datetime
    values: dict[str, float | str | None]


@dataclass(frozen=True, kw_only=True)
class FeedRowsOut(Shape):
    """Rows of the log. ``next`` is the number after which the following rows start; None if there are none yet."""

    rows: list[FeedRowOut]
    next: int | None
    last_seq: int


@dataclass(frozen=True, kw_only=True)
class FeedChart(Shape):
    """A column of one key over time, reduced without losing spikes."""

    column: str
    key: str
    times: list[datetime]
    values: list[float | None]
    total_rows: int
