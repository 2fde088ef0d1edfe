"""API shapes of logs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

LogLevel = Literal["debug", "info", "warning", "error"]


class LogLine(BaseModel):
    """A line of a log; `number` starts at 0. `level` is null if the line states none."""

    number: int
    text: str
    level: LogLevel | None


class LogOut(BaseModel):
    """A part of the log of one attempt."""

    attempt: int
    attempts: list[int] = Field(description="attempts that have a log")
    lines: list[LogLine]
    total_lines: int
    bytes: int
    next: int | None = Field(description="number of the line at which to continue; null at the end")
    open: bool = Field(description="whether the attempt is running and may add lines")
