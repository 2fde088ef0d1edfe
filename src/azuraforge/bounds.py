"""Bounded types for what a request may carry, so that no value reaches a database or a clock that cannot hold it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field

#: Integer columns are 32 bits wide on PostgreSQL, as are all numbers of versions, trials and deployments.
MOST_NUMBER = 2**31 - 1
#: Quantities in bytes and counts: 64 bits.
MOST_COUNT = 2**63 - 1
#: Ten years: beyond every limit in time that somebody means, and far below where dates overflow.
MOST_SECONDS = 10 * 366 * 86_400

_FIRST_YEAR, _LAST_YEAR = 1000, 8999


def within_years(moment: datetime) -> datetime:
    """Return ``moment``, in UTC where it has no zone. Raises ValueError for a year that other zones cannot hold."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


#: The name or id of a thing in a path, a query or a body.
Name = Annotated[str, Field(max_length=200)]
#: The number of a version, a trial or a deployment.
Number = Annotated[int, Field(ge=1, le=MOST_NUMBER)]
#: A moment that stays a moment in every time zone and after adding centuries. The text is ISO 8601.
Moment = Annotated[AwareDatetime, AfterValidator(within_years), Field(json_schema_extra={"maxLength": 64})]
#: The same where a query may leave the zone out, which is UTC then.
MomentOrUtc = Annotated[datetime, AfterValidator(within_years), Field(json_schema_extra={"maxLength": 64})]


_Endpoint = TypeVar("_Endpoint", bound=Callable[..., object])
_CLEANS_TEXT = "azuraforge_cleans_text"


def cleans_text(endpoint: _Endpoint) -> _Endpoint:
    """Mark a route that replaces characters which no database can hold instead of refusing its body.

    Its shapes must bound everything else. For what a client cannot send again in other words, such as a run's end.
    """
    setattr(endpoint, _CLEANS_TEXT, True)
    return endpoint


def does_clean_text(endpoint: object) -> bool:
    """Return whether ``endpoint`` was marked by ``cleans_text``."""
    return getattr(endpoint, _CLEANS_TEXT, False)
