"""API shape of drift checks."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from azuraforge.models.distributions import DriftReport


class DriftOut(BaseModel):
    """Result of the last drift check of a version."""

    model: str
    version: int
    alarm: bool
    checked_at: datetime | None
    report: DriftReport | None = Field(description="result of the last check; null if no check has been made")
