"""Tables of notification targets and of the outbox. Every primary key begins with the project."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import JsonValue
from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, JsonText, MessageText, Owned, Timestamp, new_id, now
from azuraforge.messages import Code
from azuraforge.messages.stored import StoredText

NotificationState = Literal["waiting", "sent", "failed", "silenced"]


class NotificationTarget(Owned, Base):
    """A target for messages: a notifier with its options.

    The options may contain secrets, so all of them are stored encrypted with the project's secrets, under
    ``secret_of(id)``. ``shown_options`` contains the options with the secrets masked.
    """

    __tablename__ = "notification_target"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    notifier: Mapped[str] = mapped_column(String(100))
    shown_options: Mapped[dict[str, JsonValue]] = mapped_column(JsonText)
    language: Mapped[Code] = mapped_column(String(2))
    group_seconds: Mapped[int] = mapped_column(Integer)
    escalate_to: Mapped[str | None] = mapped_column(String(16))
    escalate_after_seconds: Mapped[int | None] = mapped_column(Integer)
    silenced_until: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


def secret_of(target_id: str) -> str:
    """Return the name under which ``projects.secrets.owned`` stores the options of a target."""
    return f"target:{target_id}"


class Notification(Owned, Base):
    """One message for one target. ``attempts`` is the fencing token of its sender.

    ``next_at`` is the time of the next attempt, or None. ``escalate_at`` is the time at which the message is sent to
    the second target unless it is acknowledged.
    """

    __tablename__ = "notification"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "target_id"], ["notification_target.project_id", "notification_target.id"]),
        UniqueConstraint("project_id", "target_id", "cause"),
        Index("ix_notification_next_at", "next_at"),
        Index("ix_notification_escalate_at", "escalate_at"),
        Index("ix_notification_source", "project_id", "target_id", "source", "created_at"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    target_id: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, JsonValue]] = mapped_column(JsonText)
    count: Mapped[int] = mapped_column(BigInteger, default=1)
    state: Mapped[NotificationState] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime | None] = mapped_column(Timestamp)
    error: Mapped[StoredText | None] = mapped_column(MessageText)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    first_try_at: Mapped[datetime | None] = mapped_column(Timestamp)
    sent_at: Mapped[datetime | None] = mapped_column(Timestamp)
    escalate_at: Mapped[datetime | None] = mapped_column(Timestamp)
    escalated_at: Mapped[datetime | None] = mapped_column(Timestamp)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Timestamp)
    acknowledged_by: Mapped[str | None] = mapped_column(String(16))
