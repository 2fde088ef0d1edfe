"""Parts of an image dataset, and their transfer between processes as folders.

The folder of a part contains ``pixels.npy``, ``part.json`` and, if the receiver may know them, ``labels.npy``. The true
classes of the test set are stored in a separate *truth* folder, which pipelines never receive.
"""

from __future__ import annotations

import hashlib
from itertools import combinations
from pathlib import Path

import numpy as np
import orjson
from pydantic import Field

from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Indices
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import PartSummary
from azuraforge.plugins.contract.judging import SplitResult
from azuraforge.plugins.contract.part_folders import fresh_folder
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.vision.config import (
    KIND,
    ClassifyConfig,
    Hashes,
    ImagePart,
    ImageSchema,
    ImageSplit,
    ImageTable,
    content_hashes,
)

#: File of a version with the content hashes of the images that it learned from.
LEARNED_IMAGES = "learned_images.safetensors"
PARTS = ("train", "validation", "test")


class ImageSplitResult(SplitResult):
    """The split of an image dataset; the row numbers of each part are stored in ``rows.npz`` next to the parts."""

    rows: str | None = Field(
        default=None, description="path of the file with the row numbers of each part; null if it was not written"
    )


def cut_images(
    pipeline: AnyPipeline, table: ImageTable, config: ClassifyConfig, folder: Path | None, *, retrained: bool = False
) -> ImageSplitResult:
    """Return the pipeline's split after checking it; write ``train/``, ``validation/`` and ``rows.npz`` to ``folder``.

    If ``folder`` is None, no files are written. With ``retrained``, three of four validation images of each class move
    to the training set. Raises InvalidInput if the split is not usable.
    """
    split: ImageSplit = pipeline.split(table, config)
    labels = table.labels
    check_image_split(split, labels, content_hashes(table.frame.get_column("image").to_list()))
    if retrained:
        split = retraining_images(split, labels)
    rows = {part: np.asarray(getattr(split, part), dtype=np.int64) for part in PARTS}
    if folder is not None:
        for part in ("train", "validation"):
            save_images(image_part(table, rows[part], labels), folder / part)
        np.savez(folder / "rows.npz", **rows)  # type: ignore[arg-type]  # numpy's stub takes the names for allow_pickle
    return ImageSplitResult(
        rows=None if folder is None else str(folder / "rows.npz"),
        parts={part: _described(table, own, labels) for part, own in rows.items()},
    )


def hold_out_images(table: ImageTable, rows: str, outputs: Path) -> int:
    """Write ``test/`` without labels and ``truth/`` with labels and content hashes; return the number of images.

    Args:
        table: dataset version.
        rows: path of the file ``rows.npz`` with the row numbers of each part.
        outputs: parent of the two folders.
    """
    with np.load(rows, allow_pickle=False) as arrays:
        held = arrays["test"]
    save_images(image_part(table, held, None), outputs / "test")
    truth = outputs / "truth"
    fresh_folder(truth)
    np.save(truth / "labels.npy", table.labels[held], allow_pickle=False)
    hashes = content_hashes(table.frame.get_column("image").gather(held).to_list())
    np.save(truth / "hashes.npy", hashes, allow_pickle=False)
    return len(held)


def image_part(table: ImageTable, rows: Indices, labels: Indices | None) -> ImagePart:
    """Return a part with the given rows of the table.

    ``labels`` are the ``(row,)`` class indices of the whole table, or None if the receiver must not know them.
    """
    names = tuple(str(name) for name in table.frame.get_column("name").gather(rows).to_list())
    return ImagePart(table.pixels(rows), None if labels is None else labels[rows], names, table.schema)


def retraining_images(split: ImageSplit, labels: Indices) -> ImageSplit:
    """Return a split that keeps every fourth validation image of each class and moves the others to the training set.

    The kept images serve calibration; some of them may equal images of the training set. The test set is unchanged.

    Example:
        >>> split = ImageSplit(np.array([0]), np.array([1, 2, 3, 4, 5]), np.array([6]))
        >>> found = retraining_images(split, np.zeros(7, dtype=np.int64))
        >>> found.train.tolist(), found.validation.tolist()
        ([0, 2, 3, 4], [1, 5])
    """
    kept = np.zeros(len(split.validation), dtype=bool)
    for number in np.unique(labels[split.validation]):
        kept[np.flatnonzero(labels[split.validation] == number)[::4]] = True
    train = np.sort(np.concatenate([split.train, split.validation[~kept]]))
    return ImageSplit(train, split.validation[kept], split.test)


def check_image_split(split: ImageSplit, labels: Indices, hashes: Hashes) -> None:
    """Raise InvalidInput if a part is empty, shares an image with another, or has repeated, unknown or unlabelled rows.

    Args:
        split: split to check.
        labels: ``(row,)`` class indices; -1 for rows without a label.
        hashes: ``(row,)`` content hashes of the images.
    """
    if not isinstance(split, ImageSplit):
        raise _bad_split(Message("it returned {type}, not ImageSplit", {"type": type(split).__name__}))
    parts = {name: np.asarray(getattr(split, name)) for name in PARTS}
    for name, rows in parts.items():
        if rows.ndim != 1 or not rows.size or rows.dtype.kind not in "iu":
            raise _bad_split(Message("the set {part!r} must be a list of at least one row number", {"part": name}))
        if rows.min() < 0 or rows.max() >= len(labels) or len(np.unique(rows)) != len(rows):
            raise _bad_split(
                Message("the set {part!r} repeats rows or contains rows that do not exist", {"part": name})
            )
        if (labels[rows] < 0).any():
            raise _bad_split(Message("the set {part!r} has images without a label", {"part": name}))
    for one, other in combinations(PARTS, 2):
        if np.isin(hashes[parts[one]], hashes[parts[other]]).any():
            raise _bad_split(
                Message("the same image is in the sets {one!r} and {other!r}", {"one": one, "other": other})
            )


def save_images(part: ImagePart, folder: Path) -> None:
    """Write ``part`` into ``folder``, whose previous content is deleted."""
    fresh_folder(folder)
    np.save(folder / "pixels.npy", part.pixels, allow_pickle=False)
    if part.labels is not None:
        np.save(folder / "labels.npy", part.labels, allow_pickle=False)
    fields = {"kind": KIND, "schema": part.schema.to_json(), "names": part.names}
    (folder / "part.json").write_bytes(orjson.dumps(fields))


def load_images(folder: Path | str) -> ImagePart:
    """Return the part that ``save_images`` wrote; its labels are None if the folder contains none."""
    folder = Path(folder)
    fields = orjson.loads((folder / "part.json").read_bytes())
    labels = folder / "labels.npy"
    return ImagePart(
        pixels=np.load(folder / "pixels.npy", allow_pickle=False),
        labels=np.load(labels, allow_pickle=False) if labels.exists() else None,
        names=tuple(fields["names"]),
        schema=ImageSchema.of(DatasetSchema(**fields["schema"])),
    )


def keep_learned(train: ImagePart, validation: ImagePart, predictor: Path) -> None:
    """Write the hashes of the images that a predictor learned from into its folder.

    If the predictor is champion in a later run, the judge does not compare it on these images.
    """
    seen = [image.tobytes() for part in (train, validation) for image in part.pixels]
    save_safetensors(predictor / LEARNED_IMAGES, {"hashes": np.unique(content_hashes(seen)).view(np.int64)})


def learned_images(predictor: Path) -> Hashes | None:
    """Return the hashes, ``(image,)``, that ``keep_learned`` wrote; None if the folder contains no such file."""
    if not (predictor / LEARNED_IMAGES).exists():
        return None
    tensors, _ = load_safetensors(predictor / LEARNED_IMAGES)
    return tensors["hashes"].view(np.uint64)


def _described(table: ImageTable, rows: Indices, labels: Indices) -> PartSummary:
    counts = np.bincount(labels[rows], minlength=len(table.schema.classes))
    # The rows have no time; this hash shows whether two runs held out the same rows in the same order.
    digest = hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()
    return PartSummary(rows=len(rows), start=None, end=None, classes=tuple(counts.tolist()), rows_sha256=digest)


def _bad_split(problem: Message) -> InvalidInput:
    return InvalidInput(
        "the pipeline's split is invalid: {problem}",
        where="split",
        next_step="repair the split method of the plugin",
        problem=problem,
    )
