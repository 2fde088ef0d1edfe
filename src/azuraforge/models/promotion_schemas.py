"""Shapes of promotions that wait for approval, in the API."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.models.events import PromotionState
from azuraforge.models.gate.record import Sentences
from azuraforge.paging import Page


class ApprovalOut(BaseModel):
    """One member's approval of a promotion."""

    by: str
    reason: str
    at: datetime


class PromotionOut(BaseModel):
    """A promotion that waits, or waited, for another member's approval."""

    model: str
    number: int
    alias: str
    version: int
    previous_version: int | None = Field(description="version of the alias when the promotion was asked for")
    reason: str
    said: Sentences | None = Field(
        default=None, description="the gate's reasons, by language; null if a person asked for the promotion"
    )
    by: str = Field(description="name of who asked for it; gate if a run's verdict did")
    run_id: str | None
    at: datetime
    state: PromotionState
    needed: int = Field(description="number of members who must approve it")
    approvals: list[ApprovalOut] = Field(description="approvals given, oldest first")
    decided_by: str | None
    decided_reason: str | None
    decided_at: datetime | None
    may_approve: bool = Field(
        description="whether the caller may approve it now: it waits, the caller is a member, and the caller neither "
        "asked for it, started its run nor approved it"
    )


class PromotionPage(Page[PromotionOut]):
    """A page of a model's promotions that needed approval, newest first."""


class DecisionRequest(BaseModel):
    """Request to approve or decline a waiting promotion."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(default=None, min_length=1, max_length=500)
