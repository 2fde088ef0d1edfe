"""Summaries of the runs of learners."""

from __future__ import annotations

from typing import Literal

from azuraforge.runs.schemas import RunSummary


class LearnSummary(RunSummary):
    """Result of a run of a learner that has ended: its last row, and whether its feed has ended."""

    kind: Literal["learn"] = "learn"
    learner: str
    seq: int
    answers: int
    outcomes: int
    feed_ended: bool
