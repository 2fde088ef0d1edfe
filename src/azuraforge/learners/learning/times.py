"""Event times of learners as the API shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(us: int) -> datetime:
    """Return microseconds since 1970 as a time.

    Example:
        >>> moment(60_000_000).isoformat()
        '1970-01-01T00:01:00+00:00'
    """
    return _EPOCH + timedelta(microseconds=us)
