"""Kinds of data, with methods to read, prepare and fingerprint each; other code finds them in ``KINDS``.

The methods load Polars and run only in child processes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from azuraforge.datasets.schemas import CleaningOptions, FileOptions, ImageOptions, Json
from azuraforge.plugins.contract.dataset_schema import DataKindName, DatasetSchema

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.datasets.reading.limits import ReadingLimits
    from azuraforge.datasets.reading.prepared import Prepared
    from azuraforge.datasets.reading.reader import ReadFile


class DataKind(ABC):
    """One kind of data.

    Attributes:
        name: value of ``DatasetSchema.kind`` in versions of this kind.
        Options: class of the options for reading an uploaded file of this kind.
    """

    name: ClassVar[DataKindName]
    Options: ClassVar[type[FileOptions] | type[ImageOptions]]

    @abstractmethod
    def read(self, path: Path, name: str, options: Json, limits: ReadingLimits) -> ReadFile:
        """Read and prepare an uploaded file; messages call it ``name``. Raises InvalidInput if it cannot be read."""

    @abstractmethod
    def prepare(self, read: object, source: str, cleaning: CleaningOptions, limits: ReadingLimits) -> Prepared | None:
        """Prepare the result of a source plugin, or return None if it is of another kind.

        Raises InvalidInput if the result cannot be used.
        """

    @abstractmethod
    def fingerprint(self, frame: pl.DataFrame, schema: DatasetSchema, options: Json) -> str:
        """Return the SHA-256 of a version in canonical form, over its schema, options and values."""


class SeriesData(DataKind):
    """One time series, or several that a column identifies."""

    name = "series"
    Options = FileOptions

    def read(self, path: Path, name: str, options: Json, limits: ReadingLimits) -> ReadFile:
        from azuraforge.datasets.reading.reader import read_file

        return read_file(path, name, FileOptions.model_validate(options), limits)

    def prepare(self, read: object, source: str, cleaning: CleaningOptions, limits: ReadingLimits) -> Prepared | None:
        from azuraforge.datasets.reading.reader import prepare_source
        from azuraforge.plugins.contract.source import SourceRead

        return prepare_source(read, source, cleaning, limits) if isinstance(read, SourceRead) else None

    def fingerprint(self, frame: pl.DataFrame, schema: DatasetSchema, options: Json) -> str:
        from azuraforge.datasets.reading.canonical import fingerprint

        return fingerprint(frame, schema, options)


class ImageData(DataKind):
    """Images of one size, each with a class."""

    name = "images"
    Options = ImageOptions

    def read(self, path: Path, name: str, options: Json, limits: ReadingLimits) -> ReadFile:
        from azuraforge.datasets.images.reading import read_images

        return read_images(path, name, ImageOptions.model_validate(options), limits)

    def prepare(self, read: object, source: str, cleaning: CleaningOptions, limits: ReadingLimits) -> Prepared | None:
        from azuraforge.datasets.images.reading import prepare_image_source
        from azuraforge.plugins.contract.source import ImageRead

        return prepare_image_source(read, source, limits) if isinstance(read, ImageRead) else None

    def fingerprint(self, frame: pl.DataFrame, schema: DatasetSchema, options: Json) -> str:
        from azuraforge.datasets.images.canonical import image_fingerprint

        return image_fingerprint(frame, schema, options)


_ALL: tuple[DataKind, ...] = (SeriesData(), ImageData())
KINDS: dict[str, DataKind] = {kind.name: kind for kind in _ALL}
