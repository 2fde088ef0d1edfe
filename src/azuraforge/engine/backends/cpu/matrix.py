"""The fully connected layer by kernels: forward as one task for all threads, its gradients as another."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from azuraforge.engine.backends.cpu.kernels.linear import panel_width
from azuraforge.engine.backends.cpu.memory import Scratch, address
from azuraforge.engine.backends.cpu.runtime import by_reference, current
from azuraforge.engine.ops.registry import OPS, Array, Context, override

Gradients = tuple[Array | None, ...]
_FLOAT32 = np.dtype(np.float32)  # comparing with the type itself takes twice as long
_LEAST_WORK = 400_000  # multiplications per thread: below, waking a thread costs more than it saves
_LEAST_MOVED = 20_000  # numbers per thread that only change their place


class _Saved(NamedTuple):
    shape: tuple[int, ...]  # of x
    flat: Array  # x as (rows, inner)
    weight: Array
    result: Array | None  # (rows, units) where ReLU followed


def column_sums(x: Array, out: Array | None = None) -> Array:
    """Return the sum of each column of ``(rows, columns)`` float32."""
    if x.strides[1] != 4:
        x = np.ascontiguousarray(x)
    result = np.empty(x.shape[1], np.float32) if out is None else out
    current().kernels["column_sums"](address(x), x.strides[0] // 4, address(result), x.shape[0], x.shape[1])
    return result


def _fits(x: Array, weight: Array, bias: Array | None) -> bool:
    kind = _FLOAT32
    same = x.dtype == kind and weight.dtype == kind and (bias is None or bias.dtype == kind)
    return same and x.size > 0 and weight.size > 0


def _linear(context: Context, x: Array, weight: Array, bias: Array | None) -> Array:
    return _forward("linear", context, x, weight, bias)


def _linear_relu(context: Context, x: Array, weight: Array, bias: Array | None) -> Array:
    return _forward("linear_relu", context, x, weight, bias)


def _forward(name: str, context: Context, x: Array, weight: Array, bias: Array | None) -> Array:
    if not _fits(x, weight, bias):
        return cast(Array, by_reference(name, context, x, weight, bias))
    units, inner = weight.shape
    flat = x if x.ndim == 2 else x.reshape(-1, inner)
    rows = flat.shape[0]
    if weight.strides[1] != 4:
        weight = np.ascontiguousarray(weight)
    if bias is None:
        bias_at = 0
    else:
        if bias.strides[0] != 4:
            bias = np.ascontiguousarray(bias)
        bias_at = address(bias)
    out = np.empty((rows, units), np.float32)
    runtime = current()
    rectify = name == "linear_relu"
    wide = panel_width(runtime.target)
    scratch = Scratch()
    panels = scratch.room(-(-units // wide) * wide * inner)
    pool, weights = runtime.pool, (address(weight), weight.strides[0] // 4)
    left = (address(flat), flat.strides[0] // 4, flat.strides[1] // 4)
    if rows <= units:
        whole = (*left, *weights, bias_at, bias is not None, address(out), panels, rows, inner, units, rectify)
        pool.run("linear_units", whole, units, max(wide, _LEAST_WORK // (rows * inner)), wide)
    else:
        pool.run("pack_units", (*weights, panels, inner), units, max(wide, _LEAST_MOVED // inner), wide)
        places = (*left, bias_at, bias is not None, address(out), panels, inner, units, rectify)
        pool.run("linear_rows", places, rows, max(1, _LEAST_WORK // (inner * units)), 4)
    if context.records:
        context.saved = _Saved(x.shape, flat, weight, out if rectify else None)
    return out if x.ndim == 2 else out.reshape(*x.shape[:-1], units)


def _linear_vjp(context: Context, gradient: Array) -> Gradients:
    return _backward("linear", context, gradient)


def _linear_relu_vjp(context: Context, gradient: Array) -> Gradients:
    return _backward("linear_relu", context, gradient)


def _backward(name: str, context: Context, gradient: Array) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS[name].vjp(context, gradient)
    flat, weight, result = saved.flat, saved.weight, saved.result
    units, inner = weight.shape
    rows = flat.shape[0]
    grad = gradient if gradient.ndim == 2 else gradient.reshape(rows, units)
    if not grad.flags.c_contiguous or grad.dtype != np.float32:
        grad = np.ascontiguousarray(grad, np.float32)
    if flat.strides[1] != 4:
        flat = np.ascontiguousarray(flat)
    need_x, need_weight, need_bias = context.needs
    _, for_weight, for_bias = context.buffers or (None, None, None)
    grad_x = np.empty((rows, inner), np.float32) if need_x else None
    grad_weight = grad_bias = None
    if need_weight:
        grad_weight = _whole(for_weight, (units, inner))
    if need_bias:
        grad_bias = _whole(for_bias, (units,))
    grad_at = result_at = by_unit = by_row = address(grad)
    scratch = Scratch()
    if result is not None:
        result_at = address(result)
        by_unit, by_row = scratch.room(rows * units), scratch.room(rows * units)
    places = (
        grad_at, result_at, result is not None, by_unit, by_row, address(flat), flat.strides[0] // 4, address(weight),
        weight.strides[0] // 4, *(0 if one is None else address(one) for one in (grad_x, grad_weight, grad_bias)),
        need_x, need_weight, need_bias, rows, inner, units,
    )  # fmt: skip
    shares = max(rows, units)
    work = max(1, rows * units * inner * (need_x + need_weight) // shares)
    current().pool.run("linear_backward", (*places, shares), shares, max(1, _LEAST_WORK // work), 4)
    if grad_x is not None and len(saved.shape) != 2:
        grad_x = grad_x.reshape(saved.shape)
    return grad_x, grad_weight, grad_bias


def _whole(buffer: Array | None, shape: tuple[int, ...]) -> Array:
    """Return the given buffer if its elements are contiguous, else a new array."""
    return buffer if buffer is not None and buffer.flags.c_contiguous else np.empty(shape, np.float32)


OVERRIDES = [
    override("linear", _linear, _linear_vjp),
    override("linear_relu", _linear_relu, _linear_relu_vjp),
]
