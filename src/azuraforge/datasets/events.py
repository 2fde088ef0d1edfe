"""Event types of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from azuraforge.events.body import EventBody


class VersionAdded(EventBody):
    """Event for a new version of a dataset.

    The counts are null for a version that was read whole, unless it is the dataset's first.
    """

    type: Literal["dataset.version_added"] = "dataset.version_added"
    dataset_id: str
    dataset: str
    version: int
    previous_version: int | None
    rows: int
    rows_added: int | None
    rows_revised: int | None
    rows_repeated: int | None
    end_at: datetime | None


class DatasetChanged(EventBody):
    """Event for a change of a dataset's policy on rows that change stored ones."""

    type: Literal["dataset.changed"] = "dataset.changed"
    dataset_id: str
    dataset: str
    revisions: str


class DatasetMoved(EventBody):
    """Event for a dataset, or one of its versions, that was moved into the trash or restored."""

    type: Literal["dataset.deleted", "dataset.restored"]
    dataset: str
    version: int | None
    by: str | None = None


EVENTS: tuple[type[EventBody], ...] = (VersionAdded, DatasetChanged, DatasetMoved)
