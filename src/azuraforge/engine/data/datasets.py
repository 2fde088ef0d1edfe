"""Datasets, which return several examples by their indices in one call."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array


class Dataset(Protocol):
    """Protocol of a dataset, which returns many examples in one call, so that batches are fast."""

    def __len__(self) -> int:
        """Return the number of examples."""

    def gather(self, indices: Array) -> tuple[Array, ...]:
        """Return the examples at ``indices``, stacked along a first axis, one array per part."""


class Arrays:
    """Dataset of arrays whose first axes run over the same examples.

    Raises:
        EngineError: there are no arrays, or their first axes have different sizes.

    >>> len(Arrays(np.zeros((10, 3)), np.zeros(10)))
    10
    """

    def __init__(self, *arrays: Array) -> None:
        if not arrays:
            raise EngineError("Arrays needs at least one array")
        self.arrays = tuple(np.asarray(array) for array in arrays)
        if len({array.shape[:1] for array in self.arrays}) != 1 or not self.arrays[0].ndim:
            shapes = ", ".join(shape_text(array.shape) for array in self.arrays)
            raise EngineError(f"Arrays needs first axes of one size, got {shapes}")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def gather(self, indices: Array) -> tuple[Array, ...]:
        """Return the rows at ``indices`` of each array."""
        return tuple(array[indices] for array in self.arrays)


class Windows:
    """Sliding windows over a series, cut when they are read, so that nothing is copied in advance.

    Args:
        series: ``(time, feature)``.
        window: steps of input.
        horizon: steps right after the window that are the target.
        targets: columns of the target; all by default.

    Each example is ``(window, feature)`` and ``(horizon, target)``.

    Raises:
        EngineError: ``series`` has other axes, or is shorter than one window and horizon.
    """

    def __init__(self, series: Array, window: int, horizon: int = 1, targets: list[int] | None = None) -> None:
        if series.ndim != 2:
            raise EngineError(f"Windows expects a series (time, feature), got {shape_text(series.shape)}")
        if min(window, horizon) < 1 or len(series) < window + horizon:
            raise EngineError(f"a window of {window} and a horizon of {horizon} do not fit {len(series)} steps")
        self.window = window
        columns = list(range(series.shape[1])) if targets is None else targets
        count = len(series) - window - horizon + 1
        self._inputs = sliding_window_view(series, window, axis=0)[:count]
        self._targets = sliding_window_view(series[:, columns], horizon, axis=0)[window:]

    def __len__(self) -> int:
        return len(self._inputs)

    def gather(self, indices: Array) -> tuple[Array, ...]:
        """Return ``(example, window, feature)`` and ``(example, horizon, target)``."""
        return tuple(np.ascontiguousarray(part[indices].swapaxes(1, 2)) for part in (self._inputs, self._targets))
