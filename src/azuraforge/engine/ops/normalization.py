"""Layer normalisation (Ba, Kiros and Hinton 2016) and batch normalisation (Ioffe and Szegedy 2015)."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, add_up, average, register

Gradients = tuple[Array | None, ...]


def _layer_norm(
    context: Context, x: Array, weight: Array | None, bias: Array | None, *, axes: int, eps: float
) -> Array:
    # Normalise over the last ``axes`` axes.
    over = tuple(range(x.ndim - axes, x.ndim))
    centred = x - x.mean(axis=over, keepdims=True)
    scale = 1 / np.sqrt((centred * centred).mean(axis=over, keepdims=True) + x.dtype.type(eps))
    normal = centred * scale
    context.saved = (normal, scale, weight, over)
    result = normal if weight is None else normal * weight
    return np.asarray(result if bias is None else result + bias)


def _layer_norm_vjp(context: Context, gradient: Array) -> Gradients:
    normal, scale, weight, over = context.saved
    need_x, need_weight, need_bias = context.needs
    outer = tuple(range(gradient.ndim - len(over)))
    grad_x = None
    if need_x:
        weighted = gradient if weight is None else gradient * weight
        grad_x = scale * (
            weighted
            - weighted.mean(axis=over, keepdims=True)
            - normal * (weighted * normal).mean(axis=over, keepdims=True)
        )
    return (
        grad_x,
        add_up(gradient * normal, outer) if need_weight else None,
        add_up(gradient, outer) if need_bias else None,
    )


def _batch_norm(
    context: Context, x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> tuple[Array, Array, Array]:
    """Normalise each channel of ``(batch, channel, …)`` over all other axes; also return mean and variance."""
    over = (0, *range(2, x.ndim))
    shape = (1, -1, *([1] * (x.ndim - 2)))
    mean = average(x, over)
    centred = x - mean.reshape(shape)
    variance = average(centred * centred, over)
    scale = 1 / np.sqrt(variance + x.dtype.type(eps))
    normal = centred * scale.reshape(shape)
    context.saved = (normal, scale, weight, over, shape)
    result = normal if weight is None else normal * weight.reshape(shape)
    return (result if bias is None else result + bias.reshape(shape)), mean, variance


def _batch_norm_vjp(context: Context, gradient: Array, *_: Array | None) -> Gradients:
    # Mean and variance feed the running statistics only, which carry no gradient.
    normal, scale, weight, over, shape = context.saved
    factor = scale if weight is None else scale * weight
    centred = gradient - average(gradient, over, keepdims=True)
    centred -= normal * average(gradient * normal, over, keepdims=True)
    return centred * factor.reshape(shape), add_up(gradient * normal, over), add_up(gradient, over)


register("layer_norm", _layer_norm, _layer_norm_vjp, contracts.layer_norm)
register("batch_norm", _batch_norm, _batch_norm_vjp, contracts.batch_norm)
