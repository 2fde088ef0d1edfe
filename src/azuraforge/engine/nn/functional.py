"""Layers and losses as plain functions, with the checks that give clear errors. ``F`` by habit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from azuraforge.engine.autograd import apply
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.random import default_generator
from azuraforge.engine.tensor import Tensor

# --- checks ---


def expect_features(layer: str, x: Tensor, features: int, weight: Tensor) -> None:
    """Refuse an input whose last axis or dtype does not fit a layer's weights."""
    if not isinstance(x, Tensor):
        raise EngineError(f"{layer} expects a Tensor, got {type(x).__name__}: wrap it in engine.Tensor(…)")
    if not x.ndim or x.shape[-1] != features:
        raise EngineError(f"{layer} expects (…, {features}), got {shape_text(x.shape)}")
    expect_dtype(layer, x, weight)


def expect_dtype(layer: str, x: Tensor, weight: Tensor) -> None:
    """Refuse an input of another dtype than the weights': silent promotion is slow and changes results."""
    if x.dtype != weight.dtype:
        raise EngineError(
            f"{layer} has {weight.dtype} weights, got {x.dtype} of shape {shape_text(x.shape)}: "
            f"use array.astype(numpy.{weight.dtype}) first"
        )


def _target(target: Tensor | Array) -> Tensor:
    return target if isinstance(target, Tensor) else Tensor(target)


# --- layers ---


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``x @ weight.T + bias``: ``(…, in)`` to ``(…, out)``, weight ``(out, in)``."""
    expect_features("Linear", x, weight.shape[1], weight)
    return apply("linear", x, weight, bias)


def layer_norm(
    x: Tensor, normalized_shape: tuple[int, ...], weight: Tensor | None, bias: Tensor | None, eps: float = 1e-5
) -> Tensor:
    """Bring the last axes, of shape ``normalized_shape``, to mean 0 and variance 1, then scale and shift."""
    axes = len(normalized_shape)
    if x.shape[x.ndim - axes :] != normalized_shape:
        wanted = ", ".join(str(size) for size in normalized_shape)
        raise EngineError(f"LayerNorm expects (…, {wanted}), got {shape_text(x.shape)}")
    if weight is not None:
        expect_dtype("LayerNorm", x, weight)
    return apply("layer_norm", x, weight, bias, axes=axes, eps=eps)


def dropout(x: Tensor, p: float = 0.5, training: bool = True, generator: np.random.Generator | None = None) -> Tensor:
    """Set each element to zero with probability ``p`` and scale the others by ``1 / (1 - p)``, in training only."""
    if not 0 <= p <= 1:
        raise EngineError(f"Dropout probability must be between 0 and 1, got {p}")
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0.0
    source = generator if generator is not None else default_generator()
    kept = source.random(x.shape, dtype=np.float32) >= p
    return x * Tensor(kept.astype(x.dtype) * x.dtype.type(1 / (1 - p)))


# --- activations ---


def relu(x: Tensor) -> Tensor:
    """Return ``max(x, 0)``."""
    return apply("relu", x)


def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Return ``x`` above zero and ``negative_slope * x`` below."""
    return apply("leaky_relu", x, slope=negative_slope)


def gelu(x: Tensor) -> Tensor:
    """Return ``x`` times the normal distribution function of ``x`` (exact form)."""
    return apply("gelu", x)


def silu(x: Tensor) -> Tensor:
    """Return ``x * sigmoid(x)``, also called swish."""
    return apply("silu", x)


def tanh(x: Tensor) -> Tensor:
    """Return the hyperbolic tangent."""
    return apply("tanh", x)


def sigmoid(x: Tensor) -> Tensor:
    """Return ``1 / (1 + exp(-x))``."""
    return apply("sigmoid", x)


def softplus(x: Tensor) -> Tensor:
    """Return ``log(1 + exp(x))``, a smooth ReLU that is always above zero."""
    return apply("softplus", x)


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return ``exp(x) / sum(exp(x))`` along ``axis``."""
    return apply("softmax", x, axis=axis)


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return the logarithm of softmax along ``axis``, computed without loss of precision."""
    return apply("log_softmax", x, axis=axis)


# --- joining and choosing ---


def concat(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors along an existing axis."""
    return apply("concat", *tensors, axis=axis)


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis."""
    return apply("stack", *tensors, axis=axis)


def where(condition: Tensor | Array, a: Tensor, b: Tensor) -> Tensor:
    """Return ``a`` where the condition holds, else ``b``; all three broadcast."""
    mask = condition.data if isinstance(condition, Tensor) else np.asarray(condition)
    return apply("where", Tensor(mask.astype(bool)), a, b)


def maximum(a: Tensor, b: Tensor) -> Tensor:
    """Return the larger of two tensors, element by element; equal ones share the gradient."""
    return apply("maximum", a, b)


def minimum(a: Tensor, b: Tensor) -> Tensor:
    """Return the smaller of two tensors, element by element; equal ones share the gradient."""
    return apply("minimum", a, b)


def logsumexp(x: Tensor, axis: int = -1, keepdims: bool = False) -> Tensor:
    """Return ``log(sum(exp(x)))`` along ``axis`` without overflow."""
    return apply("logsumexp", x, axis=axis, keepdims=keepdims)


def pad(x: Tensor, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """Add ``(before, after)`` elements of ``value`` at each axis."""
    return apply("pad", x, widths=tuple(widths), value=value)


# --- losses ---


def mse_loss(prediction: Tensor, target: Tensor | Array, reduction: str = "mean") -> Tensor:
    """Return the squared error of two tensors of one shape, averaged by default."""
    return apply("mse_loss", prediction, _target(target), reduction=reduction)


def l1_loss(prediction: Tensor, target: Tensor | Array, reduction: str = "mean") -> Tensor:
    """Return the absolute error of two tensors of one shape, averaged by default."""
    return apply("l1_loss", prediction, _target(target), reduction=reduction)


def huber_loss(prediction: Tensor, target: Tensor | Array, delta: float = 1.0, reduction: str = "mean") -> Tensor:
    """Return Huber's loss: squared error / 2 up to ``delta``, linear beyond (Huber 1964)."""
    return apply("huber_loss", prediction, _target(target), delta=delta, reduction=reduction)


def quantile_loss(
    prediction: Tensor, target: Tensor | Array, quantiles: Sequence[float] | Array, reduction: str = "mean"
) -> Tensor:
    """Return the pinball loss, whose minimum is the quantile itself (Koenker and Bassett 1978).

    Args:
        prediction: ``(…, quantile)``.
        target: ``(…)``.
        quantiles: the levels between 0 and 1, as many as the last axis of ``prediction``.
        reduction: ``mean`` (over all elements and quantiles), ``sum`` or ``none``.
    """
    levels = np.asarray(quantiles, dtype=np.float64)
    if levels.ndim != 1 or not levels.size or not ((levels > 0) & (levels < 1)).all():
        raise EngineError(f"quantiles are numbers between 0 and 1, got {_short(quantiles)}")
    return apply("quantile_loss", prediction, _target(target), quantiles=levels, reduction=reduction)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
