"""Tables of automations, their firings and the steps of firings. Every primary key begins with the project."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import JsonValue
from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.automations.triggers.definition import STEP, STEPS, WHEN, Step, When
from azuraforge.database import Base, JsonShape, JsonText, Owned, Timestamp, new_id, now
from azuraforge.runs.schemas import StoredError

WhenKind = Literal["schedule", "event", "measure"]
FiringState = Literal["running", "succeeded", "failed"]
StepState = Literal["waiting", "running", "succeeded", "failed", "skipped"]


class Automation(Owned, Base):
    """An automation. ``firing_id`` is the id of the running firing; while there is one, causes are grouped.

    ``next_at`` is the next time of a schedule or the next reading of a measure. ``pending_at`` is the time from which
    the causes that a cool-down or a running firing delayed may fire together. ``event_subject`` is the subject of the
    automation's filter, such as ``dataset=co2``.
    """

    __tablename__ = "automation"
    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        Index("ix_automation_next_at", "next_at"),
        Index("ix_automation_pending_at", "pending_at"),
        Index("ix_automation_event", "project_id", "event_type", "event_subject"),
        Index("ix_automation_project_id_cool_down_group", "project_id", "cool_down_group"),
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    created_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())

    when: Mapped[When] = mapped_column(JsonShape(WHEN, exclude_unset=True))
    steps: Mapped[tuple[Step, ...]] = mapped_column(JsonShape(STEPS, exclude_unset=True))
    cool_down_seconds: Mapped[int] = mapped_column(Integer)
    cool_down_group: Mapped[str | None] = mapped_column(String(100), default=None)
    most_per_day: Mapped[int] = mapped_column(Integer)
    paused: Mapped[bool] = mapped_column(Boolean, default=False)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    kind: Mapped[WhenKind] = mapped_column(String(10))
    event_type: Mapped[str | None] = mapped_column(String(40))
    event_subject: Mapped[str | None] = mapped_column(String(120))
    since_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    anchor_at: Mapped[datetime] = mapped_column(Timestamp)
    next_at: Mapped[datetime | None] = mapped_column(Timestamp)
    true_since: Mapped[datetime | None] = mapped_column(Timestamp)
    crossing_used: Mapped[bool] = mapped_column(Boolean, default=False)
    value: Mapped[float | None] = mapped_column(Float)
    problem: Mapped[str | None] = mapped_column(String(500))

    firing_id: Mapped[str | None] = mapped_column(String(16))
    last_fired_at: Mapped[datetime | None] = mapped_column(Timestamp)
    pending_key: Mapped[str | None] = mapped_column(String(120))
    pending_data: Mapped[dict[str, JsonValue] | None] = mapped_column(JsonText)
    pending_count: Mapped[int] = mapped_column(BigInteger, default=0)
    pending_at: Mapped[datetime | None] = mapped_column(Timestamp)
    fires: Mapped[int] = mapped_column(BigInteger, default=0)
    grouped: Mapped[int] = mapped_column(BigInteger, default=0)
    withheld: Mapped[int] = mapped_column(BigInteger, default=0)


class AutomationFiring(Owned, Base):
    """One firing, unique by its cause. ``moves`` fences every change of its steps."""

    __tablename__ = "automation_firing"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "automation_id"], ["automation.project_id", "automation.id"]),
        UniqueConstraint("project_id", "automation_id", "cause"),
        Index("ix_automation_firing_fired_at", "project_id", "automation_id", "fired_at"),
        Index("ix_automation_firing_look_at", "look_at"),
        Index("ix_automation_firing_waits_for", "waits_for"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    automation_id: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(120))
    causes: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[dict[str, JsonValue]] = mapped_column(JsonText)
    state: Mapped[FiringState] = mapped_column(String(10))
    moves: Mapped[int] = mapped_column(Integer, default=0)
    waits_for: Mapped[str | None] = mapped_column(String(16))
    look_at: Mapped[datetime | None] = mapped_column(Timestamp)
    fired_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)


class AutomationStep(Owned, Base):
    """One step of a firing, with the definition that it had when the firing began."""

    __tablename__ = "automation_step"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "firing_id"], ["automation_firing.project_id", "automation_firing.id"]),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    firing_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    definition: Mapped[Step] = mapped_column(JsonShape(STEP, exclude_unset=True))
    state: Mapped[StepState] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    run_id: Mapped[str | None] = mapped_column(String(16))
    study_name: Mapped[str | None] = mapped_column(String(100))
    error: Mapped[StoredError | None] = mapped_column(JsonShape(StoredError, exclude_unset=True))
    started_at: Mapped[datetime | None] = mapped_column(Timestamp)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)


class AutomationCursor(Owned, Base):
    """Position of a project's automations in its event log; the row exists once an automation awaits events."""

    __tablename__ = "automation_cursor"

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    active: Mapped[bool] = mapped_column(Boolean)


class AutomationSample(Owned, Base):
    """Value that a watched measure had from ``at`` on, kept for a month for dry runs."""

    __tablename__ = "automation_sample"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "automation_id"], ["automation.project_id", "automation.id"]),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    automation_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(Timestamp, primary_key=True)
    value: Mapped[float | None] = mapped_column(Float)
