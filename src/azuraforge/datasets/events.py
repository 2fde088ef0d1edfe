"""The events of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from azuraforge.events.body import EventBody


class VersionAdded(EventBody):
    """Event: a dataset has a new version.

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
    """Event: the dataset's policy for rows that change stored ones was changed."""

    type: Literal["dataset.changed"] = "dataset.changed"
    dataset_id: str
    dataset: str
    revisions: str


class DatasetMoved(EventBody):
    """Event: a dataset, or one version of it, was moved into the trash or restored."""

    type: Literal["dataset.deleted", "dataset.restored"]
    dataset: str
    version: int | None
    by: str | None = None


EVENTS: tuple[type[EventBody], ...] = (VersionAdded, DatasetChanged, DatasetMoved)
