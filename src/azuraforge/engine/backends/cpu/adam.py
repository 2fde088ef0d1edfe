"""One step of Adam over flat buffers, by kernel."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.backends.cpu.memory import address
from azuraforge.engine.backends.cpu.runtime import current
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array

_FLOAT32 = np.dtype(np.float32)
_LEAST_ELEMENTS = 30_000  # per thread


def update(
    values: Array,
    gradient: Array,
    mean: Array,
    square: Array,
    *,
    keep: float,
    penalty: float,
    betas: tuple[float, float],
    step_size: float,
    root: float,
    eps: float,
) -> None:
    """Change values and both moments in place; all float32 and contiguous. Names as in ``kernels/adam.py``.

    Raises:
        EngineError: an array has another dtype or shape, or is not contiguous.
    """
    # The kernel reads and writes all four by the size of the first.
    for array in (values, gradient, mean, square):
        if array.dtype != _FLOAT32 or array.shape != values.shape or not array.flags.carray:
            raise EngineError(
                f"Adam expects flat float32 buffers of {values.size} numbers, got {array.dtype} "
                f"{shape_text(array.shape)} with strides {shape_text(array.strides)}"
            )
    runtime = current()
    places = (address(values), address(gradient), address(mean), address(square))
    numbers = (keep, penalty, 1 - betas[0], betas[1], 1 - betas[1], step_size, root, eps)
    runtime.pool.run("adam", (*places, *numbers), values.size, _LEAST_ELEMENTS, 16)
