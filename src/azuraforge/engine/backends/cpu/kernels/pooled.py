"""Backward pass of convolution, ReLU and 2 × 2 max-pooling, which reads only the pixels that won the pooling.

Three quarters of the gradient before pooling are zeros. Vectors run along the *input* channels, so that each pooled
number is a scalar that multiplies whole vectors, whichever pixel of its square won, and nothing is computed for the
other three pixels. With few input channels, vectors run along the output channels.

Gradients and codes are ``(batch, rows, columns, channels)``; a code is the index 0 … 3 of the winner in its square, or
-1 if it was not above zero. Kernels are 3 × 3, with stride 1.
"""

from __future__ import annotations

from collections.abc import Callable

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.kernels.fork import slot
from azuraforge.engine.backends.cpu.kernels.sums import SUMMED_ROWS, add_up
from azuraforge.engine.backends.cpu.values import Value, Variable


def pooled_winners(e: Emitter) -> None:
    """Find the winners: their gradients, their positions in memory, and the sums of their gradients.

    Parameters: grad, codes; winners, like grad, with zeros if the winner is not above zero; steps, 32-bit integers: the
    offset of the winner from the first pixel of its square; total, per channel; pixels, channels, row and pixel stride;
    begin, end: vectors of channels.
    """
    grad, codes, winners, steps, total, pixels, channels, x_row, x_pixel, begin, end = e.arguments
    lanes = e.target.width
    distances = [x_pixel, x_row, x_row + x_pixel]
    with e.loop(begin * lanes, end * lanes, lanes) as channel:

        def add(pixel: Value, sums: list[Variable], channel: Value = channel) -> None:
            place = pixel * channels + channel
            code = e.load(codes, place)
            value = e.select(code >= e.zero(), e.load(grad, place), e.zero())
            sums[0].set(sums[0].get() + value)
            e.store(value, winners, place)
            step = e.small_splat(0)
            for number, distance in enumerate(distances, start=1):
                step = e.select(e.equals(code, float(number)), e.small_splat(distance), step)
            e.store(step, steps, place)

        e.store(add_up(e, pixels, 1, add)[0], total, channel)


def pooled_weight_gradient(e: Emitter) -> None:
    """Sum input times gradient over the winners.

    Parameters: x with its strides per image, row and pixel; winners and steps by ``pooled_winners``; out ``(channels,
    9, inputs)`` with inputs in whole vectors, zeroed; batch, rows, columns, channels (of winners), inputs; begin, end:
    output channels.
    """
    x, x_image, x_row, x_pixel, winners, steps, out, batch, rows, columns, channels, inputs, begin, end = e.arguments
    lanes = e.target.width
    with e.loop(0, batch) as image, e.loop(0, inputs, lanes) as source, e.loop(begin, end) as channel:
        target = e.at(out, channel * 9 * inputs + source)
        # Groups of rows have separate sums, because adding all pixels to one total would lose precision.
        most = e.integer(SUMMED_ROWS) / columns + 1
        with e.loop(0, rows, most) as top:
            sums = [e.variable(e.zero()) for _ in range(9)]
            with e.loop(top, e.least(rows, top + most)) as row:
                line = e.at(x, image * x_image + row * 2 * x_row + source)
                places = ((image * rows + row) * columns) * channels + channel
                with e.loop(0, columns) as column:
                    here = places + column * channels
                    factor = e.broadcast(winners, here)
                    corner = e.at(line, column * 2 * x_pixel + e.small(steps, here))
                    for tap in range(9):
                        sums[tap].fma(factor, e.load(e.at(corner, x_row * (tap // 3)), x_pixel * (tap % 3)))
            for tap in range(9):
                here = e.at(target, inputs * tap)
                e.store(e.load(here) + sums[tap].get(), here)


def pooled_input_gradient(e: Emitter) -> None:
    """Add gradient times weights around each winner.

    The four pixels of a square affect 4 × 4 pixels of the input, whose sums stay in registers. For each of the four
    positions, the channels whose winner it is are the bits of a word, and a loop over them adds to nine of the sums.

    Parameters: winners by ``pooled_winners``, codes; weights ``(channels, 9, inputs)`` with inputs in whole vectors;
    room for one image with its padding per thread; out, images without it; top, left: the padding; rows, columns,
    channels, inputs; batch, threads; begin, end: images.
    """
    (winners, codes, weights, room, out, top, left, rows, columns, channels, inputs, batch, threads, begin,
     end) = e.arguments  # fmt: skip
    lanes = e.target.width
    height, out_row = rows * 2 + 2, (columns * 2 + 2) * inputs
    padded = e.at(room, slot(begin, batch, threads) * height * out_row)
    kept_rows, kept = height - top * 2, out_row - left * 2 * inputs

    def square(first: Value, corner: Value, source: Value) -> None:
        sums = [e.variable(e.load(e.at(corner, out_row * (i // 4) + inputs * (i % 4) + source))) for i in range(16)]
        with e.loop(0, channels, 64) as block:
            words = [e.variable(e.integer(0)) for _ in range(4)]
            with e.loop(block, e.least(channels, block + 64), lanes) as channel:
                code = e.load(codes, first + channel)
                for place, word in enumerate(words):
                    bits = e.bits(e.equals(code, float(place)))
                    word.set(word.get() + e.shifted(bits, channel - block))
            for place, word in enumerate(words):
                with e.each_bit(word.get()) as bit:
                    channel = block + bit
                    taps = e.at(weights, channel * 9 * inputs + source)
                    factor = e.broadcast(winners, first + channel)
                    for tap in range(9):
                        pixel = (tap // 3 + place // 2) * 4 + tap % 3 + place % 2
                        sums[pixel].fma(factor, e.load(e.at(taps, inputs * tap)))
        for i, one in enumerate(sums):
            e.store(one.get(), e.at(corner, out_row * (i // 4) + inputs * (i % 4) + source))

    with e.loop(begin, end) as image:
        with e.loop(0, height * out_row, lanes) as place:
            e.store(e.zero(), padded, place)
        with e.loop(0, rows) as row, e.loop(0, columns) as column:
            corner = e.at(padded, row * 2 * out_row + column * 2 * inputs)
            with e.loop(0, inputs, lanes) as source:
                square(((image * rows + row) * columns + column) * channels, corner, source)
        with e.loop(0, kept_rows) as row:
            source, target = e.at(padded, (row + top) * out_row + left * inputs), (image * kept_rows + row) * kept
            with e.loop(0, kept, lanes) as place:
                e.store(e.load(source, place), out, target + place)


def pooled_narrow_gradient(e: Emitter) -> None:
    """Sum input times gradient over the winners, with vectors along the output channels, for few input channels.

    Each number of the gradient is multiplied four times with inputs of its square, three times as zero.

    Parameters: x with its strides per image, row and pixel; grad with its strides per image and row (pixels of
    ``channels`` numbers); codes; out ``(batch, inputs * 9 + 1, channels)``, sums per image, in its last line those of
    the gradient alone; rows, columns, inputs, channels; begin, end: images.
    """
    (x, x_image, x_row, x_pixel, grad, grad_image, grad_row, codes, out, rows, columns, inputs, channels, begin,
     end) = e.arguments  # fmt: skip
    lanes = e.target.width
    with e.loop(begin, end) as image, e.loop(0, channels, lanes) as channel, e.loop(0, inputs) as source:
        sums, total = [e.variable(e.zero()) for _ in range(9)], e.variable(e.zero())
        with e.loop(0, rows) as row, e.loop(0, columns) as column:
            code = e.load(codes, ((image * rows + row) * columns + column) * channels + channel)
            value = e.load(grad, image * grad_image + row * grad_row + column * channels + channel)
            shares = [e.select(e.equals(code, float(number)), value, e.zero()) for number in range(4)]
            total.set(total.get() + ((shares[0] + shares[1]) + (shares[2] + shares[3])))
            corner = e.at(x, image * x_image + row * 2 * x_row + column * 2 * x_pixel + source)
            for i in range(4):
                line = e.at(corner, x_row * i)
                for j in range(4):
                    pixel = e.broadcast(line, x_pixel * j)
                    for number, share in enumerate(shares):
                        down, across = i - number // 2, j - number % 2
                        if 0 <= down < 3 and 0 <= across < 3:
                            sums[down * 3 + across].fma(pixel, share)
        target = e.at(out, image * (inputs * 9 + 1) * channels + channel)
        for tap in range(9):
            e.store(sums[tap].get(), target, (source * 9 + tap) * channels)
        e.store(total.get(), target, inputs * 9 * channels)


def to_pixels(e: Emitter) -> None:
    """Copy images of planes, ``(batch, channel, height, width)``, to pixels ``(batch, height, width, channel)``.

    Parameters: x with its strides per image, channel and row; out with its strides per image, row and pixel; height,
    width, channels, begin, end: images.
    """
    x, x_image, x_plane, x_row, out, out_image, out_row, out_pixel, height, width, channels, begin, end = e.arguments
    with e.loop(begin, end) as image, e.loop(0, height) as row:
        source, target = e.at(x, image * x_image + row * x_row), e.at(out, image * out_image + row * out_row)
        e.call("transpose", source, x_plane, target, out_pixel, channels, width)


def padded_images(e: Emitter) -> None:
    """Copy images to pixels ``(batch, height + 2 * top, width + 2 * left, channels)`` with zeros at the edges.

    Parameters: x with its strides per image, channel and row; out; top, left, height, width, channels; pixels, 1 if x
    consists of contiguous pixels of ``channels`` numbers, 0 if it consists of planes; begin, end: images.
    """
    x, x_image, x_plane, x_row, out, top, left, height, width, channels, pixels, begin, end = e.arguments
    lanes = e.target.width
    row_size, edge = (width + left * 2) * channels, left * channels

    def across(target: Value, size: Value, value: Callable[[Value, Value | None], Value]) -> None:
        done = e.variable(e.integer(0))
        with e.loop(0, size - (lanes - 1), lanes) as index:
            e.store(value(index, None), target, index)
            done.set(index + lanes)
        with e.loop(done.get(), size, lanes) as index:
            mask = e.mask(e.least(size - index, lanes))
            e.store(value(index, mask), target, index, mask)

    def clear(target: Value, size: Value) -> None:
        across(target, size, lambda index, mask: e.zero())

    def line(source: Value, target: Value) -> None:
        clear(target, edge)
        inner = e.at(target, edge)
        with e.either(pixels > 0) as (copied, turned):
            with copied:
                across(inner, width * channels, lambda index, mask: e.load(source, index, mask))
            with turned:
                e.call("transpose", source, x_plane, inner, channels, channels, width)
        clear(e.at(inner, width * channels), edge)

    with e.loop(begin, end) as image:
        corner = e.at(out, image * (height + top * 2) * row_size)
        clear(corner, top * row_size)
        clear(e.at(corner, (top + height) * row_size), top * row_size)
        with e.loop(0, height) as row:
            line(e.at(x, image * x_image + row * x_row), e.at(corner, (top + row) * row_size))


DEFINITIONS = [
    ("pooled_winners", "*grad *codes *winners *steps *total pixels channels x_row x_pixel begin end",
     pooled_winners),
    ("pooled_weight_gradient", "*x x_image x_row x_pixel *winners *steps *out batch rows columns channels inputs begin "
     "end", pooled_weight_gradient),
    ("pooled_input_gradient", "*winners *codes *weights *room *out top left rows columns channels inputs batch threads "
     "begin end", pooled_input_gradient),
    ("pooled_narrow_gradient", "*x x_image x_row x_pixel *grad grad_image grad_row *codes *out rows columns "
     "inputs channels begin end",
     pooled_narrow_gradient),
    ("padded_images", "*x x_image x_plane x_row *out top left height width channels pixels begin end", padded_images),
    ("to_pixels", "*x x_image x_plane x_row *out out_image out_row out_pixel height width channels begin end",
     to_pixels),
]  # fmt: skip
