"""Times of rows as text: in the time zone of the series, and without a time of day if rows are days or longer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

_DATES = re.compile(r"[0-9]+(d|w|mo|q|y)")


class Timed(Protocol):
    """Schema fields that the display of a row's time needs."""

    @property
    def frequency(self) -> str | None: ...
    @property
    def timezone(self) -> str: ...
    @property
    def rhythm_timezone(self) -> str | None: ...


def row_time(at: datetime | str | None, schema: Timed | Mapping[str, object] | None) -> str:
    """Return the time of a row as text; a naive ``at`` is UTC. Returns "–" if there is no time.

    ``schema`` (of a dataset, a version, an evaluation or a forecast) contains ``frequency`` and ``timezone``, unless
    they are unknown; its ``rhythm_timezone``, if set, takes precedence over ``timezone``. Rows without a frequency,
    such as trading days, are shown as dates if they are at midnight UTC. If ``at`` is not ISO 8601 or the time zone is
    not installed on this machine, ``at`` is returned unchanged, as text.

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
        return str(at)  # text of another format, or a zone that is not installed here
    if not frequency and _is_midnight(moment.astimezone(UTC)):
        return f"{moment.astimezone(UTC):%Y-%m-%d}"
    if _DATES.fullmatch(str(frequency or "")):
        return f"{local:%Y-%m-%d}"
    offset = local.isoformat(timespec="minutes")[16:] if local.utcoffset() else "UTC"
    return f"{local:%Y-%m-%d %H:%M} {offset}"


def _is_midnight(at: datetime) -> bool:
    return at.hour == at.minute == at.second == at.microsecond == 0
