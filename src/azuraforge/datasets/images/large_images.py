"""Scaling of large images to a model version's size, in a short-lived child process.

A file of a few kilobytes may contain 40 million pixels, whose decoding takes a gigabyte of memory and seconds. The
child process that serves a version is shared by all callers and must not be killed because of one request, so it
refuses an image with more than ``SERVED_PIXELS``. Such an image is decoded here, in a child process with the memory
limit of reading, which is ended if the client disconnects.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.errors import TransientError
from azuraforge.plugins.contract.shape import Shape

if TYPE_CHECKING:
    from azuraforge.plugins.discovery.calling import Call

#: Maximum number of pixels that a serving child decodes; they take up to about 100 MiB and half a second.
SERVED_PIXELS = 1 << 22
#: Error code for an image with too many pixels to decode.
TOO_MANY_PIXELS = "too_many_pixels"
SHRINK = "azuraforge.datasets.images.decoding:shrink"


class ShrinkInput(Shape):
    """An image to decode and scale to ``size``; messages call it ``name``, and the PNG is written to ``target``."""

    path: Path
    name: str
    size: tuple[int, int, int]
    target: Path


class Shrunk(Shape):
    """The path of the written image."""

    target: Path


class LargeImages:
    """Scaler of large images in child processes, a few at the same time.

    Args:
        call: runs an entry point in a child process with a memory limit.
        at_once: maximum number of images decoded at the same time.
    """

    def __init__(self, call: Call, at_once: int) -> None:
        self._call = call
        self._places = threading.BoundedSemaphore(at_once)

    def shrink(self, path: Path, name: str, size: tuple[int, int, int], timeout_seconds: float) -> Path:
        """Scale the image at ``path`` to ``size`` (height, width, channels), and return the path of a PNG next to it.

        Within a request, the child is ended if the client disconnects. Raises InvalidInput if the image cannot be
        decoded within the memory limit, and TransientError if no decoder becomes free within ``timeout_seconds``.
        """
        height, width, channels = size
        target = path.with_name(f"{path.name}-{height}x{width}x{channels}.png")
        wanted = ShrinkInput(path=path, name=name, size=size, target=target)
        if not self._places.acquire(timeout=timeout_seconds):
            raise TransientError(
                "too many large images are being decoded at the same time",
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
