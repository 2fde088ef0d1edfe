"""Sums, means, variances and extremes over axes."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, add_up, average, register

Axis = int | tuple[int, ...] | None
Gradients = tuple[Array | None, ...]


def _restore(gradient: Array, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Array:
    """Restore the reduced axes of a gradient with size one, so that it broadcasts to ``shape``."""
    if keepdims or axis is None:
        return gradient
    axes = {axis % len(shape)} if isinstance(axis, int) else {one % len(shape) for one in axis}
    return gradient.reshape([1 if index in axes else size for index, size in enumerate(shape)])


def _count(shape: tuple[int, ...], axis: Axis) -> int:
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[one] for one in ((axis,) if isinstance(axis, int) else axis))


def _sum(context: Context, x: Array, *, axis: Axis, keepdims: bool) -> Array:
    context.saved = (x.shape, axis, keepdims)
    return add_up(x, axis, keepdims)


def _sum_vjp(context: Context, gradient: Array) -> Gradients:
    shape, axis, keepdims = context.saved
    return (np.broadcast_to(_restore(gradient, shape, axis, keepdims), shape),)


def _mean(context: Context, x: Array, *, axis: Axis, keepdims: bool) -> Array:
    count = _count(x.shape, axis)
    context.saved = (x.shape, axis, keepdims, count)
    if count == 0:
        return np.asarray(x.sum(axis=axis, keepdims=keepdims) * np.nan)
    return average(x, axis, keepdims)


def _mean_vjp(context: Context, gradient: Array) -> Gradients:
    shape, axis, keepdims, count = context.saved
    return (np.broadcast_to(_restore(gradient / max(count, 1), shape, axis, keepdims), shape),)


def _var(context: Context, x: Array, *, axis: Axis, keepdims: bool) -> Array:
    count = _count(x.shape, axis)
    centred = x - (average(x, axis, keepdims=True) if count else 0)
    context.saved = (centred, axis, keepdims, count)
    total = add_up(centred * centred, axis, keepdims)
    return np.asarray(total / count if count else total * np.nan)


def _var_vjp(context: Context, gradient: Array) -> Gradients:
    centred, axis, keepdims, count = context.saved
    return (_restore(gradient * (2 / max(count, 1)), centred.shape, axis, keepdims) * centred,)


def _max(context: Context, x: Array, *, axis: Axis, keepdims: bool) -> Array:
    result = x.max(axis=axis, keepdims=True)
    context.saved = (x, result, axis, keepdims)
    return np.asarray(result if keepdims else x.max(axis=axis))


def _min(context: Context, x: Array, *, axis: Axis, keepdims: bool) -> Array:
    result = x.min(axis=axis, keepdims=True)
    context.saved = (x, result, axis, keepdims)
    return np.asarray(result if keepdims else x.min(axis=axis))


def _extreme_vjp(context: Context, gradient: Array) -> Gradients:
    x, result, axis, keepdims = context.saved
    chosen = (x == result).astype(gradient.dtype)
    # Equal extremes share the gradient.
    chosen /= chosen.sum(axis=axis, keepdims=True)
    return (chosen * _restore(gradient, x.shape, axis, keepdims),)


def _logsumexp(context: Context, x: Array, *, axis: int, keepdims: bool) -> Array:
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    exponents = np.exp(x - top)
    total = exponents.sum(axis=axis, keepdims=True)
    context.saved = (exponents / total, axis, keepdims)
    result = np.log(total) + top
    return np.asarray(result if keepdims else result.squeeze(axis))


def _logsumexp_vjp(context: Context, gradient: Array) -> Gradients:
    weights, axis, keepdims = context.saved
    return (weights * _restore(gradient, weights.shape, axis, keepdims),)


register("sum", _sum, _sum_vjp)
register("mean", _mean, _mean_vjp)
register("var", _var, _var_vjp)
register("max", _max, _extreme_vjp)
register("min", _min, _extreme_vjp)
register("logsumexp", _logsumexp, _logsumexp_vjp, contracts.along_axis("logsumexp"))
