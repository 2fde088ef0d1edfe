"""API shapes of drift."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class DriftColumn(BaseModel):
    """One column of the inputs, or the answers, beside the rows that the version learned from."""

    name: str
    rows: int
    effective: float = Field(description="independent values that the rows are worth")
    psi: float | None = Field(description="population stability index: how large the shift is")
    ks: float | None = Field(description="the largest distance of the two distribution functions")
    p_value: float | None = Field(description="how probable such a distance is without a shift")
    drifted: bool | None = Field(description="both bounds are crossed; null: too few values to say")


class DriftThresholds(BaseModel):
    """What counts as drift: ``psi`` reached and ``p_value`` below ``level``, which is ``alpha`` / columns."""

    psi: float
    alpha: float
    level: float
    least: int = Field(description="independent values below which nothing is said")


class DriftReport(BaseModel):
    """What a look found among the newest lines of the ledger."""

    columns: list[DriftColumn]
    alarm: bool
    enough: bool
    lines: int
    first_at: datetime | None
    last_at: datetime | None
    notes: list[str] = Field(description="what could not be compared, and why")
    thresholds: DriftThresholds


class DriftOut(BaseModel):
    """Whether a version's inputs and answers still look like where it learned."""

    model: str
    version: int
    alarm: bool
    checked_at: datetime | None
    report: DriftReport | None = Field(description="null: nobody has looked yet")
