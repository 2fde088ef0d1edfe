"""Summary of a refresh."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from azuraforge.runs.schemas import RunSummary


class RefreshSummary(RunSummary):
    """Result of a refresh: the new version's number of rows, and its changes from the previous version.

    ``created`` is false if no rows arrived; ``version`` is then the previous version.
    """

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
