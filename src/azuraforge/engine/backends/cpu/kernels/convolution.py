"""Convolution with vectors along the output channels, optionally with ReLU and 2 × 2 max-pooling in the same pass.

Images are ``(batch, height, width, channel)``; outputs have whole vectors of channels, and inputs are already padded at
their edges. For each kernel row, an output pixel depends on ``kernel columns * in`` contiguous numbers, so the inner
loop is a matrix product over these numbers. A tile is a range of neighbouring output pixels by one or two vectors of
channels. Weights are packed as ``(block of channels, kernel row, kernel column, in, lane)``.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.kernels.sums import SUMMED_ROWS
from azuraforge.engine.backends.cpu.values import Value


def _heights(e: Emitter, vectors: int) -> list[int]:
    """Return the tile lengths in pixels; 28, 14 and 7 divide the widths of usual images."""
    if e.target.registers == 32:
        return [28, 14, 7, 4, 2, 1] if vectors == 1 else [14, 7, 4, 2, 1]
    return [12, 7, 4, 2, 1] if vectors == 1 else [6, 4, 2, 1]


def _convolve_image(
    e: Emitter, x: Value, x_row: Value, packed: Value, bias: Value, out: Value, height: Value, width: Value,
    inputs: Value, channels: Value, kernel_rows: Value, kernel_columns: Value,
) -> None:  # fmt: skip
    """Emit the convolution of one image of ``inputs`` channels into one of ``channels``."""
    lanes = e.target.width
    run = kernel_columns * inputs
    block = kernel_rows * run * lanes
    out_row = width * channels

    def pixels(row: Value, column: Value, channel: Value, count: int, vectors: int) -> None:
        start = [e.load(bias, channel + index * lanes) for index in range(vectors)]
        tile = [[e.variable(value) for value in start] for _ in range(count)]
        corner = e.at(x, row * x_row + column * inputs)
        weights = e.at(packed, channel / lanes * block)
        with e.loop(0, kernel_rows) as kernel_row:
            line = e.at(corner, kernel_row * x_row)
            taps = e.at(weights, kernel_row * run * lanes)
            with e.loop(0, run) as k:
                here = e.at(line, k)
                right = [e.load(e.at(taps, k * lanes), block * index) for index in range(vectors)]
                for index in range(count):
                    value = e.broadcast(here, inputs * index)
                    for vector in range(vectors):
                        tile[index][vector].fma(value, right[vector])
        for index in range(count):
            place = e.at(out, row * out_row + (column + index) * channels + channel)
            for vector in range(vectors):
                e.store(tile[index][vector].get(), place, vector * lanes)

    def panel(channel: Value, vectors: int) -> None:
        with e.loop(0, height) as row:
            done = e.variable(e.integer(0))
            for count in _heights(e, vectors):
                with e.loop(done.get(), width - (count - 1), count) as column:
                    pixels(row, column, channel, count, vectors)
                    done.set(column + count)

    whole = e.variable(e.integer(0))
    with e.loop(0, channels - (2 * lanes - 1), 2 * lanes) as channel:
        panel(channel, 2)
        whole.set(channel + 2 * lanes)
    with e.loop(whole.get(), channels, lanes) as channel:
        panel(channel, 1)


def convolve(e: Emitter) -> None:
    """Convolve the images ``begin … end``, stride and dilation 1.

    Parameters: x with its strides per image and row; packed weights; bias; out; height and width of the output;
    inputs, channels, kernel size; begin, end.
    """
    x, x_image, x_row, packed, bias, out, height, width, inputs, channels, rows, columns, begin, end = e.arguments
    with e.loop(begin, end) as image:
        _convolve_image(
            e, e.at(x, image * x_image), x_row, packed, bias, e.at(out, image * height * width * channels), height,
            width, inputs, channels, rows, columns,
        )  # fmt: skip


def convolve_pool(e: Emitter) -> None:
    """Convolve, ReLU and 2 × 2 max-pool the images ``begin … end``, one at a time through a scratch image.

    Parameters: as for ``convolve``; scratch, one image; out and codes ``(batch, height / 2, width / 2, channels)``:
    the index 0 … 3 of the largest of the four pixels, or -1 if it is not above zero.
    """
    (x, x_image, x_row, packed, bias, scratch, out, codes, height, width, inputs, channels, kernel_rows,
     kernel_columns, begin, end) = e.arguments  # fmt: skip
    lanes = e.target.width
    rows, columns = height / 2, width / 2
    line = width * channels
    with e.loop(begin, end) as image:
        # Each range has the scratch image of its first index to itself.
        dense = e.at(scratch, begin * height * line)
        _convolve_image(
            e, e.at(x, image * x_image), x_row, packed, bias, dense, height, width, inputs, channels, kernel_rows,
            kernel_columns,
        )  # fmt: skip
        with e.loop(0, rows) as row, e.loop(0, columns) as column, e.loop(0, channels, lanes) as channel:
            corner = e.at(dense, row * 2 * line + column * 2 * channels + channel)
            square = [e.load(corner)] + [e.load(e.at(corner, at)) for at in (channels, line, line + channels)]
            store_pooled(e, square, out, codes, ((image * rows + row) * columns + column) * channels + channel)


def store_pooled(e: Emitter, square: list[Value], out: Value, codes: Value, place: Value) -> None:
    """Emit code that stores the largest of four values, or 0 if none is positive, and the index of that value."""
    best, code = square[0], e.zero()
    for index, other in enumerate(square[1:], start=1):
        larger = other > best
        best = e.select(larger, other, best)
        code = e.select(larger, e.splat(float(index)), code)
    cut = best <= e.zero()
    # One NaN of four makes the result NaN, whatever was compared with it.
    pairs = (square[:2], square[2:])
    broken = Value(e, e.builder.or_(*(e.builder.fcmp_unordered("uno", a.ir, b.ir) for a, b in pairs)))
    best = e.select(cut, e.zero(), best)
    e.store(e.select(broken, e.splat(float("nan")), best), out, place)
    e.store(e.select(broken, e.splat(-1.0), e.select(cut, e.splat(-1.0), code)), codes, place)


def unpool(e: Emitter) -> None:
    """Write the gradient of each pooled pixel to the pixel that won the pooling, and zeros to the other three.

    Parameters: grad and codes ``(batch, rows, columns, channels)``; out with its strides per image, row and pixel,
    beginning at the first inner pixel; rows, columns, channels, begin, end.
    """
    grad, codes, out, out_image, out_row, rows, columns, channels, begin, end = e.arguments
    lanes = e.target.width
    with e.loop(begin, end) as image, e.loop(0, rows) as row, e.loop(0, columns) as column:
        first = ((image * rows + row) * columns + column) * channels
        target = e.at(out, image * out_image + row * 2 * out_row + column * 2 * channels)
        with e.loop(0, channels, lanes) as channel:
            value, code = e.load(grad, first + channel), e.load(codes, first + channel)
            corner = e.at(target, channel)
            for index, offset in enumerate((e.integer(0), channels, out_row, out_row + channels)):
                differs = Value(e, e.builder.fcmp_unordered("!=", code.ir, e.splat(float(index)).ir))
                e.store(e.select(differs, e.zero(), value), e.at(corner, offset))


def weight_gradient(e: Emitter) -> None:
    """Sum input times gradient over all pixels for 3 × 3 kernels of stride and dilation 1.

    Parameters: x with its strides per image and row, and its channels; grad with its strides per image and row
    (pixels of ``channels`` numbers); out ``(in, 3, 3, channels)``, zeroed; batch, height and width of the gradient,
    channels; begin, end: the range of input channels.
    """
    (x, x_image, x_row, inputs, grad, grad_image, grad_row, out, batch, height, width, channels, begin,
     end) = e.arguments  # fmt: skip
    lanes = e.target.width

    def panel(image: Value, source: Value, channel: Value, vectors: int) -> None:
        target = e.at(out, source * 9 * channels + channel)
        # Groups of rows have separate sums, because adding all pixels to one total would lose precision.
        most = e.integer(SUMMED_ROWS) / width + 1
        with e.loop(0, height, most) as top:
            sums = [[e.variable(e.zero()) for _ in range(vectors)] for _ in range(9)]
            with e.loop(top, e.least(height, top + most)) as row:
                lines = [e.at(x, image * x_image + (row + k) * x_row + source) for k in range(3)]
                right = e.at(grad, image * grad_image + row * grad_row + channel)
                with e.loop(0, width) as column:
                    values = [e.load(e.at(right, column * channels), vector * lanes) for vector in range(vectors)]
                    for tap in range(9):
                        pixel = e.broadcast(e.at(lines[tap // 3], column * inputs), inputs * (tap % 3))
                        for vector in range(vectors):
                            sums[tap][vector].fma(pixel, values[vector])
            for tap in range(9):
                here = e.at(target, channels * tap)
                for vector in range(vectors):
                    e.store(e.load(here, vector * lanes) + sums[tap][vector].get(), here, vector * lanes)

    wide = 2 if e.target.registers == 32 else 1
    with e.loop(0, batch) as image, e.loop(begin, end) as source:
        whole = e.variable(e.integer(0))
        if wide == 2:
            with e.loop(0, channels - (2 * lanes - 1), 2 * lanes) as channel:
                panel(image, source, channel, 2)
                whole.set(channel + 2 * lanes)
        with e.loop(whole.get(), channels, lanes) as channel:
            panel(image, source, channel, 1)


_SHAPE = "height width inputs channels kernel_rows kernel_columns"
DEFINITIONS = [
    ("convolve", f"*x x_image x_row *packed *bias *out {_SHAPE} begin end", convolve),
    ("convolve_pool", f"*x x_image x_row *packed *bias *scratch *out *codes {_SHAPE} begin end", convolve_pool),
    ("unpool", "*grad *codes *out out_image out_row rows columns channels begin end", unpool),
    ("weight_gradient", "*x x_image x_row inputs *grad grad_image grad_row *out batch height width channels begin end",
     weight_gradient),
]  # fmt: skip
