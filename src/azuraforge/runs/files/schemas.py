"""API shapes of previews."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class PreviewOut(BaseModel):
    """Beginning of a file that a run produced, as text or as a table."""

    kind: Literal["text", "table", "none"] = Field(description="none: files of this type have no preview here")
    text: str | None = None
    columns: list[str] | None = None
    rows: list[list[str | None]] | None = None
    total_rows: int | None = Field(default=None, description="number of rows of the table; null if it is not known")
    truncated: bool = Field(default=False, description="whether the file contains more than the response")
