"""Convolution by kernels; the reference handles strides, dilations and groups in training."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np

from azuraforge.engine.backends.cpu.matrix import column_sums
from azuraforge.engine.backends.cpu.memory import Scratch, address, empty
from azuraforge.engine.backends.cpu.runtime import Runtime, by_reference, current
from azuraforge.engine.ops.convolution import output_size
from azuraforge.engine.ops.registry import OPS, Array, Context, override

Gradients = tuple[Array | None, ...]
Pair = tuple[int, int]
_LEAST_MOVED = 20_000  # numbers per thread that only change their place
_LEAST_WINOGRAD = 8  # input channels: below, moving squares costs more than the products that it saves


class _Saved(NamedTuple):
    runtime: Runtime  # whose layout the arrays have
    scratch: Scratch  # owns the arrays below until the graph is freed
    x: Array  # padded at its edges, (batch, height, width, channel)
    weight: Array
    padding: Pair
    codes: Array | None  # of pooling, (batch, rows, columns, channels)
    channels: int  # of the output, padded to whole vectors


def _whole(channels: int) -> int:
    lanes = current().target.width
    return -(-channels // lanes) * lanes


def _fits(
    x: Array, weight: Array, bias: Array | None, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> bool:
    if not all(array is None or (array.dtype == np.float32 and array.size) for array in (x, weight, bias)):
        return False
    simple = weight.shape[2:] == (3, 3) and stride == dilation == (1, 1) and groups == 1 and max(padding) <= 2
    return simple and min(x.shape[2] + 2 * padding[0], x.shape[3] + 2 * padding[1]) >= 3


def _padded(scratch: Scratch, x: Array, padding: Pair) -> Array:
    """Copy ``(batch, channel, height, width)`` to ``(batch, height, width, channel)`` with zeros at the edges."""
    batch, channels, height, width = x.shape
    rows, columns = padding
    shape = (batch, height + 2 * rows, width + 2 * columns, channels)
    # Whole vectors of channels are read from the last pixel too: room for one behind it.
    result = scratch.take(math.prod(shape) + current().target.width)[: math.prod(shape)].reshape(shape)
    planes = x.strides
    ready = planes[3] == 4 * channels and (planes[1] == 4 or channels == 1)  # pixels, one behind the other
    if not ready and planes[3] != 4:
        x = np.ascontiguousarray(x)
        planes = x.strides
    places = (address(x), planes[0] // 4, planes[1] // 4, planes[2] // 4, address(result), rows, columns, height, width,
              channels, int(ready))  # fmt: skip
    least = max(1, _LEAST_MOVED // result[0].size)
    current().pool.run("padded_images", places, batch, least)
    return result


def to_pixels(x: Array, out: Array) -> None:
    """Copy ``(batch, channel, height, width)`` into ``(batch, height, width, channel)``, both of any strides."""
    batch, channels, height, width = x.shape
    planes, pixels = x.strides, out.strides
    if channels == 1:
        out[..., 0] = x[:, 0]
        return
    if planes[3] != 4 or pixels[3] != 4:
        out[...] = x.transpose(0, 2, 3, 1)  # pixels already, or nearly: whole runs are copied
        return
    if planes[2] == 4 * width and pixels[1] == pixels[2] * width:
        height, width = 1, height * width  # rows without gaps are one long row
    places = (address(x), planes[0] // 4, planes[1] // 4, planes[2] // 4, address(out), pixels[0] // 4, pixels[1] // 4,
              pixels[2] // 4, height, width, channels)  # fmt: skip
    current().pool.run("to_pixels", places, batch, max(1, _LEAST_MOVED // (channels * height * width)))


def _swapped(x: Array, rows: int, columns: int, x_row: int, out: Array, out_row: int) -> None:
    """Copy the transposed matrices ``(rows, columns)`` of x, one per item of its first axis, into those of out."""
    places = (address(x), rows * x_row, x_row, 0, address(out), columns * out_row, 0, out_row, 1, columns, rows)
    current().pool.run("to_pixels", places, len(out), max(1, _LEAST_MOVED // (rows * columns)))


def _pack(scratch: Scratch, weight: Array) -> Array:
    """Copy weights ``(out, in, rows, columns)`` into the layout ``(block, rows, columns, in, lane)``."""
    lanes = current().target.width
    out, inputs, rows, columns = weight.shape
    whole = _whole(out)
    packed = scratch.take(whole // lanes, rows, columns, inputs, lanes)
    if whole == out:
        packed[:] = weight.reshape(whole // lanes, lanes, inputs, rows, columns).transpose(0, 3, 4, 2, 1)
    else:
        wide = np.zeros((whole, inputs, rows, columns), np.float32)
        wide[:out] = weight
        packed[:] = wide.reshape(whole // lanes, lanes, inputs, rows, columns).transpose(0, 3, 4, 2, 1)
    return packed


def _bias(scratch: Scratch, bias: Array | None, channels: int) -> Array:
    result = scratch.zeros(channels)
    if bias is not None:
        result[: bias.size] = bias
    return result


def _strides(x: Array) -> tuple[int, ...]:
    return tuple(stride // 4 for stride in x.strides)


def _has_squares(inputs: int, height: int, width: int) -> bool:
    """Return whether outputs of this size are computed by squares (``kernels/winograd.py``)."""
    return inputs >= _LEAST_WINOGRAD and height % 2 == 0 and width % 2 == 0


def _chunk(most: int) -> int:
    """Return the number of squares per pass through scratch memory, a multiple of the tiles of both vector widths."""
    return most // 14 * 14 if current().target.registers == 32 else most // 6 * 6


def _squares_scratch(scratch: Scratch, chunk: int, inputs: int, channels: int) -> Array:
    return scratch.take(current().pool.threads, 16 * chunk * (_whole(inputs) + channels))


def _only_nan(*arrays: Array) -> bool:
    """Return whether the input has NaN, which squares propagate correctly, but no infinity, which they do not."""
    return any(np.isnan(one).any() for one in arrays) and not any(np.isinf(one).any() for one in arrays)


def _moved_weights(scratch: Scratch, weight: Array, channels: int) -> Array:
    """Return weights ``(out, in, 3, 3)`` as ``(16, in, channels)`` for the products of squares."""
    kernels = current().kernels
    out, inputs = weight.shape[:2]
    flat = np.ascontiguousarray(weight)
    lines, moved = scratch.take(inputs, 9, channels), scratch.take(16, inputs, channels)
    if channels != out:
        lines[:, :, out:] = 0
    kernels["transpose"](address(flat), inputs * 9, address(lines), channels, out, inputs * 9)
    kernels["winograd_weights"](address(lines), address(moved), inputs, channels)
    return moved


def _convolve(scratch: Scratch, x: Array, weight: Array, bias: Array | None, out: Array, codes: Array | None) -> None:
    """Convolve padded images ``(batch, height, width, channel)`` into ``out``; if ``codes`` is given, pool them too."""
    runtime = current()
    channels, inputs = out.shape[3], x.shape[3]
    batch, height, width = x.shape[0], x.shape[1] - 2, x.shape[2] - 2
    offsets = _bias(scratch, bias, channels)
    if _has_squares(inputs, height, width):
        moved, chunk = _moved_weights(scratch, weight, channels), _chunk(28)
        told, squares = scratch.take(batch, runtime.target.width), _squares_scratch(scratch, chunk, inputs, channels)
        places = (address(x), *_strides(x)[:2], address(moved), address(offsets), address(out),
                  0 if codes is None else address(codes), address(told), address(squares),
                  height, width, inputs, _whole(inputs), channels, chunk, batch, runtime.pool.threads)  # fmt: skip
        runtime.pool.run("winograd" if codes is None else "winograd_pool", places, batch)
        if told.sum() == 0 or _only_nan(x, weight, offsets):
            return  # else a value is infinite or overflowed, and the direct kernel returns correct values
    packed = _pack(scratch, weight)
    sizes = (height, width, inputs, channels, 3, 3)
    images = (address(x), *_strides(x)[:2], address(packed), address(offsets))
    if codes is None:
        runtime.pool.run("convolve", (*images, address(out), *sizes), batch)
    else:
        dense = scratch.take(batch, height, width, channels)
        runtime.pool.run("convolve_pool", (*images, address(dense), address(out), address(codes), *sizes), batch)


def _conv2d(
    context: Context, x: Array, weight: Array, bias: Array | None, *, stride: Pair, padding: Pair, dilation: Pair,
    groups: int,
) -> Array:  # fmt: skip
    if not _fits(x, weight, bias, stride, padding, dilation, groups):
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return cast(Array, by_reference("conv2d", context, x, weight, bias, **options))
    scratch = Scratch()
    padded = _padded(scratch, x, padding)
    height, width = (output_size(x.shape[2 + axis], 3, 1, padding[axis]) for axis in (0, 1))
    out = empty((x.shape[0], height, width, _whole(weight.shape[0])))
    _convolve(scratch, padded, weight, bias, out, None)
    if context.records:
        context.saved = _Saved(current(), scratch, padded, weight, padding, None, out.shape[3])
    return out.transpose(0, 3, 1, 2)[:, : weight.shape[0]]


def _conv2d_vjp(context: Context, gradient: Array) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS["conv2d"].vjp(context, gradient)
    scratch = Scratch()
    pixels = gradient.transpose(0, 2, 3, 1)
    if not context.needs[0] and pixels.flags.c_contiguous and pixels.shape[3] == saved.channels:
        return _gradients(context, saved, pixels, pixels, scratch)  # as the kernels want it: nothing to copy
    if pixels.shape[3] == saved.channels:
        rows, columns = 2 - saved.padding[0], 2 - saved.padding[1]
        wide = _padded(scratch, gradient, (rows, columns))
        inner = wide[:, rows : rows + gradient.shape[2], columns : columns + gradient.shape[3]]
        return _gradients(context, saved, wide, inner, scratch)
    wide, inner = _wide_gradient(scratch, saved, gradient.shape[2], gradient.shape[3])
    to_pixels(gradient, inner[..., : gradient.shape[1]])
    inner[..., gradient.shape[1] :] = 0
    return _gradients(context, saved, wide, inner, scratch)


def _wide_gradient(scratch: Scratch, saved: _Saved, height: int, width: int) -> tuple[Array, Array]:
    """Return the gradient with the border of zeros that the gradient of the input needs, and a view without it."""
    rows, columns = 2 - saved.padding[0], 2 - saved.padding[1]
    wide = scratch.take(saved.x.shape[0], height + 2 * rows, width + 2 * columns, saved.channels)
    wide[:, :rows] = 0
    wide[:, rows + height :] = 0
    wide[:, :, :columns] = 0
    wide[:, :, columns + width :] = 0
    return wide, wide[:, rows : rows + height, columns : columns + width]


def _gradients(context: Context, saved: _Saved, wide: Array, inner: Array, scratch: Scratch) -> Gradients:
    runtime = saved.runtime
    need_x, need_weight, need_bias = context.needs
    x, weight = saved.x, saved.weight
    out_channels, inputs = weight.shape[:2]
    batch, height, width, channels = inner.shape
    grad_x = grad_weight = grad_bias = None
    if need_weight:
        kernels = scratch.take(inputs, 9, channels)
        images = (address(x), *_strides(x)[:2])
        slopes = (address(inner), *_strides(inner)[:2])
        direct = not _has_squares(inputs, height, width)
        if not direct:
            chunk, sums = _chunk(56), scratch.zeros(16, inputs, channels)
            places = (*images, *slopes, address(sums), address(_squares_scratch(scratch, chunk, inputs, channels)),
                      batch, height, width, inputs, _whole(inputs), channels, chunk, runtime.pool.threads)  # fmt: skip
            lanes = runtime.target.width
            runtime.pool.run("winograd_gradient", places, channels // lanes)
            runtime.kernels["winograd_gather"](address(sums), address(kernels), inputs, channels)
            direct = not np.isfinite(kernels.sum())
        if direct:
            kernels.fill(0)
            places = (*images, inputs, *slopes, address(kernels), batch, height, width, channels)
            runtime.pool.run("weight_gradient", places, inputs)
        offered = context.buffers[1] if context.buffers else None
        grad_weight = np.empty(weight.shape, np.float32) if offered is None else offered
        runtime.kernels["transpose"](address(kernels), channels, address(grad_weight), inputs * 9, inputs * 9,
                                     out_channels)  # fmt: skip
    if need_bias:
        # The border is zero and adds nothing.
        grad_bias = column_sums(wide.reshape(-1, channels))[:out_channels]
    if need_x:
        # Correlating the padded gradient with the kernel turned around is the gradient of the input.
        turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        grown = np.zeros((inputs, channels, 3, 3), np.float32)
        grown[:, :out_channels] = turned
        rows, columns = wide.shape[1] - 2, wide.shape[2] - 2
        out = empty((batch, rows, columns, _whole(inputs)))
        _convolve(scratch, wide, grown, None, out, None)
        grad_x = out.transpose(0, 3, 1, 2)[:, :inputs]
    return grad_x, grad_weight, grad_bias


def _conv_relu_pool(context: Context, x: Array, weight: Array, bias: Array | None, *, padding: Pair) -> Array:
    even = not any((output_size(x.shape[2 + axis], weight.shape[2 + axis], 1, padding[axis])) % 2 for axis in (0, 1))
    if not (even and _fits(x, weight, bias, (1, 1), padding, (1, 1), 1)):
        return cast(Array, by_reference("conv_relu_pool", context, x, weight, bias, padding=padding))
    runtime = current()
    scratch = Scratch()
    padded = _padded(scratch, x, padding)
    batch = x.shape[0]
    height, width = (output_size(x.shape[2 + axis], 3, 1, padding[axis]) for axis in (0, 1))
    channels = _whole(weight.shape[0])
    out = empty((batch, height // 2, width // 2, channels))
    codes = scratch.take(*out.shape)
    _convolve(scratch, padded, weight, bias, out, codes)
    if context.records:
        context.saved = _Saved(runtime, scratch, padded, weight, padding, codes, channels)
    return out.transpose(0, 3, 1, 2)[:, : weight.shape[0]]


def _conv_relu_pool_vjp(context: Context, gradient: Array) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS["conv_relu_pool"].vjp(context, gradient)
    assert saved.codes is not None
    runtime = saved.runtime
    scratch = Scratch()
    batch, rows, columns, channels = saved.codes.shape
    narrow = saved.weight.shape[1] * 2 < runtime.target.width and not context.needs[0]
    lying = gradient.transpose(0, 2, 3, 1)
    if narrow and lying.shape[3] == channels and lying.strides[2:] == (4 * channels, 4):
        return _narrow_gradients(context, saved, lying, scratch)  # as the kernel wants it: nothing to copy
    if lying.shape[3] == channels and lying.flags.c_contiguous:
        pooled = lying
    else:
        pooled = scratch.take(batch, rows, columns, channels)
        to_pixels(gradient, pooled[..., : gradient.shape[1]])
        pooled[..., gradient.shape[1] :] = 0
    if saved.weight.shape[1] * 2 >= runtime.target.width:
        return _winners_gradients(context, saved, pooled, scratch)
    if narrow:
        return _narrow_gradients(context, saved, pooled, scratch)
    wide, inner = _wide_gradient(scratch, saved, 2 * rows, 2 * columns)
    places = (address(pooled), address(saved.codes), address(inner), *_strides(inner)[:2], rows, columns, channels)
    runtime.pool.run("unpool", places, batch)
    return _gradients(context, saved, wide, inner, scratch)


def _winners_gradients(context: Context, saved: _Saved, pooled: Array, scratch: Scratch) -> Gradients:
    """Return the gradients, computed by the kernels that read only the pixels that won the pooling."""
    assert saved.codes is not None
    runtime = saved.runtime
    need_x, need_weight, need_bias = context.needs
    batch, rows, columns, channels = pooled.shape
    out_channels, inputs = saved.weight.shape[:2]
    whole = _whole(inputs)
    offered = context.buffers or (None, None, None)
    grad_x = grad_weight = grad_bias = None
    won = (address(pooled), address(saved.codes))
    winners, steps, total = scratch.take(*pooled.shape), scratch.take(*pooled.shape), scratch.take(channels)
    image, row, pixel = _strides(saved.x)[:3]
    found = (*won, address(winners), address(steps), address(total), batch * rows * columns, channels, row, pixel)
    runtime.pool.run("pooled_winners", found, channels // runtime.target.width)
    if need_weight:
        sums = scratch.zeros(out_channels, 9, whole)
        places = (address(saved.x), image, row, pixel, address(winners), address(steps), address(sums), batch, rows,
                  columns, channels, whole)  # fmt: skip
        runtime.pool.run("pooled_weight_gradient", places, out_channels)
        grad_weight = offered[1]
        if grad_weight is None or not grad_weight.flags.c_contiguous:
            grad_weight = np.empty(saved.weight.shape, np.float32)
        _swapped(sums, 9, inputs, whole, grad_weight, 9)
    if need_bias:
        grad_bias = np.empty(out_channels, np.float32) if offered[2] is None else offered[2]
        grad_bias[...] = total[:out_channels]
    if need_x:
        weights = scratch.take(channels, 9, whole)  # the channels of padding win nowhere
        if whole != inputs:
            weights.fill(0)
        _swapped(np.ascontiguousarray(saved.weight), inputs, 9, 9, weights[:out_channels], whole)
        top, left = saved.padding
        height, width, threads = 2 * rows + 2, 2 * columns + 2, runtime.pool.threads
        room = scratch.take(threads, height, width, whole)
        out = empty((batch, height - 2 * top, width - 2 * left, whole))
        around = (address(winners), address(saved.codes), address(weights), address(room), address(out), top, left,
                  rows, columns, channels, whole, batch, threads)  # fmt: skip
        runtime.pool.run("pooled_input_gradient", around, batch)
        grad_x = out[..., :inputs].transpose(0, 3, 1, 2)
    return grad_x, grad_weight, grad_bias


def _narrow_gradients(context: Context, saved: _Saved, pooled: Array, scratch: Scratch) -> Gradients:
    """Return the gradients of weight and bias, computed by the kernel for few input channels."""
    assert saved.codes is not None
    runtime = saved.runtime
    _, need_weight, need_bias = context.needs
    batch, rows, columns, channels = pooled.shape
    out_channels, inputs = saved.weight.shape[:2]
    lines = inputs * 9 + 1
    sums, total = scratch.take(batch, lines, channels), scratch.take(lines, channels)
    places = (address(saved.x), *_strides(saved.x)[:3], address(pooled), *_strides(pooled)[:2], address(saved.codes),
              address(sums), rows, columns, inputs, channels)  # fmt: skip
    runtime.pool.run("pooled_narrow_gradient", places, batch)
    column_sums(sums.reshape(batch, lines * channels), total.reshape(-1))
    offered = context.buffers or (None, None, None)
    grad_weight = grad_bias = None
    if need_weight:
        grad_weight = np.empty(saved.weight.shape, np.float32) if offered[1] is None else offered[1]
        grad_weight[...] = total[:-1, :out_channels].T.reshape(grad_weight.shape)
    if need_bias:
        grad_bias = np.empty(out_channels, np.float32) if offered[2] is None else offered[2]
        grad_bias[...] = total[-1, :out_channels]
    return None, grad_weight, grad_bias


def _reshape(context: Context, x: Array, *, shape: tuple[int, ...]) -> Array:
    if x.ndim != 4 or x.dtype != np.float32 or x.size < _LEAST_MOVED or not has_pixels(x):
        return cast(Array, OPS["reshape"].forward(context, x, shape=shape))
    context.saved = x.shape
    batch, channels, height, width = x.shape
    image, _, _, pixel = _strides(x)
    out = np.empty((batch, channels, height * width), np.float32)
    # Copying pixels to planes is the same as copying planes to pixels with exchanged strides.
    places = (address(x), image, pixel, 0, address(out), channels * height * width, 0, height * width, 1, channels,
              height * width)  # fmt: skip
    current().pool.run("to_pixels", places, batch, max(1, _LEAST_MOVED // out[0].size))
    # The reference handles sizes of -1 and raises errors for invalid ones.
    out.shape = cast(Array, OPS["reshape"].forward(context, out, shape=shape)).shape
    context.saved = x.shape
    return out


def has_pixels(x: Array) -> bool:
    """Return whether ``(batch, channel, height, width)`` is the view of an image with contiguous pixels."""
    return x.shape[1] > 1 and x.strides[1] == 4 and x.strides[2] == x.strides[3] * x.shape[3]


OVERRIDES = [
    override("reshape", _reshape, OPS["reshape"].vjp, view=True),
    override("conv2d", _conv2d, _conv2d_vjp),
    override("conv_relu_pool", _conv_relu_pool, _conv_relu_pool_vjp),
]
