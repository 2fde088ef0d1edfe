"""Shapes of feeds that tables, children and the API share. Imports no database."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.runs.schemas import StorableText

#: Longest name of a column or key.
MOST_NAME = 100
FieldName = Annotated[StorableText, Field(min_length=1, max_length=MOST_NAME)]


class FeedColumn(BaseModel):
    """A column of a feed: numbers, or classes if ``classes`` lists their names, whose positions are the codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: FieldName
    classes: tuple[FieldName, ...] | None = Field(default=None, min_length=2, max_length=1000)
