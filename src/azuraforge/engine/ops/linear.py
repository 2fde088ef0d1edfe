"""Matrix products."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, add_up, register, sum_to_shape

Gradients = tuple[Array | None, ...]


def _rows(x: Array) -> int:
    """Return the number of vectors along the last axis, also if that axis is empty."""
    return math.prod(x.shape[:-1])


def _matmul(context: Context, a: Array, b: Array) -> Array:
    if a.ndim == 0 or b.ndim == 0:
        raise EngineError(f"matmul needs at least one axis each, got {shape_text(a.shape)} @ {shape_text(b.shape)}")
    if a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise EngineError(f"matmul: inner sizes differ, {shape_text(a.shape)} @ {shape_text(b.shape)}")
    context.saved = (a, b)
    return np.asarray(a @ b)


def _matmul_vjp(context: Context, gradient: Array) -> Gradients:
    a, b = context.saved
    # A vector counts as a matrix of one row (left) or one column (right).
    rows = a[None, :] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b
    if a.ndim == 1:
        gradient = np.expand_dims(gradient, -2 if b.ndim > 1 else -1)
    if b.ndim == 1:
        gradient = np.expand_dims(gradient, -1)
    grad_a = grad_b = None
    if context.needs[0]:
        grad_a = sum_to_shape(gradient @ columns.swapaxes(-1, -2), rows.shape).reshape(a.shape)
    if context.needs[1]:
        if columns.ndim == 2 and rows.ndim > 2:
            # One big product instead of a batch of small ones that are then summed.
            flat = gradient.reshape(_rows(gradient), gradient.shape[-1])
            grad_b = (rows.reshape(_rows(rows), rows.shape[-1]).T @ flat).reshape(b.shape)
        else:
            grad_b = sum_to_shape(rows.swapaxes(-1, -2) @ gradient, columns.shape).reshape(b.shape)
    return grad_a, grad_b


def _linear(context: Context, x: Array, weight: Array, bias: Array | None) -> Array:
    # x (…, in), weight (out, in), bias (out,) → (…, out)
    flat = x.reshape(_rows(x), weight.shape[1])
    result = flat @ weight.T
    if bias is not None:
        result += bias
    context.saved = (x.shape, flat, weight)
    return result.reshape(*x.shape[:-1], weight.shape[0])


def _linear_vjp(context: Context, gradient: Array) -> Gradients:
    shape, flat, weight = context.saved
    need_x, need_weight, need_bias = context.needs
    rows = gradient.reshape(_rows(gradient), weight.shape[0])
    return (
        (rows @ weight).reshape(shape) if need_x else None,
        rows.T @ flat if need_weight else None,
        add_up(rows, 0) if need_bias else None,
    )


def _linear_relu(context: Context, x: Array, weight: Array, bias: Array | None) -> Array:
    result = _linear(context, x, weight, bias)
    np.maximum(result, result.dtype.type(0), out=result)
    context.saved = (context.saved, result)
    return result


def _linear_relu_vjp(context: Context, gradient: Array) -> Gradients:
    before, result = context.saved
    inner = Context(context.needs)
    inner.saved = before
    return _linear_vjp(inner, gradient * (result > 0))


register("matmul", _matmul, _matmul_vjp)
register("linear", _linear, _linear_vjp, contracts.linear)
register("linear_relu", _linear_relu, _linear_relu_vjp, contracts.linear)
