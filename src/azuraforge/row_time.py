"""The time of a row as people read it: in the zone of its series, and as a date where rows are days or longer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

_DATES = re.compile(r"[0-9]+(d|w|mo|q|y)")


class Timed(Protocol):
    """The schema of rows that have a time."""

    @property
    def frequency(self) -> str | None: ...
    @property
    def timezone(self) -> str: ...
    @property
    def rhythm_timezone(self) -> str | None: ...


def row_time(at: datetime | str | None, schema: Timed | Mapping[str, object] | None) -> str:
    """Write the time of a row; without a zone of its own, ``at`` is UTC.

    ``schema`` (of a dataset, a version, an evaluation or a forecast) gives ``frequency`` and ``timezone``;
    None: both are unknown. Rows without a frequency, such as trading days, are dates where they stand at midnight UTC.

    Example:
        >>> row_time("2025-12-31T21:00:00Z", {"frequency": "1d", "timezone": "Europe/Istanbul"})
        '2026-01-01'
        >>> row_time("2025-12-31T21:00:00Z", {"frequency": "1h", "timezone": "Europe/Istanbul"})
        '2026-01-01 00:00 +03:00'
    """
    if at is None or at == "":
        return "–"
    if schema is None or isinstance(schema, Mapping):
        schema = schema or {}
        frequency, zone = schema.get("frequency"), str(schema.get("rhythm_timezone") or schema.get("timezone") or "UTC")
    else:
        frequency, zone = schema.frequency, schema.rhythm_timezone or schema.timezone
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        local = moment.astimezone(ZoneInfo(zone))
    except (ValueError, KeyError, OSError, OverflowError):
        return str(at)  # imported from elsewhere, or a zone that this machine does not know
    if not frequency and _is_midnight(moment.astimezone(UTC)):
        return f"{moment.astimezone(UTC):%Y-%m-%d}"
    if _DATES.fullmatch(str(frequency or "")):
        return f"{local:%Y-%m-%d}"
    offset = local.isoformat(timespec="minutes")[16:] if local.utcoffset() else "UTC"
    return f"{local:%Y-%m-%d %H:%M} {offset}"


def _is_midnight(at: datetime) -> bool:
    return at.hour == at.minute == at.second == at.microsecond == 0
