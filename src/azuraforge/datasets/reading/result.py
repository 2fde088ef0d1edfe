"""The results that reading children send back: plain JSON on the pipe, shapes on both ends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.datasets.schemas import Finding


class ReadResult(BaseModel):
    """A file or source that was read: its canonical rows as Parquet, what they mean, and what was found."""

    model_config = ConfigDict(extra="forbid")

    parquet: Path
    fingerprint: str
    file_sha256: str | None = Field(description="null: read from a source")
    columns: dict[str, Any] = Field(description="exactly as fingerprinted; see DatasetSchema")
    options: dict[str, Any] = Field(description="the options that shaped the rows, exactly as fingerprinted")
    rows: int
    start_at: datetime | None
    end_at: datetime | None
    provenance: dict[str, Any]
    findings: list[Finding]
