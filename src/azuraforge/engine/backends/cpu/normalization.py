"""Batch normalisation on pixels: ``(batch, channel, …)`` is read as ``(row, channel)``.

Channels are last, as convolution leaves them; other layouts are transposed first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from azuraforge.engine.backends.cpu.convolution import to_pixels
from azuraforge.engine.backends.cpu.kernels.batch_norm import BLOCK
from azuraforge.engine.backends.cpu.memory import address, empty
from azuraforge.engine.backends.cpu.runtime import by_reference, current
from azuraforge.engine.ops.registry import OPS, Array, Context, override

Gradients = tuple[Array | None, ...]
_LEAST_ELEMENTS = 20_000  # per thread


@dataclass(slots=True)
class _Saved:
    rows: Array  # (row, channel), as it came
    mean: Array
    scale: Array  # one over the deviation
    weight: Array | None


def _batch_norm(
    context: Context, x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> tuple[Array, Array, Array]:
    plain = all(each is None or (each.dtype == np.float32 and each.size) for each in (x, weight, bias))
    # With an infinite weight, the order of factors decides between infinity and NaN, so the reference is used.
    wild = weight is not None and np.isinf(weight).any()
    if wild or not plain or x.ndim not in (2, 4):
        return cast(tuple[Array, Array, Array], by_reference("batch_norm", context, x, weight, bias, eps=eps))
    runtime = current()
    rows = _rows(x)
    count, channels = rows.shape
    share = np.float32(1 / count)
    blocks, least = -(-count // BLOCK), max(1, _LEAST_ELEMENTS // (BLOCK * channels))
    sums = np.empty((blocks, channels), np.float32)
    runtime.pool.run("column_totals", (address(rows), address(sums), count, channels), blocks, least)
    mean = _down(sums) * share
    runtime.pool.run("column_spreads", (address(rows), address(mean), address(sums), count, channels), blocks, least)
    variance = _down(sums) * share
    scale = 1 / np.sqrt(variance + np.float32(eps))
    factor = scale if weight is None else scale * weight
    shift = np.zeros(channels, np.float32) if bias is None else np.ascontiguousarray(bias)
    out = empty((count, channels))
    places = (address(rows), address(mean), address(factor), address(shift), address(out), channels)
    runtime.pool.run("scale_columns", places, count, max(1, _LEAST_ELEMENTS // channels))
    if context.records:
        context.saved = _Saved(rows, mean, scale, weight)
    return _like(out, x), mean, variance


def _batch_norm_vjp(context: Context, gradient: Array, *others: Array | None) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS["batch_norm"].vjp(context, gradient, *others)
    runtime = current()
    grad = _rows(gradient)
    count, channels = grad.shape
    share = np.float32(1 / count)
    blocks, least = -(-count // BLOCK), max(1, _LEAST_ELEMENTS // (BLOCK * channels))
    sums = np.empty((blocks, 2, channels), np.float32)
    places = (address(grad), address(saved.rows), address(saved.mean), address(sums), count, channels)
    runtime.pool.run("column_covariances", places, blocks, least)
    total, slope = _down(sums)
    grad_x = None
    if context.needs[0]:
        factor = saved.scale if saved.weight is None else saved.scale * saved.weight
        mean_grad, steep = total * share, slope * (saved.scale * saved.scale * share)
        out = empty((count, channels))
        given = (grad, saved.rows, mean_grad, saved.mean, steep, factor, out)
        runtime.pool.run("mix_columns", (*[address(each) for each in given], channels), count,
                         max(1, _LEAST_ELEMENTS // channels))  # fmt: skip
        grad_x = _like(out, gradient)
    return grad_x, slope * saved.scale, total


def _down(sums: Array) -> Array:
    """Return the total of the sums of all blocks, of which a large batch has thousands."""
    return np.asarray(sums.sum(axis=0, dtype=np.float64), np.float32)


def _rows(x: Array) -> Array:
    """Return x as ``(row, channel)`` with contiguous rows; nothing is copied if channels are already last."""
    if x.ndim == 2:
        return np.ascontiguousarray(x)
    last = x.transpose(0, 2, 3, 1)
    if last.flags.c_contiguous:
        return last.reshape(-1, x.shape[1])
    batch, channels, height, width = x.shape
    turned = empty((batch, height, width, channels))
    to_pixels(x, turned)
    return turned.reshape(-1, channels)


def _like(rows: Array, x: Array) -> Array:
    if x.ndim == 2:
        return rows
    batch, channels, height, width = x.shape
    return rows.reshape(batch, height, width, channels).transpose(0, 3, 1, 2)


OVERRIDES = [override("batch_norm", _batch_norm, _batch_norm_vjp, silent=False)]
