"""What worker and child say to each other: JSON frames, each behind its length, over a Unix socket."""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Iterator
from typing import Any

import orjson

Frame = dict[str, Any]

_LENGTH = struct.Struct(">I")
#: A frame longer than this is a bug, not data: data goes through files.
MAX_FRAME_BYTES = 256 * 1024 * 1024
_READ_BYTES = 1 << 16
_SPELLED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encode(frame: Frame) -> bytes:
    """A frame as bytes. Raises TypeError for what JSON cannot say."""
    body = orjson.dumps(frame, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {len(body)} bytes is too long; write a file instead")
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Puts frames together from whatever arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that ``data`` completes. Raises ValueError for an impossible length or broken JSON."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                raise ValueError(f"a frame announces {length} bytes")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield orjson.loads(body)


def read_frames(connection: socket.socket) -> Iterator[Frame]:
    """Frames until the other side ends; blocks."""
    reader = FrameReader()
    while data := connection.recv(_READ_BYTES):
        yield from reader.feed(data)


def spell(value: float) -> float | str:
    """A number as JSON can say it: NaN and the infinities become words.

    Example:
        >>> spell(float("inf")), spell(0.5)
        ('Infinity', 0.5)
    """
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def unspell(value: float | str) -> float:
    """The number that ``spell`` wrote."""
    return _SPELLED[value] if isinstance(value, str) else float(value)
