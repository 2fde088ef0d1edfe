"""Losses of numbers, each as one op that computes value and gradient in a single pass.

``reduction`` is ``mean`` (over all elements), ``sum`` or ``none``. Targets get a gradient if they require one, as
in PyTorch.
"""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, register

Gradients = tuple[Array | None, ...]


def as_prediction(prediction: Array, target: Array) -> Array:
    """Return the target in the prediction's dtype."""
    return target.astype(prediction.dtype, copy=False)


def reduce(losses: Array, reduction: str) -> tuple[Array, float]:
    """Reduce element losses; return the result and its derivative with respect to each element loss.

    Raises EngineError for the mean of no elements.
    """
    if reduction == "mean":
        if losses.size == 0:
            raise EngineError("the mean loss of no elements is not defined")
        return np.asarray(losses.mean()), 1 / losses.size
    if reduction == "sum":
        return np.asarray(losses.sum()), 1.0
    return losses, 1.0


def slope_vjp(context: Context, gradient: Array) -> Gradients:
    """Multiply the saved slope by the incoming gradient, for losses of the difference of prediction and target."""
    slope, weight = context.saved
    result = slope * (gradient * slope.dtype.type(weight))
    return result, -result if context.needs[1] else None


def _mse(context: Context, prediction: Array, target: Array, *, reduction: str) -> Array:
    error = prediction - as_prediction(prediction, target)
    result, weight = reduce(error * error, reduction)
    context.saved = (error, 2 * weight)
    return result


def _l1(context: Context, prediction: Array, target: Array, *, reduction: str) -> Array:
    error = prediction - as_prediction(prediction, target)
    result, weight = reduce(np.abs(error), reduction)
    context.saved = (np.sign(error), weight)
    return result


def _huber(context: Context, prediction: Array, target: Array, *, delta: float, reduction: str) -> Array:
    limit = prediction.dtype.type(delta)
    error = prediction - as_prediction(prediction, target)
    slope = np.clip(error, -limit, limit)
    # slope * (error - slope/2) is error²/2 inside ±delta and delta*(|error| - delta/2) outside.
    result, weight = reduce(slope * (error - slope / 2), reduction)
    context.saved = (slope, weight)
    return result


def _quantile(context: Context, prediction: Array, target: Array, *, quantiles: Array, reduction: str) -> Array:
    # prediction (…, quantile), target (…)
    levels = quantiles.astype(prediction.dtype)
    error = target.astype(prediction.dtype, copy=False)[..., None] - prediction
    slope = np.where(error > 0, -levels, np.where(error < 0, 1 - levels, prediction.dtype.type(0)))
    result, weight = reduce(np.maximum(levels * error, (levels - 1) * error), reduction)
    context.saved = (slope, weight)
    return result


def _quantile_vjp(context: Context, gradient: Array) -> Gradients:
    slope, weight = context.saved
    result = slope * (gradient * slope.dtype.type(weight))
    return result, -result.sum(axis=-1) if context.needs[1] else None


def _gaussian_nll(
    context: Context, mean: Array, target: Array, variance: Array, *, full: bool, eps: float, reduction: str
) -> Array:
    # The negative logarithm of the normal density; the constant part only with ``full``.
    if (variance < 0).any():
        raise EngineError("gaussian_nll_loss: a variance is negative")
    error = mean - as_prediction(mean, target)
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
    slope = outer * error / spread
    return slope, -slope if context.needs[1] else None, outer * (1 - error * error / spread) / (2 * spread)


register("gaussian_nll_loss", _gaussian_nll, _gaussian_nll_vjp, contracts.gaussian_nll_loss)
register("mse_loss", _mse, slope_vjp, contracts.paired_loss("mse_loss"))
register("l1_loss", _l1, slope_vjp, contracts.paired_loss("l1_loss"))
register("huber_loss", _huber, slope_vjp, contracts.paired_loss("huber_loss"))
register("quantile_loss", _quantile, _quantile_vjp, contracts.quantile_loss)
