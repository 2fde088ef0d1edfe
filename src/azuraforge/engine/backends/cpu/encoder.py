"""Ops of a Transformer encoder, except Linear: self-attention, layer normalisation, ReLU."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np

from azuraforge.engine.backends.cpu.matrix import column_sums
from azuraforge.engine.backends.cpu.memory import Scratch, address
from azuraforge.engine.backends.cpu.runtime import by_reference, current
from azuraforge.engine.ops.registry import OPS, Array, Context, override

Gradients = tuple[Array | None, ...]
_LEAST_ELEMENTS = 60_000  # per thread, of what only passes through


class _Attention(NamedTuple):
    scratch: Scratch
    packed: Array
    weights: Array
    heads: int


class _Normal(NamedTuple):
    scratch: Scratch
    normal: Array
    scale: Array
    weight: Array


def _self_attention(context: Context, packed: Array, *, heads: int, blocked: Array | None, keep: Array | None) -> Array:
    width = packed.shape[-1] // 3
    if blocked is not None or keep is not None or packed.dtype != np.float32 or width % heads or not packed.size:
        return cast(Array, by_reference("self_attention", context, packed, heads=heads, blocked=blocked, keep=keep))
    runtime = current()
    packed = np.ascontiguousarray(packed)
    batch, time, _ = packed.shape
    size = width // heads
    scratch, temporary = Scratch(), Scratch()
    weights = scratch.take(batch, heads, time, time)
    flipped = temporary.take(batch * heads, size, time)
    out = np.empty((batch, time, width), np.float32)
    places = (address(packed), address(out), address(weights), address(flipped), 1 / math.sqrt(size), time, width,
              heads, size)  # fmt: skip
    runtime.pool.run("self_attention", places, batch * heads)
    if context.records:
        context.saved = _Attention(scratch, packed, weights, heads)
    return out


def _self_attention_vjp(context: Context, gradient: Array) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Attention):
        return OPS["self_attention"].vjp(context, gradient)
    runtime = current()
    gradient = np.ascontiguousarray(gradient)
    batch, time, width = gradient.shape
    size = width // saved.heads
    temporary = Scratch()
    scores = temporary.take(batch * saved.heads, time + size, time)
    out = np.empty(saved.packed.shape, np.float32)
    places = (address(gradient), address(saved.packed), address(saved.weights), address(out), address(scores),
              1 / math.sqrt(size), time, width, saved.heads, size)  # fmt: skip
    runtime.pool.run("self_attention_backward", places, batch * saved.heads)
    return (out,)


def _layer_norm(
    context: Context, x: Array, weight: Array | None, bias: Array | None, *, axes: int, eps: float
) -> Array:
    simple = axes == 1 and weight is not None and bias is not None and weight.shape == x.shape[-1:]
    if not simple or x.dtype != np.float32 or not x.size:
        return cast(Array, by_reference("layer_norm", context, x, weight, bias, axes=axes, eps=eps))
    assert weight is not None
    assert bias is not None
    runtime = current()
    x = np.ascontiguousarray(x)
    size = x.shape[-1]
    rows = x.size // size
    scratch = Scratch()
    normal, scale = scratch.take(rows, size), scratch.take(rows)
    out = np.empty(x.shape, np.float32)
    weight, bias = np.ascontiguousarray(weight), np.ascontiguousarray(bias)
    places = (address(x), address(weight), address(bias), address(out), address(normal), address(scale), eps, size)
    runtime.pool.run("layer_norm", places, rows, _LEAST_ELEMENTS // size)
    if context.records:
        context.saved = _Normal(scratch, normal, scale, weight)
    return out


def _layer_norm_vjp(context: Context, gradient: Array) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Normal):
        return OPS["layer_norm"].vjp(context, gradient)
    runtime = current()
    gradient = np.ascontiguousarray(gradient)
    rows, size = saved.normal.shape
    need_x, need_weight, need_bias = context.needs
    grad_x = grad_weight = grad_bias = None
    if need_x:
        grad_x = np.empty(gradient.shape, np.float32)
        places = (address(gradient), address(saved.weight), address(saved.normal), address(saved.scale),
                  address(grad_x), size)  # fmt: skip
        runtime.pool.run("layer_norm_backward", places, rows, _LEAST_ELEMENTS // size)
    if need_weight:
        grad_weight = np.empty(size, np.float32)
        runtime.kernels["column_products"](address(gradient), address(saved.normal), address(grad_weight), rows, size)
    if need_bias:
        grad_bias = column_sums(gradient.reshape(rows, size))
    return grad_x, grad_weight, grad_bias


def _relu(context: Context, x: Array) -> Array:
    if x.dtype != np.float32 or not x.flags.c_contiguous:
        return cast(Array, by_reference("relu", context, x))
    runtime = current()
    out = np.empty(x.shape, np.float32)
    places = (address(x), address(out))
    runtime.pool.run("relu", places, x.size, _LEAST_ELEMENTS, 16)
    context.saved = out
    return out


def _relu_vjp(context: Context, gradient: Array) -> Gradients:
    result = context.saved
    if result.dtype != np.float32 or not (result.flags.c_contiguous and gradient.flags.c_contiguous):
        return OPS["relu"].vjp(context, gradient)
    runtime = current()
    out = np.empty(result.shape, np.float32)
    places = (address(gradient), address(result), address(out))
    runtime.pool.run("relu_backward", places, result.size, _LEAST_ELEMENTS, 16)
    return (out,)


OVERRIDES = [
    override("self_attention", _self_attention, _self_attention_vjp),
    override("layer_norm", _layer_norm, _layer_norm_vjp),
    override("relu", _relu, _relu_vjp),
]
