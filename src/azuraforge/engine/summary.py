"""Summary of a model: output shape, parameters and floating point operations of each layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from azuraforge.engine.autograd import no_grad, watch
from azuraforge.engine.errors import shape_text
from azuraforge.engine.nn.module import Module
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.tensor import Tensor


@dataclass
class _Row:
    name: str
    kind: str
    shape: str = ""
    parameters: int = 0
    flops: int = 0
    children: list[_Row] = field(default_factory=list)


def summary(model: Module, input_shape: tuple[int, ...], dtype: Any = np.float32) -> str:
    """Run zeros of ``input_shape`` through the model and return a table of its layers.

    FLOPs count a multiplication and an addition as two, in the forward pass only. Operations without a matrix product
    count one per element of the output. Raises EngineError if the model does not accept this shape.

    >>> from azuraforge.engine import nn
    >>> print(summary(nn.Sequential(nn.Linear(8, 4), nn.ReLU()), (32, 8)))
    layer         output   parameters  FLOPs
    Sequential    (32, 4)          36  2,176
      0: Linear   (32, 4)          36  2,048
      1: ReLU     (32, 4)           0    128
    """
    names = {id(module): name for name, module in model.named_modules()}
    root = _Row("", type(model).__name__)
    stack: list[_Row] = []
    wrapped: list[Module] = []

    def traced(module: Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        def run(*inputs: Any, **options: Any) -> Any:
            if module is model:
                row = root
            else:
                row = _Row(names[id(module)].rsplit(".", 1)[-1], type(module).__name__)
                stack[-1].children.append(row)
            row.parameters = module.parameter_count()
            stack.append(row)
            try:
                output = forward(*inputs, **options)
            finally:
                stack.pop()
            first = output[0] if isinstance(output, tuple) else output
            row.shape = shape_text(first.shape) if isinstance(first, Tensor) else ""
            return output

        return run

    def count(name: str, arrays: list[Array | None], results: tuple[Array, ...]) -> None:
        flops = _flops(name, arrays, results)
        for row in stack:
            row.flops += flops

    try:
        for module in model.modules():
            object.__setattr__(module, "forward", traced(module, module.forward))
            wrapped.append(module)
        with no_grad(), watch(count):
            model(Tensor(np.zeros(input_shape, dtype)))
    finally:
        for module in wrapped:
            object.__delattr__(module, "forward")
    return _table(root)


def _flops(name: str, arrays: list[Array | None], results: tuple[Array, ...]) -> int:
    size = int(results[0].size)
    shapes: list[tuple[int, ...]] = [() if array is None else array.shape for array in arrays]
    if name in ("reshape", "transpose", "getitem"):
        return 0  # the same elements, seen differently
    if name == "matmul":
        return 2 * size * shapes[0][-1]
    if name in ("linear", "linear_relu"):
        return 2 * size * shapes[1][1]
    if name == "conv2d":
        inner: int = math.prod(shapes[1][1:])
        return 2 * size * inner
    if name in ("lstm", "gru"):
        batch, time, features = shapes[0]
        weight_ih = shapes[3] if name == "lstm" else shapes[2]
        hidden = int(results[0].shape[2])
        return 2 * batch * time * weight_ih[0] * (features + hidden)
    if name == "self_attention":
        batch, time, packed = shapes[0]
        return 4 * batch * time * time * (packed // 3)
    if name == "attention":
        return 4 * size * shapes[1][1]
    return size


def _table(root: _Row) -> str:
    lines: list[tuple[str, str, str, str]] = [("layer", "output", "parameters", "FLOPs")]

    def visit(row: _Row, depth: int) -> None:
        label = f"{row.name}: {row.kind}" if row.name else row.kind
        lines.append(("  " * depth + label, row.shape, f"{row.parameters:,}", f"{row.flops:,}"))
        for child in row.children:
            visit(child, depth + 1)

    visit(root, 0)
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    widths[0] += 1
    return "\n".join(
        f"{line[0]:<{widths[0]}} {line[1]:<{widths[1]}}  {line[2]:>{widths[2]}}  {line[3]:>{widths[3]}}"
        for line in lines
    )
