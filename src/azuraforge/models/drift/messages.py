"""Messages to the child that computes a version's reference."""

from __future__ import annotations

from typing import TypedDict

from azuraforge.models.serving.messages import DatasetFile


class ReferenceMessage(TypedDict):
    """The dataset that a version learned from, both ends of its rows in time (None if they have no time),
    ``answer``: the name of the version's own answers, and ``errors``: the file with its run's errors."""

    dataset: DatasetFile
    learned_from: tuple[str | None, str | None]
    answer: str
    errors: str | None
