"""Tables of deployments and of the pairs of predictions that they compare."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import (
    Base,
    MessageText,
    Owned,
    Timestamp,
    now,
)
from azuraforge.messages.stored import StoredText
from azuraforge.models.tables import VERSION_KEY


class ModelDeployment(Owned, Base):
    """A version deployed next to an alias: as a shadow, or as a canary for a share of the requests."""

    __tablename__ = "model_deployment"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "model_id", "version"], VERSION_KEY),
        Index("ix_model_deployment_project_id_state", "project_id", "state"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    alias: Mapped[str] = mapped_column(String(40))
    mode: Mapped[str] = mapped_column(String(10))  # shadow, canary
    version: Mapped[int] = mapped_column(Integer)
    alongside: Mapped[int] = mapped_column(Integer)
    share_percent: Mapped[float]
    error_margin: Mapped[float]
    loss_margin: Mapped[float]
    level: Mapped[float]
    state: Mapped[str] = mapped_column(String(12))  # active, ended, rolled_back
    both_answered: Mapped[int] = mapped_column(BigInteger, default=0)
    only_alongside_failed: Mapped[int] = mapped_column(BigInteger, default=0)
    only_this_failed: Mapped[int] = mapped_column(BigInteger, default=0)
    left_out: Mapped[int] = mapped_column(BigInteger, default=0)
    losses_worse: Mapped[int] = mapped_column(BigInteger, default=0)  # sums over its ``DeploymentPair`` rows
    losses_even: Mapped[int] = mapped_column(BigInteger, default=0)
    losses_better: Mapped[int] = mapped_column(BigInteger, default=0)
    overlapping: Mapped[int] = mapped_column(BigInteger, default=0)
    # The last target of the last counted pair.
    frontier_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    # True if the versions learned several series: losses and bound are then relative to the usual losses of each.
    by_series: Mapped[bool] = mapped_column(default=False)
    bound: Mapped[float | None] = mapped_column(default=None)  # largest of ``bound_of`` losses of the alias's version
    bound_of: Mapped[int] = mapped_column(Integer, default=0)
    # Pairs in which only the deployed version's loss exceeded the bound.
    beyond: Mapped[int] = mapped_column(BigInteger, default=0)
    within: Mapped[int] = mapped_column(BigInteger, default=0)  # all other pairs since the bound is set
    reason: Mapped[str] = mapped_column(Text)
    started_by: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    ended_reason: Mapped[StoredText | None] = mapped_column(MessageText, default=None)
    ended_by: Mapped[str | None] = mapped_column(String(200), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)


class DeploymentSeries(Owned, Base):
    """One series of a deployment's versions, with the usual size of its losses."""

    __tablename__ = "model_deployment_series"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "model_id", "number"],
            ["model_deployment.project_id", "model_deployment.model_id", "model_deployment.number"],
        ),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    series: Mapped[str] = mapped_column(String(200), primary_key=True)
    losses: Mapped[float] = mapped_column(default=0.0)  # sum of ``losses_of`` losses of the alias's version
    losses_of: Mapped[int] = mapped_column(BigInteger, default=0)


class DeploymentPair(Owned, Base):
    """Judged predictions of a deployment's two versions for one request, evaluated once.

    Rows are only added and outlive the ledger entries. A pair is not counted if its targets overlap those of a pair
    that was counted before.
    """

    __tablename__ = "model_deployment_pair"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "model_id", "number"],
            ["model_deployment.project_id", "model_deployment.model_id", "model_deployment.number"],
        ),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    prediction_id: Mapped[str] = mapped_column(String(16), primary_key=True)  # of the returned prediction
    counted: Mapped[bool]
    first_at: Mapped[datetime] = mapped_column(Timestamp)
    last_at: Mapped[datetime] = mapped_column(Timestamp)
    loss: Mapped[float]  # mean over the targets, of the deployed version
    alongside_loss: Mapped[float]
    largest: Mapped[float]  # largest over the targets, of the deployed version
    alongside_largest: Mapped[float]
    looked_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
