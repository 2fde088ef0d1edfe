"""The registry of ops: a name, a forward function and its vector-Jacobian product.

Both functions see NumPy arrays only and change none of their inputs:

- ``forward(context, *arrays, **attributes)`` returns one array or a tuple of arrays and leaves what the
  backward pass needs in ``context.saved``. Where ``context.needs`` is all ``False`` nothing need be kept.
- ``vjp(context, *output_gradients)`` returns one gradient (or ``None``) per input. An output nobody used
  arrives as ``None`` in ops with several outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Forward = Callable[..., Array | tuple[Array, ...]]
VectorJacobian = Callable[..., tuple[Array | None, ...]]


class Context:
    """What one application of an op remembers between its forward and its backward pass.

    Attributes:
        needs: per input, whether its gradient is wanted.
        saved: whatever the forward function left for the backward function.
        buffers: per input, an array into which the backward function may write that input's gradient
            (returning the same array), or ``None``. Empty where no buffer is offered.
    """

    __slots__ = ("buffers", "needs", "saved")

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs = needs
        self.saved: Any = None
        self.buffers: tuple[Array | None, ...] = ()

    @property
    def records(self) -> bool:
        """Whether any gradient is wanted, that is, whether anything must be saved."""
        return True in self.needs


@dataclass(frozen=True, slots=True)
class Op:
    """One differentiable operation.

    Attributes:
        name: its key in the registry, shown in errors and by anomaly mode.
        forward: arrays to arrays.
        vjp: output gradients to input gradients.
        view: whether the output may share memory with the first input.
        silent: whether NumPy computes nothing in ``forward`` that could warn of overflow or NaN.
    """

    name: str
    forward: Forward
    vjp: VectorJacobian
    view: bool = False
    silent: bool = False


OPS: dict[str, Op] = {}


def register(name: str, forward: Forward, vjp: VectorJacobian, *, view: bool = False) -> Op:
    """Add an op to the registry; a name is registered once."""
    if name in OPS:
        raise RuntimeError(f"op {name!r} is registered twice")
    OPS[name] = Op(name, forward, vjp, view, silent=view)
    return OPS[name]


def sum_to_shape(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes that broadcasting added or stretched, so that it has ``shape``."""
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    stretched = tuple(
        added + axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[added + axis] != 1
    )
    summed = gradient.sum(axis=(*range(added), *stretched), keepdims=True)
    return np.asarray(summed.reshape(shape))
