"""Tables of learners. Event times are in microseconds since 1970 UTC."""

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
)
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import (
    Base,
    Deletable,
    JsonShape,
    JsonText,
    Owned,
    Timestamp,
    new_id,
    now,
    unique_name,
)
from azuraforge.learners.learning.retention import Retention
from azuraforge.learners.loop.plan import Plan
from azuraforge.strict_json import JsonObject


class Learner(Deletable, Owned, Base):
    """A learner and its position, which changes only in the fenced transactions of its run.

    ``seq``, ``fact`` and ``at_us`` are the last row, the last fact and the event time that are committed. ``active`` is
    false from the command to stop until the next start."""

    __tablename__ = "learner"
    __table_args__ = (
        unique_name("learner"),
        ForeignKeyConstraint(["project_id", "feed_id"], ["feed.project_id", "feed.id"]),
        Index("ix_learner_project_id_feed_id", "project_id", "feed_id"),
        Index("ix_learner_project_id_created_at_id", "project_id", "created_at", "id"),
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    created_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())

    feed_id: Mapped[str] = mapped_column(String(16))
    plugin: Mapped[str] = mapped_column(String(200))
    config: Mapped[JsonObject] = mapped_column(JsonText)
    plan: Mapped[Plan] = mapped_column(JsonShape(Plan))
    retention: Mapped[Retention] = mapped_column(JsonShape(Retention))
    timeout_seconds: Mapped[float] = mapped_column(Double)
    memory_limit_bytes: Mapped[int] = mapped_column(BigInteger)

    #: Learner and row of the state from which this one was copied; not a foreign key, a copy outlives its source.
    copied_from: Mapped[str | None] = mapped_column(String(16))
    copied_seq: Mapped[int | None] = mapped_column(BigInteger)

    run_id: Mapped[str | None] = mapped_column(String(16))  # not a foreign key, the learner outlives its runs
    active: Mapped[bool] = mapped_column(Boolean, default=False)
    ended: Mapped[bool] = mapped_column(Boolean, default=False)  # the feed is closed and everything is learned
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    fact: Mapped[int] = mapped_column(BigInteger, default=0)
    at_us: Mapped[int] = mapped_column(BigInteger, default=0)
    n_facts: Mapped[int] = mapped_column(BigInteger, default=0)  # recorded ones, processed or not
    answers: Mapped[int] = mapped_column(BigInteger, default=0)
    outcomes: Mapped[int] = mapped_column(BigInteger, default=0)
    timers: Mapped[JsonObject] = mapped_column(JsonText, default=dict)
    committed_at: Mapped[datetime | None] = mapped_column(Timestamp)
    #: Environment of the last commit.
    environment: Mapped[JsonObject] = mapped_column(JsonText, default=dict)


class LearnerState(Owned, Base):
    """A saved state after the row ``seq`` and the fact ``fact``: inline if it is small, otherwise a stored file."""

    __tablename__ = "learner_state"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "learner_id"], ["learner.project_id", "learner.id"]),
        Index("ix_learner_state_project_id_address", "project_id", "address"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    learner_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fact: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at_us: Mapped[int] = mapped_column(BigInteger)
    archive: Mapped[bool] = mapped_column(Boolean)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    address: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    environment: Mapped[JsonObject] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class LearnerFact(Owned, Base):
    """An input of the learner that is not a row. ``seq`` and ``at_us`` are NULL until the learner has processed it."""

    __tablename__ = "learner_fact"
    __table_args__ = (ForeignKeyConstraint(["project_id", "learner_id"], ["learner.project_id", "learner.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    learner_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    seq: Mapped[int | None] = mapped_column(BigInteger)
    at_us: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    body: Mapped[JsonObject] = mapped_column(JsonText)
    created_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class LearnerHour(Owned, Base):
    """Sums of the scores of one hour: float64, learner and baselines by the sums of the task kind."""

    __tablename__ = "learner_hour"
    __table_args__ = (ForeignKeyConstraint(["project_id", "learner_id"], ["learner.project_id", "learner.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    learner_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    hour_us: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    independent: Mapped[int] = mapped_column(Integer)
    sums: Mapped[bytes] = mapped_column(LargeBinary)


class LearnerNotice(Owned, Base):
    """An entry of the learner's timeline; ``place`` orders those of one row."""

    __tablename__ = "learner_notice"
    __table_args__ = (ForeignKeyConstraint(["project_id", "learner_id"], ["learner.project_id", "learner.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    learner_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fact: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    at_us: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16))
    body: Mapped[JsonObject] = mapped_column(JsonText)


class PredictionBlock(Owned, Base):
    """Answers and outcomes of consecutive rows of a learner, as the bytes of ``blocks.encode``.

    Rows from ``first_seq`` to ``last_seq``; the last block of a closed feed has outcomes only, and no rows.
    """

    __tablename__ = "prediction_block"
    __table_args__ = (ForeignKeyConstraint(["project_id", "learner_id"], ["learner.project_id", "learner.id"]),)

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    learner_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    first_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fact: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    first_us: Mapped[int] = mapped_column(BigInteger)
    last_us: Mapped[int] = mapped_column(BigInteger)
    answers: Mapped[int] = mapped_column(Integer)
    outcomes: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)
