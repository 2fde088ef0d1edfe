"""Pixels as PNG files, for figures and answers. Imported in children only: it loads Pillow."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def from_pixels(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return an image of ``(height, width, channels)`` uint8."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def png_base64(pixels: NDArray[np.uint8], most: int = 96) -> str:
    """Return a PNG of ``(height, width, channels)`` uint8 as base64 text; at most ``most`` pixels a side."""
    image = from_pixels(pixels)
    if max(image.size) > most:
        image.thumbnail((most, most), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=False)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
