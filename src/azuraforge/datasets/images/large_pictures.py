"""Large pictures, scaled to the size of a model version in a short-lived child before its serving child reads them.

A few kilobytes may hold 40 million pixels, which need a gigabyte and seconds to decode. The serving child of a version
is long-lived, answers all callers, and must not be killed for one request. It refuses a picture with more than
``SERVED_PIXELS``; such a picture is decoded here, in a child with the memory limit of reading, which ends if the client
leaves.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.errors import TransientError
from azuraforge.plugins.contract.shape import Shape

if TYPE_CHECKING:
    from azuraforge.plugins.discovery.calling import Call

#: Pixels of the largest picture that a serving child decodes; at most about 100 MiB and half a second.
SERVED_PIXELS = 1 << 22
#: The code of the error for a picture with more pixels than are decoded.
TOO_MANY_PIXELS = "too_many_pixels"
SHRINK = "azuraforge.datasets.images.pictures:shrink"


class ShrinkInput(Shape):
    """A picture to decode into a size; ``name`` is its name in messages, ``target`` the path of the PNG."""

    path: Path
    name: str
    size: tuple[int, int, int]
    target: Path


class Shrunk(Shape):
    """The picture that was written."""

    target: Path


class LargePictures:
    """Shrinks pictures, a few at a time.

    Args:
        call: runs an entry point in a child with a memory limit.
        at_once: pictures that are decoded at the same time.
    """

    def __init__(self, call: Call, at_once: int) -> None:
        self._call = call
        self._places = threading.BoundedSemaphore(at_once)

    def shrink(self, path: Path, name: str, size: tuple[int, int, int], timeout_seconds: float) -> Path:
        """Return the path of a PNG of ``size`` (height, width, channels) next to the picture at ``path``.

        Within a request, the child ends when the client leaves. Raises InvalidInput if the picture cannot be decoded
        within the memory limit, TransientError if too many are being decoded for ``timeout_seconds``.
        """
        height, width, channels = size
        target = path.with_name(f"{path.name}-{height}x{width}x{channels}.png")
        wanted = ShrinkInput(path=path, name=name, size=size, target=target)
        if not self._places.acquire(timeout=timeout_seconds):
            raise TransientError(
                "too many large pictures are being decoded",
                where="{place}",
                next_step="try again in a moment",
                code="busy",
                place=name,
            )
        try:
            self._call(SHRINK, wanted.model_dump(mode="json"), Shrunk, timeout_seconds)
        finally:
            self._places.release()
        return target
