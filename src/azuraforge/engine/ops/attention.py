"""Scaled dot-product attention over several heads as one op (Vaswani et al. 2017).

``blocked`` is a boolean array that broadcasts to ``(batch, head, query, key)``, true where a query must not
look; ``keep`` are the factors of dropout on the weights, of that full shape. A query without an allowed key
gets zeros.
"""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.activation import softmax_array
from azuraforge.engine.ops.registry import Array, Context, register

Gradients = tuple[Array | None, ...]


def _split_heads(x: Array, heads: int) -> Array:
    batch, time, width = x.shape
    return x.reshape(batch, time, heads, width // heads).transpose(0, 2, 1, 3)


def _join_heads(x: Array) -> Array:
    batch, heads, time, size = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, time, heads * size)


def attend(
    query: Array, key: Array, value: Array, heads: int, blocked: Array | None, keep: Array | None
) -> tuple[Array, tuple[Array, ...]]:
    """Return the output ``(batch, query, width)`` and the values that :func:`attend_vjp` needs."""
    q, k, v = (_split_heads(one, heads) for one in (query, key, value))
    scores = q @ k.swapaxes(-1, -2)
    scores *= query.dtype.type(1 / math.sqrt(q.shape[-1]))
    if blocked is not None:
        scores = np.where(blocked, query.dtype.type(-np.inf), scores)
    weights = softmax_array(scores, -1)
    used = weights if keep is None else weights * keep
    return _join_heads(used @ v), (q, k, v, weights, used)


def attend_vjp(saved: tuple[Array, ...], keep: Array | None, gradient: Array) -> tuple[Array, Array, Array]:
    """Return the gradients of query, key and value."""
    q, k, v, weights, used = saved
    d_out = _split_heads(gradient, q.shape[1])
    d_value = used.swapaxes(-1, -2) @ d_out
    d_used = d_out @ v.swapaxes(-1, -2)
    d_weights = d_used if keep is None else d_used * keep
    weighted = d_weights * weights
    d_scores = weighted - weights * weighted.sum(axis=-1, keepdims=True)
    d_scores *= q.dtype.type(1 / math.sqrt(q.shape[-1]))
    return _join_heads(d_scores @ k), _join_heads(d_scores.swapaxes(-1, -2) @ q), _join_heads(d_value)


def _attention(
    context: Context, query: Array, key: Array, value: Array, *, heads: int, blocked: Array | None, keep: Array | None
) -> Array:
    result, saved = attend(query, key, value, heads, blocked, keep)
    context.saved = (saved, keep)
    return result


def _attention_vjp(context: Context, gradient: Array) -> Gradients:
    saved, keep = context.saved
    return attend_vjp(saved, keep, gradient)


def _self_attention(context: Context, packed: Array, *, heads: int, blocked: Array | None, keep: Array | None) -> Array:
    # packed (batch, time, 3 width): query, key and value side by side, as one Linear makes them
    query, key, value = np.split(packed, 3, axis=-1)
    result, saved = attend(query, key, value, heads, blocked, keep)
    context.saved = (saved, keep)
    return result


def _self_attention_vjp(context: Context, gradient: Array) -> Gradients:
    saved, keep = context.saved
    return (np.concatenate(attend_vjp(saved, keep, gradient), axis=-1),)


register("attention", _attention, _attention_vjp, contracts.attention)
register("self_attention", _self_attention, _self_attention_vjp, contracts.self_attention)
