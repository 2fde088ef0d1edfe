"""Shapes between the platform and the child process that reads a table."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel


class TableInput(BaseModel):
    """Path of a file, and its format."""

    path: Path
    parquet: bool
    separator: str = ","


class TableResult(BaseModel):
    """First rows of a table as text; ``total_rows`` is None if it is not known without reading the file."""

    columns: list[str]
    rows: list[list[str | None]]
    total_rows: int | None
    truncated: bool
