"""Images and archives that tests write."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image


def image_file(seed: int, height: int = 8, width: int = 8, mode: str = "L", form: str = "PNG") -> bytes:
    """An image of noise; the same for the same seed."""
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels, mode).save(buffer, form)
    return buffer.getvalue()


def folders(classes: tuple[str, ...] = ("cat", "dog"), each: int = 12, top: str = "") -> dict[str, bytes]:
    """Files of an archive: ``each`` images a class."""
    return {
        f"{top}{name}/{number:02}.png": image_file(1000 * place + number + (500_000 if "test" in top else 0))
        for place, name in enumerate(classes)
        for number in range(each)
    }


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def idx(values: np.ndarray, packed: bool = True) -> bytes:
    """An idx file of unsigned bytes."""
    data = struct.pack(">HBB", 0, 8, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
    return gzip.compress(data) if packed else data
