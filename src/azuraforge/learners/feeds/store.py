"""SQL queries for feeds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, delete, func, literal_column, or_, select, union_all
from sqlalchemy.types import Boolean

from azuraforge.database import Scope, Session, cross_project_query, now
from azuraforge.database.keyset import behind
from azuraforge.learners.feeds.tables import UNKEPT, Feed, FeedSegment, FeedTail
from azuraforge.projects.reads import is_active

_PLAIN = {"synchronize_session": False}
_FRESH = {"populate_existing": True}
_KEY: tuple[Any, ...] = (Feed.project_id, Feed.id)


@dataclass(frozen=True)
class FeedKey:
    """Key of a feed with rows to release or to seal."""

    project_id: str
    feed_id: str

    @property
    def scope(self) -> Scope:
        return Scope(self.project_id)


class StoredRows(NamedTuple):
    """Rows of a feed: the address of a segment, or the bytes of unsealed rows."""

    first_seq: int
    last_seq: int
    address: str | None
    content: bytes | None


@cross_project_query(limit=Integer())
def unkept_feeds(limit: ColumnElement[int]) -> Select[Any]:
    """Select the feeds with rows that wait or can be sealed."""
    # A literal, so that query planners can use the partial index.
    is_unkept = literal_column(f"feed.{UNKEPT}", Boolean())
    return select(*_KEY).where(is_unkept, is_active(Feed.project_id)).order_by(*_KEY).limit(limit)


def unkept(session: Session, limit: int) -> list[FeedKey]:
    """Return the keys of feeds with work, at most ``limit``. Requires a session of system scope."""
    return [FeedKey(row.project_id, row.id) for row in unkept_feeds(session, limit=limit)]


def clock(session: Session) -> datetime:
    """Return the database's current time."""
    found: datetime = session.execute(select(now())).scalar_one()
    return found


def find(session: Session, name_or_id: str, *, trash: bool = False) -> Feed | None:
    """Return a feed by id, or else by name; None if not found. With ``trash``, a deleted feed is found by its id."""
    statement = select(Feed).where(or_(Feed.id == name_or_id, (Feed.name == name_or_id) & Feed.deleted_at.is_(None)))
    if not trash:
        statement = statement.where(Feed.deleted_at.is_(None))
    return session.scalars(statement.order_by(Feed.id != name_or_id), execution_options=_FRESH).first()


def find_in_trash(session: Session, name_or_id: str) -> Feed | None:
    """Return a deleted feed by id, or else the last deleted one with this name; None if not found."""
    statement = select(Feed).where(or_(Feed.id == name_or_id, Feed.name == name_or_id), Feed.deleted_at.is_not(None))
    return session.scalars(statement.order_by(Feed.id != name_or_id, Feed.deleted_at.desc())).first()


def deleted(session: Session, before: datetime | None) -> Sequence[Feed]:
    """Return the feeds in the trash, most recently deleted first; with ``before``, only those deleted until then."""
    statement = select(Feed).where(Feed.deleted_at.is_not(None))
    if before is not None:
        statement = statement.where(Feed.deleted_at <= before)
    return session.scalars(statement.order_by(Feed.deleted_at.desc(), Feed.id), execution_options=_FRESH).all()


def lock(session: Session, feed_id: str) -> Feed | None:
    """Lock a feed's row until the commit and return it; None if it does not exist."""
    return session.scalar(select(Feed).where(Feed.id == feed_id).with_for_update(), execution_options=_FRESH)


def of_run(session: Session, run_id: str) -> Feed | None:
    """Lock the feed whose collector is a run, and return it; None if there is none."""
    statement = select(Feed).where(Feed.run_id == run_id, Feed.deleted_at.is_(None))
    return session.scalar(statement.with_for_update(), execution_options=_FRESH)


def page(session: Session, limit: int, after: tuple[datetime, str] | None) -> Sequence[Feed]:
    """Return a page of the feeds that are not in the trash, newest first, after the key ``after``."""
    statement = select(Feed).where(Feed.deleted_at.is_(None))
    if after is not None:
        statement = statement.where(behind((Feed.created_at, Feed.id), after, descending=True))
    return session.scalars(statement.order_by(Feed.created_at.desc(), Feed.id.desc()).limit(limit)).all()


def by_ids(session: Session, feed_ids: Collection[str]) -> Sequence[Feed]:
    """Return the feeds with these ids, also those in the trash."""
    return session.scalars(select(Feed).where(Feed.id.in_(feed_ids))).all()


def count(session: Session) -> int:
    """Return the number of feeds that are not in the trash."""
    return session.scalar(select(func.count()).select_from(Feed).where(Feed.deleted_at.is_(None))) or 0


def add(session: Session, feed: Feed) -> None:
    session.add(feed)
    session.flush()
    session.refresh(feed)


def change(session: Session, feed: Feed, **values: object) -> None:
    """Change values of a locked feed."""
    for name, value in values.items():
        setattr(feed, name, value)
    session.flush()


def remove(session: Session, feed: Feed) -> list[str]:
    """Delete the feed with its rows; return the addresses of its segments."""
    addresses = list(session.scalars(select(FeedSegment.address).where(FeedSegment.feed_id == feed.id)))
    for table in (FeedSegment, FeedTail):
        session.execute(delete(table).where(table.feed_id == feed.id), execution_options=_PLAIN)
    session.delete(feed)
    session.flush()
    return addresses


def add_tail(session: Session, tail: FeedTail) -> None:
    session.add(tail)
    session.flush()


def seal(session: Session, segment: FeedSegment) -> None:
    """Add a segment and delete the unsealed rows that it contains."""
    session.add(segment)
    session.flush()
    contained = (FeedTail.feed_id == segment.feed_id) & (FeedTail.last_seq <= segment.last_seq)
    session.execute(delete(FeedTail).where(contained), execution_options=_PLAIN)


def rows(session: Session, feed_id: str, first_seq: int, last_seq: int) -> list[StoredRows]:
    """Return the segments and the unsealed rows with numbers in a range, in order."""
    found: list[StoredRows] = []
    for table in (FeedSegment, FeedTail):
        within = (table.feed_id == feed_id) & (table.last_seq >= first_seq) & (table.first_seq <= last_seq)
        found += _stored(session, table, within)
    return found  # a tail row may begin with rows that are sealed already; the reader drops numbers that it has seen


def rows_between(session: Session, feed_id: str, first_us: int, last_us: int) -> list[StoredRows]:
    """Return the segments and the unsealed rows that may contain times in a range, in order of their numbers."""
    found: list[StoredRows] = []
    for table in (FeedSegment, FeedTail):
        within = (table.feed_id == feed_id) & (table.last_us >= first_us) & (table.first_us <= last_us)
        found += _stored(session, table, within)
    return found


def _stored(session: Session, table: type[FeedSegment | FeedTail], within: ColumnElement[bool]) -> Iterator[StoredRows]:
    for row in session.scalars(select(table).where(within).order_by(table.first_seq)).all():
        if isinstance(row, FeedSegment):
            yield StoredRows(row.first_seq, row.last_seq, row.address, None)
        elif isinstance(row, FeedTail):
            yield StoredRows(row.first_seq, row.last_seq, None, row.rows)


def own_bytes(session: Session, feed_ids: Sequence[str]) -> dict[str, int]:
    """Return the bytes of the rows of feeds, sealed or not, by feed; feeds without rows are omitted."""
    sizes = union_all(
        select(FeedSegment.feed_id, FeedSegment.bytes.label("bytes")).where(FeedSegment.feed_id.in_(feed_ids)),
        select(FeedTail.feed_id, func.length(FeedTail.rows).label("bytes")).where(FeedTail.feed_id.in_(feed_ids)),
    ).subquery()
    statement = select(sizes.c.feed_id, func.sum(sizes.c.bytes)).group_by(sizes.c.feed_id)
    return {feed_id: int(size) for feed_id, size in session.execute(statement)}


def stored_bytes(session: Session) -> int:
    """Return the bytes of all rows of the project's feeds, also of those in the trash."""
    sealed = session.scalar(select(func.coalesce(func.sum(FeedSegment.bytes), 0)).select_from(FeedSegment)) or 0
    tail = session.scalar(select(func.coalesce(func.sum(func.length(FeedTail.rows)), 0)).select_from(FeedTail)) or 0
    return int(sealed) + int(tail)


def named_files(session: Session, addresses: Sequence[str]) -> set[str]:
    """Return those of the given addresses that a segment of the project has."""
    return set(session.scalars(select(FeedSegment.address).where(FeedSegment.address.in_(addresses))))
