"""LSTM and GRU over whole sequences.

Time-major buffers, each padded to whole vectors of units (``padded``, a multiple of the vector width): the
lanes of padding hold zeros and stay zero. Weights are packed so that one register tile ends holding all gates
of a block of units; the nonlinearities run on the tile, and pre-activations never reach memory. The bias
is one more row of the weights, met by a column of ones in the input.

One call runs the whole sequence for the rows ``begin … end`` of the batch, so threads share the batch and
meet once per op.
"""

from __future__ import annotations

from collections.abc import Callable

from azuraforge.engine.backends.cpu.emit import Emitter, Target, Value, Variable
from azuraforge.engine.backends.cpu.kernels.gemm import emit_tile


def row_steps(target: Target) -> list[int]:
    """Return the tile heights of the forward pass: four accumulators per row."""
    return [6, 4, 2, 1] if target.registers == 32 else [2, 1]


def pack(e: Emitter) -> None:
    """Lay weights out as ``(block of units, inner, gate, lane)``.

    Parameters: weight ``(gate * hidden, inner)`` with its row stride, out, the inner size of the whole
    packing and the offset of this part in it, hidden, inner, gates. Lanes beyond ``hidden`` are left alone.
    """
    weight, weight_row, out, whole, offset, hidden, inner, gates = e.arguments
    width = e.target.width
    with e.loop(0, gates) as gate, e.loop(0, hidden, width) as unit:
        source = e.at(weight, (gate * hidden + unit) * weight_row)
        target = e.at(out, ((unit / width * whole + offset) * gates + gate) * width)
        e.call("transpose", source, weight_row, target, gates * width, e.least(hidden - unit, width), inner)


def pack_recurrent(e: Emitter) -> None:
    """Pack the weights of the input, the bias and the weights of the state one behind the other.

    Parameters: weight_ih, its inner size; bias; weight_hh; out, zeroed where ``hidden`` is no whole number of vectors;
    whole, the inner size of the packing; hidden, gates.
    """
    weight_ih, features, bias, weight_hh, out, whole, hidden, gates = e.arguments
    e.call("pack_gates", weight_ih, features, out, whole, 0, hidden, features, gates)
    e.call("pack_gates", bias, 1, out, whole, features, hidden, 1, gates)
    e.call("pack_gates", weight_hh, hidden, out, whole, features + 1, hidden, hidden, gates)


def input_steps(e: Emitter) -> None:
    """Copy sequences to ``(time, batch, inner)``: the features, a one, zeros.

    Parameters: x with its strides per step and row of the batch; out; batch, features, inner (a multiple of the vector
    width); begin, end: steps.
    """
    x, x_step, x_row, out, batch, features, inner, begin, end = e.arguments
    width = e.target.width
    with e.loop(begin, end) as step, e.loop(0, batch) as row:
        source, target = e.at(x, step * x_step + row * x_row), e.at(out, (step * batch + row) * inner)
        with e.loop(0, inner, width) as index:
            e.store(e.load(source, index, e.mask(e.least(features - index, width))), target, index)
        e.store(e.number(1.0), target, features)


def _products(
    e: Emitter, tile: list[list[Variable]], columns: list[int], inner: Value, left: Value, row: Value, right: Value
) -> None:
    """Add ``left @ right`` to the tile; column j of the packed weights goes to accumulator ``columns[j]``."""
    width = e.target.width

    def step(k: Value, lines: list[list[Variable]]) -> None:
        here = e.at(right, k * (len(columns) * width))
        weights = [e.load(here, index * width) for index in range(len(columns))]
        for index, line in enumerate(lines):
            value = e.broadcast(e.at(left, k), row * index)
            for column, weight in zip(columns, weights, strict=True):
                line[column].fma(value, weight)

    if len(tile) > 1:
        with e.loop(0, inner) as k:
            step(k, tile)
        return
    # One row has too few sums to keep the multipliers busy: even and odd steps get sums of their own.
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


def _sweep(
    e: Emitter,
    time: Value,
    begin: Value,
    end: Value,
    padded: Value,
    body: Callable[[Value, Value, Value, int], None],
) -> None:
    """Emit ``body(step, first row, first unit, rows)`` over time, blocks of units and rows of the batch.

    Every other step takes the blocks backwards: it begins with the weights that the step before left in the cache.
    """
    width = e.target.width
    with e.loop(0, time) as step, e.loop(0, padded, width) as place:
        unit = e.select(e.low_bits(step, 1) > 0, padded - width - place, place)
        done = e.variable(begin)
        for rows in row_steps(e.target):
            with e.loop(done.get(), end - (rows - 1), rows) as row:
                body(step, row, unit, rows)
                done.set(row + rows)


def lstm_forward(e: Emitter) -> None:
    """Run the sequence forward.

    Parameters: x ``(time, batch, inputs)`` whose last used column is ones, x_inner (used columns), x_row; packed
    weights of x, then of the state; states and cells ``(time + 1, batch, padded)``, row 0 given; gates
    ``(time, batch, 4, padded)`` and squashed ``(time, batch, padded)`` with their strides per step (0 keeps only
    the last); batch, time, padded, begin, end.
    """
    (x, x_inner, x_row, packed, states, cells, gates, gates_step, squashed, squashed_step, batch, time, padded,
     begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    inner = x_inner + padded

    def body(step: Value, row: Value, unit: Value, rows: int) -> None:
        tile = [[e.variable(e.zero()) for _ in range(4)] for _ in range(rows)]
        right = e.at(packed, unit * inner * 4)  # a block holds inner * 4 * width numbers
        line = step * batch + row
        _products(e, tile, [0, 1, 2, 3], x_inner, e.at(x, line * x_row), x_row, right)
        _products(e, tile, [0, 1, 2, 3], padded, e.at(states, line * padded), padded, e.at(right, x_inner * 4 * width))
        for index in range(rows):
            gate_i, gate_f, gate_g, gate_o = (one.get() for one in tile[index])
            (gate_i, gate_f, gate_o), gate_g = e.squash([gate_i, gate_f, gate_o], gate_g)
            here = (line + index) * padded + unit
            following = (line + index + batch) * padded + unit
            cell = e.fma(gate_f, e.load(cells, here), gate_i * gate_g)
            e.store(cell, cells, following)
            flat = e.tanh(cell)
            e.store(gate_o * flat, states, following)
            saved = e.at(gates, step * gates_step + (row + index) * padded * 4 + unit)
            for gate, value in enumerate((gate_i, gate_f, gate_g, gate_o)):
                e.store(value, saved, padded * gate)
            e.store(flat, e.at(squashed, step * squashed_step + (row + index) * padded + unit))

    _sweep(e, time, begin, end, padded, body)


def _state_products(
    e: Emitter, left: Value, left_row: Value, weights: Value, padded: Value, inner: Value, out: Value, begin: Value,
    end: Value, accumulate: bool,
) -> None:  # fmt: skip
    """Emit ``out[row] (+)= left[row] @ weights`` for the rows of the batch; weights ``(inner, padded)``."""
    width = e.target.width
    vectors = 4 if e.target.registers == 32 else 2
    heights = [6, 4, 2, 1]
    one = e.integer(1)

    def panel(column: Value, count: int) -> None:
        done = e.variable(begin)
        for rows in heights:
            with e.loop(done.get(), end - (rows - 1), rows) as row:
                places = [e.at(out, (row + index) * padded + column) for index in range(rows)]
                start = [
                    [e.load(place, index * width) if accumulate else e.zero() for index in range(count)]
                    for place in places
                ]
                tile = emit_tile(
                    e, rows, count, inner, e.at(left, row * left_row), left_row, one, e.at(weights, column), padded,
                    start, [None] * count,
                )  # fmt: skip
                for place, values in zip(places, tile, strict=True):
                    for index, value in enumerate(values):
                        e.store(value, place, index * width)
                done.set(row + rows)

    whole = e.variable(e.integer(0))
    with e.loop(0, padded - (vectors * width - 1), vectors * width) as column:
        panel(column, vectors)
        whole.set(column + vectors * width)
    with e.loop(whole.get(), padded, width) as column:
        panel(column, 1)


def lstm_backward(e: Emitter) -> None:
    """Run the sequence backward: from the output's gradient to those of all pre-activations.

    Parameters: grad (of the output) with its strides per step and row of the batch, in processing order;
    gates, squashed, cells as the forward pass left them; weights of the state ``(4 * padded, padded)``;
    d_gates ``(time, batch, 4, padded)``; d_state and d_cell ``(batch, padded)``, the last steps' gradients
    coming in and the first steps' going out; batch, time, hidden, padded, begin, end.
    """
    (grad, grad_step, grad_row, gates, squashed, cells, weights, d_gates, d_state, d_cell, batch, time, hidden, padded,
     begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    with e.loop(0, time) as back:
        step = time - 1 - back
        with e.loop(begin, end) as row, e.loop(0, padded, width) as unit:
            line = step * batch + row
            mask = e.mask(e.least(hidden - unit, width))
            outer = e.load(e.at(grad, step * grad_step + row * grad_row), unit, mask)
            d_h = e.load(d_state, row * padded + unit) + outer
            saved = e.at(gates, line * padded * 4 + unit)
            gate_i, gate_f, gate_g, gate_o = (e.load(saved, padded * gate) for gate in range(4))
            flat = e.load(squashed, line * padded + unit)
            before = e.load(cells, line * padded + unit)
            through = d_h * gate_o
            d_c = e.load(d_cell, row * padded + unit) + through * (1.0 - flat * flat)
            target = e.at(d_gates, line * padded * 4 + unit)
            e.store(d_c * gate_g * gate_i * (1.0 - gate_i), target, 0)
            e.store(d_c * before * gate_f * (1.0 - gate_f), target, padded)
            e.store(d_c * gate_i * (1.0 - gate_g * gate_g), target, padded * 2)
            e.store(through * flat * (1.0 - gate_o), target, padded * 3)
            e.store(d_c * gate_f, d_cell, row * padded + unit)
        left = e.at(d_gates, step * batch * padded * 4)
        _state_products(e, left, padded * 4, weights, padded, padded * 4, d_state, begin, end, accumulate=False)


def gru_forward(e: Emitter) -> None:
    """Run the sequence forward.

    Parameters as for the LSTM, with packed weights of 3 gates (r, z, n), the recurrent bias of n ``(padded,)``,
    and proposals ``(time, batch, padded)``: the state's part of n before the reset gate.
    """
    (x, x_inner, x_row, packed, bias_n, states, gates, gates_step, proposals, proposals_step, batch, time, padded,
     begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    inner = x_inner + padded

    def body(step: Value, row: Value, unit: Value, rows: int) -> None:
        recurrent = e.load(bias_n, unit)
        # Accumulators r, z, n from the input, n from the state.
        tile = [[*(e.variable(e.zero()) for _ in range(3)), e.variable(recurrent)] for _ in range(rows)]
        right = e.at(packed, unit * inner * 3)
        line = step * batch + row
        _products(e, tile, [0, 1, 2], x_inner, e.at(x, line * x_row), x_row, right)
        _products(e, tile, [0, 1, 3], padded, e.at(states, line * padded), padded, e.at(right, x_inner * 3 * width))
        for index in range(rows):
            gate_r, gate_z, gate_n, proposal = (one.get() for one in tile[index])
            gate_r, gate_z = e.sigmoid(gate_r), e.sigmoid(gate_z)
            gate_n = e.tanh(e.fma(gate_r, proposal, gate_n))
            state = e.load(states, (line + index) * padded + unit)
            e.store(e.fma(gate_z, state - gate_n, gate_n), states, (line + index + batch) * padded + unit)
            saved = e.at(gates, step * gates_step + (row + index) * padded * 3 + unit)
            for gate, value in enumerate((gate_r, gate_z, gate_n)):
                e.store(value, saved, padded * gate)
            e.store(proposal, e.at(proposals, step * proposals_step + (row + index) * padded + unit))

    _sweep(e, time, begin, end, padded, body)


def gru_backward(e: Emitter) -> None:
    """Run the sequence backward.

    Parameters as for the LSTM; d_input and d_recurrent ``(time, batch, 3, padded)`` by the input's and the
    state's product, which differ in n by the reset gate.
    """
    (grad, grad_step, grad_row, gates, proposals, states, weights, d_input, d_recurrent, d_state, batch, time, hidden,
     padded, begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    with e.loop(0, time) as back:
        step = time - 1 - back
        with e.loop(begin, end) as row, e.loop(0, padded, width) as unit:
            line = step * batch + row
            mask = e.mask(e.least(hidden - unit, width))
            outer = e.load(e.at(grad, step * grad_step + row * grad_row), unit, mask)
            d_h = e.load(d_state, row * padded + unit) + outer
            saved = e.at(gates, line * padded * 3 + unit)
            gate_r, gate_z, gate_n = (e.load(saved, padded * gate) for gate in range(3))
            before = e.load(states, line * padded + unit)
            d_n = d_h * (1.0 - gate_z) * (1.0 - gate_n * gate_n)
            d_z = d_h * (before - gate_n) * gate_z * (1.0 - gate_z)
            d_r = d_n * e.load(proposals, line * padded + unit) * gate_r * (1.0 - gate_r)
            for target, values in ((d_input, (d_r, d_z, d_n)), (d_recurrent, (d_r, d_z, d_n * gate_r))):
                for gate, value in enumerate(values):
                    e.store(value, target, line * padded * 3 + unit + padded * gate)
            e.store(d_h * gate_z, d_state, row * padded + unit)
        left = e.at(d_recurrent, step * batch * padded * 3)
        _state_products(e, left, padded * 3, weights, padded, padded * 3, d_state, begin, end, accumulate=True)


DEFINITIONS = [
    ("pack_gates", "*weight weight_row *out whole offset hidden inner gates", pack),
    ("pack_recurrent", "*weight_ih features *bias *weight_hh *out whole hidden gates", pack_recurrent),
    ("input_steps", "*x x_step x_row *out batch features inner begin end", input_steps),
    ("lstm_forward", "*x x_inner x_row *packed *states *cells *gates gates_step *squashed squashed_step batch time "
     "padded begin end", lstm_forward),
    ("lstm_backward", "*grad grad_step grad_row *gates *squashed *cells *weights *d_gates *d_state *d_cell batch time "
     "hidden padded begin end", lstm_backward),
    ("gru_forward", "*x x_inner x_row *packed *bias_n *states *gates gates_step *proposals proposals_step batch time "
     "padded begin end", gru_forward),
    ("gru_backward", "*grad grad_step grad_row *gates *proposals *states *weights *d_input *d_recurrent *d_state "
     "batch time hidden padded begin end", gru_backward),
]  # fmt: skip
