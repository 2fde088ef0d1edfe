"""API shapes of curves without their points."""

from __future__ import annotations

from pydantic import BaseModel, Field

from azuraforge.paging import Page


class SeriesOut(BaseModel):
    """A curve of a run without its points; null represents NaN, infinities and an empty curve."""

    name: str
    phase: str = Field(description="phase that logs the curve; `system/` for measurements of the run's processes")
    points: int
    last_step: int | None
    last: float | None
    lowest: float | None
    highest: float | None


class SeriesPage(Page[SeriesOut]):
    """A page of the curves of a run, sorted by name."""

    total: int = Field(description="number of curves that the search found")
