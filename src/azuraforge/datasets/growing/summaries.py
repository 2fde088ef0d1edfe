"""The summary of a refresh."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from azuraforge.runs.schemas import RunSummary


class RefreshSummary(RunSummary):
    """The result of a refresh: the rows of the next version, and their differences from the previous one."""

    kind: Literal["refresh"] = "refresh"
    dataset: str
    previous_version: int
    rows: int
    rows_added: int
    rows_revised: int
    rows_repeated: int
    end_at: datetime | None
    version: int | None = None
    created: bool | None = None
