"""Tables of runs. The primary key of every table begins with the project and the run."""

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
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, Deletable, JsonText, Lines, MessageText, Owned, Timestamp, new_id, now
from azuraforge.messages.stored import StoredText
from azuraforge.runs.schemas import OnFailure, RunState
from azuraforge.settings import STANDING
from azuraforge.strict_json import JsonObject

# Conditions of partial indexes. Query planners use an index only if the query contains the same literals.
RUNNING = "state = 'running'"
#: Queued runs without unfinished dependencies.
READY = "state = 'queued' AND waiting_on = 0"
IN_TRASH = "deleted_at IS NOT NULL"
NO_TRIAL = "kind <> 'trial'"
#: Queued runs without end.
STANDING_READY = f"{READY} AND queue = 'standing'"
LISTED = f"deleted_at IS NULL AND {NO_TRIAL}"


def _of_run(run_id: str = "run_id") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["project_id", run_id], ["run.project_id", "run.id"])


class Run(Deletable, Owned, Base):
    """One run. Its row is authoritative."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("project_id", "idempotency_key"),
        Index("ix_run_project_id_created_at_id", "project_id", "created_at", "id"),
        Index(  # lists in projects whose studies have thousands of trials
            "ix_run_listed",
            "project_id",
            "created_at",
            "id",
            sqlite_where=text(LISTED),
            postgresql_where=text(LISTED),
        ),
        Index(  # the reaper, and the number of running runs per project
            "ix_run_running",
            "project_id",
            "kind",
            sqlite_where=text(RUNNING),
            postgresql_where=text(RUNNING),
        ),
        Index(  # claims
            "ix_run_ready",
            "project_id",
            "priority",
            "created_at",
            "id",
            sqlite_where=text(READY),
            postgresql_where=text(READY),
        ),
        Index(  # claims of runs without end
            "ix_run_standing",
            "created_at",
            "id",
            sqlite_where=text(STANDING_READY),
            postgresql_where=text(STANDING_READY),
        ),
        Index(
            "ix_run_trash",
            "project_id",
            "deleted_at",
            "id",
            sqlite_where=text(IN_TRASH),
            postgresql_where=text(IN_TRASH),
        ),
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[str | None] = mapped_column(String(16))
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))

    plugin: Mapped[str | None] = mapped_column(String(200))
    plugin_version: Mapped[str | None] = mapped_column(String(100))
    model: Mapped[str | None] = mapped_column(String(200))
    parent_id: Mapped[str | None] = mapped_column(String(16))  # may have been purged
    config: Mapped[JsonObject] = mapped_column(JsonText)
    extra: Mapped[JsonObject] = mapped_column(JsonText)
    seed: Mapped[int] = mapped_column(BigInteger)
    threads: Mapped[int] = mapped_column(Integer)
    dataset_id: Mapped[str | None] = mapped_column(String(16))
    dataset_name: Mapped[str | None] = mapped_column(String(200))
    dataset_version: Mapped[int | None] = mapped_column(Integer)
    dataset_fingerprint: Mapped[str | None] = mapped_column(String(80))
    code_version: Mapped[str] = mapped_column(String(100))
    environment: Mapped[JsonObject | None] = mapped_column(JsonText)
    bit_reproducible: Mapped[bool] = mapped_column(Boolean, default=True)

    state: Mapped[RunState] = mapped_column(String(20))
    queue: Mapped[str] = mapped_column(String(10), default="cpu")  # only workers of this queue may claim the run
    priority: Mapped[int] = mapped_column(Integer, default=0)
    waiting_on: Mapped[int] = mapped_column(Integer, default=0)  # number of dependencies that have not ended
    on_failure: Mapped[OnFailure] = mapped_column(String(10), default="cancel")
    time_limit_seconds: Mapped[float | None] = mapped_column(Double)
    memory_limit_bytes: Mapped[int | None] = mapped_column(BigInteger)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    worker: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None] = mapped_column(Timestamp)
    run_after: Mapped[datetime | None] = mapped_column(Timestamp)
    cancel_requested: Mapped[bool] = mapped_column(Boolean, default=False)
    deaths: Mapped[int] = mapped_column(Integer, default=0)
    transient_failures: Mapped[int] = mapped_column(Integer, default=0)
    progress: Mapped[JsonObject] = mapped_column(JsonText)
    summary: Mapped[JsonObject | None] = mapped_column(JsonText)
    follow_ups: Mapped[list[str]] = mapped_column(JsonText, default=list)  # names of unfinished follow-ups
    error: Mapped[JsonObject | None] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    started_at: Mapped[datetime | None] = mapped_column(Timestamp)
    finished_at: Mapped[datetime | None] = mapped_column(Timestamp)
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)  # kept regardless of age
    tags: Mapped[list[str]] = mapped_column(Lines, default=list)
    note: Mapped[str | None] = mapped_column(Text)

    @property
    def standing(self) -> bool:
        """Whether the run does not end."""
        return self.queue == STANDING


class RunDependency(Owned, Base):
    """Dependency: ``run_id`` starts only when ``needs_id`` has ended. Rows never change, so no cycle can arise."""

    __tablename__ = "run_dependency"
    __table_args__ = (
        _of_run(),
        _of_run("needs_id"),
        Index("ix_run_dependency_project_id_needs_id", "project_id", "needs_id"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    needs_id: Mapped[str] = mapped_column(String(16), primary_key=True)


class RunAttempt(Owned, Base):
    """One attempt: its worker, how and why it ended, and how many steps it recomputed."""

    __tablename__ = "run_attempt"
    __table_args__ = (_of_run(),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    worker: Mapped[str] = mapped_column(String(100))
    environment: Mapped[JsonObject | None] = mapped_column(JsonText)
    started_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp)
    ended_as: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[StoredText | None] = mapped_column(MessageText)
    resumed_from_step: Mapped[int | None] = mapped_column(BigInteger)
    steps_recomputed: Mapped[int | None] = mapped_column(BigInteger)


class RunPhase(Owned, Base):
    """A completed phase: its result and the hash of its outputs.

    It is not repeated if its input is unchanged and its outputs are intact.
    """

    __tablename__ = "run_phase"
    __table_args__ = (_of_run(),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer)
    payload_hash: Mapped[str] = mapped_column(String(64))
    result: Mapped[JsonObject] = mapped_column(JsonText)
    folder: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    ended_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class Checkpoint(Owned, Base):
    """A checkpoint from which a phase can continue. ``folder`` is relative to the run's folder."""

    __tablename__ = "checkpoint"
    __table_args__ = (_of_run(),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    phase: Mapped[str] = mapped_column(String(80), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    folder: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class FurthestStep(Owned, Base):
    """Highest step at which a phase saved a checkpoint, kept after its checkpoints are deleted."""

    __tablename__ = "furthest_step"
    __table_args__ = (_of_run(),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    phase: Mapped[str] = mapped_column(String(80), primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger)


class Artifact(Owned, Base):
    """Artifact of a run: its name in the run and its address in the artifact store."""

    __tablename__ = "artifact"
    __table_args__ = (_of_run(), Index("ix_artifact_project_id_sha256", "project_id", "sha256"))

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    media_type: Mapped[str] = mapped_column(String(100))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class RunFigure(Owned, Base):
    """Data of a figure that was attached to a run."""

    __tablename__ = "run_figure"
    __table_args__ = (_of_run(),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    data: Mapped[JsonObject] = mapped_column(JsonText)


class RunNote(Owned, Base):
    """A paragraph of the run's report; ``number`` gives the order of the paragraphs."""

    __tablename__ = "run_note"
    __table_args__ = (_of_run(),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer)
    markdown: Mapped[StoredText] = mapped_column(MessageText)


class MetricSeries(Owned, Base):
    """A named curve of a run; it belongs to the phase that first logged it.

    ``last`` (the value at the highest step, NULL for NaN), ``lowest`` and ``highest`` (both ignoring NaN) describe the
    whole curve, so that runs can be sorted and filtered by a metric without reading its points.
    """

    __tablename__ = "metric_series"
    __table_args__ = (
        _of_run(),
        # Excludes the values: every batch of points changes them, so indexing them would slow every batch.
        Index("ix_metric_series_project_id_series_run_id", "project_id", "series", "run_id"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    series: Mapped[str] = mapped_column(String(200), primary_key=True)
    phase: Mapped[str] = mapped_column(String(80))
    number: Mapped[int] = mapped_column(Integer)
    tail_points: Mapped[int] = mapped_column(Integer, default=0)
    sealed_points: Mapped[int] = mapped_column(Integer, default=0)
    sealed_through: Mapped[int | None] = mapped_column(BigInteger)
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    last: Mapped[float | None] = mapped_column(Double)
    lowest: Mapped[float | None] = mapped_column(Double)
    highest: Mapped[float | None] = mapped_column(Double)


class MetricPoint(Owned, Base):
    """Point in the tail of a curve, which is not compressed yet. The value NULL represents NaN."""

    __tablename__ = "metric_tail"
    __table_args__ = (_of_run(), {"sqlite_with_rowid": False})

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    series: Mapped[str] = mapped_column(String(200), primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer)
    value: Mapped[float | None] = mapped_column(Double)
    at_ms: Mapped[int | None] = mapped_column(BigInteger)  # milliseconds since 1970; NULL: unknown


class MetricChunk(Owned, Base):
    """Up to a thousand compressed points of a curve (``curves.encode``). ``low`` and ``high`` ignore NaN."""

    __tablename__ = "metric_chunk"
    __table_args__ = (_of_run(),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    series: Mapped[str] = mapped_column(String(200), primary_key=True)
    first_step: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last_step: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int] = mapped_column(Integer)
    low: Mapped[float | None] = mapped_column(Double)
    high: Mapped[float | None] = mapped_column(Double)
    data: Mapped[bytes] = mapped_column(LargeBinary)
