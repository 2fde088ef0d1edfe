"""Random rotation, scaling and shifting of the training images in each batch.

Images are augmented by inverse mapping with bilinear interpolation. Pixels from outside the image are zero, which is
black. The random numbers depend only on the seed and on the indices of the batch in their order, so training resumes
bit for bit without storing a state.
"""

from __future__ import annotations

import itertools
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]


@dataclass(frozen=True)
class Ranges:
    """Ranges of the augmentation.

    Attributes:
        rotation_degrees: maximum rotation in either direction, in degrees.
        scale: maximum share by which images are scaled up or down.
        shift_pixels: maximum shift in either direction, in pixels.
    """

    rotation_degrees: float
    scale: float
    shift_pixels: float

    @property
    def any(self) -> bool:
        """Return whether any range is above zero."""
        return self.rotation_degrees > 0 or self.scale > 0 or self.shift_pixels > 0


class Augmented:
    """Dataset of labelled images that are augmented at each access.

    Args:
        images: images, ``(example, channel, height, width)``, scaled so that zero is black.
        labels: labels, ``(example,)``.
        ranges: ranges of the augmentation.
        seed: seed of the run.
        groups: maximum number of random maps per batch; neighbouring images share a map to save time.
    """

    def __init__(self, images: Single, labels: NDArray[np.int64], ranges: Ranges, seed: int, groups: int = 16) -> None:
        self.images = images
        self.labels = labels
        self.ranges = ranges
        self.seed = seed
        self.groups = groups
        self._flat = np.ascontiguousarray(images).reshape(len(images), images.shape[1], -1)

    def __len__(self) -> int:
        return len(self.images)

    def gather(self, indices: NDArray[np.int64]) -> tuple[Single, NDArray[np.int64]]:
        """Return augmented copies of the images ``indices``, ``(batch, channel, height, width)``, and their labels."""
        labels = self.labels[indices]
        if not self.ranges.any:
            return self.images[indices], labels
        rng = np.random.default_rng([self.seed, zlib.crc32(np.ascontiguousarray(indices).tobytes())])
        channels, height, width = self.images.shape[1:]
        groups = min(self.groups, len(indices))
        places, weights = bilinear_maps(self.ranges, groups, height, width, rng)
        # One row for each pixel, with the images of a group next to each other, so that contiguous memory is read. The
        # last row of zeros stands for pixels outside the image.
        batch = np.zeros((height * width + 1, len(indices) * channels), np.float32)
        batch[:-1] = self._flat[indices].reshape(len(indices) * channels, -1).T
        out = np.empty((len(indices) * channels, height * width), np.float32)
        borders = np.linspace(0, len(indices), groups + 1).round().astype(int) * channels
        for group, (begin, end) in enumerate(itertools.pairwise(borders.tolist())):
            fetched = np.take(np.ascontiguousarray(batch[:, begin:end]), places[group], axis=0)
            fetched *= weights[group][:, :, None]
            out[begin:end] = fetched.sum(axis=0).T
        return out.reshape(len(indices), channels, height, width), labels


def bilinear_maps(
    ranges: Ranges, count: int, height: int, width: int, rng: np.random.Generator
) -> tuple[NDArray[np.int32], Single]:
    """Draw ``count`` random maps.

    Return four input pixels for each output pixel and their weights, both ``(count, 4, pixel)``. The index
    ``height * width`` means a pixel outside the image.
    """
    angle = np.deg2rad(rng.uniform(-ranges.rotation_degrees, ranges.rotation_degrees, count))
    factor = 1 + rng.uniform(-ranges.scale, ranges.scale, count)
    down, right = (rng.uniform(-ranges.shift_pixels, ranges.shift_pixels, count) for _ in range(2))
    rows = np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2)
    columns = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
    y, x = (axis.reshape(1, -1) for axis in np.meshgrid(rows, columns, indexing="ij"))
    turns = (np.cos(angle) / factor, np.sin(angle) / factor, (height - 1) / 2 - down, (width - 1) / 2 - right)
    cosine, sine, middle_y, middle_x = (each.astype(np.float32)[:, None] for each in turns)
    from_y = cosine * y - sine * x + middle_y
    from_x = sine * y + cosine * x + middle_x
    top, left = np.floor(from_y), np.floor(from_x)
    below, x_share = from_y - top, from_x - left
    top, left = top.astype(np.int32), left.astype(np.int32)
    places, weights = [], []
    one = np.float32(1)
    for row, row_weight in ((top, one - below), (top + 1, below)):
        for column, column_weight in ((left, one - x_share), (left + 1, x_share)):
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            places.append(np.where(inside, row * width + column, height * width))
            weights.append(row_weight * column_weight)
    return np.stack(places, axis=1), np.stack(weights, axis=1)
