"""API shapes of the search."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

FoundKind = Literal["run", "study", "model", "dataset", "feed", "learner"]


class FoundOut(BaseModel):
    """A run, study, model, dataset, feed or learner that matches the search."""

    kind: FoundKind
    id: str
    name: str
    state: str | None
    created_at: datetime


class SearchOut(BaseModel):
    """Matches, at most ``limit`` of each kind; newest first within a kind."""

    found: list[FoundOut]
