"""Arrays that end, or begin, exactly at a page that must not be touched: a kernel that leaves one crashes."""

from __future__ import annotations

import ctypes
import mmap
import weakref
from typing import Any

import numpy as np

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
_FAILED = ctypes.c_void_p(-1).value


class Fence:
    """Makes guarded arrays; ``at_end`` says on which side of an array the forbidden page lies without a gap."""

    def __init__(self) -> None:
        self.at_end = True
        self.arrays = 0

    def room(self, size: int) -> Any:
        """Return ``size`` bytes between two forbidden pages; they are unmapped when the last view of them is gone."""
        inner = -(-max(size, 1) // mmap.PAGESIZE) * mmap.PAGESIZE
        whole = inner + 2 * mmap.PAGESIZE
        begin = _libc.mmap(None, whole, 0, _PRIVATE, -1, 0)
        if begin == _FAILED or _libc.mprotect(begin + mmap.PAGESIZE, inner, mmap.PROT_READ | mmap.PROT_WRITE):
            raise OSError(ctypes.get_errno(), "guard pages cannot be made")
        start = begin + mmap.PAGESIZE + (inner - size if self.at_end else 0)
        block = (ctypes.c_char * size).from_address(start)
        weakref.finalize(block, _libc.munmap, begin, whole)
        self.arrays += 1
        return block

    def empty(self, shape: Any, dtype: Any = np.float64) -> np.ndarray:
        """Return an uninitialised array; its bytes are those of NaN, so that what is never written shows."""
        sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)
        kind = np.dtype(dtype)
        result = np.ndarray(sizes, kind, self.room(int(np.prod(sizes)) * kind.itemsize))
        result.reshape(-1).view(np.uint8).fill(0xFF)
        return result

    def copy(self, array: np.ndarray) -> np.ndarray:
        """Return an array of the same values and strides in guarded memory, the gaps between its numbers included."""
        if not array.size:
            return array
        low, high = np.lib.array_utils.byte_bounds(array)
        room = self.room(high - low)
        ctypes.memmove(room, low, high - low)
        first = array.__array_interface__["data"][0] - low
        return np.ndarray(array.shape, array.dtype, room, first, array.strides)


class GuardedNumPy:
    """NumPy for a module of the backend, whose new arrays are guarded."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = np.float64) -> np.ndarray:
        return self._fence.empty(shape, dtype)

    def empty_like(self, array: np.ndarray) -> np.ndarray:
        return self._fence.empty(array.shape, array.dtype)

    def zeros(self, shape: Any, dtype: Any = np.float64) -> np.ndarray:
        result = self._fence.empty(shape, dtype)
        result[...] = 0
        return result

    def ascontiguousarray(self, array: Any, dtype: Any = None) -> np.ndarray:
        result = np.ascontiguousarray(array, dtype)
        return result if result is array else self._fence.copy(result)


def guard_backend(fence: Fence) -> None:
    """Guard every array that the cpu backend makes from now on in this process, scratch memory without its slack."""
    from azuraforge.engine.backends.cpu import (
        convolution,
        encoder,
        loss,
        matrix,
        memory,
        normalization,
        recurrent,
        single,
    )

    def exact(scratch: Any, size: int) -> np.ndarray:
        flat = fence.empty((size,), np.float32)
        scratch._taken.append(flat)
        return flat

    memory.Scratch._flat = exact
    del memory.Scratch.__del__  # nothing goes back to the store
    guarded = GuardedNumPy(fence)
    for module in (convolution, encoder, loss, matrix, normalization, recurrent, single):
        module.np = guarded
        if hasattr(module, "empty"):
            module.empty = lambda shape: fence.empty(shape, np.float32)
