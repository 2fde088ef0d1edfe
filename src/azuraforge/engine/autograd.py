"""Reverse-mode automatic differentiation: ops are recorded in the forward pass and visited in reverse order.

A tensor that came out of an op points to a :class:`Node`; the node points to the tensors that went in.
``backward`` visits the reachable nodes, newest first, calls the vector-Jacobian product of each op and sums the
results. There is no recursion, so only memory limits the depth. (Griewank and Walther, "Evaluating Derivatives", 2008,
chapter 3.)
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from azuraforge.engine import backends
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array, Context, Op

if TYPE_CHECKING:
    from azuraforge.engine.tensor import Tensor

Watcher = Callable[[str, "list[Array | None]", "tuple[Array, ...]"], None]


class _Mode(threading.local):
    recording = True
    anomaly = False
    watcher: Watcher | None = None


_mode = _Mode()
_order = itertools.count()
_wrap: Callable[[Array], Tensor]


def make_results_with(wrap: Callable[[Array], Tensor]) -> None:
    """Let ``wrap`` make the tensor of each result. ``tensor.py`` calls this: it builds on this module."""
    global _wrap
    _wrap = wrap


class Node:
    """Recorded application of an op.

    Attributes:
        order: position in the order of recording; larger is later.
        inputs: the input tensors, ``None`` for an optional input that was omitted.
        outputs: number of output tensors.
        context: values saved for the backward pass; ``None`` once the graph is freed.
        versions: the change counter of each input and output tensor, and its value at the time of recording.
    """

    __slots__ = ("context", "inputs", "op", "order", "outputs", "versions")

    def __init__(
        self, op: Op, context: Context, inputs: tuple[Tensor | None, ...], outputs: tuple[Tensor, ...]
    ) -> None:
        self.op = op
        self.context: Context | None = context
        self.inputs = inputs
        self.order = next(_order)
        self.outputs = len(outputs)
        counters = [item._version for item in inputs if item is not None]
        counters += [output._version for output in outputs]
        self.versions: list[tuple[list[int], int]] = [(counter, counter[0]) for counter in counters]

    def check_unchanged(self) -> None:
        """Raise EngineError if values needed by the backward pass were overwritten since the forward pass."""
        for counter, seen in self.versions:
            if counter[0] != seen:
                raise EngineError(
                    f"backward through {self.op.name}: a tensor it needs was changed in place after the forward "
                    "pass; change a copy (tensor.detach().clone()), or call backward before the change"
                )


def is_recording() -> bool:
    """Return whether ops are being recorded for the backward pass."""
    return _mode.recording


class no_grad(ContextDecorator):  # noqa: N801 - used like a function, as in PyTorch
    """Run a block, or a decorated function, without recording: no graph is built and results need no gradient."""

    __slots__ = ("_before",)

    def __init__(self) -> None:
        self._before: list[bool] = []  # a stack, since one object may be entered twice

    def __enter__(self) -> None:
        self._before.append(_mode.recording)
        _mode.recording = False

    def __exit__(self, *error: object) -> None:
        _mode.recording = self._before.pop()

    def _recreate_cm(self) -> Self:
        return type(self)()  # a decorated function may run in several threads at a time


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Run a block that stops with an EngineError at the first op whose output or gradient has NaN.

    Every result is scanned, so this is for finding a fault, not for training.
    """
    before = _mode.anomaly
    _mode.anomaly = True
    try:
        with watch(lambda name, arrays, results: _check_numbers(name, "output", results)):
            yield
    finally:
        _mode.anomaly = before


@contextmanager
def watch(watcher: Watcher) -> Iterator[None]:
    """Run a block in which ``watcher(name, inputs, outputs)`` sees every op's arrays after its forward pass."""
    before = _mode.watcher
    _mode.watcher = watcher
    try:
        yield
    finally:
        _mode.watcher = before


def apply(name: str, *inputs: Tensor | None, **attributes: Any) -> Tensor:
    """Run the op ``name`` that has one output, and record it if a gradient is required.

    Raises:
        EngineError: the op does not accept these inputs or attributes.
    """
    return _run(name, inputs, attributes)[0]


def apply_many(name: str, *inputs: Tensor | None, **attributes: Any) -> tuple[Tensor, ...]:
    """Run the op ``name`` that has several outputs, and record it if a gradient is required.

    Raises:
        EngineError: the op does not accept these inputs or attributes.
    """
    return _run(name, inputs, attributes)


def _run(name: str, inputs: tuple[Tensor | None, ...], attributes: dict[str, Any]) -> tuple[Tensor, ...]:
    op = backends.active[name]
    mode = _mode
    if mode.recording:
        context = Context(tuple([item is not None and item.requires_grad for item in inputs]))
    else:
        context = Context((False,) * len(inputs))
    arrays = [None if item is None else item.data for item in inputs]
    try:
        if op.silent:
            result = op.forward(context, *arrays, **attributes)
        else:
            with np.errstate(all="ignore"):
                result = op.forward(context, *arrays, **attributes)
    except EngineError:
        raise
    except (ValueError, IndexError, TypeError, ArithmeticError, MemoryError) as error:
        shapes = ", ".join("none" if array is None else shape_text(array.shape) for array in arrays)
        raise EngineError(f"{name} does not fit inputs of shape {shapes}: {error}") from error
    results = result if isinstance(result, tuple) else (result,)
    if mode.watcher is not None:
        mode.watcher(name, arrays, results)
    wrap = _wrap
    outputs = tuple([wrap(array) for array in results])
    if op.view and inputs[0] is not None and outputs[0].data.base is not None:
        outputs[0]._version = inputs[0]._version
    if True in context.needs:
        node = Node(op, context, inputs, outputs)
        for index, output in enumerate(outputs):
            if output.data.dtype.kind == "f":
                output.requires_grad = True
                output.node = node
                output.output_index = index
    return outputs


def backward(root: Tensor, gradient: Array | None = None, *, retain_graph: bool = False) -> None:
    """Add the derivative of ``root`` to the ``grad`` of every leaf it depends on, and free the graph.

    Args:
        root: the tensor to differentiate, usually a scalar loss.
        gradient: the derivative of the final quantity by ``root``, of its shape; ones for a scalar.
        retain_graph: whether to keep the saved values, so that the same graph can be differentiated again.

    Raises:
        EngineError: ``root`` does not depend on a tensor that requires a gradient, ``gradient`` has another shape or is
            missing although ``root`` is not a scalar, an earlier call freed the graph, or a tensor that is needed was
            changed in place.
    """
    if not root.requires_grad:
        raise EngineError("backward: the tensor depends on nothing with requires_grad=True")
    if gradient is None:
        if root.data.size != 1:
            raise EngineError(f"backward needs a gradient for a tensor of shape {shape_text(root.shape)}")
        gradient = np.ones(root.data.shape, root.data.dtype)
    gradient = np.asarray(gradient, dtype=root.data.dtype)
    if gradient.shape != root.shape:
        raise EngineError(
            f"backward: the gradient has shape {shape_text(gradient.shape)}, the tensor {shape_text(root.shape)}"
        )
    if root.node is None:
        root.accumulate_gradient(gradient)
        return
    pending: dict[int, list[Array | None]] = {}
    _add(pending, root.node, root.output_index, gradient)
    with np.errstate(all="ignore"):
        for node in _newest_first(root.node):
            gradients = pending.pop(node.order, None)
            if gradients is not None:
                _propagate(node, gradients, pending)
            if not retain_graph:
                node.context = None
                node.inputs = ()
                node.versions = []


def _newest_first(root: Node) -> list[Node]:
    # An op can only use what was recorded before it, so the order of recording is a topological order.
    seen = {root.order: root}
    stack = [root]
    while stack:
        node = stack.pop()
        if node.context is None:
            raise EngineError(
                f"the graph through {node.op.name} was freed by an earlier backward; run the forward pass again, "
                "or call backward(retain_graph=True) the first time"
            )
        for item in node.inputs:
            if item is not None and item.node is not None and item.node.order not in seen:
                seen[item.node.order] = item.node
                stack.append(item.node)
    return [seen[order] for order in sorted(seen, reverse=True)]


def _propagate(node: Node, gradients: list[Array | None], pending: dict[int, list[Array | None]]) -> None:
    node.check_unchanged()
    context = node.context
    assert context is not None  # _newest_first has refused freed nodes
    inputs = node.inputs
    context.buffers = tuple(
        [
            # The gradient buffer of a leaf, as long as it is unused. An input that occurs twice gets two gradients,
            # which must not share a buffer.
            None if item is None or item._gradient is not None or inputs.count(item) > 1 else item._gradient_buffer
            for item in inputs
        ]
    )
    results = node.op.vjp(context, *gradients)
    if _mode.anomaly:
        _check_numbers(node.op.name, "gradient", tuple(array for array in results if array is not None))
    for item, needed, result in zip(inputs, context.needs, results, strict=True):
        if item is None or not needed or result is None:
            continue
        data = item.data
        if result.dtype != data.dtype:
            result = result.astype(data.dtype)
        if result.shape != data.shape:
            raise EngineError(
                f"backward through {node.op.name}: a gradient {shape_text(result.shape)} for an input "
                f"{shape_text(data.shape)}: its data was replaced after the forward pass"
            )
        if item.node is None:
            item.accumulate_gradient(result)
        else:
            _add(pending, item.node, item.output_index, result)


def _add(pending: dict[int, list[Array | None]], node: Node, index: int, gradient: Array) -> None:
    slots = pending.get(node.order)
    if slots is None:
        slots = pending[node.order] = [None] * node.outputs
    before = slots[index]
    # Never in place: an op may return the same array for several inputs.
    slots[index] = gradient if before is None else before + gradient


def _check_numbers(name: str, what: str, arrays: tuple[Array, ...]) -> None:
    for array in arrays:
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise EngineError(f"the {what} of {name} is not a number, shape {shape_text(array.shape)}")
