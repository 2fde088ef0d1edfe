"""Decoding of images to pixels of a given size, and their encoding as PNG.

The same code prepares datasets and the images of predictions. Runs only in child processes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from azuraforge.datasets.images.large_images import TOO_MANY_PIXELS, ShrinkInput, Shrunk
from azuraforge.errors import InvalidInput
from azuraforge.plugins.vision.png import from_pixels

Pixels = NDArray[np.uint8]

#: Maximum number of pixels of an image; a larger one is refused before any pixel is decoded.
MAX_PIXELS = 40_000_000
#: Supported formats; some of the others that Pillow supports run external programs.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_NEXT_STEP = "use a PNG, JPEG, WebP, BMP, GIF or TIFF image"
_ORIENTATION, _SIDEWAYS = 0x0112, (5, 6, 7, 8)
_GREY = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N")


@dataclass(frozen=True)
class Look:
    """The header of an image: its size as displayed, and its channels (1 for grey, 3 for colour)."""

    height: int
    width: int
    channels: int


def look(data: bytes, name: str) -> Look:
    """Return an image's size and channels without decoding pixels. Raises the errors of ``decode_image``."""
    with _opened(data, name) as image:
        height, width = image.height, image.width
        if image.getexif().get(_ORIENTATION) in _SIDEWAYS:
            height, width = width, height
        return Look(height, width, 1 if image.mode in _GREY else 3)


def decode_image(
    data: bytes, name: str, height: int, width: int, channels: int, most_pixels: int = MAX_PIXELS
) -> Pixels:
    """Decode an image to uint8 pixels of shape ``(height, width, channels)``, upright; transparent pixels become white.

    An image of another size is scaled to fit (Lanczos), centred, and padded with black (letterbox). Of an animation,
    the first frame is used.

    Raises:
        InvalidInput: with the code ``not_an_image``, ``truncated_image`` or ``too_many_pixels`` (more than
            ``most_pixels``), naming ``name``.
        MemoryError: decoding needs more memory than this process may use.
    """
    with _opened(data, name, most_pixels) as image:
        image.load()
        plain = _plain(ImageOps.exif_transpose(image), channels, name)
    return fit(plain, height, width)


class Asked(Protocol):
    """Protocol of the child process connection that ``shrink`` uses."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def shrink(child: Asked) -> Shrunk:
    """Decode an image and save it as a lossless PNG of the requested size. ``ShrinkInput`` → ``Shrunk``.

    Raises the errors of ``decode_image``.
    """
    asked = ShrinkInput.model_validate(child.payload)
    pixels = decode_image(asked.path.read_bytes(), asked.name, *asked.size)
    from_pixels(pixels).save(asked.target, format="PNG", compress_level=1)
    return Shrunk(target=asked.target)


def fit(image: Image.Image, height: int, width: int) -> Pixels:
    """Scale an image of mode L or RGB to fit, and centre it on black; return pixels ``(height, width, channels)``."""
    if image.size != (width, height):
        scale = min(width / image.width, height / image.height)
        size = (max(1, min(width, round(image.width * scale))), max(1, min(height, round(image.height * scale))))
        scaled = image.resize(size, Image.Resampling.LANCZOS)
        image = Image.new(image.mode, (width, height))
        image.paste(scaled, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(image, dtype=np.uint8).reshape(height, width, -1)


class _Opened:
    """Context manager that opens an image and converts any error of its decoder to InvalidInput."""

    def __init__(self, data: bytes, name: str, most_pixels: int) -> None:
        self._data, self._name, self._most_pixels = data, name, most_pixels
        self._warnings = warnings.catch_warnings()

    def __enter__(self) -> Image.Image:
        self._warnings.__enter__()
        warnings.simplefilter("ignore")  # decoders warn about odd metadata; sizes are checked below
        try:
            image = Image.open(io.BytesIO(self._data), formats=FORMATS)
        except Image.DecompressionBombError:
            self._warnings.__exit__(None, None, None)
            raise _too_many(self._name, self._most_pixels) from None
        except MemoryError:
            self._warnings.__exit__(None, None, None)
            raise
        except Exception as error:  # decoders may raise any error for malicious bytes
            self._warnings.__exit__(None, None, None)
            raise _unreadable(self._name, error, opened=False) from error
        if image.width * image.height > self._most_pixels:
            self._warnings.__exit__(None, None, None)
            raise _too_many(self._name, self._most_pixels)
        return image

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._warnings.__exit__(None, None, None)
        if isinstance(error, Exception) and not isinstance(error, InvalidInput | MemoryError):
            raise _unreadable(self._name, error, opened=True) from error


def _opened(data: bytes, name: str, most_pixels: int = MAX_PIXELS) -> _Opened:
    return _Opened(data, name, most_pixels)


def _plain(image: Image.Image, channels: int, name: str) -> Image.Image:
    """Convert to mode L or RGB. Of 16-bit values, the upper 8 bits are kept; transparent pixels become white."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise InvalidInput(
            "{name} has 32-bit pixels, which are measurements, not an image",
            where="{name}",
            next_step="save the image with 8 or 16 bits per channel",
            code="not_an_image",
            name=name,
        )
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, over).convert("RGB")
    return image.convert("L" if channels == 1 else "RGB")


def _too_many(name: str, most_pixels: int) -> InvalidInput:
    return InvalidInput(
        "{name} has more than {millions} million pixels",
        where="{name}",
        next_step="reduce the size of the image",
        code=TOO_MANY_PIXELS,
        name=name,
        millions=most_pixels // 10**6,
    )


def _unreadable(name: str, error: Exception, *, opened: bool) -> InvalidInput:
    if opened:
        reason = " ".join(str(error).split())[:200]
        return InvalidInput(
            "{name} is an incomplete or damaged image ({reason})",
            where="{name}",
            next_step="download or save the image again",
            code="truncated_image",
            name=name,
            reason=reason,
        )
    return InvalidInput("{name} is not an image", where="{name}", next_step=_NEXT_STEP, code="not_an_image", name=name)
