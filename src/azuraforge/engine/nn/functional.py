"""Layers and losses as functions that check their inputs; often imported as ``F``.

All functions raise EngineError for inputs and options that do not fit. The ``stride`` of pooling is the kernel by
default. The ``reduction`` of a loss is ``mean``, ``sum`` or ``none``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from azuraforge.engine.autograd import apply
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.nn.checks import Pair, expect_tensor, pair
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.random import default_generator
from azuraforge.engine.tensor import Tensor


def _target(target: Tensor | Array) -> Tensor:
    return target if isinstance(target, Tensor) else Tensor(target)


# --- layers ---


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``x @ weight.T + bias``: ``(…, in)`` to ``(…, out)``, weight ``(out, in)``."""
    expect_tensor("Linear", x)
    return apply("linear", x, weight, bias)


def linear_relu(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``relu(linear(x, weight, bias))``, as one op."""
    expect_tensor("Linear", x)
    return apply("linear_relu", x, weight, bias)


def layer_norm(
    x: Tensor, normalized_shape: tuple[int, ...], weight: Tensor | None, bias: Tensor | None, eps: float = 1e-5
) -> Tensor:
    """Bring the last axes, of shape ``normalized_shape``, to mean 0 and variance 1, then scale and shift."""
    expect_tensor("LayerNorm", x)
    axes = len(normalized_shape)
    if axes > x.ndim or x.shape[x.ndim - axes :] != tuple(normalized_shape):
        wanted = ", ".join(str(size) for size in normalized_shape)
        raise EngineError(f"LayerNorm expects (…, {wanted}), got {shape_text(x.shape)}")
    return apply("layer_norm", x, weight, bias, axes=axes, eps=eps)


def dropout(x: Tensor, p: float = 0.5, training: bool = True, generator: np.random.Generator | None = None) -> Tensor:
    """Set each element to zero with probability ``p`` and scale the others by ``1 / (1 - p)``; only if ``training``."""
    if not 0 <= p <= 1:
        raise EngineError(f"Dropout probability must be between 0 and 1, got {p}")
    if not training or p == 0:
        return x
    if x.dtype.kind != "f":
        raise EngineError(f"Dropout expects floating point numbers, got {x.dtype}: use astype(numpy.float32) first")
    if p == 1:
        return x * 0.0
    source = generator if generator is not None else default_generator()
    kept = source.random(x.shape, dtype=np.float32) >= p
    return x * Tensor(kept.astype(x.dtype) * x.dtype.type(1 / (1 - p)))


def embedding(indices: Tensor | Array, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Return rows of ``weight`` ``(rows, width)`` at ``indices`` ``(…)``; row ``padding_idx`` gets no gradient."""
    return apply("embedding", weight, _target(indices), padding_index=padding_idx)


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve images (in fact correlate, as all libraries do).

    Args:
        x: ``(batch, in, height, width)``.
        weight: ``(out, in / groups, kernel_height, kernel_width)``.
        bias: ``(out,)``.
        stride, padding, dilation: one number, or one each for height and width.
        groups: number of groups of channels that are convolved separately.
    """
    expect_tensor("Conv2d", x)
    return apply(
        "conv2d", x, weight, bias, stride=pair(stride), padding=pair(padding), dilation=pair(dilation), groups=groups
    )


def conv_relu_pool(x: Tensor, weight: Tensor, bias: Tensor | None = None, padding: int | Pair = 0) -> Tensor:
    """Return ``max_pool2d(relu(conv2d(x, weight, bias, padding=padding)), 2)``, as one op."""
    expect_tensor("Conv2d", x)
    return apply("conv_relu_pool", x, weight, bias, padding=pair(padding))


def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve sequences: ``(batch, in, time)``, weight ``(out, in / groups, kernel)`` → ``(batch, out, time)``."""
    expect_tensor("Conv1d", x)
    if weight.ndim != 3:
        raise EngineError(f"Conv1d expects a weight (out, in, time), got {shape_text(weight.shape)}")
    channels = weight.shape[1] * groups
    if x.ndim != 3 or x.shape[1] != channels:
        raise EngineError(f"Conv1d expects (batch, {channels}, time), got {shape_text(x.shape)}")
    image = apply(
        "conv2d",
        x.unsqueeze(2),
        weight.unsqueeze(2),
        bias,
        stride=(1, stride),
        padding=(0, padding),
        dilation=(1, dilation),
        groups=groups,
    )
    return image.squeeze(2)


def max_pool2d(x: Tensor, kernel: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> Tensor:
    """Keep the largest element of each window of ``(batch, channel, height, width)``."""
    return _pool2d("max_pool2d", x, kernel, stride, padding)


def avg_pool2d(x: Tensor, kernel: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> Tensor:
    """Average each window of ``(batch, channel, height, width)``; padding counts as zeros."""
    return _pool2d("avg_pool2d", x, kernel, stride, padding)


def max_pool1d(x: Tensor, kernel: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """Keep the largest element of each window of ``(batch, channel, time)``."""
    return _pool1d("max_pool2d", x, kernel, stride, padding)


def avg_pool1d(x: Tensor, kernel: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """Average each window of ``(batch, channel, time)``; padding counts as zeros."""
    return _pool1d("avg_pool2d", x, kernel, stride, padding)


def _pool1d(name: str, x: Tensor, kernel: int, stride: int | None, padding: int) -> Tensor:
    if x.ndim != 3:
        raise EngineError(f"{name.replace('2d', '1d')} expects (batch, channel, time), got {shape_text(x.shape)}")
    steps = kernel if stride is None else stride
    return _pool2d(name, x.unsqueeze(2), (1, kernel), (1, steps), (0, padding)).squeeze(2)


def _pool2d(name: str, x: Tensor, kernel: int | Pair, stride: int | Pair | None, padding: int | Pair) -> Tensor:
    size = pair(kernel)
    return apply(name, x, kernel=size, stride=size if stride is None else pair(stride), padding=pair(padding))


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    heads: int = 1,
    blocked: Array | None = None,
    dropout_p: float = 0.0,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Return ``softmax(query @ key.T / sqrt(width / heads)) @ value`` for each head.

    Args:
        query: ``(batch, query, width)``.
        key, value: ``(batch, key, width)``.
        heads: the width is split into this many heads.
        blocked: boolean, broadcasts to ``(batch, head, query, key)``; true if the query must not attend to the key.
        dropout_p: probability of dropout on the attention weights.
        generator: source of the dropout; the module-level one by default.
    """
    for one in (query, key):
        if one.ndim != 3:
            raise EngineError(f"attention expects (batch, time, width), got {shape_text(one.shape)}")
    keep = attention_dropout((query.shape[0], heads, query.shape[1], key.shape[1]), dropout_p, query, generator)
    return apply("attention", query, key, value, heads=heads, blocked=blocked, keep=keep)


def attention_dropout(
    shape: tuple[int, ...], p: float, like: Tensor, generator: np.random.Generator | None
) -> Array | None:
    """Return dropout's factors for attention weights of ``shape``, ``None`` without dropout."""
    if not p:
        return None
    source = generator if generator is not None else default_generator()
    kept = source.random(shape, dtype=np.float32) >= p
    return np.asarray(kept.astype(like.dtype) * like.dtype.type(1 / (1 - p)))


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
    """Return the elements of ``a`` if the condition is true, else those of ``b``; all three broadcast."""
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
    """Return the pinball loss, which quantiles minimize (Koenker and Bassett 1978).

    Args:
        prediction: ``(…, quantile)``.
        target: ``(…)``.
        quantiles: levels between 0 and 1, one for each element of the last axis of ``prediction``.
        reduction: ``mean`` (over all elements and quantiles), ``sum`` or ``none``.
    """
    levels = np.asarray(quantiles, dtype=np.float64)
    if levels.ndim != 1 or not levels.size or not ((levels > 0) & (levels < 1)).all():
        raise EngineError(f"quantiles are numbers between 0 and 1, got {_short(quantiles)}")
    return apply("quantile_loss", prediction, _target(target), quantiles=levels, reduction=reduction)


def gaussian_nll_loss(
    mean: Tensor,
    target: Tensor | Array,
    variance: Tensor,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Return the negative log-likelihood of ``target`` under normal distributions of given mean and variance.

    Args:
        mean, target, variance: tensors of one shape.
        full: include the constant ``log(2 pi) / 2``.
        eps: lower limit of the variance, for stability.
        reduction: ``mean``, ``sum`` or ``none``.
    """
    return apply("gaussian_nll_loss", mean, _target(target), variance, full=full, eps=eps, reduction=reduction)


def cross_entropy(
    logits: Tensor,
    target: Tensor | Array,
    weight: Tensor | Array | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Return the cross-entropy of ``softmax(logits)`` against class numbers.

    Args:
        logits: raw scores ``(batch, class)`` or ``(batch, class, …)``.
        target: class numbers ``(batch,)`` or ``(batch, …)``.
        weight: ``(class,)``, weight of each class.
        ignore_index: class number of targets that are ignored.
        label_smoothing: share of the target spread evenly over all classes (Szegedy et al. 2016).
        reduction: ``mean`` (weighted by class), ``sum`` or ``none``.
    """
    weights = None if weight is None else np.asarray(weight)
    return apply(
        "cross_entropy",
        logits,
        _target(target),
        class_weights=weights,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )


def bce_loss(probability: Tensor, target: Tensor | Array, reduction: str = "mean") -> Tensor:
    """Return the binary cross-entropy of probabilities against targets between 0 and 1, of one shape."""
    return apply("bce_loss", probability, _target(target), reduction=reduction)


def bce_with_logits(logits: Tensor, target: Tensor | Array, reduction: str = "mean") -> Tensor:
    """Return the binary cross-entropy of ``sigmoid(logits)``, safe against overflow."""
    return apply("bce_with_logits", logits, _target(target), reduction=reduction)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
