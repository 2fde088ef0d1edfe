"""Contracts of the ops: shapes, dtypes and options that an op takes, checked before any backend runs it.

A kernel reads and writes memory by the sizes of one array alone, so every other array must agree with it. The registry
calls the contract of an op before its forward function, whichever backend owns that function; a contract has the
forward function's parameters without the context and raises ``EngineError``. Values (class numbers, indices,
probabilities) are checked by the forward functions, which read them anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops.registry import Array, Contract

_MOST = 3e38  # kernels take options as float32


# --- shared checks ---


def expect_shape(name: str, what: str, array: Array, shape: tuple[int, ...]) -> None:
    """Raise EngineError unless the array has the given shape."""
    if array.shape != shape:
        raise EngineError(f"{name} expects {what} of shape {shape_text(shape)}, got {shape_text(array.shape)}")


def expect_floats(name: str, first: Array, *others: Array | None) -> None:
    """Raise EngineError unless all arrays have one floating point dtype: promotion is slow and changes results."""
    dtype = first.dtype
    for other in others:
        if other is not None and other.dtype is not dtype and other.dtype != dtype:
            raise EngineError(
                f"{name} has {other.dtype} weights, got {dtype} of shape {shape_text(first.shape)}: "
                f"use array.astype(numpy.{other.dtype}) first"
            )
    if dtype.kind != "f":
        raise EngineError(
            f"{name} expects floating point numbers, got {dtype} of shape {shape_text(first.shape)}: "
            "use astype(numpy.float32) first"
        )


def expect_axis(name: str, axis: Any, dims: int) -> None:
    """Raise EngineError unless the axis is an integer and exists in an array of ``dims`` axes."""
    if not isinstance(axis, (int, np.integer)) or not -dims <= axis < dims:
        raise EngineError(f"{name}: axis {axis!r} does not exist in an input of {dims} axes")


def _pair(name: str, what: str, value: Any, least: int) -> None:
    if isinstance(value, tuple) and len(value) == 2:
        first, second = value
        if isinstance(first, (int, np.integer)) and isinstance(second, (int, np.integer)) and min(value) >= least:
            return
    raise EngineError(f"{name} expects {what} of at least {least} for height and width, got {value!r}")


def _eps(name: str, eps: float) -> None:
    if not 0 <= eps <= _MOST:
        raise EngineError(f"{name}: eps must be a number from 0 to {_MOST:g}, got {eps!r}")


def _reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise EngineError(f"reduction is 'mean', 'sum' or 'none', got {reduction!r}")


# --- products ---


def linear(x: Array, weight: Array, bias: Array | None) -> None:
    """Check x ``(…, in)``, weight ``(out, in)`` and bias ``(out,)``."""
    if weight.ndim != 2:
        raise EngineError(f"Linear expects a weight (out, in), got {shape_text(weight.shape)}")
    if not x.ndim or x.shape[-1] != weight.shape[1]:
        raise EngineError(f"Linear expects (…, {weight.shape[1]}), got {shape_text(x.shape)}")
    if bias is not None and bias.shape != weight.shape[:1]:
        expect_shape("Linear", "a bias", bias, weight.shape[:1])
    expect_floats("Linear", x, weight, bias)


def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> None:
    """Check x ``(batch, in, height, width)``, weight ``(out, in / groups, …)``, bias ``(out,)`` and the window."""
    if weight.ndim != 4 or 0 in weight.shape[2:]:
        raise EngineError(f"Conv2d expects a weight (out, in, height, width), got {shape_text(weight.shape)}")
    if not isinstance(groups, (int, np.integer)) or groups < 1 or weight.shape[0] % groups:
        raise EngineError(f"Conv2d: {weight.shape[0]} output channels do not split into {groups!r} groups")
    channels = weight.shape[1] * groups
    if x.ndim != 4 or x.shape[1] != channels:
        raise EngineError(f"Conv2d expects (batch, {channels}, height, width), got {shape_text(x.shape)}")
    if bias is not None:
        expect_shape("Conv2d", "a bias", bias, weight.shape[:1])
    expect_floats("Conv2d", x, weight, bias)
    _pair("Conv2d", "strides", stride, 1)
    _pair("Conv2d", "padding", padding, 0)
    _pair("Conv2d", "dilation", dilation, 1)
    reach = [step * (size - 1) + 1 for step, size in zip(dilation, weight.shape[2:], strict=True)]
    _window("Conv2d", x, reach, padding)


def conv_relu_pool(x: Array, weight: Array, bias: Array | None, *, padding: tuple[int, int]) -> None:
    """Check as for ``conv2d``, and that a pooling window fits the convolution's output."""
    conv2d(x, weight, bias, stride=(1, 1), padding=padding, dilation=(1, 1), groups=1)
    _window("Conv2d with 2 × 2 pooling", x, [size + 1 for size in weight.shape[2:]], padding)


def _window(name: str, x: Array, reach: list[int], padding: tuple[int, int]) -> None:
    if x.shape[2] + 2 * padding[0] < reach[0] or x.shape[3] + 2 * padding[1] < reach[1]:
        raise EngineError(
            f"{name}: a window of {tuple(reach)} does not fit an input of shape {shape_text(x.shape)} with "
            f"padding {padding}"
        )


def pool2d(name: str) -> Contract:
    """Return the contract of pooling ``(batch, channel, height, width)``; padding is at most half of the window."""

    def check(x: Array, *, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]) -> None:
        if x.ndim != 4:
            raise EngineError(f"{name} expects (batch, channel, height, width), got {shape_text(x.shape)}")
        expect_floats(name, x)
        _pair(name, "a window", kernel, 1)
        _pair(name, "strides", stride, 1)
        _pair(name, "padding", padding, 0)
        if 2 * padding[0] > kernel[0] or 2 * padding[1] > kernel[1]:
            raise EngineError(f"{name}: padding {padding} is more than half of the window {kernel}")
        _window(name, x, list(kernel), padding)

    return check


# --- attention ---


def attention(query: Array, key: Array, value: Array, *, heads: int, blocked: Array | None, keep: Array | None) -> None:
    """Check query ``(batch, query, width)``, key and value ``(batch, key, width)``, and the masks."""
    if query.ndim != 3 or key.shape != (query.shape[0], *key.shape[1:2], query.shape[2]) or value.shape != key.shape:
        raise EngineError(
            f"attention expects query (batch, query, width), key and value (batch, key, width), got "
            f"{shape_text(query.shape)}, {shape_text(key.shape)}, {shape_text(value.shape)}"
        )
    expect_floats("attention", query, key, value)
    batch, time, width = query.shape
    _heads(width, heads)
    _masks((batch, heads, time, key.shape[1]), blocked, keep)


def self_attention(packed: Array, *, heads: int, blocked: Array | None, keep: Array | None) -> None:
    """Check packed ``(batch, time, 3 width)``: query, key and value side by side; and the masks."""
    if packed.ndim != 3 or packed.shape[2] % 3:
        raise EngineError(f"self-attention expects (batch, time, 3 width), got {shape_text(packed.shape)}")
    expect_floats("self-attention", packed)
    batch, time, width = packed.shape
    _heads(width // 3, heads)
    _masks((batch, heads, time, time), blocked, keep)


def _heads(width: int, heads: int) -> None:
    if not isinstance(heads, (int, np.integer)) or heads < 1 or width < 1 or width % heads:
        raise EngineError(f"attention width {width} is not a multiple of {heads!r} heads")


def _masks(shape: tuple[int, ...], blocked: Array | None, keep: Array | None) -> None:
    if blocked is not None:
        fits = blocked.ndim <= 4 and all(
            own in (1, wanted) for own, wanted in zip(blocked.shape[::-1], shape[::-1], strict=False)
        )
        if not fits or blocked.dtype != bool:
            raise EngineError(
                f"attention expects a boolean mask that broadcasts to {shape_text(shape)}, got {blocked.dtype} "
                f"{shape_text(blocked.shape)}"
            )
    if keep is not None:
        expect_shape("attention", "dropout's factors", keep, shape)


# --- normalisation ---


def layer_norm(x: Array, weight: Array | None, bias: Array | None, *, axes: int, eps: float) -> None:
    """Check x ``(…, *normalized)``, and weight and bias ``normalized``, the shape of the last ``axes`` axes."""
    if not isinstance(axes, (int, np.integer)) or not 1 <= axes <= x.ndim:
        raise EngineError(f"LayerNorm: the last {axes!r} axes of an input of shape {shape_text(x.shape)} do not exist")
    shape = x.shape[x.ndim - axes :]
    if 0 in shape:
        raise EngineError(f"LayerNorm: nothing to normalise over in an input of shape {shape_text(x.shape)}")
    if weight is not None and weight.shape != shape:
        expect_shape("LayerNorm", "a weight", weight, shape)
    if bias is not None and bias.shape != shape:
        expect_shape("LayerNorm", "a bias", bias, shape)
    expect_floats("LayerNorm", x, weight, bias)
    _eps("LayerNorm", eps)


def batch_norm(x: Array, weight: Array | None, bias: Array | None, *, eps: float) -> None:
    """Check x ``(batch, channel, …)`` with a value per channel, and weight and bias ``(channel,)``."""
    if x.ndim < 2:
        raise EngineError(f"BatchNorm expects (batch, channel, …), got {shape_text(x.shape)}")
    if 0 in (x.shape[0], *x.shape[2:]):
        # The mean of nothing would make the running statistics NaN for good.
        raise EngineError(f"BatchNorm: no value per channel in an input of shape {shape_text(x.shape)}")
    if weight is not None:
        expect_shape("BatchNorm", "a weight", weight, x.shape[1:2])
    if bias is not None:
        expect_shape("BatchNorm", "a bias", bias, x.shape[1:2])
    expect_floats("BatchNorm", x, weight, bias)
    _eps("BatchNorm", eps)


# --- losses ---


def paired_loss(name: str) -> Contract:
    """Return the contract of a loss of prediction and target of one shape: broadcasting would hide a mistake."""

    def check(prediction: Array, target: Array, *, reduction: str, delta: float = 1.0) -> None:
        if prediction.shape != target.shape:
            raise EngineError(
                f"{name} expects prediction and target of one shape, got {shape_text(prediction.shape)} and "
                f"{shape_text(target.shape)}"
            )
        expect_floats(name, prediction)
        _reduction(reduction)
        if not delta > 0:
            raise EngineError(f"{name}: delta must be above 0, got {delta!r}")

    return check


def quantile_loss(prediction: Array, target: Array, *, quantiles: Array, reduction: str) -> None:
    """Check prediction ``(…, quantile)``, target ``(…)`` and quantiles ``(quantile,)``."""
    if quantiles.ndim != 1 or prediction.shape != (*target.shape, quantiles.size):
        raise EngineError(
            f"quantile_loss expects prediction {shape_text((*target.shape, quantiles.size))} for a target "
            f"{shape_text(target.shape)} and {quantiles.size} quantiles, got {shape_text(prediction.shape)}"
        )
    expect_floats("quantile_loss", prediction)
    _reduction(reduction)


_gaussian_pair = paired_loss("gaussian_nll_loss")


def gaussian_nll_loss(mean: Array, target: Array, variance: Array, *, full: bool, eps: float, reduction: str) -> None:
    """Check mean, target and variance of one shape."""
    _gaussian_pair(mean, target, reduction=reduction)
    expect_shape("gaussian_nll_loss", "a variance", variance, mean.shape)
    expect_floats("gaussian_nll_loss", mean, variance)
    _eps("gaussian_nll_loss", eps)


def cross_entropy(
    logits: Array,
    target: Array,
    *,
    class_weights: Array | None,
    ignore_index: int,
    label_smoothing: float,
    reduction: str,
) -> None:
    """Check logits ``(batch, class, …)``, target ``(batch, …)`` of integers and class weights ``(class,)``."""
    if logits.ndim < 2 or target.shape != (logits.shape[0], *logits.shape[2:]):
        raise EngineError(
            f"cross_entropy expects logits (batch, class, …) and target (batch, …), got {shape_text(logits.shape)} "
            f"and {shape_text(target.shape)}"
        )
    expect_floats("cross_entropy", logits)
    if target.dtype.kind not in "iu":
        raise EngineError(f"cross_entropy expects class numbers, got a target of {target.dtype}")
    if class_weights is not None:
        expect_shape("cross_entropy", "class weights", class_weights, logits.shape[1:2])
    if not isinstance(ignore_index, (int, np.integer)) or not -(2**63) <= ignore_index < 2**63:
        raise EngineError(f"cross_entropy: ignore_index must be a 64-bit integer, got {ignore_index!r}")
    if not 0 <= label_smoothing <= 1:
        raise EngineError(f"label_smoothing must be between 0 and 1, got {label_smoothing!r}")
    _reduction(reduction)


# --- tables ---


def embedding(weight: Array, indices: Array, *, padding_index: int | None) -> None:
    """Check weight ``(row, width)``, integers as indices and a padding row that exists."""
    _table("Embedding", weight, indices)
    rows = weight.shape[0]
    if padding_index is not None and not -rows <= padding_index < rows:
        raise EngineError(f"Embedding: padding index {padding_index!r} is not one of {rows} rows")


def embedding_bag(weight: Array, indices: Array, offsets: Array, *, mode: str) -> None:
    """Check weight ``(row, width)``, indices ``(total,)`` and offsets ``(bag,)``."""
    _table("EmbeddingBag", weight, indices)
    if indices.ndim != 1 or offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise EngineError(
            f"EmbeddingBag expects indices (total,) and integer offsets (bag,), got {shape_text(indices.shape)} and "
            f"{offsets.dtype} {shape_text(offsets.shape)}"
        )
    if not offsets.size and indices.size:
        raise EngineError(f"EmbeddingBag has {indices.size} indices and no bag to put them in")
    if mode not in ("mean", "sum", "max"):
        raise EngineError(f"EmbeddingBag mode is 'mean', 'sum' or 'max', got {mode!r}")


def _table(name: str, weight: Array, indices: Array) -> None:
    if weight.ndim != 2:
        raise EngineError(f"{name} expects a table (row, width), got {shape_text(weight.shape)}")
    expect_floats(name, weight)
    if indices.dtype.kind not in "iu":
        raise EngineError(f"{name} expects integer indices, got {indices.dtype} of shape {shape_text(indices.shape)}")


# --- axes ---


def floats(name: str) -> Contract:
    """Return the contract of an op that refuses integers, whose results would have to be cut to integers."""

    def check(x: Array, **options: Any) -> None:
        expect_floats(name, x)

    return check


def along_axis(name: str) -> Contract:
    """Return the contract of an op along one axis of floating point numbers."""

    def check(x: Array, *, axis: int, keepdims: bool = False) -> None:
        expect_floats(name, x)
        expect_axis(name, axis, x.ndim)

    return check


def joined(name: str, added: int) -> Contract:
    """Return the contract of an op that joins arrays along an axis of a result with ``added`` more axes."""

    def check(*arrays: Array, axis: int) -> None:
        if not arrays:
            raise EngineError(f"{name} expects at least one tensor")
        expect_axis(name, axis, arrays[0].ndim + added)

    return check


def reshape(x: Array, *, shape: tuple[int, ...]) -> None:
    """Check that no size is below -1; -1 stands for the remaining size."""
    if shape and min(shape) < -1:
        raise EngineError(f"reshape: sizes must be at least 0, or -1 once, got {shape}")


def transpose(x: Array, *, axes: tuple[int, ...] | None) -> None:
    """Check that each axis is named exactly once."""
    if axes is not None:
        for axis in axes:
            expect_axis("transpose", axis, x.ndim)
        if sorted(axis % x.ndim for axis in axes) != list(range(x.ndim)):
            raise EngineError(f"transpose: {axes} does not name each of {x.ndim} axes once")
