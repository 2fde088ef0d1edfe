"""Ops that rearrange elements: reshape, transpose, indexing, joining, padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, register, sum_to_shape

Gradients = tuple[Array | None, ...]


def _reshape(context: Context, x: Array, *, shape: tuple[int, ...]) -> Array:
    context.saved = x.shape
    return x.reshape(shape)


def _reshape_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient.reshape(context.saved),)


def _transpose(context: Context, x: Array, *, axes: tuple[int, ...] | None) -> Array:
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(axis % max(x.ndim, 1) for axis in axes)
    result = x.transpose(order)
    context.saved = tuple(order.index(axis) for axis in range(x.ndim))
    return result


def _transpose_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient.transpose(context.saved),)


def _broadcast_to(context: Context, x: Array, *, shape: tuple[int, ...]) -> Array:
    context.saved = x.shape
    return np.array(np.broadcast_to(x, shape))


def _broadcast_to_vjp(context: Context, gradient: Array) -> Gradients:
    return (sum_to_shape(gradient, context.saved),)


def _is_basic(key: Any) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is None or part is ... or isinstance(part, (slice, int, np.integer)) for part in parts)


def _getitem(context: Context, x: Array, *, key: Any) -> Array:
    context.saved = (x.shape, key)
    return np.asarray(x[key])


def _getitem_vjp(context: Context, gradient: Array) -> Gradients:
    shape, key = context.saved
    result = np.zeros(shape, dtype=gradient.dtype)
    if _is_basic(key):
        result[key] = gradient
    else:
        np.add.at(result, key, gradient)  # an index list may name one element several times
    return (result,)


def _concat(context: Context, *arrays: Array, axis: int) -> Array:
    result = np.concatenate(arrays, axis=axis)
    context.saved = (np.cumsum([array.shape[axis] for array in arrays])[:-1], axis)
    return result


def _concat_vjp(context: Context, gradient: Array) -> Gradients:
    borders, axis = context.saved
    return tuple(np.split(gradient, borders, axis=axis))


def _stack(context: Context, *arrays: Array, axis: int) -> Array:
    context.saved = axis
    return np.stack(arrays, axis=axis)


def _stack_vjp(context: Context, gradient: Array) -> Gradients:
    return tuple(np.moveaxis(gradient, context.saved, 0))


def _pad(context: Context, x: Array, *, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    if len(widths) != x.ndim:
        raise EngineError(f"pad needs a (before, after) pair for each of {x.ndim} axes, got {len(widths)}")
    context.saved = tuple(slice(before, before + size) for (before, _), size in zip(widths, x.shape, strict=True))
    return np.pad(x, widths, constant_values=value)


def _pad_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient[context.saved],)


register("reshape", _reshape, _reshape_vjp, contracts.reshape, view=True)
register("transpose", _transpose, _transpose_vjp, contracts.transpose, view=True)
register("getitem", _getitem, _getitem_vjp, view=True)
register("broadcast_to", _broadcast_to, _broadcast_to_vjp)
register("concat", _concat, _concat_vjp, contracts.joined("concat", 0))
register("stack", _stack, _stack_vjp, contracts.joined("stack", 1))
register("pad", _pad, _pad_vjp)
