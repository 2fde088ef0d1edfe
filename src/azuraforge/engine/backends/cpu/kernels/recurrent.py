"""Parts shared by LSTM and GRU: packed weights, the loop over time, and the gradients of the weights.

Buffers are time-major, and each line is padded to whole vectors of units (``padded``, a multiple of the vector width)
with lanes that stay zero. Weights are packed so that a register tile finally contains all gates of a block of units;
the nonlinearities follow row by row while the tile is in the nearest cache.

One call runs the whole sequence for the rows ``begin … end`` of the batch, so threads share the batch and join once
per op. In the backward pass, the gradients of the pre-activations of a few steps are collected in a buffer that stays
in the cache, and then added to the gradients of the weights; each thread has its own sums.
"""

from __future__ import annotations

from collections.abc import Callable

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.kernels.gemm import emit_tile
from azuraforge.engine.backends.cpu.kernels.sums import SUMMED_ROWS
from azuraforge.engine.backends.cpu.targets import Target
from azuraforge.engine.backends.cpu.values import Value, Variable


def row_steps(target: Target) -> list[int]:
    """Return the tile heights of the forward pass: four accumulators per row."""
    if target.registers == 32:
        return [6, 4, 2, 1]
    return [3, 2, 1] if target.fma else [2, 1]


def most_vectors(target: Target) -> int:
    """Return the width in vectors of the tiles of the backward pass, which have six rows."""
    return 4 if target.registers == 32 else 2


def pack(e: Emitter) -> None:
    """Copy weights into the layout ``(block of units, inner, gate, lane)``.

    Parameters: weight ``(gate * hidden, inner)`` with its row stride, out, the inner size of the whole
    packing and the offset of this part in it, hidden, inner, gates. Lanes beyond ``hidden`` are not written.
    """
    weight, weight_row, out, whole, offset, hidden, inner, gates = e.arguments
    width = e.target.width
    with e.loop(0, gates) as gate, e.loop(0, hidden, width) as unit:
        source = e.at(weight, (gate * hidden + unit) * weight_row)
        target = e.at(out, ((unit / width * whole + offset) * gates + gate) * width)
        e.call("transpose", source, weight_row, target, gates * width, e.least(hidden - unit, width), inner)


def pack_recurrent(e: Emitter) -> None:
    """Pack the bias, the weights of the input and the weights of the state one after another.

    Parameters: weight_ih, its inner size; bias; weight_hh; out, zeroed if ``hidden`` is no whole number of vectors;
    whole, the inner size of the packing; hidden, gates.
    """
    weight_ih, features, bias, weight_hh, out, whole, hidden, gates = e.arguments
    e.call("pack_gates", bias, 1, out, whole, 0, hidden, 1, gates)
    e.call("pack_gates", weight_ih, features, out, whole, 1, hidden, features, gates)
    e.call("pack_gates", weight_hh, hidden, out, whole, features + 1, hidden, hidden, gates)


def products(
    e: Emitter, tile: list[list[Variable]], columns: list[int], inner: Value, left: Value, row: Value, right: Value
) -> None:
    """Add ``left @ right`` to the tile; column j of the packed weights goes to accumulator ``columns[j]``."""
    width = e.target.width

    def step(k: Value, lines: list[list[Variable]]) -> None:
        here = e.at(right, k * (len(columns) * width))
        values = [e.broadcast(e.at(left, k), row * index) for index in range(len(lines))]
        for index, column in enumerate(columns):
            weight = e.load(here, index * width)
            for line, value in zip(lines, values, strict=True):
                line[column].fma(value, weight)

    if len(tile) > 1:
        with e.loop(0, inner) as k:
            step(k, tile)
        return
    # A single row has too few sums to keep the multipliers busy, so even and odd steps get separate sums.
    odd = [[e.variable(e.zero()) for _ in tile[0]]]
    done = e.variable(e.integer(0))
    with e.loop(0, inner - 1, 2) as k:
        step(k, tile)
        step(k + 1, odd)
        done.set(k + 2)
    with e.loop(done.get(), inner) as k:
        step(k, tile)
    for one, other in zip(tile[0], odd[0], strict=True):
        one.set(one.get() + other.get())


def sweep(
    e: Emitter,
    time: Value,
    begin: Value,
    end: Value,
    padded: Value,
    body: Callable[[Value, Value, Value, int], None],
) -> None:
    """Emit ``body(step, first row, first unit, rows)`` over time, blocks of units and rows of the batch.

    Every other step processes the blocks in reverse order, starting with the weights that are still in the cache.
    """
    width = e.target.width
    with e.loop(0, time) as step, e.loop(0, padded, width) as place:
        unit = e.select(e.low_bits(step, 1) > 0, padded - width - place, place)
        done = e.variable(begin)
        for rows in row_steps(e.target):
            with e.loop(done.get(), end - (rows - 1), rows) as row:
                body(step, row, unit, rows)
                done.set(row + rows)


def row_products(
    e: Emitter, left: Value, left_row: Value, weights: Value, columns: Value, inner: Value, out: Value, out_row: Value,
    begin: Value, end: Value, *, accumulate: bool = False, whole: bool = True,
) -> None:  # fmt: skip
    """Emit ``out[row] (+)= left[row] @ weights`` for the rows of the batch; weights ``(inner, columns)``.

    ``whole`` says that the columns are whole vectors, else the last one is masked.
    """
    width = e.target.width
    one = e.integer(1)

    def panel(column: Value, count: int, mask: Value | None = None) -> None:
        masks = [mask] * count
        done = e.variable(begin)
        for rows in [6, 4, 2, 1]:
            with e.loop(done.get(), end - (rows - 1), rows) as row:
                places = [e.at(out, (row + index) * out_row + column) for index in range(rows)]
                start = [
                    [e.load(place, index * width, mask) if accumulate else e.zero() for index in range(count)]
                    for place in places
                ]
                tile = emit_tile(
                    e, rows, count, inner, e.at(left, row * left_row), left_row, one, e.at(weights, column), columns,
                    start, masks,
                )  # fmt: skip
                for place, values in zip(places, tile, strict=True):
                    for index, value in enumerate(values):
                        e.store(value, place, index * width, mask)
                done.set(row + rows)

    _panels(e, columns, panel, whole)


def _panels(e: Emitter, columns: Value, panel: Callable[..., None], whole: bool = True) -> None:
    """Emit ``panel(column, vectors)``, widest panels first; unless ``whole``, the last one has a mask."""
    width = e.target.width
    done = e.variable(e.integer(0))
    for count in (4, 2):
        if count <= most_vectors(e.target):
            with e.loop(done.get(), columns - (count * width - 1), count * width) as column:
                panel(column, count)
                done.set(column + count * width)
    with e.loop(done.get(), columns, width) as column:
        if whole:
            panel(column, 1)
        else:
            panel(column, 1, e.mask(e.least(columns - column, width)))


def sum_products(
    e: Emitter, left: Value, left_step: Value, left_row: Value, lines: Value, right: Value, right_step: Value,
    right_row: Value, columns: Value, out: Value, steps: Value, begin: Value, end: Value,
) -> None:  # fmt: skip
    """Emit ``out[line, column] += left[step, row, line] * right[step, row, column]`` over some steps and rows.

    Columns are whole vectors.
    """
    width = e.target.width

    def panel(column: Value, count: int) -> None:
        done = e.variable(e.integer(0))
        for height in [6, 4, 2, 1]:
            with e.loop(done.get(), lines - (height - 1), height) as line:
                places = [e.at(out, (line + index) * columns + column) for index in range(height)]
                # Blocks of rows have separate sums, because adding millions of rows to one total would lose precision.
                with e.loop(begin, end, SUMMED_ROWS) as top:
                    bottom = e.least(top + SUMMED_ROWS, end)
                    sums = [[e.variable(e.zero()) for _ in range(count)] for _ in places]
                    with e.loop(0, steps) as step, e.loop(top, bottom) as row:
                        here = e.at(right, step * right_step + row * right_row + column)
                        values = [e.load(here, index * width) for index in range(count)]
                        factors = e.at(left, step * left_step + row * left_row + line)
                        for index in range(height):
                            factor = e.broadcast(factors, index)
                            for one, value in zip(sums[index], values, strict=True):
                                one.fma(factor, value)
                    for place, some in zip(places, sums, strict=True):
                        for index, one in enumerate(some):
                            e.store(e.load(place, index * width) + one.get(), place, index * width)
                done.set(line + height)

    _panels(e, columns, panel)


def gather(e: Emitter) -> None:
    """Sum the weight gradients of all threads and write them in the layouts of the weights.

    Parameters: sums ``(threads, features + padded + biases, gates * padded)``, added up in place; threads; d_ih
    ``(gates * hidden, features)``, features; d_hh ``(gates * hidden, hidden)``; d_bias_ih and d_bias_hh; hidden,
    padded, gates; shift, the number of gates before the input's gradients in a line; biases, 1 if both are the same.
    """
    (sums, threads, d_ih, features, d_hh, d_bias_ih, d_bias_hh, hidden, padded, gates, shift,
     biases) = e.arguments  # fmt: skip
    width = e.target.width
    columns = gates * padded
    size = (features + padded + biases) * columns
    with e.loop(1, threads) as thread, e.loop(0, size, width) as place:
        e.store(e.load(sums, place) + e.load(sums, thread * size + place), sums, place)
    bias = e.at(sums, (features + padded) * columns)
    with e.loop(0, gates) as gate:
        later = gate + shift
        later = e.select(later >= gates, later - gates, later)
        target = gate * hidden
        e.call("transpose", e.at(sums, later * padded), columns, e.at(d_ih, target * features), features, features,
               hidden)  # fmt: skip
        state = e.at(sums, features * columns + gate * padded)
        e.call("transpose", state, columns, e.at(d_hh, target * hidden), hidden, hidden, hidden)
        with e.loop(0, hidden, width) as unit:
            mask = e.mask(e.least(hidden - unit, width))
            e.store(e.load(bias, later * padded + unit, mask), d_bias_ih, target + unit, mask)
            other = (biases - 1) * columns + gate * padded
            e.store(e.load(bias, other + unit, mask), d_bias_hh, target + unit, mask)


DEFINITIONS = [
    ("pack_gates", "*weight weight_row *out whole offset hidden inner gates", pack),
    ("pack_recurrent", "*weight_ih features *bias *weight_hh *out whole hidden gates", pack_recurrent),
    ("recurrent_gather", "*sums threads *d_ih features *d_hh *d_bias_ih *d_bias_hh hidden padded gates shift biases",
     gather),
]  # fmt: skip
