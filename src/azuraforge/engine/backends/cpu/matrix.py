"""Matrix products by the tile kernel, shared among threads by rows."""

from __future__ import annotations

from typing import cast

import numpy as np

from azuraforge.engine.backends.cpu.memory import Scratch, address
from azuraforge.engine.backends.cpu.runtime import by_reference, current
from azuraforge.engine.ops.registry import OPS, Array, Context, Op

Gradients = tuple[Array | None, ...]
_LEAST_WORK = 400_000  # multiplications per thread: below, waking a thread costs more than it saves
_LEAST_MOVED = 20_000  # numbers per thread that only change their place


def gemm(a: Array, b: Array, out: Array, bias: Array | None = None, accumulate: bool = False) -> None:
    """Write ``a @ b`` (plus bias or what was there) to ``out``.

    Args:
        a: ``(rows, inner)`` float32 of any strides.
        b: ``(inner, columns)`` with contiguous rows.
        out: ``(rows, columns)`` with contiguous rows.
        bias: ``(columns,)``.
        accumulate: add to ``out``.
    """
    rows, inner = a.shape
    columns = b.shape[1]
    if b.strides[1] != 4:
        b = np.ascontiguousarray(b)
    runtime = current()
    places = (address(a), a.strides[0] // 4, a.strides[1] // 4, address(b), b.strides[0] // 4, address(out),
              out.strides[0] // 4, 0 if bias is None else address(bias), inner, columns,
              2 if accumulate else 0 if bias is None else 1)  # fmt: skip
    # A transposed left side is read across its rows: short chunks keep those lines in the cache.
    chunk = 256 if a.strides[1] == 4 else 80
    least = max(1, _LEAST_WORK // max(1, inner * columns))
    runtime.pool.run("gemm_rows", (*places, chunk), rows, least, multiple=12)


def column_sums(x: Array, out: Array | None = None) -> Array:
    """Return the sums of the columns of ``(rows, columns)`` float32."""
    if x.strides[1] != 4:
        x = np.ascontiguousarray(x)
    result = np.empty(x.shape[1], np.float32) if out is None else out
    current().kernels["column_sums"](address(x), x.strides[0] // 4, address(result), x.shape[0], x.shape[1])
    return result


def transposed(scratch: Scratch, x: Array) -> Array:
    """Return a contiguous ``x.T`` in scratch memory."""
    rows, columns = x.shape
    out = scratch.take(columns, rows)
    places = (address(x), x.strides[0] // 4, address(out), rows, rows)
    current().pool.run("transpose_columns", places, columns, max(1, _LEAST_MOVED // rows), 16)
    return out


def _fits(*arrays: Array | None) -> bool:
    return all(array is None or (array.dtype == np.float32 and array.size > 0) for array in arrays)


def _linear(context: Context, x: Array, weight: Array, bias: Array | None) -> Array:
    if not _fits(x, weight, bias):
        return cast(Array, by_reference("linear", context, x, weight, bias))
    flat = x.reshape(-1, weight.shape[1])
    context.saved = (x.shape, flat, weight)
    out = np.empty((flat.shape[0], weight.shape[0]), np.float32)
    if weight.strides[1] != 4:
        weight = np.ascontiguousarray(weight)
    if bias is not None and bias.strides[0] != 4:
        bias = np.ascontiguousarray(bias)
    scratch = Scratch()
    gemm(flat, transposed(scratch, weight), out, bias)
    return out.reshape(*x.shape[:-1], weight.shape[0])


def _linear_vjp(context: Context, gradient: Array) -> Gradients:
    shape, flat, weight = context.saved
    if not _fits(flat, weight, gradient):
        return OPS["linear"].vjp(context, gradient)
    need_x, need_weight, need_bias = context.needs
    rows = gradient.reshape(-1, weight.shape[0])
    buffers = context.buffers or (None, None, None)
    grad_x = grad_weight = grad_bias = None
    if need_x:
        grad_x = np.empty(flat.shape, np.float32)
        gemm(rows, weight, grad_x)
        grad_x = grad_x.reshape(shape)
    if need_weight:
        grad_weight = buffers[1] if buffers[1] is not None else np.empty(weight.shape, np.float32)
        gemm(rows.T, flat, grad_weight)
    if need_bias:
        grad_bias = column_sums(rows, buffers[2])
    return grad_x, grad_weight, grad_bias


OVERRIDES = [Op("linear", _linear, _linear_vjp, silent=True)]
