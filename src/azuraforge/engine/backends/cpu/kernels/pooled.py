"""The way back through convolution + ReLU + 2 × 2 max-pooling, which meets only the pixels that won.

Three quarters of the gradient before pooling are zeros. Here vectors run along the *input* channels: each pooled
number then is one scalar times whole vectors, wherever in its square the winner lay, so nothing is computed for the
other three pixels. Where there are few input channels, ``unpool`` and the dense kernels serve.

Gradients and codes are ``(batch, rows, columns, channels)``; a code is the winner's place 0 … 3 in its square or -1
where ReLU cut it off. Kernels are 3 × 3, stride 1.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter, Value


def _winner(e: Emitter, codes: Value, place: Value, grad: Value, row: Value, pixel: Value) -> tuple[Value, Value]:
    """Return the offset of the winner from the first pixel of its square, and its gradient (0 where ReLU cut)."""
    code = e.scalar(codes, place)
    number = e.to_integer(code)
    on = number >= 0
    number = e.select(on, number, e.integer(0))
    lower = number / 2
    value = e.select(on, e.scalar(grad, place), e.number(0.0))
    return lower * row + (number - lower * 2) * pixel, value


def pooled_weight_gradient(e: Emitter) -> None:
    """Sum input times gradient over the winners.

    Parameters: x with its strides per image, row and pixel; grad, codes; out ``(channels, 9, inputs)`` with inputs in
    whole vectors, zeroed; batch, rows, columns, channels (of grad and codes), inputs; begin, end: output channels.
    """
    (x, x_image, x_row, x_pixel, grad, codes, out, batch, rows, columns, channels, inputs, begin, end) = e.arguments
    lanes = e.target.width
    with e.loop(0, batch) as image, e.loop(0, inputs, lanes) as source, e.loop(begin, end) as channel:
        target = e.at(out, channel * 9 * inputs + source)
        sums = [e.variable(e.load(e.at(target, inputs * tap))) for tap in range(9)]
        with e.loop(0, rows) as row:
            line = e.at(x, image * x_image + row * 2 * x_row + source)
            places = ((image * rows + row) * columns) * channels + channel
            with e.loop(0, columns) as column:
                offset, value = _winner(e, codes, places + column * channels, grad, x_row, x_pixel)
                corner = e.at(line, column * 2 * x_pixel + offset)
                factor = e.splat(value)
                for tap in range(9):
                    sums[tap].fma(factor, e.load(e.at(corner, x_row * (tap // 3) + x_pixel * (tap % 3))))
        for tap in range(9):
            e.store(sums[tap].get(), e.at(target, inputs * tap))


def pooled_input_gradient(e: Emitter) -> None:
    """Add gradient times weights around each winner.

    Parameters: grad, codes; weights ``(channels, 9, inputs)`` with inputs in whole vectors; out, zeroed, with its
    strides per image and row (pixels of ``inputs`` numbers), beginning at the padded corner; rows, columns, used (the
    output channels to visit), channels (of grad and codes), inputs; begin, end: images.
    """
    (grad, codes, weights, out, out_image, out_row, rows, columns, used, channels, inputs, begin, end) = e.arguments
    lanes = e.target.width
    with e.loop(begin, end) as image, e.loop(0, inputs, lanes) as source, e.loop(0, rows) as row:
        line = e.at(out, image * out_image + row * 2 * out_row + source)
        with e.loop(0, columns) as column:
            first = ((image * rows + row) * columns + column) * channels
            square = e.at(line, column * 2 * inputs)
            with e.loop(0, used) as channel:
                offset, value = _winner(e, codes, first + channel, grad, out_row, inputs)
                corner = e.at(square, offset)
                taps = e.at(weights, channel * 9 * inputs + source)
                factor = e.splat(value)
                for tap in range(9):
                    place = e.at(corner, out_row * (tap // 3) + inputs * (tap % 3))
                    e.store(e.fma(factor, e.load(e.at(taps, inputs * tap)), e.load(place)), place)


def pooled_bias_gradient(e: Emitter) -> None:
    """out[channel] = the sum of the winners' gradients. Parameters: grad, codes, out, pixels, channels."""
    grad, codes, out, pixels, channels = e.arguments
    with e.loop(0, channels, e.target.width) as channel:
        total = e.variable(e.zero())
        with e.loop(0, pixels) as pixel:
            place = pixel * channels + channel
            on = e.load(codes, place) >= e.zero()
            total.set(total.get() + e.select(on, e.load(grad, place), e.zero()))
        e.store(total.get(), out, channel)


def to_pixels(e: Emitter) -> None:
    """Copy images of planes, ``(batch, channel, height, width)``, to pixels ``(batch, height, width, channel)``.

    Parameters: x with its strides per image, channel and row; out with its strides per image, row and pixel; height,
    width, channels, begin, end: images.
    """
    x, x_image, x_plane, x_row, out, out_image, out_row, out_pixel, height, width, channels, begin, end = e.arguments
    with e.loop(begin, end) as image, e.loop(0, height) as row:
        source, target = e.at(x, image * x_image + row * x_row), e.at(out, image * out_image + row * out_row)
        e.call("transpose", source, x_plane, target, out_pixel, channels, width)


DEFINITIONS = [
    ("pooled_weight_gradient", "*x x_image x_row x_pixel *grad *codes *out batch rows columns channels inputs begin "
     "end", pooled_weight_gradient),
    ("pooled_input_gradient", "*grad *codes *weights *out out_image out_row rows columns used channels inputs begin "
     "end", pooled_input_gradient),
    ("pooled_bias_gradient", "*grad *codes *out pixels channels", pooled_bias_gradient),
    ("to_pixels", "*x x_image x_plane x_row *out out_image out_row out_pixel height width channels begin end",
     to_pixels),
]  # fmt: skip
