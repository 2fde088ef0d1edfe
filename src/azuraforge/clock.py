"""Times as timezone-aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time of this host. Leases and queues use the database's clock instead (``database.clock``)."""
    return datetime.now(UTC)


def iso(at: datetime) -> str:
    """Return ``at`` as ISO 8601 in UTC, with microseconds and a trailing ``Z``.

    Example:
        >>> iso(datetime(2026, 1, 2, tzinfo=UTC))
        '2026-01-02T00:00:00.000000Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
