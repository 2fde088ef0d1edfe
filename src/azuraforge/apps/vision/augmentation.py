"""Changed copies of training images: turned, scaled, shifted, each batch anew.

A copy is drawn by inverse mapping with bilinear interpolation; what comes from outside the image is zero, after the
mean image has been taken off. The draws are a function of the seed and of the batch's own indices in their order, so
nothing has to be remembered to go on bit for bit.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]


@dataclass(frozen=True)
class Ranges:
    """How far a copy may differ: ``rotation_degrees`` either way, ``scale`` as a share either way, ``shift_pixels``."""

    rotation_degrees: float
    scale: float
    shift_pixels: float

    @property
    def any(self) -> bool:
        """Whether there is anything to draw."""
        return self.rotation_degrees > 0 or self.scale > 0 or self.shift_pixels > 0


class Augmented:
    """A dataset of ``(example, channel, height, width)`` images and their labels whose images change at every look.

    Args:
        images: centred and scaled, zero is neutral.
        labels: ``(example,)``.
        ranges: how far.
        seed: of the run.
        groups: a batch is drawn with this many maps, each for every ``groups``-th image: what a map costs is shared.
    """

    def __init__(self, images: Single, labels: NDArray[np.int64], ranges: Ranges, seed: int, groups: int = 32) -> None:
        self.images = images
        self.labels = labels
        self.ranges = ranges
        self.seed = seed
        self.groups = groups
        self._flat = np.ascontiguousarray(images).reshape(len(images), images.shape[1], -1)

    def __len__(self) -> int:
        return len(self.images)

    def gather(self, indices: NDArray[np.int64]) -> tuple[Single, NDArray[np.int64]]:
        """``(batch, channel, height, width)`` changed copies, and their labels."""
        labels = self.labels[indices]
        if not self.ranges.any:
            return self.images[indices], labels
        rng = np.random.default_rng([self.seed, zlib.crc32(np.ascontiguousarray(indices).tobytes())])
        height, width = self.images.shape[2:]
        groups = min(self.groups, len(indices))
        places, weights = bilinear_maps(self.ranges, groups, height, width, rng)
        batch = self._flat[indices]
        # A last column of zeros is where every place outside the image points.
        padded = np.zeros((*batch.shape[:2], height * width + 1), np.float32)
        padded[:, :, :-1] = batch
        out = np.empty_like(batch)
        for group in range(groups):
            own = slice(group, None, groups)
            out[own] = (padded[own][:, :, places[group]] * weights[group]).sum(axis=2)
        return out.reshape(len(indices), -1, height, width), labels


def bilinear_maps(
    ranges: Ranges, count: int, height: int, width: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Single]:
    """Draw ``count`` maps: for each output pixel four input pixels ``(count, 4, pixel)`` and their weights.

    ``height * width`` stands for a place outside the image.
    """
    angle = np.deg2rad(rng.uniform(-ranges.rotation_degrees, ranges.rotation_degrees, count))
    factor = 1 + rng.uniform(-ranges.scale, ranges.scale, count)
    down, right = (rng.uniform(-ranges.shift_pixels, ranges.shift_pixels, count) for _ in range(2))
    rows = np.arange(height) - (height - 1) / 2
    columns = np.arange(width) - (width - 1) / 2
    y, x = (axis.reshape(1, -1) for axis in np.meshgrid(rows, columns, indexing="ij"))
    cosine, sine = (np.cos(angle) / factor)[:, None], (np.sin(angle) / factor)[:, None]
    from_y = cosine * y - sine * x + (height - 1) / 2 - down[:, None]
    from_x = sine * y + cosine * x + (width - 1) / 2 - right[:, None]
    top, left = np.floor(from_y).astype(np.int64), np.floor(from_x).astype(np.int64)
    below, beside = from_y - top, from_x - left
    places, weights = [], []
    for row, row_weight in ((top, 1 - below), (top + 1, below)):
        for column, column_weight in ((left, 1 - beside), (left + 1, beside)):
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            places.append(np.where(inside, row * width + column, height * width))
            weights.append(row_weight * column_weight)
    return np.stack(places, axis=1), np.stack(weights, axis=1).astype(np.float32)
