"""Shapes of a model's state at a past time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time

from azuraforge.client.errors import InvalidArgument
from azuraforge.client.model import AliasChange
from azuraforge.client.shapes import Shape


def moment(at: datetime | date | str) -> datetime:
    """Return a time as an aware datetime. Without an offset, the local time zone applies; a date means 00:00.

    Raises InvalidArgument (a ValueError) for text that is not ISO 8601, and for times out of range.
    """
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at.strip())
        except ValueError:
            raise InvalidArgument(
                "{text!r} is not a date or time",
                next_step="write it as 2026-03-01, 2026-03-01T12:00 or 2026-03-01T12:00:00+03:00",
                text=at,
            ) from None
    elif not isinstance(at, datetime):
        at = datetime.combine(at, time())
    try:
        return at.astimezone()
    except (OverflowError, OSError, ValueError):  # times near the ends of the calendar do not exist in every time zone
        raise InvalidArgument(
            "{moment} is too far from today", next_step="choose a time closer to today", moment=at.isoformat()
        ) from None


@dataclass(frozen=True, kw_only=True)
class DataThen(Shape):
    """A dataset version at a past time; fields are None if it no longer exists."""

    dataset_id: str
    name: str | None = None
    version: int | None = None
    fingerprint: str | None = None
    rows: int | None = None
    end_at: datetime | None = None
    added_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PointThen(Shape):
    """A predicted value with its interval and its outcome; ``actual`` is None until the outcome is known."""

    step: int
    at: datetime
    value: float
    low: float | None = None
    high: float | None = None
    predicted_label: str | None = None
    actual: float | None = None
    label: str | None = None
    loss: float | None = None
    hit: bool | None = None
    late: bool = False
    judged_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ForecastThen(Shape):
    """The newest forecast that had been returned to a caller by the past time."""

    prediction_id: str
    made_at: datetime
    version: int
    target: str
    unit: str
    origin: datetime
    plugin: str | None = None
    series: str | None = None
    interval: float | None = None
    data: DataThen | None = None
    points: list[PointThen] = field(default_factory=list)
    known: int = 0


@dataclass(frozen=True, kw_only=True)
class AsOf(Shape):
    """Champion, data and forecast at a past time.

    ``state`` is ``held`` if a version had the alias, ``before_model`` if the model did not exist, ``before_first`` if
    the alias had not been set before, or ``removed`` if it had been removed.
    """

    model: str
    at: datetime
    alias: str
    state: str
    model_created_at: datetime
    timezone: str = "UTC"
    holder: AliasChange | None = None
    plugin: str | None = None
    learned_from: DataThen | None = None
    data: DataThen | None = None
    forecast: ForecastThen | None = None
    ledger_since: datetime | None = None
