"""What the child that computes a version's reference is asked."""

from __future__ import annotations

from typing import TypedDict

from azuraforge.models.serving.messages import DatasetFile


class ReferenceMessage(TypedDict):
    """The dataset that a version learned from, both ends of those rows in time (None where rows have no time),
    ``answer``: the name under which the version's own answers stand, and ``errors``: the file with its run's errors."""

    dataset: DatasetFile
    learned_from: tuple[str | None, str | None]
    answer: str
    errors: str | None
