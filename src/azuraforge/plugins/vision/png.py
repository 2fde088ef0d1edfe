"""Conversion of pixels to PNG, for figures and responses.

It loads Pillow, so only child processes import it.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def from_pixels(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a Pillow image of uint8 pixels ``(height, width, channels)`` with 1 or 3 channels."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def png_base64(pixels: NDArray[np.uint8], most: int = 96) -> str:
    """Return uint8 pixels ``(height, width, channels)`` as a PNG in base64, with at most ``most`` pixels per side."""
    image = from_pixels(pixels)
    if max(image.size) > most:
        image.thumbnail((most, most), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=False)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
