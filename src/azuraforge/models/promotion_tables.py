"""Tables of promotions that wait, or waited, for approval, and of the approvals given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, Owned, Timestamp, now
from azuraforge.models.events import PromotionState
from azuraforge.models.tables import VERSION_KEY

#: Condition of a partial index. Query planners use it only if the query contains the same literal.
WAITING = "state = 'waiting'"


class ModelPromotion(Owned, Base):
    """A promotion that was asked for under a policy with approvals; at most one per model and alias is open.

    ``number`` and ``decided_seq`` are places in the model's history, in the numbering of ``AliasChange.seq``. A row
    changes once, when it is decided.
    """

    __tablename__ = "model_promotion"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "model_id", "version"], VERSION_KEY),
        Index(
            "uq_model_promotion_waiting",
            "project_id",
            "model_id",
            "alias",
            unique=True,
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    alias: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    previous_version: Mapped[int | None] = mapped_column(Integer)  # the alias's version when it was asked for
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    # The person who asked, or started the run; this person may not approve.
    asked_by: Mapped[str | None] = mapped_column(String(16))
    needed: Mapped[int] = mapped_column(Integer)  # approvals that the policy required when it was asked for
    run_id: Mapped[str | None] = mapped_column(String(16))
    policy: Mapped[int | None] = mapped_column(Integer)  # number of the policy in the gate's verdict; null by hand
    at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    state: Mapped[PromotionState] = mapped_column(String(16), default="waiting")
    decided_by: Mapped[str | None] = mapped_column(String(200), default=None)
    decided_reason: Mapped[str | None] = mapped_column(Text, default=None)
    decided_seq: Mapped[int | None] = mapped_column(Integer, default=None)
    decided_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)


class PromotionApproval(Owned, Base):
    """One member's approval of a promotion. ``seq`` is its place in the model's history.

    The last approval that a promotion needs has the place of the move that it caused.
    """

    __tablename__ = "model_promotion_approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "model_id", "number"],
            ["model_promotion.project_id", "model_promotion.model_id", "model_promotion.number"],
        ),
        UniqueConstraint("project_id", "model_id", "number", "person_id"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Timestamp, default=now())
