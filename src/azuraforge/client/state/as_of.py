"""A model as it was known on a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time

from azuraforge.client.errors import InvalidArgument
from azuraforge.client.model import AliasChange
from azuraforge.client.shapes import Shape


def moment(at: datetime | date | str) -> datetime:
    """Return an aware moment; without an offset it is in this machine's zone, and a date is its first moment.

    Raises InvalidArgument, a ValueError, for text that is not a moment of ISO 8601.
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
    except (OverflowError, OSError, ValueError):  # years at the ends of the calendar have no moment in every zone
        raise InvalidArgument(
            "{moment} is too far from today", next_step="choose a time closer to today", moment=at.isoformat()
        ) from None


@dataclass(frozen=True, kw_only=True)
class DataThen(Shape):
    """A version of a dataset."""

    dataset_id: str
    name: str | None = None
    version: int | None = None
    fingerprint: str | None = None
    rows: int | None = None
    end_at: datetime | None = None
    added_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PointThen(Shape):
    """A predicted value with its interval and its outcome; ``actual`` is None until that is known."""

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
    """The newest forecast that had been given by then."""

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
    """Champion, forecast and data of a past moment. ``state``: held, before_model, before_first or removed."""

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
