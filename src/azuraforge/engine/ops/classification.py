"""Classification losses: softmax with cross-entropy, and the two binary forms, each as one op."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.activation import sigmoid_array
from azuraforge.engine.ops.loss import as_prediction, reduce
from azuraforge.engine.ops.registry import Array, Context, register

Gradients = tuple[Array | None, ...]


def _cross_entropy(
    context: Context,
    logits: Array,
    target: Array,
    *,
    class_weights: Array | None,
    ignore_index: int,
    label_smoothing: float,
    reduction: str,
) -> Array:
    """Return the cross-entropy of softmax(logits) against class numbers, with PyTorch's conventions.

    ``logits`` is ``(batch, class)`` or ``(batch, class, …)``, ``target`` ``(batch,)`` or ``(batch, …)``. The mean
    is weighted by the class weights of the targets that are not ignored.
    """
    classes = logits.shape[1]
    counted = target != ignore_index
    if counted.any() and (target[counted].min() < 0 or target[counted].max() >= classes):
        raise EngineError(
            f"cross_entropy has {classes} classes, got targets {target[counted].min()} to {target[counted].max()}"
        )
    dtype = logits.dtype
    if logits.ndim == 2 and class_weights is None and not label_smoothing and counted.all():
        return _plain_cross_entropy(context, logits, target, reduction)
    safe = np.where(counted, target, 0)
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponents = np.exp(shifted)
    total = exponents.sum(axis=1, keepdims=True)
    log_p = shifted - np.log(total)
    per_class = np.ones(classes, dtype) if class_weights is None else class_weights.astype(dtype)
    # Weight of each class's -log p at each position: the smoothed target times the class weight.
    shares = np.full_like(log_p, label_smoothing / classes)
    np.put_along_axis(
        shares, safe[:, None], np.take_along_axis(shares, safe[:, None], 1) + dtype.type(1 - label_smoothing), 1
    )
    shares *= per_class.reshape(1, -1, *([1] * (logits.ndim - 2)))
    shares *= counted[:, None]
    # A class with share 0 contributes 0 even if its log p is minus infinity.
    losses = -np.where(shares == 0, 0, shares * log_p).sum(axis=1)
    divisor = dtype.type((per_class[safe] * counted).sum()) if reduction == "mean" else dtype.type(1)
    context.saved = (exponents / total * shares.sum(axis=1, keepdims=True) - shares, divisor, reduction)
    if reduction == "none":
        return np.asarray(losses, dtype=dtype)
    return np.asarray(losses.sum() / divisor, dtype=dtype)


def _plain_cross_entropy(context: Context, logits: Array, target: Array, reduction: str) -> Array:
    """Return the usual case, ``(batch, class)`` without options, in fewer passes."""
    rows = np.arange(len(target))
    shifted = logits - logits.max(axis=1, keepdims=True)
    slope = np.exp(shifted)
    total = slope.sum(axis=1, keepdims=True)
    losses = np.log(total[:, 0]) - shifted[rows, target]
    slope /= total
    slope[rows, target] -= 1
    divisor = logits.dtype.type(len(target) if reduction == "mean" else 1)
    context.saved = (slope, divisor, reduction)
    return losses if reduction == "none" else np.asarray(losses.sum() / divisor, dtype=logits.dtype)


def _cross_entropy_vjp(context: Context, gradient: Array) -> Gradients:
    slope, divisor, reduction = context.saved
    outer = gradient[:, None] if reduction == "none" else gradient / divisor
    return slope * outer, None


def _bce(context: Context, probability: Array, target: Array, *, reduction: str) -> Array:
    truth = as_prediction(probability, target)
    if ((probability < 0) | (probability > 1)).any():
        raise EngineError("bce_loss expects probabilities between 0 and 1; use bce_with_logits for raw scores")
    # Logarithms are limited to -100 as in PyTorch, so that a sure and wrong guess costs much, not infinitely.
    low = probability.dtype.type(-100)
    yes, no = np.maximum(np.log(probability), low), np.maximum(np.log1p(-probability), low)
    result, weight = reduce(-(truth * yes + (1 - truth) * no), reduction)
    spread = np.maximum(probability * (1 - probability), probability.dtype.type(1e-12))
    context.saved = ((probability - truth) / spread, no - yes, weight)
    return result


def _bce_with_logits(context: Context, logits: Array, target: Array, *, reduction: str) -> Array:
    truth = as_prediction(logits, target)
    losses = np.maximum(logits, 0) - logits * truth + np.log1p(np.exp(-np.abs(logits)))
    result, weight = reduce(losses, reduction)
    context.saved = (sigmoid_array(logits) - truth, -logits, weight)
    return result


def _binary_vjp(context: Context, gradient: Array) -> Gradients:
    slope, target_slope, weight = context.saved
    outer = gradient * slope.dtype.type(weight)
    return slope * outer, target_slope * outer if context.needs[1] else None


register("cross_entropy", _cross_entropy, _cross_entropy_vjp, contracts.cross_entropy)
register("bce_loss", _bce, _binary_vjp, contracts.paired_loss("bce_loss"))
register("bce_with_logits", _bce_with_logits, _binary_vjp, contracts.paired_loss("bce_with_logits"))
