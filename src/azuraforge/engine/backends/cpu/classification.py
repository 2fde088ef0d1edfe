"""Softmax with cross-entropy in one sweep over the rows; options and several target axes go to the reference."""

from __future__ import annotations

from typing import cast

import numpy as np

from azuraforge.engine.backends.cpu.memory import Scratch, address
from azuraforge.engine.backends.cpu.runtime import by_reference, current
from azuraforge.engine.ops.registry import OPS, Array, Context, Op

Gradients = tuple[Array | None, ...]
_LEAST_ELEMENTS = 20_000  # per thread


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
    """Return the loss, or ``None`` where a target is ignored or wrong: the reference then does it or says why."""
    if reduction not in ("mean", "sum", "none"):
        return None
    logits, target = np.ascontiguousarray(logits), np.ascontiguousarray(target)
    rows, classes = logits.shape
    slope = np.empty(logits.shape, np.float32)
    parts = Scratch().take(3, rows)
    places = (address(logits), address(target), address(slope), address(parts), rows, classes, ignore_index)
    current().pool.run("cross_entropy", places, rows, max(1, _LEAST_ELEMENTS // classes))
    if not parts[2].all():
        return None
    losses = np.log(parts[0]) - parts[1]
    divisor = np.float32(rows if reduction == "mean" else 1)
    context.saved = (slope, divisor, reduction)
    return losses if reduction == "none" else np.asarray(losses.sum() / divisor, dtype=np.float32)


OVERRIDES = [Op("cross_entropy", _cross_entropy, OPS["cross_entropy"].vjp)]
