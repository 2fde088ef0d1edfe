"""Conversion and checks of the arrays and sizes that callers pass to tensors."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import Array


def as_array(data: Any) -> Array:
    """Return numbers as an aligned array: Python floats become float32, NumPy arrays keep their dtype.

    Raises EngineError for anything but numbers.
    """
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
    else:
        try:
            array = np.asarray(data)
        except ValueError as error:
            raise EngineError(f"cannot make a tensor from {type(data).__name__}: {error}") from error
        if array.dtype == np.float64:
            array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise EngineError(f"a tensor holds numbers, got {array.dtype} from {type(data).__name__}")
    # Kernels count strides in whole elements, which a column of packed records does not have.
    return array if array.flags.aligned else array.copy()


def sizes_of(sizes: tuple[SupportsIndex | tuple[int, ...], ...]) -> tuple[int, ...]:
    """Return the sizes of ``f(2, 3)`` and of ``f((2, 3))`` alike."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        return tuple(sizes[0])
    return tuple(int(size) for size in sizes if not isinstance(size, tuple))
