"""idx files, the format of MNIST, Fashion-MNIST, EMNIST and KMNIST: pairs of an image file and a label file.

A file starts with a big-endian magic number (two zero bytes, the type, the number of dimensions), then has the sizes as
int32, then the values. Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits. Runs only in
child processes.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

#: Maximum number of images in one file.
MAX_IMAGES = 1_000_000
_LONGEST_HEAD = 4 + 4 * 4
_UINT8 = 8
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class IdxPart:
    """Images ``(example, height, width, channels)`` and labels ``(example,)`` of one pair of files."""

    part: str | None
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def is_idx(name: str) -> bool:
    """Return whether a name is that of an idx file, such as ``train-images-idx3-ubyte.gz``."""
    return re.search(r"(idx[1-4][-.]?u?byte|\.idx[1-4]?)(\.gz)?$", name, flags=re.IGNORECASE) is not None


def read_idx(data: bytes, name: str, max_bytes: int = 1 << 30) -> NDArray[np.uint8]:
    """Return the values of one idx file, plain or gzip-compressed.

    Raises InvalidInput if the file is malformed. A file whose header declares more than ``max_bytes`` values, or more
    than ``MAX_IMAGES`` entries, is refused before they are decompressed.

    Example:
        >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), "labels").tolist()
        [7, 9]
    """
    packed = data if data.startswith(_GZIP) else None
    if packed is not None:
        data = _unpacked(packed, name, _LONGEST_HEAD)
    if len(data) < 4 or data[:2] != b"\0\0" or not 1 <= data[3] <= 4:
        raise _bad(name, Message("it does not start with an idx header"))
    if data[2] != _UINT8:
        raise _bad(
            name,
            Message(
                "its values are of type 0x{kind}; images and labels must be unsigned bytes (0x08)",
                {"kind": f"{data[2]:02x}"},
            ),
        )
    count = data[3]
    start = 4 + 4 * count
    if len(data) < start:
        raise _bad(name, Message("it is incomplete"))
    sizes = [int(size) for size in np.frombuffer(data, dtype=">u4", count=count, offset=4)]
    expected = 1
    for size in sizes:
        expected *= size
    if packed is None:
        _refuse_other_size(expected, len(data) - start, name)
    _refuse_too_much(expected, sizes[0], max_bytes, name)
    if packed is not None:
        data = _unpacked(packed, name, start + expected + 1)
        _refuse_other_size(expected, len(data) - start, name)
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(sizes)


def pair(files: Mapping[str, bytes], max_bytes: int = 1 << 30) -> list[IdxPart]:
    """Pair image and label files by name; ``t10k-…`` and ``test-…`` are the official test set if there is another part.

    Raises InvalidInput if a file has no counterpart or does not match its counterpart, or if all files together contain
    more than ``max_bytes`` values.
    """
    values: dict[str, NDArray[np.uint8]] = {}
    for name, data in files.items():
        values[name] = read_idx(data, name, max_bytes)
        max_bytes -= values[name].nbytes
    images = {_key(name): name for name, array in values.items() if array.ndim >= 3}
    labels = {_key(name): name for name, array in values.items() if array.ndim == 1}
    if odd := sorted(name for name, array in values.items() if array.ndim == 2):
        raise _bad(odd[0], Message("it contains a table; images have three dimensions and labels have one"))
    if alone := sorted(images.keys() ^ labels.keys()) or (not images and ["*"]):
        lonely = images.get(alone[0]) or labels.get(alone[0]) or Message("the upload")
        raise InvalidInput(
            "{file} has no counterpart: each idx file of images needs an idx file of labels",
            where="{file}",
            next_step="put both files into one zip, such as train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz",
            code="idx_without_pair",
            file=lonely,
        )
    parts = {key: "test" if re.search(r"t10k|test", key) else "train" for key in images}
    split = len(set(parts.values())) > 1
    found = []
    for key in sorted(images, key=lambda key: (parts[key] == "test", key)):
        pixels, truth = values[images[key]], values[labels[key]]
        if len(pixels) != len(truth):
            raise _bad(
                labels[key],
                Message(
                    "{labels:,} labels do not match {images:,} images",
                    {"labels": len(truth), "images": len(pixels)},
                ),
            )
        if pixels.ndim == 3:
            pixels = pixels[..., None]
        if pixels.shape[3] not in (1, 3):
            raise _bad(
                images[key],
                Message("its images have {channels} channels; 1 or 3 are supported", {"channels": pixels.shape[3]}),
            )
        found.append(IdxPart(parts[key] if split else None, pixels, truth))
    return found


def _refuse_other_size(expected: int, there: int, name: str) -> None:
    if expected != there:
        found = Message("more") if there > expected else Message("{count:,}", {"count": there})
        raise _bad(
            name,
            Message("it declares {expected:,} values but contains {found}", {"expected": expected, "found": found}),
        )


def _refuse_too_much(expected: int, entries: int, max_bytes: int, name: str) -> None:
    if expected > max_bytes:
        raise InvalidInput(
            "the idx file {name} declares {expected:,} values; only {left:,} more can be read",
            where="{name}",
            next_step="add only a part of the data, or ask an administrator to raise AZURAFORGE_READING__IMAGE_BYTES",
            code="too_large",
            name=name,
            expected=expected,
            left=max_bytes,
        )
    if entries > MAX_IMAGES:
        raise InvalidInput(
            "the idx file {name} declares {entries:,} entries; at most {most:,} are possible",
            where="{name}",
            next_step="add only a part of the data",
            code="too_large",
            name=name,
            entries=entries,
            most=MAX_IMAGES,
        )


def _key(name: str) -> str:
    """Return the part of the name that both files of a pair share: ``train-images-idx3-ubyte.gz`` → ``train``."""
    plain = re.sub(r"(\.gz)?$", "", name.rsplit("/", 1)[-1].lower())
    return re.sub(r"[-_.]?(images?|labels?|idx[1-4]?|u?byte)", "", plain)


def _unpacked(data: bytes, name: str, most: int) -> bytes:
    """Return the first ``most`` bytes of the decompressed data."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return stream.read(most)
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise _bad(name, Message("it cannot be decompressed ({reason})", {"reason": error})) from error


def _bad(name: str, why: Message) -> InvalidInput:
    return InvalidInput(
        "the idx file {name} cannot be read: {why}",
        where="{name}",
        next_step="download the file again; it may be incomplete or damaged",
        code="unreadable_file",
        name=name,
        why=why,
    )
