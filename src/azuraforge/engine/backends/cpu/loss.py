"""Losses in one pass: squared error, and softmax with cross-entropy, whose options the reference handles."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from azuraforge.engine.backends.cpu.convolution import to_pixels
from azuraforge.engine.backends.cpu.memory import Scratch, address
from azuraforge.engine.backends.cpu.runtime import by_reference, current
from azuraforge.engine.ops.loss import slope_vjp
from azuraforge.engine.ops.registry import OPS, Array, Context, override

Gradients = tuple[Array | None, ...]
_LEAST_ELEMENTS = 20_000  # per thread
_CHUNK = 4096  # numbers whose squares are added up together, whichever thread does it


class _Slope(NamedTuple):
    slope: Array  # of the loss by the logits
    each: bool  # whether the losses of the rows were returned one by one


def _cross_entropy(
    context: Context, logits: Array, target: Array, *, class_weights: Array | None, ignore_index: int,
    label_smoothing: float, reduction: str,
) -> Array:  # fmt: skip
    plain = class_weights is None and not label_smoothing and logits.ndim == 2 and logits.size > 0
    if plain and logits.dtype == np.float32 and target.dtype == np.int64 and target.shape == logits.shape[:1]:
        loss = _plain(context, logits, target, ignore_index, reduction)
        if loss is not None:
            return loss
    options = {"class_weights": class_weights, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
    return cast(Array, by_reference("cross_entropy", context, logits, target, reduction=reduction, **options))


def _plain(context: Context, logits: Array, target: Array, ignore_index: int, reduction: str) -> Array | None:
    """Return the loss, or ``None`` if a target is ignored or invalid, which the reference handles or reports."""
    if reduction not in ("mean", "sum", "none"):
        return None
    logits, target = np.ascontiguousarray(logits), np.ascontiguousarray(target)
    rows, classes = logits.shape
    slope = np.empty(logits.shape, np.float32)
    scratch = Scratch()
    parts = scratch.take(2, rows)
    mean = reduction == "mean"
    share = 1 / rows if mean else 1.0
    places = (address(logits), address(target), address(slope), address(parts), share, rows, classes, ignore_index)
    current().pool.run("cross_entropy", places, rows, max(1, _LEAST_ELEMENTS // classes))
    total, refused = np.add.reduce(parts, axis=1)
    if refused:
        return None
    context.saved = _Slope(slope, reduction == "none")
    if reduction == "none":
        return np.array(parts[0])
    return np.array(total / np.float32(rows) if mean else total, np.float32)


def _cross_entropy_vjp(context: Context, gradient: Array) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Slope):
        return OPS["cross_entropy"].vjp(context, gradient)
    if saved.each:
        return saved.slope * gradient[:, None], None
    return (saved.slope if gradient == 1 else saved.slope * gradient), None


def _mse(context: Context, prediction: Array, target: Array, *, reduction: str) -> Array:
    same = prediction.shape == target.shape and prediction.dtype == target.dtype == np.float32
    if not same or reduction not in ("mean", "sum") or not prediction.size:
        return cast(Array, by_reference("mse_loss", context, prediction, target, reduction=reduction))
    runtime = current()
    scratch = Scratch()
    if prediction.ndim == 4 and prediction.transpose(0, 2, 3, 1).flags.c_contiguous and prediction.shape[1] > 1:
        # The output of a convolution: process it by pixels, and return a gradient with the same memory layout.
        batch, channels, height, width = prediction.shape
        pixels = scratch.take(batch, height, width, channels)
        to_pixels(target, pixels)
        place = address(pixels)
        error = np.empty(pixels.shape, np.float32)
        result = error.transpose(0, 3, 1, 2)
    else:
        result = error = np.empty(prediction.shape, np.float32)
        prediction, target = np.ascontiguousarray(prediction), np.ascontiguousarray(target)
        place = address(target)
    chunks = -(-error.size // _CHUNK)
    sums = scratch.take(chunks)
    places = (address(prediction), place, address(error), address(sums), error.size, _CHUNK)
    runtime.pool.run("squared_error", places, chunks, max(1, _LEAST_ELEMENTS // _CHUNK))
    total = sums.sum()
    share = 1 / error.size if reduction == "mean" else 1.0
    context.saved = (result, 2 * share)
    return np.asarray(total * np.float32(share), np.float32)


OVERRIDES = [
    override("mse_loss", _mse, slope_vjp, silent=False),
    override("cross_entropy", _cross_entropy, _cross_entropy_vjp, silent=False),
]
