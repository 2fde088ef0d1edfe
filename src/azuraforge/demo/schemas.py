"""API schemas of the demo, and the messages of its child process."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

DemoState = Literal["none", "running", "cancelling", "succeeded", "failed", "cancelled"]


class DemoLine(BaseModel):
    """An event of the demo. Its type determines which fields are set."""

    event: Literal[
        "series", "first", "no_hook", "connected", "waiting", "changes", "drift", "trained", "champion", "row"
    ]
    row: int | None = Field(default=None, description="number of the row in the series, from 1")
    of: int | None = Field(default=None, description="number of rows at the start (series) or at the end (row)")
    more: int | None = Field(default=None, description="number of rows that will arrive")
    runs: int | None = Field(default=None, description="number of other runs ahead of the demo's queued runs (waiting)")
    version: int | None = Field(default=None, description="version that drifted or became champion")
    run_id: str | None = Field(default=None, description="id of the training run")
    decision: str | None = Field(default=None, description="headline of the gate's verdict")
    champion: str | None = None
    approved: str | None = None
    candidate: str | None = None


class DemoPhase(BaseModel):
    """Mean absolute errors of one-row-ahead forecasts over a part of the series, from the ledger."""

    name: Literal["before", "until", "after"]
    rows: int = Field(description="number of judged rows")
    error: float = Field(description="error of the champion at the time of each forecast")
    unchanged_error: float = Field(description="error of the first version, which was never retrained")
    naive_error: float = Field(description="error of the naive forecast, which repeats the last value")


class DemoEnd(BaseModel):
    """The end of the demo: its closing table, the problems found, or the error that ended it."""

    phases: list[DemoPhase]
    problems: list[Literal["same_champion", "no_drift", "hook_wrong"]]
    cancelled: bool = False
    error: str | None = None
    next_step: str | None = None

    @classmethod
    def early(cls, *, cancelled: bool = False, error: str | None = None, next_step: str | None = None) -> DemoEnd:
        """Return the end of a demo that stopped before its closing table."""
        return cls(phases=[], problems=[], cancelled=cancelled, error=error, next_step=next_step)


class DemoOut(BaseModel):
    """The state of the demo: its events so far, and its end."""

    state: DemoState
    offered: bool = Field(
        description="whether this platform can run the demo; false if it consists of several processes"
    )
    model: str | None = Field(
        default=None, description="name of the demo's dataset and model; null before the demo has chosen it"
    )
    started_at: datetime | None = None
    ended_at: datetime | None = None
    row: int | None = Field(
        default=None, description="number of the newest row whose processing has ended; null before the first one"
    )
    rows: int | None = Field(default=None, description="number of rows of the whole series")
    lines: list[DemoLine]
    end: DemoEnd | None = None


class DemoStart(BaseModel):
    """The first input line of the child process: the platform's address, and the token of this demo."""

    url: str
    token: str


class DemoNews(BaseModel):
    """One output line of the child process; exactly one field is set."""

    model: str | None = None
    line: DemoLine | None = None
    end: DemoEnd | None = None
