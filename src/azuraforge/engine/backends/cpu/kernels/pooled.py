"""The way back through convolution + ReLU + 2 × 2 max-pooling, which meets only the pixels that won.

Three quarters of the gradient before pooling are zeros. Here vectors run along the *input* channels: each pooled
number then is one scalar times whole vectors, wherever in its square the winner lay, so nothing is computed for the
other three pixels. Where there are few input channels, ``unpool`` and the dense kernels serve.

Gradients and codes are ``(batch, rows, columns, channels)``; a code is the winner's place 0 … 3 in its square or -1
where ReLU cut it off. Kernels are 3 × 3, stride 1.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter


def pooled_weight_gradient(e: Emitter) -> None:
    """Sum input times gradient over the winners.

    Parameters: x with its strides per image, row and pixel; offsets, 8 integers: how far the places 0 … 3 of a square
    lie from its first pixel (read from memory, since the compiler makes a chain of products of what it can see
    through); grad, codes; out ``(channels, 9, inputs)`` with inputs in
    whole vectors, zeroed; batch, rows, columns, channels (of grad and codes), inputs; begin, end: output channels.
    """
    (x, x_image, x_row, x_pixel, offsets, grad, codes, out, batch, rows, columns, channels, inputs, begin,
     end) = e.arguments  # fmt: skip
    lanes = e.target.width
    with e.loop(0, batch) as image, e.loop(0, inputs, lanes) as source, e.loop(begin, end) as channel:
        target = e.at(out, channel * 9 * inputs + source)
        sums = [e.variable(e.load(e.at(target, inputs * tap))) for tap in range(9)]
        with e.loop(0, rows) as row:
            line = e.at(x, image * x_image + row * 2 * x_row + source)
            places = ((image * rows + row) * columns) * channels + channel
            with e.loop(0, columns) as column:
                here = places + column * channels
                code = e.scalar(codes, here)
                factor = e.splat(e.select(code >= 0.0, e.scalar(grad, here), e.number(0.0)))
                corner = e.at(line, column * 2 * x_pixel + e.whole(offsets, e.low_bits(e.to_integer(code), 3)))
                for tap in range(9):
                    sums[tap].fma(factor, e.load(e.at(corner, x_row * (tap // 3) + x_pixel * (tap % 3))))
        for tap in range(9):
            e.store(sums[tap].get(), e.at(target, inputs * tap))


def pooled_input_gradient(e: Emitter) -> None:
    """Add gradient times weights around each winner.

    The four pixels of a square touch 4 × 4 pixels of the input, whose sums stay in registers: the channels are first
    sorted by the place of their winner, so that each of four loops knows which nine sums it adds to.

    Parameters: grad, codes; weights ``(channels, 9, inputs)`` with inputs in whole vectors; out, zeroed, with its
    strides per image and row (pixels of ``inputs`` numbers), beginning at the padded corner; lists, ``5 * used + 5``
    integers per image; rows, columns, used (the output channels to visit), channels (of grad and codes), inputs;
    begin, end: images.
    """
    (grad, codes, weights, out, out_image, out_row, lists, rows, columns, used, channels, inputs, begin, end) = (
        e.arguments
    )
    lanes = e.target.width
    counts = e.word(lists, begin * (used * 5 + 5))
    members = e.word(counts, 5)
    with e.loop(begin, end) as image, e.loop(0, rows) as row, e.loop(0, columns) as column:
        first = ((image * rows + row) * columns + column) * channels
        for place in range(5):
            e.set_whole(e.integer(place) * used, counts, place)
        with e.loop(0, used) as channel:
            code = e.to_integer(e.scalar(codes, first + channel))
            list_number = e.select(code >= 0, code, e.integer(4))  # nobody reads the fifth list
            free = e.whole(counts, list_number)
            e.set_whole(channel, members, free)
            e.set_whole(free + 1, counts, list_number)
        corner = e.at(out, image * out_image + row * 2 * out_row + column * 2 * inputs)
        with e.loop(0, inputs, lanes) as source:
            sums = [e.variable(e.load(e.at(corner, out_row * (i // 4) + inputs * (i % 4) + source))) for i in range(16)]
            for place in range(4):
                with e.loop(used * place, e.whole(counts, place)) as index:
                    channel = e.whole(members, index)
                    taps = e.at(weights, channel * 9 * inputs + source)
                    factor = e.broadcast(grad, first + channel)
                    for tap in range(9):
                        pixel = (tap // 3 + place // 2) * 4 + tap % 3 + place % 2
                        sums[pixel].fma(factor, e.load(e.at(taps, inputs * tap)))
            for i, one in enumerate(sums):
                e.store(one.get(), e.at(corner, out_row * (i // 4) + inputs * (i % 4) + source))


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
    ("pooled_weight_gradient", "*x x_image x_row x_pixel *offsets *grad *codes *out batch rows columns channels inputs "
     "begin end", pooled_weight_gradient),
    ("pooled_input_gradient", "*grad *codes *weights *out out_image out_row *lists rows columns used channels inputs "
     "begin end", pooled_input_gradient),
    ("pooled_bias_gradient", "*grad *codes *out pixels channels", pooled_bias_gradient),
    ("to_pixels", "*x x_image x_plane x_row *out out_image out_row out_pixel height width channels begin end",
     to_pixels),
]  # fmt: skip
