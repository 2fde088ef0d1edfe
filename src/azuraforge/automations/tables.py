"""Tables of schedules and their fires. Every primary key begins with the project."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.automations.misfire import MisfirePolicy
from azuraforge.automations.recurrence import Unit
from azuraforge.automations.schemas import Cause
from azuraforge.database import Base, JsonShape, Owned, Timestamp, new_id, now
from azuraforge.runs.schemas import RunRequest, StoredError


class Schedule(Owned, Base):
    """A run and the times at which it is queued. ``next_fire_at`` is NULL while paused and if no time is left."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        Index("ix_schedule_next_fire_at", "next_fire_at"),
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    created_by: Mapped[str | None] = mapped_column(String(16))

    cron: Mapped[str | None] = mapped_column(String(200))
    interval_every: Mapped[int | None] = mapped_column(Integer)
    interval_unit: Mapped[Unit | None] = mapped_column(String(10))
    anchor_at: Mapped[datetime] = mapped_column(Timestamp)
    timezone: Mapped[str] = mapped_column(String(64))
    misfire: Mapped[MisfirePolicy] = mapped_column(String(10))
    grace_seconds: Mapped[int] = mapped_column(Integer)
    run_request: Mapped[RunRequest] = mapped_column(JsonShape(RunRequest, exclude_unset=True))

    paused: Mapped[bool] = mapped_column(Boolean, default=False)
    next_fire_at: Mapped[datetime | None] = mapped_column(Timestamp)
    fires: Mapped[int] = mapped_column(BigInteger, default=0)
    left_out: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class ScheduleFire(Owned, Base):
    """One fire of a schedule. ``run_id`` is no foreign key, since it is kept after the run is purged."""

    __tablename__ = "schedule_fire"
    __table_args__ = (ForeignKeyConstraint(["project_id", "schedule_id"], ["schedule.project_id", "schedule.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    schedule_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    fire_time: Mapped[datetime] = mapped_column(Timestamp, primary_key=True)
    cause: Mapped[Cause] = mapped_column(String(10))
    fired_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    run_id: Mapped[str | None] = mapped_column(String(16))
    error: Mapped[StoredError | None] = mapped_column(JsonShape(StoredError, exclude_unset=True))
