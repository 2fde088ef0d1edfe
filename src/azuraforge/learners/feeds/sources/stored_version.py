"""A dataset version as a source reads it."""

from __future__ import annotations

from pathlib import Path

from azuraforge.datasets.schemas import Json
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.shape import Shape


class StoredVersion(Shape):
    """A dataset version that the source ``replay`` reads."""

    name: str
    version: int
    paths: tuple[Path, ...]
    meaning: DatasetSchema
    options: Json
    fingerprint: str
