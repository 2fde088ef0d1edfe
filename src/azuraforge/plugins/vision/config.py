"""Data of the task kind "classify": tables, parts and predictions of image classifiers, and the split by class.

A dataset version of images has the columns ``image`` (raw bytes, row-major height × width × channels), ``label``,
``part`` (``"train"``, ``"test"`` or null without an official split) and ``name``.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.dataset_schema import DataKindName, DatasetSchema
from azuraforge.plugins.contract.fields.grouping import SPLIT
from azuraforge.plugins.contract.pipeline import Config, ConfigT, Pipeline, PredictorT, RunContext
from azuraforge.plugins.contract.shape import in_turkish

if TYPE_CHECKING:  # the API and the supervisor never load Polars; children do
    import polars as pl

Pixels = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
KIND: DataKindName = "images"


@dataclass(frozen=True)
class ImageSchema:
    """The size in pixels and the classes of an image dataset.

    ``channels`` is 1 (grey) or 3 (red, green, blue); ``classes`` are sorted.
    """

    height: int
    width: int
    channels: int
    classes: tuple[str, ...]
    target: str = "label"
    unit: str = ""

    @classmethod
    def of(cls, schema: DatasetSchema) -> ImageSchema:
        """Return the size and the classes from ``schema``. Raises InvalidInput if the dataset has no images."""
        if schema.size is None or schema.classes is None:
            raise InvalidInput(
                "a classifier needs a dataset of images",
                where="dataset",
                next_step="choose a dataset of images, or a forecasting pipeline",
            )
        return cls(*schema.size, schema.classes, schema.target, schema.unit)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the JSON that files store; ``ImageSchema.of(DatasetSchema(**fields))`` restores the schema."""
        return DatasetSchema(kind=KIND, **vars(self)).to_json()


@dataclass(frozen=True)
class ImageTable:
    """An image dataset version: one row per image."""

    frame: pl.DataFrame
    schema: ImageSchema

    def __len__(self) -> int:
        return self.frame.height

    @property
    def labels(self) -> Indices:
        """Index of each image's class in ``schema.classes``, ``(example,)``; -1 for images without a label."""
        numbers = {name: number for number, name in enumerate(self.schema.classes)}
        column = self.frame.get_column(self.schema.target).to_list()
        return np.array([numbers.get(label, -1) for label in column], dtype=np.int64)

    def pixels(self, rows: Indices) -> Pixels:
        """Return the pixel values of the images in ``rows``, ``(example, height, width, channels)``."""
        shape = (len(rows), self.schema.height, self.schema.width, self.schema.channels)
        raw = b"".join(self.frame.get_column("image").gather(rows).to_list())
        return np.frombuffer(raw, dtype=np.uint8).reshape(shape)


@dataclass(frozen=True)
class ImageSplit:
    """The row indices of each part, ``(example,)``. The platform checks them and creates the parts."""

    train: Indices
    validation: Indices
    test: Indices


@dataclass(frozen=True)
class ImagePart:
    """Images to learn from, or to classify.

    Attributes:
        pixels: ``(example, height, width, channels)`` uint8.
        labels: ``(example,)`` class indices; None if the receiver of the part must not know them, as for the test set
            and for live requests.
        names: names of the image files, or row numbers.
        schema: size and classes.
    """

    pixels: Pixels
    labels: Indices | None
    names: tuple[str, ...]
    schema: ImageSchema

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class ClassPredictions:
    """Predictions of a classifier for a part.

    Attributes:
        probabilities: ``(example, class)`` in the order of ``ImageSchema.classes``; each row sums to 1.
        uncalibrated: probabilities before calibration, which are only evaluated for comparison; None if there was no
            calibration.
    """

    probabilities: Floats
    uncalibrated: Floats | None = None


class ClassifyConfig(Config):
    """The settings that all classifiers have in common; baselines receive the values of the run."""

    validation_share: Annotated[
        float,
        Field(
            default=0.1,
            gt=0,
            lt=0.5,
            title="Validation share",
            description="Share of the training examples for early stopping and calibration",
            json_schema_extra=in_turkish(
                "Doğrulama payı", "Erken durdurma ve kalibrasyon için ayrılan eğitim örneklerinin payı"
            )
            | SPLIT,
        ),
    ]
    test_share: Annotated[
        float,
        Field(
            default=0.2,
            gt=0,
            lt=0.5,
            title="Test share",
            description="Share of the examples held out for evaluation if the dataset has no test set",
            json_schema_extra=in_turkish(
                "Test payı", "Veri kümesinin test kümesi yoksa değerlendirme için ayrı tutulan örnek payı"
            )
            | SPLIT,
        ),
    ]
    split_seed: Annotated[
        int,
        Field(
            default=0,
            ge=0,
            le=2**31,
            title="Seed of the split",
            description="Decides which examples go into which set; separate from the run's seed",
            json_schema_extra=in_turkish(
                "Bölme tohumu", "Hangi örneğin hangi kümeye gireceğini belirler; çalıştırmanın tohumundan ayrıdır"
            )
            | SPLIT,
        ),
    ]


class ImagePipeline(Pipeline[ConfigT, PredictorT, ImagePart, ClassPredictions, ImageTable, ImageSplit]):
    """Base class of pipelines of the kind "classify", whose parts contain images and which predict probabilities."""

    kind = "classify"
    Config: ClassVar[type[ClassifyConfig]] = ClassifyConfig

    def split(self, table: ImageTable, config: ConfigT) -> ImageSplit:
        """Return a random split that is stratified by class; see ``stratified_split``."""
        assert isinstance(config, ClassifyConfig)
        return stratified_split(table, config)

    @abstractmethod
    def fit(self, run: RunContext[ConfigT], train: ImagePart, validation: ImagePart) -> PredictorT:
        """Return a predictor fitted to ``train``; ``validation`` serves early stopping and calibration."""

    @abstractmethod
    def predict(self, predictor: PredictorT, part: ImagePart) -> ClassPredictions:
        """Return the class probabilities of each image of ``part``, computed from that image only."""

    @abstractmethod
    def save(self, predictor: PredictorT, folder: Path) -> None:
        """Write weights (safetensors) and preprocessing (JSON) into ``folder``."""

    @abstractmethod
    def load(self, folder: Path) -> PredictorT:
        """Return the predictor that ``save`` wrote; its predictions must be bit-identical to those before saving."""


def content_hashes(images: list[bytes]) -> Hashes:
    """Return a hash of the raw pixels of each image, ``(example,)``: the first 8 bytes of the SHA-256.

    Example:
        >>> a, b, c = content_hashes([b"x", b"y", b"x"])
        >>> bool(a == c), bool(a == b)
        (True, False)
    """
    digests = b"".join(hashlib.sha256(image).digest()[:8] for image in images)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def stratified_split(table: ImageTable, config: ClassifyConfig) -> ImageSplit:
    """Return a random split that is stratified by class: a drawn part has about the same share of every class.

    If the dataset has an official test set, it is used unchanged; otherwise a test set is drawn. The same
    ``split_seed`` always draws the same rows. Images with equal pixels are assigned to the same part, and images that
    the official test set also contains are left out of the other parts. Rows without a label are left out.

    Raises InvalidInput if a part would be empty or the training set would lack a class.
    """
    labels, hashes = table.labels, content_hashes(table.frame.get_column("image").to_list())
    known = labels >= 0
    official = (table.frame.get_column("part") == "test").fill_null(False).to_numpy() & known
    rng = np.random.default_rng([config.split_seed, 0x5017])
    if official.any():
        test = np.flatnonzero(official)
        rest = np.flatnonzero(known & ~official & ~np.isin(hashes, hashes[test]))
    else:
        rest, test = _drawn(np.flatnonzero(known), labels, hashes, config.test_share, rng)
    train, validation = _drawn(rest, labels, hashes, config.validation_share, rng)
    missing = np.setdiff1d(np.arange(len(table.schema.classes)), labels[train])
    if missing.size or not (len(validation) and len(test)):
        raise InvalidInput(
            "{count} [image is|images are] too few: the training set has no image of class {name!r}"
            if missing.size
            else "{count} [image is|images are] too few: the validation or the test set is empty",
            where="split",
            next_step="add images of that class, or choose smaller shares",
            count=len(table),
            name=table.schema.classes[missing[0]] if missing.size else "",
        )
    return ImageSplit(np.sort(train), np.sort(validation), np.sort(test))


def _drawn(
    rows: Indices, labels: Indices, hashes: Hashes, share: float, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """Return the remaining rows, and a random ``share`` of the rows of every class.

    Images with equal hashes stay together; they count for the class of the first of them.
    """
    order = rows[rng.permutation(len(rows))]
    _, first, group = np.unique(hashes[order], return_index=True, return_inverse=True)
    chosen = np.zeros(len(first), dtype=bool)
    leaders = labels[order[first]]
    sizes = np.bincount(group, minlength=len(first))
    for number in np.unique(leaders):
        own = np.flatnonzero(leaders == number)
        own = own[np.argsort(first[own])]  # in the order of the draw, not of the hashes
        wanted = max(1, round(share * sizes[own].sum())) if len(own) > 1 else 0
        chosen[own[np.cumsum(sizes[own]) <= max(wanted, sizes[own[0]])]] = bool(wanted)
    taken = chosen[group]
    return order[~taken], order[taken]
