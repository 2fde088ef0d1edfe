"""Tensor: an array, its gradient, and the node that made it. The computations are in ``ops/``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from azuraforge.engine import autograd
from azuraforge.engine.arrays import as_array, sizes_of
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.contracts import expect_axis
from azuraforge.engine.ops.registry import Array

Operand = Any  # a Tensor, a number, or anything ``numpy.asarray`` takes


class Tensor:
    """N-dimensional array that can be differentiated.

    Python floats and lists of them become float32; NumPy arrays keep their dtype and are not copied.

    Args:
        data: numbers, an array or another tensor.
        requires_grad: whether ``backward`` collects the gradient of this tensor in ``grad``.

    Attributes:
        data: the values, a NumPy array.
        node: the op that made this tensor, ``None`` for a leaf.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad.numpy().tolist()
    [2.0, 4.0]
    """

    __slots__ = ("__weakref__", "_gradient", "_gradient_buffer", "_version", "data", "node", "output_index",
                 "requires_grad")  # fmt: skip
    __array_priority__ = 1000  # NumPy arrays on the left leave the operator to us
    __array_ufunc__ = None

    def __init__(self, data: Operand, requires_grad: bool = False) -> None:
        array = data.data if isinstance(data, Tensor) else as_array(data)
        if requires_grad and array.dtype.kind != "f":
            raise EngineError(f"only floating point tensors have gradients, got {array.dtype}")
        self.data: Array = array
        self.requires_grad = requires_grad
        self.node: autograd.Node | None = None
        self.output_index = 0
        self._gradient: Array | None = None
        self._gradient_buffer: Array | None = None
        self._version = [0]

    @classmethod
    def _wrap(cls, array: Any) -> Tensor:
        """Return a tensor that contains the result of an op, without the checks of the constructor."""
        self = Tensor.__new__(Tensor)
        self.data = array if type(array) is np.ndarray else np.asarray(array)
        self.requires_grad = False
        self.node = None
        self.output_index = 0
        self._gradient = None
        self._gradient_buffer = None
        self._version = [0]
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of the elements."""
        return self.data.dtype

    def __len__(self) -> int:
        if not self.data.ndim:
            raise EngineError("a scalar tensor has no length")
        return len(self.data)

    def __repr__(self) -> str:
        values = np.array2string(self.data, precision=4, separator=", ", threshold=20, prefix="Tensor(")
        extra = ", requires_grad=True" if self.requires_grad else ""
        return f"Tensor({values}, shape={shape_text(self.shape)}, dtype={self.dtype}{extra})"

    def numpy(self) -> Array:
        """Return the values as a NumPy array that shares memory with the tensor."""
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.data, dtype=dtype, copy=copy)

    def item(self) -> float:
        """Return the only element as a Python number. Raises EngineError unless there is exactly one."""
        if self.data.size != 1:
            raise EngineError(f"item() needs one element, got shape {shape_text(self.shape)}")
        value: float = self.data.item()
        return value

    def __float__(self) -> float:
        return float(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(len(self)))

    # --- gradients ---

    @property
    def grad(self) -> Tensor | None:
        """Gradient collected so far, sharing its memory, or ``None``."""
        return None if self._gradient is None else Tensor._wrap(self._gradient)

    @grad.setter
    def grad(self, value: Tensor | Array | None) -> None:
        if value is None:
            self._gradient = None
            return
        array = value.data if isinstance(value, Tensor) else as_array(value)
        if array.shape != self.shape:
            raise EngineError(
                f"a gradient of shape {shape_text(array.shape)} for a tensor of shape {shape_text(self.shape)}"
            )
        self._gradient = array

    def accumulate_gradient(self, gradient: Array) -> None:
        """Add ``gradient`` to the collected gradient, in the buffer of :meth:`set_gradient_buffer` if there is one."""
        if self._gradient is not None:
            if self._gradient is not gradient:
                self._gradient += gradient
        elif self._gradient_buffer is None:
            self._gradient = np.array(gradient, dtype=self.data.dtype)  # a copy: the op may share its result
        else:
            if gradient is not self._gradient_buffer:
                np.copyto(self._gradient_buffer, gradient)
            self._gradient = self._gradient_buffer

    def set_gradient_buffer(self, buffer: Array | None) -> None:
        """Collect gradients in ``buffer`` (same shape and dtype) from now on; the collected one moves there."""
        if buffer is not None and (buffer.shape != self.shape or buffer.dtype != self.dtype):
            raise EngineError(
                f"gradient buffer {shape_text(buffer.shape)} {buffer.dtype} for {shape_text(self.shape)} {self.dtype}"
            )
        if buffer is not None and np.may_share_memory(buffer, self.data):
            raise EngineError("a gradient buffer must not share memory with the tensor's values")
        collected, self._gradient, self._gradient_buffer = self._gradient, None, buffer
        if collected is not None:
            self.accumulate_gradient(collected)

    def backward(self, gradient: Tensor | Array | None = None, *, retain_graph: bool = False) -> None:
        """Differentiate this tensor; see :func:`azuraforge.engine.autograd.backward`."""
        if gradient is not None:
            gradient = gradient.data if isinstance(gradient, Tensor) else as_array(gradient)
        autograd.backward(self, gradient, retain_graph=retain_graph)

    def detach(self) -> Tensor:
        """Return a tensor that shares the values and has no history."""
        result = Tensor._wrap(self.data)
        result._version = self._version
        return result

    def clone(self) -> Tensor:
        """Return a copy that stays in the graph."""
        return self * 1.0 if self.data.dtype.kind == "f" else Tensor(self.data.copy())

    def astype(self, dtype: Any) -> Tensor:
        """Return the values as ``dtype``; gradients flow back in the old one."""
        return autograd.apply("astype", self, dtype=np.dtype(dtype))

    # --- change in place ---

    def changed_in_place(self) -> None:
        """Record that ``data`` was overwritten, so that a backward pass that needs the old values fails."""
        self._version[0] += 1

    def copy_(self, values: Operand) -> Tensor:
        """Overwrite the values by broadcasting. Raises EngineError if they do not fit or a gradient would be lost."""
        return self._assign(..., values)

    def __setitem__(self, key: Any, values: Operand) -> None:
        self._assign(_plain_key(key), values)

    def _assign(self, key: Any, values: Operand) -> Tensor:
        if autograd.is_recording() and self.requires_grad:
            raise EngineError("change a tensor that needs a gradient only under no_grad()")
        if autograd.is_recording() and isinstance(values, Tensor) and values.requires_grad:
            raise EngineError(
                "an assignment is not recorded, so the gradient of the values would be lost: put tensors together with "
                "concat, stack or where, or assign values.detach()"
            )
        try:
            self.data[key] = values.data if isinstance(values, Tensor) else values
        except (ValueError, IndexError) as error:
            raise EngineError(f"assignment to a tensor of shape {shape_text(self.shape)}: {error}") from error
        self.changed_in_place()
        return self

    # --- arithmetic ---

    def _operand(self, other: Operand) -> Tensor:
        if isinstance(other, Tensor):
            return other
        if isinstance(other, (int, float)):
            # A number takes the tensor's dtype: 2 * float32 stays float32.
            kind = self.data.dtype if self.data.dtype.kind == "f" else np.result_type(self.data.dtype, other)
            return Tensor._wrap(np.asarray(other, dtype=kind))
        return Tensor(other)

    def __add__(self, other: Operand) -> Tensor:
        return autograd.apply("add", self, self._operand(other))

    def __radd__(self, other: Operand) -> Tensor:
        return autograd.apply("add", self._operand(other), self)

    def __sub__(self, other: Operand) -> Tensor:
        return autograd.apply("sub", self, self._operand(other))

    def __rsub__(self, other: Operand) -> Tensor:
        return autograd.apply("sub", self._operand(other), self)

    def __mul__(self, other: Operand) -> Tensor:
        return autograd.apply("mul", self, self._operand(other))

    def __rmul__(self, other: Operand) -> Tensor:
        return autograd.apply("mul", self._operand(other), self)

    def __truediv__(self, other: Operand) -> Tensor:
        return autograd.apply("div", self, self._operand(other))

    def __rtruediv__(self, other: Operand) -> Tensor:
        return autograd.apply("div", self._operand(other), self)

    def __pow__(self, other: Operand) -> Tensor:
        return autograd.apply("pow", self, self._operand(other))

    def __rpow__(self, other: Operand) -> Tensor:
        return autograd.apply("pow", self._operand(other), self)

    def __matmul__(self, other: Operand) -> Tensor:
        return autograd.apply("matmul", self, self._operand(other))

    def __rmatmul__(self, other: Operand) -> Tensor:
        return autograd.apply("matmul", self._operand(other), self)

    def __neg__(self) -> Tensor:
        return autograd.apply("neg", self)

    # Comparisons are constant almost everywhere: plain boolean tensors, no gradient.
    def __lt__(self, other: Operand) -> Tensor:
        return Tensor._wrap(self.data < self._operand(other).data)

    def __le__(self, other: Operand) -> Tensor:
        return Tensor._wrap(self.data <= self._operand(other).data)

    def __gt__(self, other: Operand) -> Tensor:
        return Tensor._wrap(self.data > self._operand(other).data)

    def __ge__(self, other: Operand) -> Tensor:
        return Tensor._wrap(self.data >= self._operand(other).data)

    def eq(self, other: Operand) -> Tensor:
        """Return a boolean tensor of the elements that are equal; ``==`` compares the identity of tensors."""
        return Tensor._wrap(self.data == self._operand(other).data)

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        return autograd.apply("exp", self)

    def log(self) -> Tensor:
        """Return the natural logarithm of each element."""
        return autograd.apply("log", self)

    def sqrt(self) -> Tensor:
        """Return the square root of each element."""
        return autograd.apply("sqrt", self)

    def abs(self) -> Tensor:
        """Return the absolute value of each element."""
        return autograd.apply("abs", self)

    __abs__ = abs

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element."""
        return autograd.apply("tanh", self)

    def sigmoid(self) -> Tensor:
        """Return ``1 / (1 + exp(-x))`` of each element."""
        return autograd.apply("sigmoid", self)

    def relu(self) -> Tensor:
        """Return ``max(x, 0)`` of each element."""
        return autograd.apply("relu", self)

    def clip(self, low: float | None = None, high: float | None = None) -> Tensor:
        """Limit each element to ``low … high``; outside, the gradient is zero."""
        return autograd.apply("clip", self, low=low, high=high)

    def softmax(self, axis: int = -1) -> Tensor:
        """Return ``exp(x) / sum(exp(x))`` along ``axis``."""
        return autograd.apply("softmax", self, axis=axis)

    # --- reductions ---

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Return the sum over ``axis`` (all axes by default)."""
        return autograd.apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Return the mean over ``axis`` (all axes by default)."""
        return autograd.apply("mean", self, axis=axis, keepdims=keepdims)

    def var(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Return the variance over ``axis``, divided by n."""
        return autograd.apply("var", self, axis=axis, keepdims=keepdims)

    def max(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Return the largest element over ``axis``; equal ones share the gradient."""
        return autograd.apply("max", self, axis=axis, keepdims=keepdims)

    def min(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Return the smallest element over ``axis``; equal ones share the gradient."""
        return autograd.apply("min", self, axis=axis, keepdims=keepdims)

    # --- shape ---

    def reshape(self, *shape: int | tuple[int, ...]) -> Tensor:
        """Return the same elements in another shape; one size may be -1."""
        return autograd.apply("reshape", self, shape=sizes_of(shape))

    def flatten(self, start_axis: int = 0) -> Tensor:
        """Join the axes from ``start_axis`` on into one."""
        if start_axis:
            expect_axis("flatten", start_axis, self.ndim)
        return self.reshape(*self.shape[:start_axis], int(np.prod(self.shape[start_axis:])))

    def transpose(self, *axes: int | tuple[int, ...]) -> Tensor:
        """Return the tensor with reordered axes, in reverse order by default, as in NumPy."""
        return autograd.apply("transpose", self, axes=sizes_of(axes) if axes else None)

    @property
    def T(self) -> Tensor:  # noqa: N802 - the name NumPy and PyTorch use
        """Tensor with the axes in reverse order."""
        return self.transpose()

    def swapaxes(self, first: int, second: int) -> Tensor:
        """Exchange two axes."""
        for axis in (first, second):
            expect_axis("swapaxes", axis, self.ndim)
        order = list(range(self.ndim))
        order[first], order[second] = order[second], order[first]
        return self.transpose(*order)

    def squeeze(self, axis: int) -> Tensor:
        """Remove an axis of size one. Raises EngineError if it has another size or does not exist."""
        expect_axis("squeeze", axis, self.ndim)
        axis = axis % self.ndim
        if self.shape[axis] != 1:
            raise EngineError(f"squeeze: axis {axis} of shape {shape_text(self.shape)} is not of size one")
        return self.reshape(*self.shape[:axis], *self.shape[axis + 1 :])

    def unsqueeze(self, axis: int) -> Tensor:
        """Insert an axis of size one."""
        expect_axis("unsqueeze", axis, self.ndim + 1)
        axis = axis % (self.ndim + 1)
        return self.reshape(*self.shape[:axis], 1, *self.shape[axis:])

    def broadcast_to(self, *shape: int | tuple[int, ...]) -> Tensor:
        """Repeat axes of size one up to ``shape``."""
        return autograd.apply("broadcast_to", self, shape=sizes_of(shape))

    def __getitem__(self, key: Any) -> Tensor:
        return autograd.apply("getitem", self, key=_plain_key(key))


def _plain_key(key: Any) -> Any:
    if isinstance(key, Tensor):
        return key.data
    if isinstance(key, tuple):
        for part in key:
            if isinstance(part, Tensor):
                return tuple([part.data if isinstance(part, Tensor) else part for part in key])
    return key


autograd.make_results_with(Tensor._wrap)
