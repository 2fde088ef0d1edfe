"""Inputs of the child processes that preview files and read the contents of versions."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.schemas import Json
from azuraforge.plugins.contract.dataset_schema import DataKindName, DatasetSchema
from azuraforge.plugins.contract.shape import Shape


class PreviewInput(Shape):
    """A received file, and the options chosen so far; ``folder`` is removed after the request."""

    kind: DataKindName
    path: Path
    name: str
    options: Json
    folder: Path
    limits: ReadingLimits


class Previewed(Shape):
    """A ``DatasetPreviewOut`` as JSON; ``error`` is the stored error of a file that cannot be added."""

    preview: dict[str, JsonValue]
    error: dict[str, JsonValue] | None = None


class StoredRows(Shape):
    """The files of a version and their meaning."""

    paths: tuple[Path, ...]
    meaning: DatasetSchema


class TableInput(StoredRows):
    """Rows of a version to read; ``name`` selects one of several series."""

    offset: int
    limit: int
    name: str | None = None


class DifferenceInput(Shape):
    """Two versions of a dataset to compare."""

    before: StoredRows
    after: StoredRows
