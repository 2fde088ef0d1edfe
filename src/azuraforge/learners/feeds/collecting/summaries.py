"""Summaries of collectors."""

from __future__ import annotations

from typing import Literal

from azuraforge.runs.schemas import RunSummary


class CollectSummary(RunSummary):
    """Result of a collector that has ended: its rows, and whether the source has no more."""

    kind: Literal["collect"] = "collect"
    feed: str
    rows: int
    refused: int
    closed: bool
