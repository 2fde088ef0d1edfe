"""Tables of studies and their trials, which contain all state of a search. Every key starts with the project."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, Deletable, JsonText, Owned, Timestamp, new_id, now, unique_name
from azuraforge.studies.records import Params, StoredBaseline, StoredError, StoredObjective, StoredPruner, StoredSpace
from azuraforge.studies.schemas import Sampler, StudyState, TrialState

#: Condition of the partial index; queries use the same text as a literal.
ACTIVE = "active"


class Study(Deletable, Owned, Base):
    """A study. ``active`` is true while it runs or has an open trial, so that a scheduler must check it."""

    __tablename__ = "study"
    __table_args__ = (
        unique_name("study"),
        Index("ix_study_active", "project_id", "id", sqlite_where=text(ACTIVE), postgresql_where=text(ACTIVE)),
        Index("ix_study_project_id_created_at_id", "project_id", "created_at", "id"),
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    created_by: Mapped[str | None] = mapped_column(String(16))

    plugin: Mapped[str] = mapped_column(String(200))
    plugin_version: Mapped[str | None] = mapped_column(String(100))
    task: Mapped[str] = mapped_column(String(40))
    model: Mapped[str] = mapped_column(String(200))
    dataset_id: Mapped[str] = mapped_column(String(16))
    dataset_name: Mapped[str] = mapped_column(String(200))
    dataset_version: Mapped[int] = mapped_column(Integer)
    dataset_fingerprint: Mapped[str] = mapped_column(String(80))
    config: Mapped[dict[str, JsonValue]] = mapped_column(JsonText)
    space: Mapped[StoredSpace] = mapped_column(JsonText)
    sampler: Mapped[Sampler] = mapped_column(String(20))
    pruner: Mapped[StoredPruner] = mapped_column(JsonText)
    objectives: Mapped[list[StoredObjective]] = mapped_column(JsonText)
    warm_start_from: Mapped[list[str]] = mapped_column(JsonText)
    budget_trials: Mapped[int] = mapped_column(Integer)
    budget_seconds: Mapped[float | None] = mapped_column(Double)
    budget_cpu_seconds: Mapped[float | None] = mapped_column(Double)
    parallel: Mapped[int] = mapped_column(Integer)
    seed: Mapped[int] = mapped_column(BigInteger)
    threads: Mapped[int] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(Integer)
    retrain: Mapped[bool] = mapped_column(Boolean)
    same_parts: Mapped[bool] = mapped_column(Boolean)  # all configs use the same rows, so parts are cut once
    baselines: Mapped[list[StoredBaseline] | None] = mapped_column(JsonText)  # on the rows that score the trials

    state: Mapped[StudyState] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str | None] = mapped_column(String(40))  # why the study ended
    error: Mapped[StoredError | None] = mapped_column(JsonText)
    asked: Mapped[int] = mapped_column(Integer, default=0)  # number of trials so far, which is the next one's number
    winner: Mapped[int | None] = mapped_column(Integer)
    retrain_run_id: Mapped[str | None] = mapped_column(String(16))
    ran_seconds: Mapped[float] = mapped_column(Double, default=0.0)  # seconds until the last pause
    running_since: Mapped[datetime | None] = mapped_column(Timestamp)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    finished_at: Mapped[datetime | None] = mapped_column(Timestamp)
    purging: Mapped[bool] = mapped_column(Boolean, default=False)  # its runs are being purged: not restorable


class StudyTrial(Owned, Base):
    """One trial. ``run_id`` is not a foreign key, because the trial outlives its run.

    ``curve`` contains the pruner's series, one value per report; ``generation`` is the generation of CMA-ES.
    """

    __tablename__ = "study_trial"
    __table_args__ = (ForeignKeyConstraint(["project_id", "study_id"], ["study.project_id", "study.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    study_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16))
    state: Mapped[TrialState] = mapped_column(String(20))
    params: Mapped[Params] = mapped_column(JsonText)
    scores: Mapped[list[float] | None] = mapped_column(JsonText)
    metrics: Mapped[dict[str, float | None] | None] = mapped_column(JsonText)
    curve: Mapped[list[float | None]] = mapped_column(JsonText)
    pruned_after: Mapped[int | None] = mapped_column(Integer)  # number of reports; set before the run is cancelled
    generation: Mapped[int | None] = mapped_column(Integer)
    best_epoch: Mapped[int | None] = mapped_column(Integer)
    cpu_seconds: Mapped[float | None] = mapped_column(Double)
    error: Mapped[StoredError | None] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
