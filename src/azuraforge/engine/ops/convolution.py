"""Convolution of images as matrix products over unfolded windows. Sequences are images of height one.

Forward unfolds every window into a column (im2col) and multiplies once per group; backward folds the
columns' gradients back by adding one shifted slice per kernel position.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, add_up, register

Gradients = tuple[Array | None, ...]
Pair = tuple[int, int]


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return the number of windows along one axis."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def pad_image(x: Array, padding: Pair, value: float = 0.0) -> Array:
    """Pad the last two axes on both sides."""
    if padding == (0, 0):
        return x
    edges = ((0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1]))
    return np.pad(x, edges, constant_values=value)


def windows(x: Array, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Array:
    """Return a view ``(batch, channel, out_height, out_width, kernel_height, kernel_width)``.

    Raises EngineError if a window does not fit into the padded image ``x``.
    """
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    if x.shape[2] < reach[0] or x.shape[3] < reach[1]:
        raise EngineError(f"a window of {reach} does not fit an input of shape {shape_text(x.shape)} with padding")
    view = sliding_window_view(x, reach, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def fold(parts: Array, shape: tuple[int, ...], stride: Pair, dilation: Pair, padding: Pair) -> Array:
    """Add window gradients ``(batch, channel, kernel…, out…)`` up into an image of ``shape`` (unpadded)."""
    batch, channels, height, width = shape
    kernel_height, kernel_width, out_height, out_width = parts.shape[2:]
    image = np.zeros((batch, channels, height + 2 * padding[0], width + 2 * padding[1]), dtype=parts.dtype)
    for row in range(kernel_height):
        top = row * dilation[0]
        rows = slice(top, top + stride[0] * out_height, stride[0])
        for column in range(kernel_width):
            left = column * dilation[1]
            image[:, :, rows, left : left + stride[1] * out_width : stride[1]] += parts[:, :, row, column]
    return image[:, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width]


def _conv2d(
    context: Context,
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Array:
    # x (batch, in, height, width), weight (out, in / groups, kernel_height, kernel_width), bias (out,)
    batch = x.shape[0]
    out_channels, per_group, *kernel = weight.shape
    view = windows(pad_image(x, padding), (kernel[0], kernel[1]), stride, dilation)
    out_height, out_width = view.shape[2:4]
    inner = per_group * kernel[0] * kernel[1]
    # (batch, group, in / groups * kernel, windows)
    columns = view.transpose(0, 1, 4, 5, 2, 3).reshape(batch, groups, inner, out_height * out_width)
    filters = weight.reshape(groups, out_channels // groups, inner)
    result = (filters @ columns).reshape(batch, out_channels, out_height, out_width)
    if bias is not None:
        result += bias[:, None, None]
    context.saved = (x.shape, columns, weight, stride, padding, dilation, groups)
    return np.asarray(result)


def _conv2d_vjp(context: Context, gradient: Array) -> Gradients:
    shape, columns, weight, stride, padding, dilation, groups = context.saved
    need_x, need_weight, need_bias = context.needs
    batch, out_channels, out_height, out_width = gradient.shape
    _, per_group, kernel_height, kernel_width = weight.shape
    flat = gradient.reshape(batch, groups, out_channels // groups, out_height * out_width)
    grad_x = grad_weight = None
    if need_weight:
        grad_weight = (flat @ columns.swapaxes(-1, -2)).sum(axis=0).reshape(weight.shape)
    if need_x:
        filters = weight.reshape(groups, out_channels // groups, -1)
        parts = (filters.swapaxes(-1, -2) @ flat).reshape(
            batch, groups * per_group, kernel_height, kernel_width, out_height, out_width
        )
        grad_x = fold(parts, shape, stride, dilation, padding)
    return grad_x, grad_weight, add_up(gradient, (0, 2, 3)) if need_bias else None


def _max_pool2d(context: Context, x: Array, *, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    view = windows(pad_image(x, padding, -np.inf), kernel, stride)
    flat = view.reshape(*view.shape[:4], -1)
    chosen = flat.argmax(axis=-1)  # the first of equals, as in PyTorch
    context.saved = (x.shape, chosen, kernel, stride, padding)
    return np.take_along_axis(flat, chosen[..., None], axis=-1)[..., 0]


def _max_pool2d_vjp(context: Context, gradient: Array) -> Gradients:
    shape, chosen, kernel, stride, padding = context.saved
    positions = np.arange(kernel[0] * kernel[1])
    parts = np.where(chosen[:, :, None] == positions[:, None, None], gradient[:, :, None], gradient.dtype.type(0))
    parts = parts.reshape(*shape[:2], *kernel, *gradient.shape[2:])
    return (fold(parts, shape, stride, (1, 1), padding),)


def _avg_pool2d(context: Context, x: Array, *, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    context.saved = (x.shape, kernel, stride, padding)
    return np.asarray(windows(pad_image(x, padding), kernel, stride).mean(axis=(4, 5)))


def _avg_pool2d_vjp(context: Context, gradient: Array) -> Gradients:
    shape, kernel, stride, padding = context.saved
    share = gradient / (kernel[0] * kernel[1])
    parts = np.broadcast_to(share[:, :, None, None], (*shape[:2], *kernel, *gradient.shape[2:]))
    return (fold(parts, shape, stride, (1, 1), padding),)


def _conv_relu_pool(context: Context, x: Array, weight: Array, bias: Array | None, *, padding: Pair) -> Array:
    """Convolve (stride 1), ReLU and 2 × 2 max-pool: the chain of small image models as one op."""
    inner = Context(context.needs)
    ones = (1, 1)
    image = _conv2d(inner, x, weight, bias, stride=ones, padding=padding, dilation=ones, groups=1)
    positive = np.maximum(image, image.dtype.type(0))
    pool = Context((context.records,))
    result = _max_pool2d(pool, positive, kernel=(2, 2), stride=(2, 2), padding=(0, 0))
    context.saved = (inner, pool, positive > 0)
    return result


def _conv_relu_pool_vjp(context: Context, gradient: Array) -> Gradients:
    inner, pool, positive = context.saved
    (grad_image,) = _max_pool2d_vjp(pool, gradient)
    return _conv2d_vjp(inner, grad_image * positive)


register("conv_relu_pool", _conv_relu_pool, _conv_relu_pool_vjp, contracts.conv_relu_pool)
register("conv2d", _conv2d, _conv2d_vjp, contracts.conv2d)
register("max_pool2d", _max_pool2d, _max_pool2d_vjp, contracts.pool2d("max_pool2d"))
register("avg_pool2d", _avg_pool2d, _avg_pool2d_vjp, contracts.pool2d("avg_pool2d"))
