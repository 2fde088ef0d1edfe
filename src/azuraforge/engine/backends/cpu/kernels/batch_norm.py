"""Batch normalisation of ``(row, channel)``: one pass each for mean, variance and output, two for the gradients.

Threads share the rows. Columns are summed in blocks of ``BLOCK`` rows, each with its own line of sums, so that results
are the same bits with any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.values import Value, Variable

BLOCK = 512  # rows


def _panels(e: Emitter, columns: Value, panel: Callable[[Value, list[Value | None]], None]) -> None:
    """Emit ``panel(column, masks)`` for two vectors at a time, then with masks for the remaining columns."""
    width = e.target.width
    done = e.variable(e.integer(0))
    with e.loop(0, columns - (2 * width - 1), 2 * width) as column:
        panel(column, [None, None])
        done.set(column + 2 * width)
    with e.loop(done.get(), columns, width) as column:
        panel(column, [e.mask(e.least(columns - column, width))])


def _sum_rows(
    e: Emitter, rows: Value, columns: Value, block: Value, outs: list[Value],
    add: Callable[[Value, Value, Value | None, list[Variable]], None],
) -> None:  # fmt: skip
    """Emit sums over the rows of a block into each of ``outs``; ``add(place, column, mask, sums)`` adds a vector."""
    width = e.target.width
    begin = block * BLOCK
    end = e.least(begin + BLOCK, rows)

    def panel(column: Value, masks: list[Value | None]) -> None:
        # Even and odd rows have separate sums, because each addition waits for the previous one.
        sums = [[[e.variable(e.zero()) for _ in outs] for _ in masks] for _ in range(2)]

        def line(row: Value, some: list[list[Variable]]) -> None:
            for index, (mask, each) in enumerate(zip(masks, some, strict=True)):
                add(row * columns + column + index * width, column + index * width, mask, each)

        done = e.variable(begin)
        with e.loop(begin, end - 1, 2) as row:
            line(row, sums[0])
            line(row + 1, sums[1])
            done.set(row + 2)
        with e.loop(done.get(), end) as row:
            line(row, sums[0])
        for index, mask in enumerate(masks):
            for out, even, odd in zip(outs, sums[0][index], sums[1][index], strict=True):
                e.store(even.get() + odd.get(), out, column + index * width, mask)

    _panels(e, columns, panel)


def column_totals(e: Emitter) -> None:
    """Sum x over the rows of each block, ``(block, column)``. Parameters: x, out, rows, columns, begin, end: blocks."""
    x, out, rows, columns, begin, end = e.arguments

    def add(place: Value, column: Value, mask: Value | None, sums: list[Variable]) -> None:
        sums[0].set(sums[0].get() + e.load(x, place, mask))

    with e.loop(begin, end) as block:
        _sum_rows(e, rows, columns, block, [e.at(out, block * columns)], add)


def column_spreads(e: Emitter) -> None:
    """Sum ``(x - mean)²`` over the rows of each block, ``(block, column)``.

    Parameters: x, mean, out, rows, columns, begin, end: blocks.
    """
    x, mean, out, rows, columns, begin, end = e.arguments

    def add(place: Value, column: Value, mask: Value | None, sums: list[Variable]) -> None:
        centred = e.load(x, place, mask) - e.load(mean, column, mask)
        sums[0].fma(centred, centred)

    with e.loop(begin, end) as block:
        _sum_rows(e, rows, columns, block, [e.at(out, block * columns)], add)


def column_covariances(e: Emitter) -> None:
    """Sum ``grad`` and ``grad * (x - mean)`` over the rows of each block.

    Parameters: grad, x, mean, out ``(blocks, 2, columns)``, rows, columns, begin, end: blocks.
    """
    grad, x, mean, out, rows, columns, begin, end = e.arguments

    def add(place: Value, column: Value, mask: Value | None, sums: list[Variable]) -> None:
        slope = e.load(grad, place, mask)
        sums[0].set(sums[0].get() + slope)
        sums[1].fma(slope, e.load(x, place, mask) - e.load(mean, column, mask))

    with e.loop(begin, end) as block:
        here = e.at(out, block * columns * 2)
        _sum_rows(e, rows, columns, block, [here, e.at(here, columns)], add)


def scale_columns(e: Emitter) -> None:
    """Compute ``out = (x - mean) * factor + shift``; mean, factor and shift differ by column.

    Parameters: x, mean, factor, shift, out, columns, begin, end.
    """
    x, mean, factor, shift, out, columns, begin, end = e.arguments
    width = e.target.width

    def panel(column: Value, masks: list[Value | None]) -> None:
        places = [column + index * width for index in range(len(masks))]
        given = [
            [e.load(each, place, mask) for each in (mean, factor, shift)]
            for place, mask in zip(places, masks, strict=True)
        ]
        with e.loop(begin, end) as row:
            for place, mask, (middle, slope, offset) in zip(places, masks, given, strict=True):
                value = e.fma(e.load(x, row * columns + place, mask) - middle, slope, offset)
                e.store(value, out, row * columns + place, mask)

    _panels(e, columns, panel)


def mix_columns(e: Emitter) -> None:
    """Compute ``out = (grad - mean_grad - (x - mean) * slope) * factor``; all but grad and x differ by column.

    Parameters: grad, x, mean_grad, mean, slope, factor, out, columns, begin, end.
    """
    grad, x, mean_grad, mean, slope, factor, out, columns, begin, end = e.arguments
    width = e.target.width

    def panel(column: Value, masks: list[Value | None]) -> None:
        places = [column + index * width for index in range(len(masks))]
        given = [
            [e.load(each, place, mask) for each in (mean_grad, mean, slope, factor)]
            for place, mask in zip(places, masks, strict=True)
        ]
        with e.loop(begin, end) as row:
            for place, mask, (gone, middle, steep, share) in zip(places, masks, given, strict=True):
                here = row * columns + place
                centred = e.load(x, here, mask) - middle
                value = (e.load(grad, here, mask) - gone) - centred * steep
                e.store(value * share, out, here, mask)

    _panels(e, columns, panel)


DEFINITIONS = [
    ("column_totals", "*x *out rows columns begin end", column_totals),
    ("column_spreads", "*x *mean *out rows columns begin end", column_spreads),
    ("column_covariances", "*grad *x *mean *out rows columns begin end", column_covariances),
    ("scale_columns", "*x *mean *factor *shift *out columns begin end", scale_columns),
    ("mix_columns", "*grad *x *mean_grad *mean *slope *factor *out columns begin end", mix_columns),
]
