"""Columns, keys and times of a feed. Imports neither the database nor NumPy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azuraforge.learners.feeds.shapes import FeedColumn
from azuraforge.plugins.contract.shape import Shape

if TYPE_CHECKING:
    from azuraforge.learners.feeds.tables import Feed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Meaning(Shape):
    """Name, columns and keys of a feed; a feed without keys has one key with an empty name."""

    feed: str
    columns: tuple[FeedColumn, ...]
    keys: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)


def microseconds(moment: datetime) -> int:
    """Return a time as microseconds since 1970 UTC; a time without a zone is UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def moment_of(at_us: int) -> datetime:
    """Return microseconds since 1970 UTC as a time."""
    return EPOCH + timedelta(microseconds=at_us)


def meaning_of(feed: Feed) -> Meaning:
    """Return the columns and keys of a feed."""
    return Meaning(feed=feed.name, columns=feed.columns, keys=tuple(feed.keys) or ("",))
