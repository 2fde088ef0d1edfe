"""Aligned scratch memory that is reused, because new pages from the system take longer than many kernels."""

from __future__ import annotations

import ctypes

import numpy as np

from azuraforge.engine.ops.registry import Array

_ALIGNMENT_BYTES = 64
_KEPT_BYTES_PER_SIZE = 64 * 2**20  # at most this much of each size waits for its next use

# Size → arrays that wait. No lock: looking a list up, ``pop`` and ``append`` are single steps for Python's threads, and
# the garbage collector may delete a Scratch, which returns its memory, during a take.
_free: dict[int, list[Array]] = {}


def address(array: Array) -> int:
    """Return the address of the first element of an array."""
    # The field ``data`` of NumPy's array object, a part of its binary interface: the public ways to this number
    # build a dictionary or an object each time, and a training step needs it a hundred times.
    location: int = _word_at(id(array) + _DATA).value
    return location


_word_at = ctypes.c_size_t.from_address
_DATA = object.__basicsize__
_probe = np.zeros(1)
if _word_at(id(_probe) + _DATA).value != _probe.__array_interface__["data"][0]:  # another Python than CPython

    def address(array: Array) -> int:
        """Return the address of the first element of an array."""
        location: int = array.__array_interface__["data"][0]
        return location


def keep_pages() -> None:
    """Let the allocator keep freed memory, because new pages from the system take longer than many kernels.

    This has an effect only if the C library is glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_MMAP_THRESHOLD, _KEPT_BYTES)
    mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of mallopt's parameters
_KEPT_BYTES = 256 * 2**20


def empty(shape: tuple[int, ...]) -> Array:
    """Return an uninitialised float32 array that begins on a cache line."""
    size = 1
    for one in shape:
        size *= one
    raw = np.empty(size * 4 + _ALIGNMENT_BYTES, dtype=np.uint8)
    start = -address(raw) % _ALIGNMENT_BYTES
    return raw[start : start + size * 4].view(np.float32).reshape(shape)


class Scratch:
    """Owner of scratch arrays, which become free for reuse when this object is deleted.

    No view of these arrays may exist after that, so they are only for use within ops.
    """

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken: list[Array] = []

    def take(self, *shape: int) -> Array:
        """Return an uninitialised float32 array."""
        size = 1
        for one in shape:
            size *= one
        return self._flat(size)[:size].reshape(shape)

    def room(self, size: int) -> int:
        """Return the address of room for ``size`` float32 numbers."""
        return address(self._flat(size))

    def _flat(self, size: int) -> Array:
        rounded = max(1024, 1 << (size - 1).bit_length()) if size < 2**22 else size
        try:
            flat = _free[rounded].pop()
        except (KeyError, IndexError):
            flat = empty((rounded,))
        self._taken.append(flat)
        return flat

    def zeros(self, *shape: int) -> Array:
        """Return a float32 array of zeros."""
        array = self.take(*shape)
        array.fill(0)
        return array

    def __del__(self, free: dict[int, list[Array]] = _free, most: int = _KEPT_BYTES_PER_SIZE) -> None:
        # Bound as defaults, since module globals may be gone when the interpreter ends.
        for flat in self._taken:
            waiting = free.setdefault(flat.size, [])
            if (len(waiting) + 1) * flat.nbytes <= most:
                waiting.append(flat)
