"""The canonical form of image datasets: pixels of one size with label, part and name, and a fingerprint.

Runs only in child processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.limits import Text
from azuraforge.datasets.schemas import Finding, Json
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

_FORMAT = "azuraforge images 1"
MAX_CLASSES = 1000
FEWEST_IMAGES = 20
_FEW_IN_A_CLASS = 10
_UNEVEN = 10
_PARTS = {"train": 0, "test": 1, None: 2}


@dataclass(frozen=True)
class Image:
    """Metadata of an image: its class, its part of the official split (None: there is none), and its name for users."""

    label: str
    part: str | None
    name: str


def image_frame(
    pixels: Sequence[bytes] | NDArray[np.uint8],
    images: Sequence[Image],
    size: tuple[int, int, int],
    unit: str = "",
) -> tuple[pl.DataFrame, DatasetSchema]:
    """Return the canonical frame (``image``, ``label``, ``part``, ``name``) and the version's schema.

    Args:
        pixels: per image, the row-major uint8 pixels of shape (height, width, channels).
        images: metadata of the same images.
        size: height, width and channels.
        unit: unit for the schema.

    Rows are sorted by part, name, label and content.
    """
    rows = [row.tobytes() for row in pixels] if isinstance(pixels, np.ndarray) else list(pixels)
    frame = pl.DataFrame(
        {
            "image": pl.Series("image", rows, dtype=pl.Binary),
            "label": pl.Series("label", [each.label for each in images], dtype=pl.String),
            "part": pl.Series("part", [each.part for each in images], dtype=pl.String),
            "name": pl.Series("name", [each.name for each in images], dtype=pl.String),
            "order": pl.Series("order", [_PARTS[each.part] for each in images], dtype=pl.Int8),
        }
    )
    frame = frame.sort("order", "name", "label", "image").drop("order")
    height, width, channels = size
    schema = DatasetSchema(
        kind="images",
        target="label",
        unit=unit,
        height=height,
        width=width,
        channels=channels,
        classes=tuple(sorted(frame["label"].unique().to_list())),
    )
    return frame, schema


def image_fingerprint(frame: pl.DataFrame, schema: DatasetSchema, options: Json) -> str:
    """Return the SHA-256 over the schema, the options with which the images were prepared, and every row.

    A row is its part, name, label and pixels. The hash depends neither on the archive or file format nor on the order
    of the images. Pixels of a JPEG depend on its decoder.
    """
    header = {
        "format": _FORMAT,
        "schema": schema.to_json(),
        "options": options,
        "columns": frame.columns,
        "rows": frame.height,
    }
    digest = hashlib.sha256(orjson.dumps(header, option=orjson.OPT_SORT_KEYS))
    for image, label, part, name in frame.select("image", "label", "part", "name").iter_rows():
        digest.update(orjson.dumps([part, name, label, len(image)]))
        digest.update(image)
    return digest.hexdigest()


def refuse_unlearnable(images: Sequence[Image], name: Text) -> None:
    """Raise InvalidInput if there are too few images, or too few or too many classes."""
    classes = sorted({each.label for each in images})
    if not images:
        raise InvalidInput(
            "{name} has no images",
            where="{name}",
            next_step="create a zip with one folder of images per class",
            code="no_images",
            name=name,
        )
    if len(classes) < 2:
        raise InvalidInput(
            "all {count:,} images belong to the class {label!r}: there is nothing to distinguish",
            where="{place}",
            next_step="put the images into one folder per class",
            code="one_class",
            count=len(images),
            label=classes[0],
            place=name,
        )
    if len(classes) > MAX_CLASSES:
        raise InvalidInput(
            "{name} has {count:,} classes; at most {most:,} are possible",
            where="{name}",
            next_step="check that the folder names or the values of the label column are classes",
            code="too_many_classes",
            name=name,
            count=len(classes),
            most=MAX_CLASSES,
        )
    if len(images) < FEWEST_IMAGES:
        raise InvalidInput(
            "{name} has {count} [image|images]; at least {fewest} are needed",
            where="{name}",
            next_step="add more images of each class",
            code="too_short",
            details={"rows": len(images)},
            name=name,
            count=len(images),
            fewest=FEWEST_IMAGES,
        )


def look_over(frame: pl.DataFrame, findings: list[Finding]) -> None:
    """Report problems for training or evaluation: repeated images, training images in the test set, rare classes."""
    digests = frame.select(
        pl.col("image").hash(0).alias("hash"), pl.col("image").hash(1).alias("other"), pl.col("label", "part", "name")
    )
    same = ["hash", "other"]
    groups = digests.group_by(same).agg(
        pl.len().alias("count"),
        pl.col("label").n_unique().alias("labels"),
        ((pl.col("part") == "train").any() & (pl.col("part") == "test").any()).alias("both"),
        (pl.col("part") == "test").sum().alias("tests"),
        pl.col("name").min().alias("name"),
    )
    for code, hit, count in (
        ("images_repeated", pl.col("count") > 1, pl.col("count") - 1),
        ("images_in_both_parts", pl.col("both"), pl.col("tests")),
        ("images_of_two_classes", pl.col("labels") > 1, pl.lit(1, pl.UInt32)),
    ):
        found = groups.filter(hit).with_columns(count.alias("hits")).sort("name")
        if found.height:
            findings.append(finding(code, count=int(found["hits"].sum()), where=str(found["name"][0])))
    counts = frame.group_by("label").len().sort("len", "label")
    least, most = counts.row(0), counts.row(-1)
    if least[1] < _FEW_IN_A_CLASS:
        few = counts.filter(pl.col("len") < _FEW_IN_A_CLASS)
        named = ", ".join(few["label"].head(5).to_list())
        findings.append(finding("classes_small", count=few.height, least=_FEW_IN_A_CLASS, classes=named))
    if most[1] >= _UNEVEN * least[1]:
        findings.append(finding("classes_uneven", small=least[0], least=least[1], large=most[0], most=most[1]))
    _look_at_parts(frame, findings)


def _look_at_parts(frame: pl.DataFrame, findings: list[Finding]) -> None:
    parts = {part: group["label"] for (part,), group in frame.group_by(["part"])}
    if "test" not in parts:
        return
    train, test = parts.get("train", parts["test"].head(0)), parts["test"]
    findings.append(finding("official_split", train=len(train), test=len(test)))
    if unknown := sorted(set(test) - set(train)):
        findings.append(finding("classes_not_learned", count=len(unknown), classes=", ".join(unknown[:5])))
    if unjudged := sorted(set(train) - set(test)):
        findings.append(finding("classes_not_judged", count=len(unjudged), classes=", ".join(unjudged[:5])))


def class_counts(frame: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return the number of images by class and part: ``train`` and ``test``, or ``all`` without an official split."""
    counted = frame.group_by("label", pl.col("part").fill_null("all")).len().sort("label", "part")
    found: dict[str, dict[str, int]] = {}
    for label, part, count in counted.iter_rows():
        found.setdefault(label, {})[part] = count
    return found
