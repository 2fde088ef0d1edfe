"""Tables of feeds. Times of rows are in microseconds since 1970 UTC, as in the files of segments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import (
    Base,
    Deletable,
    JsonShape,
    JsonText,
    MessageText,
    Owned,
    Timestamp,
    new_id,
    now,
    unique_name,
)
from azuraforge.learners.feeds.shapes import FeedColumn
from azuraforge.messages.stored import StoredText
from azuraforge.strict_json import JsonObject

#: Condition of the partial index of feeds with work for ``keeping``; queries use the same text as a literal.
UNKEPT = "unkept"


class Feed(Deletable, Owned, Base):
    """A feed with the state of its sequencer, which changes only in transactions that have locked the row.

    ``cursor`` is the position of the source after the rows so far: both are written in one transaction. ``position`` is
    the state of the sequencer (``sequencing.Position``). ``due_at`` is the time at which waiting rows are released.
    ``unkept`` is true if rows wait, or can be sealed.
    """

    __tablename__ = "feed"
    __table_args__ = (
        unique_name("feed"),
        Index("ix_feed_unkept", "project_id", "id", sqlite_where=text(UNKEPT), postgresql_where=text(UNKEPT)),
        Index("ix_feed_project_id_created_at_id", "project_id", "created_at", "id"),
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    created_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())

    columns: Mapped[tuple[FeedColumn, ...]] = mapped_column(JsonShape(tuple[FeedColumn, ...]))
    keys: Mapped[list[str]] = mapped_column(JsonText)
    interval_us: Mapped[int | None] = mapped_column(BigInteger)
    grace_us: Mapped[int] = mapped_column(BigInteger)
    fill: Mapped[int] = mapped_column(Integer)
    source: Mapped[str | None] = mapped_column(String(200))
    options: Mapped[JsonObject] = mapped_column(JsonText)
    every_seconds: Mapped[float] = mapped_column(Double)
    historical: Mapped[bool] = mapped_column(Boolean)  # rows of the past: no row waits for time to pass

    cursor: Mapped[JsonObject | None] = mapped_column(JsonText)
    run_id: Mapped[str | None] = mapped_column(String(16))  # the collector; not a foreign key, the feed outlives it
    position: Mapped[bytes | None] = mapped_column(LargeBinary)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    sealed_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    watermark_us: Mapped[int | None] = mapped_column(BigInteger)
    n_held: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime | None] = mapped_column(Timestamp)
    unkept: Mapped[bool] = mapped_column(Boolean, default=False)
    duplicates: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)
    troubled: Mapped[bool] = mapped_column(Boolean, default=False)  # the source could not be polled the last time
    problem: Mapped[StoredText | None] = mapped_column(MessageText)
    received_at: Mapped[datetime | None] = mapped_column(Timestamp)
    polled_at: Mapped[datetime | None] = mapped_column(Timestamp)
    closed_at: Mapped[datetime | None] = mapped_column(Timestamp)


class FeedTail(Owned, Base):
    """Rows that are not sealed yet: those of one transaction, as the bytes of a segment."""

    __tablename__ = "feed_tail"
    __table_args__ = (ForeignKeyConstraint(["project_id", "feed_id"], ["feed.project_id", "feed.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    feed_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    first_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    first_us: Mapped[int] = mapped_column(BigInteger)  # earliest time of its rows
    last_us: Mapped[int] = mapped_column(BigInteger)  # latest time of its rows
    rows: Mapped[bytes] = mapped_column(LargeBinary)


class FeedSegment(Owned, Base):
    """A sealed file of rows. The row prevents the file's removal."""

    __tablename__ = "feed_segment"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "feed_id"], ["feed.project_id", "feed.id"]),
        Index("ix_feed_segment_project_id_address", "project_id", "address"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    feed_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    first_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    first_us: Mapped[int] = mapped_column(BigInteger)
    last_us: Mapped[int] = mapped_column(BigInteger)
    address: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
