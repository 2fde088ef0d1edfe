"""Message to the child process that computes a version's reference."""

from __future__ import annotations

from typing import TypedDict

from azuraforge.models.serving.messages import DatasetFile


class ReferenceMessage(TypedDict):
    """Request for the reference of a version.

    Attributes:
        dataset: dataset version that the model version was trained on.
        learned_from: first and last time of the training rows in ISO 8601; None for rows without times.
        answer: column name of the version's predictions in the reference.
        errors: path of the file with the errors of the version's run; None if there is none.
    """

    dataset: DatasetFile
    learned_from: tuple[str | None, str | None]
    answer: str
    errors: str | None
