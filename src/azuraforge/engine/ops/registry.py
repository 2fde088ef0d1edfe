"""Registry of ops, each with a name, a contract, a forward function and its vector-Jacobian product.

The contract checks shapes, dtypes and options before the forward function of any backend runs; gradients and buffers
are checked before the vector-Jacobian product (:func:`checked_op`). Both functions see NumPy arrays only and change
none of their inputs:

- ``forward(context, *arrays, **attributes)`` returns one array or a tuple of arrays and leaves what the
  backward pass needs in ``context.saved``. If all of ``context.needs`` are ``False``, nothing needs to be saved.
- ``vjp(context, *output_gradients)`` returns one gradient (or ``None``) per input. In ops with several outputs, the
  gradient of an unused output is ``None``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
import numpy.typing as npt

from azuraforge.engine.errors import EngineError, shape_text

Array = npt.NDArray[Any]
Forward = Callable[..., Array | tuple[Array, ...]]
VectorJacobian = Callable[..., tuple[Array | None, ...]]
Contract = Callable[..., None]
Form = tuple[tuple[int, ...], np.dtype[Any]]  # shape and dtype


class Context:
    """State of one application of an op between its forward and its backward pass.

    Attributes:
        needs: for each input, whether its gradient is required.
        saved: values that the forward function stored for the backward function.
        buffers: per input, an array into which the backward function may write that input's gradient
            (returning the same array), or ``None``. Empty if there are no such arrays.
        inputs: shape and dtype of each input, ``None`` for one left out.
        outputs: shape and dtype of each output.
    """

    __slots__ = ("buffers", "inputs", "needs", "outputs", "saved")

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs = needs
        self.saved: Any = None
        self.buffers: tuple[Array | None, ...] = ()
        self.inputs: tuple[Form | None, ...] = ()
        self.outputs: tuple[Form, ...] = ()

    @property
    def records(self) -> bool:
        """Return whether any gradient is required, so that values must be saved."""
        return True in self.needs


@dataclass(frozen=True, slots=True)
class Op:
    """Differentiable operation.

    Attributes:
        name: key in the registry, shown in errors and by anomaly mode.
        forward: function from arrays to arrays, called after the checks of the contract.
        vjp: function from output gradients to input gradients, called after checks of the gradients and buffers.
        view: whether the output may share memory with the first input.
        silent: whether NumPy never warns of overflow or NaN in ``forward``.
        contract: checks of inputs and options that all backends share, ``None`` if NumPy refuses invalid inputs.
    """

    name: str
    forward: Forward
    vjp: VectorJacobian
    view: bool = False
    silent: bool = False
    contract: Contract | None = None


OPS: dict[str, Op] = {}


def register(
    name: str, forward: Forward, vjp: VectorJacobian, contract: Contract | None = None, *, view: bool = False
) -> Op:
    """Add an op to the registry and return it. Raises RuntimeError if the name is registered already."""
    if name in OPS:
        raise RuntimeError(f"op {name!r} is registered twice")
    OPS[name] = checked_op(name, forward, vjp, contract, view=view, silent=view)
    return OPS[name]


def override(name: str, forward: Forward, vjp: VectorJacobian, *, view: bool = False, silent: bool = True) -> Op:
    """Return another backend's implementation of the registered op ``name``, with the same contract.

    The registry is unchanged. Raises KeyError if ``name`` is not registered.
    """
    return checked_op(name, forward, vjp, OPS[name].contract, view=view, silent=silent, kernels=True)


def checked_op(
    name: str,
    forward: Forward,
    vjp: VectorJacobian,
    contract: Contract | None,
    *,
    view: bool = False,
    silent: bool = False,
    kernels: bool = False,
) -> Op:
    """Return an op whose functions are called only with arrays that pass its checks.

    Args:
        name: key in the registry.
        forward: function from arrays to arrays.
        vjp: function from output gradients to input gradients.
        contract: called with the arguments of ``forward`` except the context; raises ``EngineError``.
        view: whether the output may share memory with the first input.
        silent: whether NumPy never warns in ``forward``.
        kernels: whether the functions pass addresses to compiled code; arrays that do not begin at a multiple of their
            element size are then copied.
    """

    @wraps(forward)
    def run(context: Context, *arrays: Array | None, **options: Any) -> Array | tuple[Array, ...]:
        if contract is not None:
            contract(*arrays, **options)
        if kernels:
            for array in arrays:
                if array is not None and not array.flags.aligned:
                    arrays = tuple([None if one is None else _aligned(one) for one in arrays])
                    break
        result = forward(context, *arrays, **options)
        if True not in context.needs:
            return result  # no backward pass follows
        context.inputs = tuple([None if array is None else (array.shape, array.dtype) for array in arrays])
        if isinstance(result, tuple):
            context.outputs = tuple([(array.shape, array.dtype) for array in result])
        else:
            context.outputs = ((result.shape, result.dtype),)
        return result

    @wraps(vjp)
    def back(context: Context, *gradients: Array | None) -> tuple[Array | None, ...]:
        outputs = context.outputs
        if len(gradients) != len(outputs):
            raise EngineError(f"backward through {name}: {len(gradients)} gradients for {len(outputs)} outputs")
        for gradient, (shape, dtype) in zip(gradients, outputs, strict=True):
            if gradient is None:
                continue
            if gradient.shape != shape or gradient.dtype != dtype:
                raise EngineError(
                    f"backward through {name}: a gradient {shape_text(gradient.shape)} of {gradient.dtype} for an "
                    f"output {shape_text(shape)} of {dtype}"
                )
            if not gradient.flags.aligned:
                gradients = tuple([None if one is None else _aligned(one) for one in gradients])
        if context.buffers:
            context.buffers = tuple(map(_fitting, context.buffers, context.inputs))
        return vjp(context, *gradients)

    return Op(name, run, back, view, silent, contract)


def _aligned(array: Array) -> Array:
    return array if array.flags.aligned else array.copy()


def _fitting(buffer: Array | None, form: Form | None) -> Array | None:
    """Return the buffer if a kernel can fill it as one contiguous block, else ``None``."""
    if buffer is None or form is None:
        return None
    shape, dtype = form
    return buffer if buffer.shape == shape and buffer.dtype == dtype and buffer.flags.carray else None


def real(x: Array) -> Array:
    """Return integers as float32, the way PyTorch promotes them; floating point numbers as they are."""
    return x if x.dtype.kind == "f" else x.astype(np.float32)


_MANY = 4096  # numbers that may be added one after the other in less than float64


def add_up(x: Array, axis: int | tuple[int, ...] | None, keepdims: bool = False) -> Array:
    """Return the sum over axes, in float64 for many numbers, because NumPy adds rows to a running total one by one."""
    result = np.asarray(x.sum(axis=axis, keepdims=keepdims))
    if x.dtype.kind != "f" or x.itemsize >= 8 or x.size <= _MANY * result.size:
        return result
    return np.asarray(x.sum(axis=axis, keepdims=keepdims, dtype=np.float64), dtype=x.dtype)


def average(x: Array, axis: int | tuple[int, ...] | None, keepdims: bool = False) -> Array:
    """Return the mean over axes, summed like :func:`add_up`."""
    result = np.asarray(x.mean(axis=axis, keepdims=keepdims))
    if x.dtype.kind != "f" or x.itemsize >= 8 or x.size <= _MANY * result.size:
        return result
    return np.asarray(x.mean(axis=axis, keepdims=keepdims, dtype=np.float64), dtype=x.dtype)


def sum_to_shape(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes that broadcasting added or stretched, so that it has ``shape``."""
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    stretched = tuple(
        added + axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[added + axis] != 1
    )
    summed = add_up(gradient, (*range(added), *stretched), keepdims=True)
    return np.asarray(summed.reshape(shape))
