"""Bounded types for request fields, so that every accepted value fits into the database and into a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field

from azuraforge.errors import InvalidValue

#: Version, trial and deployment numbers are stored in integer columns, which have 32 bits on PostgreSQL.
MOST_NUMBER = 2**31 - 1
#: Maximum of byte counts and other counts, which are stored in 64 bits.
MOST_COUNT = 2**63 - 1
#: Ten years: longer than any useful time limit, and short enough that adding it to a date does not overflow.
MOST_SECONDS = 10 * 366 * 86_400

_FIRST_YEAR, _LAST_YEAR = 1000, 8999


def within_years(moment: datetime) -> datetime:
    """Return ``moment``, as UTC if it has no zone. Raises ValueError if its year is not from 1000 to 8999."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise InvalidValue("the year must be between {first} and {last}", first=_FIRST_YEAR, last=_LAST_YEAR)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


#: Name or id in a path, a query or a body.
Name = Annotated[str, Field(max_length=200)]
#: Number of a version, a trial or a deployment.
Number = Annotated[int, Field(ge=1, le=MOST_NUMBER)]
#: Time with a zone, far enough from the limits of ``datetime`` for conversions and additions. As text, ISO 8601.
Moment = Annotated[AwareDatetime, AfterValidator(within_years), Field(json_schema_extra={"maxLength": 64})]
#: ``Moment`` for queries: a time without a zone is UTC.
MomentOrUtc = Annotated[datetime, AfterValidator(within_years), Field(json_schema_extra={"maxLength": 64})]


_Endpoint = TypeVar("_Endpoint", bound=Callable[..., object])
_CLEANS_TEXT = "azuraforge_cleans_text"


def cleans_text(endpoint: _Endpoint) -> _Endpoint:
    """Mark a route that replaces characters which databases cannot store instead of refusing the body.

    Use it for requests that a client cannot correct and resend, such as the report of a run's end. The schema of the
    body must bound everything else.
    """
    setattr(endpoint, _CLEANS_TEXT, True)
    return endpoint


def does_clean_text(endpoint: object) -> bool:
    """Return whether ``endpoint`` was marked by ``cleans_text``."""
    return getattr(endpoint, _CLEANS_TEXT, False)
