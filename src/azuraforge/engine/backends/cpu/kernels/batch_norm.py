"""Batch normalisation of ``(row, channel)``: one pass for the spread, one to write; backward two more."""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter


def column_spreads(e: Emitter) -> None:
    """out[column] = the sum of (x - mean)² down each column. Parameters: x, mean, out, rows, columns."""
    x, mean, out, rows, columns = e.arguments
    width = e.target.width
    with e.loop(0, columns, width) as column:
        mask = e.mask(e.least(columns - column, width))
        middle = e.load(mean, column, mask)
        sums = [e.variable(e.zero()) for _ in range(4)]
        done = e.variable(e.integer(0))
        with e.loop(0, rows - 3, 4) as row:
            for index, one in enumerate(sums):
                centred = e.load(x, (row + index) * columns + column, mask) - middle
                one.fma(centred, centred)
            done.set(row + 4)
        with e.loop(done.get(), rows) as row:
            centred = e.load(x, row * columns + column, mask) - middle
            sums[0].fma(centred, centred)
        first, second, third, fourth = (one.get() for one in sums)
        e.store((first + second) + (third + fourth), out, column, mask)


def scale_columns(e: Emitter) -> None:
    """out = (x - mean) * factor + shift, each of the three per column.

    Parameters: x, mean, factor, shift, out, columns, begin, end.
    """
    x, mean, factor, shift, out, columns, begin, end = e.arguments
    width = e.target.width
    with e.loop(0, columns, width) as column:
        mask = e.mask(e.least(columns - column, width))
        middle, slope, offset = (e.load(each, column, mask) for each in (mean, factor, shift))
        with e.loop(begin, end) as row:
            place = row * columns + column
            e.store(e.fma(e.load(x, place, mask) - middle, slope, offset), out, place, mask)


def mix_columns(e: Emitter) -> None:
    """out = (grad - mean_grad - (x - mean) * slope) * factor, all but grad and x per column.

    Parameters: grad, x, mean_grad, mean, slope, factor, out, columns, begin, end.
    """
    grad, x, mean_grad, mean, slope, factor, out, columns, begin, end = e.arguments
    width = e.target.width
    with e.loop(0, columns, width) as column:
        mask = e.mask(e.least(columns - column, width))
        gone, middle, steep, share = (e.load(each, column, mask) for each in (mean_grad, mean, slope, factor))
        with e.loop(begin, end) as row:
            place = row * columns + column
            centred = e.load(x, place, mask) - middle
            value = (e.load(grad, place, mask) - gone) - centred * steep
            e.store(value * share, out, place, mask)


def column_covariances(e: Emitter) -> None:
    """out[column] = the sum of grad * (x - mean) down each column. Parameters: grad, x, mean, out, rows, columns."""
    grad, x, mean, out, rows, columns = e.arguments
    width = e.target.width
    with e.loop(0, columns, width) as column:
        mask = e.mask(e.least(columns - column, width))
        middle = e.load(mean, column, mask)
        sums = [e.variable(e.zero()) for _ in range(4)]
        done = e.variable(e.integer(0))
        with e.loop(0, rows - 3, 4) as row:
            for index, one in enumerate(sums):
                place = (row + index) * columns + column
                one.fma(e.load(grad, place, mask), e.load(x, place, mask) - middle)
            done.set(row + 4)
        with e.loop(done.get(), rows) as row:
            place = row * columns + column
            sums[0].fma(e.load(grad, place, mask), e.load(x, place, mask) - middle)
        first, second, third, fourth = (one.get() for one in sums)
        e.store((first + second) + (third + fourth), out, column, mask)


DEFINITIONS = [
    ("column_spreads", "*x *mean *out rows columns", column_spreads),
    ("column_covariances", "*grad *x *mean *out rows columns", column_covariances),
    ("scale_columns", "*x *mean *factor *shift *out columns begin end", scale_columns),
    ("mix_columns", "*grad *x *mean_grad *mean *slope *factor *out columns begin end", mix_columns),
]
