"""Reading of image datasets from a zip of folders, idx files, or a Parquet table. Runs only in child processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from azuraforge.datasets.images import idx
from azuraforge.datasets.images.canonical import (
    Image,
    image_fingerprint,
    image_frame,
    look_over,
    refuse_unlearnable,
)
from azuraforge.datasets.images.decoding import SUFFIXES, Look, Pixels, decode_image, fit, look
from azuraforge.datasets.images.encoded import TEST, TRAIN, VALIDATION, Encoded, label_text
from azuraforge.datasets.images.tables import read_table
from azuraforge.datasets.reading.archives import Archive, Entry, is_zip, open_archive
from azuraforge.datasets.reading.canonical import file_sha256
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.limits import ReadingLimits, Text
from azuraforge.datasets.reading.prepared import Prepared
from azuraforge.datasets.reading.reader import ReadFile, refuse_warnings
from azuraforge.datasets.schemas import Finding, ImageOptions, Json
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins import ImageRead
from azuraforge.plugins.vision.png import from_pixels

_UNREADABLE = ("not_an_image", "truncated_image", "too_many_pixels")
_SHOWN = 5
_DEFAULT = ReadingLimits()
Size = tuple[int, int, int]


def read_images(path: Path, name: str, options: ImageOptions, limits: ReadingLimits = _DEFAULT) -> ReadFile:
    """Read and prepare an image dataset; messages call the file ``name``.

    Raises InvalidInput if the file or an option cannot be used.
    """
    if (options.height is None) != (options.width is None):
        raise InvalidInput(
            "height and width must be given together",
            where="option height" if options.height is None else "option width",
            next_step="set both, such as height=28 and width=28",
        )
    findings: list[Finding] = []
    with path.open("rb") as file:
        head = file.read(4)
    if is_zip(path):
        with open_archive(path, name) as archive:
            prepared, form = _read_archive(archive, options, findings, limits)
    elif head == b"PAR1":
        encoded = read_table(path, name, options, findings)
        prepared, form = prepare_images(encoded, name, options, findings, limits), "parquet"
    else:
        raise InvalidInput(
            "the file {name} is neither a zip nor a Parquet table of images",
            where="{name}",
            next_step="create a zip with one folder of images per class, or with idx files of images and labels",
            code="unknown_format",
            name=name,
        )
    return ReadFile(prepared, file_sha256(path), {"file": name, "format": form})


def prepare_images(
    images: Sequence[Encoded],
    name: str,
    options: ImageOptions,
    findings: list[Finding],
    limits: ReadingLimits = _DEFAULT,
) -> Prepared:
    """Decode all images at one size; unreadable images are skipped and reported if ``options`` permits it.

    Raises InvalidInput if an image is unreadable, if there are too few images or classes, if the images exceed the
    limits, or if their sizes differ and ``options`` states none.
    """
    refuse_unlearnable([each.image for each in images], name)
    bad: dict[str, InvalidInput] = {}
    looks = _looks(images, bad)
    size = _size(looks, name, options)
    limits.check_images(len(looks), *size, name)
    other = sum((found.height, found.width) != size[:2] for found in looks.values())
    kept: list[Image] = []
    pixels: list[bytes] = []
    for index, each in enumerate(images):
        if index not in looks:
            continue
        try:
            pixels.append(decode_image(each.load(), each.image.name, *size).tobytes())
        except InvalidInput as error:
            if error.error_code not in _UNREADABLE:
                raise
            bad[each.image.name] = error
        else:
            kept.append(each.image)
    _settle_unreadable(bad, len(images), name, options, findings)
    return _prepared(pixels, kept, size, name, options, findings, resized=other)


def prepare_pixels(
    pixels: Pixels,
    images: Sequence[Image],
    name: str,
    options: ImageOptions,
    findings: list[Finding],
    limits: ReadingLimits = _DEFAULT,
) -> Prepared:
    """Prepare decoded pixels, ``(example, height, width, channels)``.

    Raises InvalidInput if there are too few images or classes, or the images are too large.
    """
    refuse_unlearnable(images, name)
    size = (
        options.height or pixels.shape[1],
        options.width or pixels.shape[2],
        options.channels or pixels.shape[3],
    )
    limits.check_images(len(pixels), *size, name)
    resized = 0
    if size != pixels.shape[1:]:
        mode = "L" if size[2] == 1 else "RGB"
        resized = len(pixels) if size[:2] != pixels.shape[1:3] else 0
        pixels = np.stack([fit(from_pixels(each).convert(mode), size[0], size[1]) for each in pixels])
    return _prepared(pixels, images, size, name, options, findings, resized=resized)


def prepare_image_source(read: ImageRead, source: str, limits: ReadingLimits = _DEFAULT) -> Prepared:
    """Prepare the images of a source.

    Raises InvalidInput if the source breaks its contract, or if there are too few or too large images or too few
    classes.
    """
    frame, size = read.frame, (read.height, read.width, read.channels)
    if missing := [name for name in ("image", "label") if name not in frame.columns]:
        raise InvalidInput(
            "the source {source} returned no column {column!r}",
            where="source {source}",
            next_step="correct the plugin: an ImageRead must have the columns image and label",
            source=source,
            column=missing[0],
        )
    limits.check_images(frame.height, *size, Message("source {source}", {"source": source}))
    expected = size[0] * size[1] * size[2]
    if frame["image"].dtype != pl.Binary or (frame["image"].bin.size() != expected).fill_null(True).any():
        raise InvalidInput(
            "the source {source} returned images whose pixels are not {expected:,} bytes",
            where="source {source}",
            next_step="correct the plugin: each image must have height × width × channels bytes",
            source=source,
            expected=expected,
        )
    parts = frame["part"].to_list() if "part" in frame.columns else [None] * frame.height
    digits = len(str(max(0, frame.height - 1)))
    names = (
        frame["name"].to_list() if "name" in frame.columns else [str(row).zfill(digits) for row in range(len(frame))]
    )
    if unknown := set(parts) - {"train", "test", None}:
        raise InvalidInput(
            "the source {source} returned the unknown value {part!r} in the column part",
            where="source {source}",
            next_step="correct the plugin: the column part may contain only train, test and null",
            source=source,
            part=unknown.pop(),
        )
    images = [
        Image(label_text(label), part, str(name))
        for label, part, name in zip(frame["label"], parts, names, strict=True)
    ]
    findings: list[Finding] = []
    return _prepared(
        frame["image"].to_list(),
        images,
        size,
        Message("source {source}", {"source": source}),
        ImageOptions(kind="images"),
        findings,
        resized=0,
    )


def _prepared(
    pixels: Sequence[bytes] | Pixels,
    images: Sequence[Image],
    size: Size,
    name: Text,
    options: ImageOptions,
    findings: list[Finding],
    *,
    resized: int,
) -> Prepared:
    refuse_unlearnable(images, name)
    if resized:
        findings.append(finding("images_resized", count=resized, height=size[0], width=size[1]))
    frame, schema = image_frame(pixels, images, size)
    look_over(frame, findings)
    if options.strict:
        refuse_warnings(findings, name)
    shaping: Json = {"fit": "letterbox" if resized else "none", "unreadable": options.unreadable}
    return Prepared(frame, schema, shaping, findings, image_fingerprint(frame, schema, shaping))


def _read_archive(
    archive: Archive, options: ImageOptions, findings: list[Finding], limits: ReadingLimits
) -> tuple[Prepared, str]:
    name = archive.name
    if idx_files := [entry for entry in archive.entries if idx.is_idx(entry.path)]:
        others = [entry.path for entry in archive.entries if not idx.is_idx(entry.path)]
        _report_ignored(others, findings)
        limits.check_images(1, sum(entry.bytes for entry in idx_files), 1, 1, name)
        parts = idx.pair({entry.path: archive.read(entry) for entry in idx_files}, limits.image_bytes)
        return prepare_idx(parts, name, options, findings, limits), "idx"
    entries = [entry for entry in archive.entries if entry.path.lower().endswith(SUFFIXES)]
    others = [entry.path for entry in archive.entries if not entry.path.lower().endswith(SUFFIXES)]
    _report_ignored(others, findings)
    placed = _placed(entries, name, findings)
    encoded = [Encoded(image, _loader(archive, entry)) for image, entry in placed]
    return prepare_images(encoded, name, options, findings, limits), "zip"


def prepare_idx(
    parts: Sequence[idx.IdxPart],
    name: str,
    options: ImageOptions,
    findings: list[Finding],
    limits: ReadingLimits = _DEFAULT,
) -> Prepared:
    """Prepare pairs of idx files; the name of an image is its number in its file, from 0.

    Raises InvalidInput if the pairs have images of different sizes, and the errors of ``prepare_pixels``.
    """
    if len({part.pixels.shape[1:] for part in parts}) > 1:
        sizes = ", ".join("×".join(map(str, part.pixels.shape[1:3])) for part in parts)
        raise InvalidInput(
            "the images of the idx files have different sizes: {sizes}",
            where="{place}",
            next_step="add pairs of one size only, or put the images into folders and set the option height and the "
            "option width",
            code="many_sizes",
            sizes=sizes,
            place=name,
        )
    digits = len(str(max(int(part.labels.max(initial=0)) for part in parts)))
    images = [
        Image(str(label).zfill(digits), part.part, str(row).zfill(len(str(len(part.labels) - 1))))
        for part in parts
        for row, label in enumerate(part.labels)
    ]
    return prepare_pixels(np.concatenate([part.pixels for part in parts]), images, name, options, findings, limits)


def _loader(archive: Archive, entry: Entry) -> Callable[[], bytes]:
    return lambda: archive.read(entry)


def _placed(entries: Sequence[Entry], name: str, findings: list[Finding]) -> list[tuple[Image, Entry]]:
    """Return the class and part of each file, from the folders that contain it."""
    paths = [entry.parts for entry in entries]
    while paths and all(len(path) > 2 for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]  # skip a folder that contains all files
    tops = {path[0].lower() for path in paths if len(path) > 2}
    split = (
        bool(paths)
        and all(len(path) > 2 for path in paths)
        and tops <= {*TRAIN, *TEST, *VALIDATION}
        and bool(tops & {*TRAIN})
        and bool(tops & {*TEST, *VALIDATION})
    )
    has_test = bool(tops & {*TEST})
    placed = []
    joined = 0
    for path, entry in zip(paths, entries, strict=True):
        part: str | None = None
        if split:
            top, *rest = path
            joined += top.lower() in VALIDATION
            part = ("test" if top.lower() in TEST else "train") if has_test else None
            # Without a test folder, the platform splits the images itself. The folder's name moves behind the class,
            # so that names stay unique.
            path = tuple(rest) if has_test and top.lower() not in VALIDATION else (rest[0], top, *rest[1:])
        if len(path) < 2:
            raise InvalidInput(
                "{path} is not in a folder named after its class",
                where="{name}, {path}",
                next_step="put the images into one folder per class",
                code="no_class",
                path=entry.path,
                name=name,
            )
        placed.append((Image(path[0], part, str(PurePosixPath(*path))), entry))
    if joined:
        findings.append(finding("validation_joined", count=joined))
    return placed


def _report_ignored(paths: Sequence[str], findings: list[Finding]) -> None:
    if paths:
        shown = ", ".join(paths[:_SHOWN])
        findings.append(finding("files_ignored", count=len(paths), where=paths[0], files=shown))


def _looks(images: Sequence[Encoded], bad: dict[str, InvalidInput]) -> dict[int, Look]:
    looks: dict[int, Look] = {}
    for index, each in enumerate(images):
        try:
            looks[index] = look(each.load(), each.image.name)
        except InvalidInput as error:
            if error.error_code not in _UNREADABLE:
                raise
            bad[each.image.name] = error
    return looks


def _size(looks: dict[int, Look], name: str, options: ImageOptions) -> Size:
    """Return the requested size, else the size that all images have. Raises InvalidInput if their sizes differ."""
    channels: int = options.channels or max((found.channels for found in looks.values()), default=1)
    if options.height is not None and options.width is not None:
        size = (options.height, options.width, channels)
    else:
        sizes = Counter((found.height, found.width) for found in looks.values())
        if len(sizes) > 1:
            raise _many_sizes(sizes, name)
        height, width = next(iter(sizes), (1, 1))
        size = (height, width, channels)
    return size


def _many_sizes(sizes: Counter[tuple[int, int]], name: str) -> InvalidInput:
    common = sizes.most_common(_SHOWN)
    shown = ", ".join(f"{height}×{width} ({count})" for (height, width), count in common)
    height, width = min((size for size, _ in common), key=lambda size: size[0] * size[1])
    return InvalidInput(
        "the images have {count:,} different sizes (height × width), such as {shown}",
        where="{place}",
        next_step="choose one size to which all images are scaled, such as height={height} and width={width}",
        code="many_sizes",
        count=len(sizes),
        shown=shown,
        place=name,
        height=min(height, 256),
        width=min(width, 256),
    )


def _settle_unreadable(
    bad: dict[str, InvalidInput], count: int, name: str, options: ImageOptions, findings: list[Finding]
) -> None:
    if not bad:
        return
    first, error = min(bad.items())
    if options.unreadable == "error" or len(bad) == count:
        raise InvalidInput(
            "{bad:,} of {count:,} [image|images] cannot be read; the first: {reason}",
            where="{name}, {first}",
            next_step="replace the images, or skip them with the option unreadable=skip",
            code="unreadable_images",
            details={"count": len(bad)},
            reason=error,
            bad=len(bad),
            name=name,
            first=first,
            count=count,
        )
    shown = ", ".join(sorted(bad)[:_SHOWN])
    findings.append(finding("images_unreadable", count=len(bad), where=first, files=shown))
