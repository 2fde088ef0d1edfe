"""Tables of the event log: one row per event, numbered without gaps in each stream."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, JsonText, Owned, Timestamp, now


class EventStream(Owned, Base):
    """Last number used in a stream. Locking its row orders concurrent writers."""

    __tablename__ = "event_stream"

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(String(80), primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)


class Event(Owned, Base):
    """One event of a stream."""

    __tablename__ = "event"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "stream"], ["event_stream.project_id", "event_stream.stream"]),
        {"sqlite_with_rowid": False},  # clustered by the key that every read uses
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    stream: Mapped[str] = mapped_column(String(80), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    type: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, object]] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now())
