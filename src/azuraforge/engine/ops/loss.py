"""Losses of numbers, each one op: value and gradient in a single sweep.

``reduction`` is ``mean`` (over all elements), ``sum`` or ``none``. Targets get no gradient.
"""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array, Context, register

Gradients = tuple[Array | None, ...]


def same_shape(name: str, prediction: Array, target: Array) -> Array:
    """Return the target in the prediction's dtype, refusing silent broadcasting."""
    if prediction.shape != target.shape:
        raise EngineError(
            f"{name} expects prediction and target of one shape, got "
            f"{shape_text(prediction.shape)} and {shape_text(target.shape)}"
        )
    return target.astype(prediction.dtype, copy=False)


def reduce(losses: Array, reduction: str) -> tuple[Array, float]:
    """Reduce element losses; return the result and the weight that one element's gradient carries."""
    if reduction == "mean":
        if losses.size == 0:
            raise EngineError("the mean loss of no elements is not defined")
        return np.asarray(losses.mean()), 1 / losses.size
    if reduction == "sum":
        return np.asarray(losses.sum()), 1.0
    if reduction == "none":
        return losses, 1.0
    raise EngineError(f"reduction is 'mean', 'sum' or 'none', got {reduction!r}")


def slope_vjp(context: Context, gradient: Array) -> Gradients:
    """Multiply the saved slope of the loss by the incoming gradient (first input only)."""
    slope, weight = context.saved
    return (slope * (gradient * slope.dtype.type(weight)), None)


def _mse(context: Context, prediction: Array, target: Array, *, reduction: str) -> Array:
    error = prediction - same_shape("mse_loss", prediction, target)
    result, weight = reduce(error * error, reduction)
    context.saved = (error, 2 * weight)
    return result


def _l1(context: Context, prediction: Array, target: Array, *, reduction: str) -> Array:
    error = prediction - same_shape("l1_loss", prediction, target)
    result, weight = reduce(np.abs(error), reduction)
    context.saved = (np.sign(error), weight)
    return result


def _huber(context: Context, prediction: Array, target: Array, *, delta: float, reduction: str) -> Array:
    if delta <= 0:
        raise EngineError(f"huber_loss: delta must be above 0, got {delta}")
    limit = prediction.dtype.type(delta)
    error = prediction - same_shape("huber_loss", prediction, target)
    slope = np.clip(error, -limit, limit)
    # slope * (error - slope/2) is error²/2 inside ±delta and delta*(|error| - delta/2) outside.
    result, weight = reduce(slope * (error - slope / 2), reduction)
    context.saved = (slope, weight)
    return result


def _quantile(context: Context, prediction: Array, target: Array, *, quantiles: Array, reduction: str) -> Array:
    # prediction (…, quantile), target (…)
    if prediction.ndim == 0 or prediction.shape[:-1] != target.shape or prediction.shape[-1] != quantiles.size:
        raise EngineError(
            f"quantile_loss expects prediction {shape_text((*target.shape, quantiles.size))} for a target "
            f"{shape_text(target.shape)} and {quantiles.size} quantiles, got {shape_text(prediction.shape)}"
        )
    levels = quantiles.astype(prediction.dtype)
    error = target.astype(prediction.dtype, copy=False)[..., None] - prediction
    slope = np.where(error > 0, -levels, np.where(error < 0, 1 - levels, prediction.dtype.type(0)))
    result, weight = reduce(np.maximum(levels * error, (levels - 1) * error), reduction)
    context.saved = (slope, weight)
    return result


def _gaussian_nll(
    context: Context, mean: Array, target: Array, variance: Array, *, full: bool, eps: float, reduction: str
) -> Array:
    # The negative logarithm of the normal density; the constant part only with ``full``.
    if variance.shape != mean.shape:
        raise EngineError(
            f"gaussian_nll_loss expects mean and variance of one shape, got {shape_text(mean.shape)} and "
            f"{shape_text(variance.shape)}"
        )
    if (variance < 0).any():
        raise EngineError("gaussian_nll_loss: a variance is negative")
    error = mean - same_shape("gaussian_nll_loss", mean, target)
    spread = np.maximum(variance, mean.dtype.type(eps))
    losses = (np.log(spread) + error * error / spread) / 2
    if full:
        losses = losses + mean.dtype.type(math.log(2 * math.pi) / 2)
    result, weight = reduce(losses, reduction)
    context.saved = (error, spread, weight)
    return result


def _gaussian_nll_vjp(context: Context, gradient: Array) -> Gradients:
    error, spread, weight = context.saved
    outer = gradient * error.dtype.type(weight)
    return outer * error / spread, None, outer * (1 - error * error / spread) / (2 * spread)


register("gaussian_nll_loss", _gaussian_nll, _gaussian_nll_vjp)
register("mse_loss", _mse, slope_vjp)
register("l1_loss", _l1, slope_vjp)
register("huber_loss", _huber, slope_vjp)
register("quantile_loss", _quantile, slope_vjp)
