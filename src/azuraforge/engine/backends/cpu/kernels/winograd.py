"""3 × 3 convolution with 2.25 times fewer multiplications: F(2 × 2, 3 × 3).

Each square of 2 × 2 outputs depends on 4 × 4 inputs. Sums and differences transform both into a space in which the
convolution is a product per place, 16 in all, so over many squares and channels it is 16 matrix products. (Lavin and
Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, section 4.1.) The gradient of the weights is computed
in the same way in reverse. The sums cause no loss of accuracy that the tests detect, but values that are infinite or
overflow become NaN, while the direct kernels return infinity. Each image therefore records whether it stayed finite.

Images as in ``convolution.py``, heights and widths of the outputs even. Squares go through scratch memory of ``chunk``
squares at a time, small enough for the second-level cache: ``(16, chunk, whole)`` where ``whole`` is the number of
input channels in whole vectors, then ``(16, chunk, channels)``. Each range has its own scratch memory.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.kernels.convolution import store_pooled
from azuraforge.engine.backends.cpu.kernels.fork import slot
from azuraforge.engine.backends.cpu.kernels.gemm import emit_tile
from azuraforge.engine.backends.cpu.values import Value, Variable


def _heights(e: Emitter) -> list[int]:
    """Return the tile lengths in squares, by two vectors of channels."""
    return [14, 7, 4, 2, 1] if e.target.registers == 32 else [6, 4, 2, 1]


def _input_sums(a: Value, b: Value, c: Value, d: Value) -> list[Value]:
    return [a - c, b + c, c - b, b - d]


def _output_sums(a: Value, b: Value, c: Value, d: Value) -> list[Value]:
    return [a + b + c, b - c - d]


def _gradient_sums(a: Value, b: Value) -> list[Value]:
    return [a, a + b, a - b, b * -1.0]


def _both_ways(sums: Callable[..., list[Value]], square: list[list[Value]]) -> list[list[Value]]:
    """Apply the function ``sums`` to the columns of a square, then to its rows."""
    lines = list(zip(*(sums(*column) for column in zip(*square, strict=True)), strict=True))
    return [sums(*line) for line in lines]


def _squares(
    e: Emitter, first: Value, count: Value, across: Value, body: Callable[[Value, Value, Value], None]
) -> None:
    """Emit ``body(number in the chunk, row, column)`` for each square of a chunk; ``across`` squares make a row."""
    with e.loop(0, count) as number:
        row = (first + number) / across
        body(number, row, first + number - row * across)


def _move_inputs(
    e: Emitter, x: Value, x_row: Value, inputs: Value, whole: Value, moved: Value, chunk: Value, first: Value,
    count: Value, across: Value,
) -> None:  # fmt: skip
    def move(number: Value, row: Value, column: Value) -> None:
        corner = e.at(x, row * 2 * x_row + column * 2 * inputs)
        with e.loop(0, whole, e.target.width) as channel:
            lines = [e.at(corner, x_row * k + channel) for k in range(4)]
            square = [[e.load(line, inputs * k) for k in range(4)] for line in lines]
            target = e.at(moved, number * whole + channel)
            for index, value in enumerate(chain(*_both_ways(_input_sums, square))):
                e.store(value, target, chunk * whole * index)

    _squares(e, first, count, across, move)


def _convolve(e: Emitter, write: Callable[[Value, Value, Value, Value, list[list[Value]]], None]) -> None:
    """Emit the convolution of images; ``write(image, row, column, channel, square)`` stores 2 × 2 outputs."""
    (x, x_image, x_row, weights, bias, _, _, finite, scratch, height, width, inputs, whole, channels, chunk, batch,
     threads, begin, end) = e.arguments  # fmt: skip
    lanes = e.target.width
    across = width / 2
    squares = height / 2 * across
    moved = e.at(scratch, slot(begin, batch, threads) * chunk * (whole + channels) * 16)
    products = e.at(moved, chunk * whole * 16)

    def panel(place: Value, channel: Value, count: Value, vectors: int) -> None:
        left, out = e.at(moved, place * chunk * whole), e.at(products, place * chunk * channels + channel)
        right = e.at(weights, place * inputs * channels + channel)
        done = e.variable(e.integer(0))
        for rows in _heights(e):
            with e.loop(done.get(), count - (rows - 1), rows) as row:
                start = [[e.zero()] * vectors for _ in range(rows)]
                tile = emit_tile(e, rows, vectors, inputs, e.at(left, row * whole), whole, e.integer(1), right,
                                 channels, start, [None] * vectors)  # fmt: skip
                for index, values in enumerate(tile):
                    for vector, value in enumerate(values):
                        e.store(value, out, (row + index) * channels + vector * lanes)
                done.set(row + rows)

    def some_squares(image: Value, first: Value, broken: Variable) -> None:
        count = e.least(squares - first, chunk)
        _move_inputs(e, e.at(x, image * x_image), x_row, inputs, whole, moved, chunk, first, count, across)
        with e.loop(0, e.integer(16)) as place:
            done = e.variable(e.integer(0))
            with e.loop(0, channels - (2 * lanes - 1), 2 * lanes) as channel:
                panel(place, channel, count, 2)
                done.set(channel + 2 * lanes)
            with e.loop(done.get(), channels, lanes) as channel:
                panel(place, channel, count, 1)

        def back(number: Value, row: Value, column: Value) -> None:
            with e.loop(0, channels, lanes) as channel:
                source = e.at(products, number * channels + channel)
                square = [[e.load(source, chunk * channels * (4 * i + j)) for j in range(4)] for i in range(4)]
                offset = e.load(bias, channel)
                outputs = [[value + offset for value in line] for line in _both_ways(_output_sums, square)]
                broken.fma(outputs[0][0] + outputs[0][1] + outputs[1][0] + outputs[1][1], e.zero())
                write(image, row, column, channel, outputs)

        _squares(e, first, count, across, back)

    with e.loop(begin, end) as image:
        broken = e.variable(e.zero())
        with e.loop(0, squares, chunk) as first:
            some_squares(image, first, broken)
        e.store(broken.get(), finite, image * lanes)


def winograd(e: Emitter) -> None:
    """Convolve the images ``begin … end``.

    Parameters: x with its strides per image and row; weights by ``winograd_weights``; bias; out; an unused parameter;
    finite, a vector per image: zeros if all values are finite, else with NaN; scratch; height and width of the
    output; inputs; whole; channels; chunk; batch; threads; begin, end.
    """
    out, height, width, channels = e.arguments[5], e.arguments[9], e.arguments[10], e.arguments[13]

    def write(image: Value, row: Value, column: Value, channel: Value, square: list[list[Value]]) -> None:
        for i, line in enumerate(square):
            place = ((image * height + row * 2 + i) * width + column * 2) * channels + channel
            for j, value in enumerate(line):
                e.store(value, e.at(out, place), channels * j)

    _convolve(e, write)


def winograd_pool(e: Emitter) -> None:
    """Convolve, ReLU and 2 × 2 max-pool the images ``begin … end``: a square of outputs is one pooled pixel.

    Parameters: as for ``winograd``, with out and codes as for ``convolve_pool``.
    """
    out, codes, height, width, channels = (*e.arguments[5:7], *e.arguments[9:11], e.arguments[13])

    def write(image: Value, row: Value, column: Value, channel: Value, square: list[list[Value]]) -> None:
        place = ((image * (height / 2) + row) * (width / 2) + column) * channels + channel
        store_pooled(e, [*square[0], *square[1]], out, codes, place)

    _convolve(e, write)


def winograd_weights(e: Emitter) -> None:
    """Transform kernels into the space in which convolution is a product.

    Parameters: kernels ``(in, 9, channels)``; out ``(16, in, channels)``; inputs, channels.
    """
    kernels, out, inputs, channels = e.arguments
    half = e.splat(0.5)

    def sums(a: Value, b: Value, c: Value) -> list[Value]:
        outer = a + c
        return [a, (outer + b) * half, (outer - b) * half, c]

    with e.loop(0, inputs) as source, e.loop(0, channels, e.target.width) as channel:
        corner = e.at(kernels, source * 9 * channels + channel)
        square = [[e.load(corner, channels * (3 * i + j)) for j in range(3)] for i in range(3)]
        target = e.at(out, source * channels + channel)
        for index, value in enumerate(chain(*_both_ways(sums, square))):
            e.store(value, target, inputs * channels * index)


def winograd_gradient(e: Emitter) -> None:
    """Sum the products of transformed inputs and transformed gradients over all squares.

    Parameters: x with its strides per image and row; grad with its strides per image and row (pixels of ``channels``
    numbers); sums ``(16, in, channels)``, zeroed; scratch; batch, height and width of the gradient; inputs; whole;
    channels; chunk; threads; begin, end: vectors of output channels.
    """
    (x, x_image, x_row, grad, grad_image, grad_row, sums, scratch, batch, height, width, inputs, whole, channels, chunk,
     threads, begin, end) = e.arguments  # fmt: skip
    lanes = e.target.width
    across = width / 2
    squares = height / 2 * across
    start, stop = begin * lanes, end * lanes
    moved = e.at(scratch, slot(begin, channels / lanes, threads) * chunk * (whole + channels) * 16)
    slopes = e.at(moved, chunk * whole * 16)

    def panel(place: Value, channel: Value, count: Value, vectors: int) -> None:
        left, right = e.at(moved, place * chunk * whole), e.at(slopes, place * chunk * channels + channel)
        target = e.at(sums, place * inputs * channels + channel)
        done = e.variable(e.integer(0))
        for rows in [8, 4, 2, 1] if e.target.registers == 32 else [4, 2, 1]:
            with e.loop(done.get(), inputs - (rows - 1), rows) as row:
                places = [e.at(target, (row + index) * channels) for index in range(rows)]
                before = [[e.load(one, vector * lanes) for vector in range(vectors)] for one in places]
                tile = emit_tile(e, rows, vectors, count, e.at(left, row), e.integer(1), whole, right, channels, before,
                                 [None] * vectors)  # fmt: skip
                for one, values in zip(places, tile, strict=True):
                    for vector, value in enumerate(values):
                        e.store(value, one, vector * lanes)
                done.set(row + rows)

    with e.loop(0, batch) as image, e.loop(0, squares, chunk) as first:
        count = e.least(squares - first, chunk)
        _move_inputs(e, e.at(x, image * x_image), x_row, inputs, whole, moved, chunk, first, count, across)

        def move(number: Value, row: Value, column: Value) -> None:
            corner = e.at(grad, image * grad_image + row * 2 * grad_row + column * 2 * channels)
            with e.loop(start, stop, lanes) as channel:
                lines = [e.at(corner, grad_row * k + channel) for k in range(2)]
                square = [[e.load(line, channels * k) for k in range(2)] for line in lines]
                target = e.at(slopes, number * channels + channel)
                for index, value in enumerate(chain(*_both_ways(_gradient_sums, square))):
                    e.store(value, target, chunk * channels * index)

        _squares(e, first, count, across, move)
        with e.loop(0, e.integer(16)) as place:
            done = e.variable(start)
            with e.loop(start, stop - (2 * lanes - 1), 2 * lanes) as channel:
                panel(place, channel, count, 2)
                done.set(channel + 2 * lanes)
            with e.loop(done.get(), stop, lanes) as channel:
                panel(place, channel, count, 1)


def winograd_gather(e: Emitter) -> None:
    """Transform the sums of ``winograd_gradient`` back to gradients of kernels.

    Parameters: sums ``(16, in, channels)``; out ``(in, 9, channels)``; inputs, channels.
    """
    sums, out, inputs, channels = e.arguments
    half = e.splat(0.5)

    def back(a: Value, b: Value, c: Value, d: Value) -> list[Value]:
        outer = (b + c) * half
        return [a + outer, (b - c) * half, outer + d]

    with e.loop(0, inputs) as source, e.loop(0, channels, e.target.width) as channel:
        corner = e.at(sums, source * channels + channel)
        square = [[e.load(corner, inputs * channels * (4 * i + j)) for j in range(4)] for i in range(4)]
        target = e.at(out, source * 9 * channels + channel)
        for index, value in enumerate(chain(*_both_ways(back, square))):
            e.store(value, target, channels * index)


_SHAPE = "height width inputs whole channels chunk"
DEFINITIONS = [
    ("winograd", f"*x x_image x_row *weights *bias *out *none *finite *scratch {_SHAPE} batch threads begin end",
     winograd),
    ("winograd_pool", f"*x x_image x_row *weights *bias *out *codes *finite *scratch {_SHAPE} batch threads begin end",
     winograd_pool),
    ("winograd_weights", "*kernels *out inputs channels", winograd_weights),
    ("winograd_gradient", f"*x x_image x_row *grad grad_image grad_row *sums *scratch batch {_SHAPE} threads begin end",
     winograd_gradient),
    ("winograd_gather", "*sums *out inputs channels", winograd_gather),
]  # fmt: skip
