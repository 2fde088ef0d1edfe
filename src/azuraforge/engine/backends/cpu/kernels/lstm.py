"""LSTM over whole sequences. Gates in the order i, f, g, o; see ``recurrent.py`` for the buffers."""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.functions import squash, tanh
from azuraforge.engine.backends.cpu.kernels.fork import slot
from azuraforge.engine.backends.cpu.kernels.recurrent import products, row_products, sum_products, sweep
from azuraforge.engine.backends.cpu.values import Value


def lstm_forward(e: Emitter) -> None:
    """Run the sequence forward.

    Parameters: x with its strides per step and row, features; packed weights; states and cells
    ``(time + 1, batch, padded)``, row 0 as input; gates ``(time, batch, 4, padded)`` and squashed
    ``(time, batch, padded)`` with their strides per step (0 keeps only the last); batch, time, hidden, padded, begin,
    end.
    """
    (x, x_step, x_row, features, packed, states, cells, gates, gates_step, squashed, squashed_step, batch, time, hidden,
     padded, begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    inner = features + padded + 1

    def body(step: Value, row: Value, unit: Value, rows: int) -> None:
        right = e.at(packed, unit * inner * 4)  # a block has inner * 4 * width numbers
        bias = [e.load(right, gate * width) for gate in range(4)]
        tile = [[e.variable(one) for one in bias] for _ in range(rows)]
        line = step * batch + row
        products(e, tile, [0, 1, 2, 3], features, e.at(x, step * x_step + row * x_row), x_row, e.at(right, 4 * width))
        products(e, tile, [0, 1, 2, 3], padded, e.at(states, line * padded), padded,
                 e.at(right, (features + 1) * (4 * width)))  # fmt: skip
        saved = e.at(gates, step * gates_step + row * padded * 4 + unit)
        for number, sums in enumerate(tile):
            for gate, one in enumerate(sums):
                e.store(one.get(), e.at(saved, padded * (4 * number)), padded * gate)
        # In the lanes of padding, infinite values times weights of zero are NaN.
        inside = e.mask(e.least(hidden - unit, width))
        # Not unrolled, so that the registers are free for the polynomials.
        with e.loop(0, e.integer(rows)) as index:
            here = e.at(saved, index * padded * 4)
            gate_i, gate_f, gate_g, gate_o = (
                e.select(inside, e.load(here, padded * gate), e.zero()) for gate in range(4)
            )
            (gate_i, gate_f, gate_o), gate_g = squash(e, [gate_i, gate_f, gate_o], gate_g)
            before, following = (line + index) * padded + unit, (line + index + batch) * padded + unit
            cell = e.fma(gate_f, e.load(cells, before), gate_i * gate_g)
            e.store(cell, cells, following)
            flat = tanh(e, cell)
            e.store(gate_o * flat, states, following)
            for gate, value in enumerate((gate_i, gate_f, gate_g, gate_o)):
                e.store(value, here, padded * gate)
            e.store(flat, e.at(squashed, step * squashed_step + (row + index) * padded + unit))

    sweep(e, time, begin, end, padded, body)


def lstm_backward(e: Emitter) -> None:
    """Run the sequence backward: from the output's gradient to those of the input and the weights.

    Parameters: grad (of the output) with its strides per step and row of the batch, in processing order;
    gates, squashed, cells and states as the forward pass left them; x with its strides, features; one, a 1;
    weight_hh ``(4 * padded, padded)`` and weight_ih ``(4 * padded, features)``; d_gates, room for ``chunk`` steps of
    lines of ``d_row`` numbers; sums, of which each thread has ``(features + padded + 1, 4 * padded)``: gradients of the
    weights of input and state and of the bias, if ``need_weights``; d_x with its strides, if ``need_x``; d_state and
    d_cell ``(batch, padded)``, gradients of the last steps as input and of the first steps as output, that of the state
    only if ``need_state``; batch, time, hidden, padded, threads, begin, end.
    """
    (grad, grad_step, grad_row, gates, squashed, cells, states, x, x_step, x_row, features, one, weight_hh, weight_ih,
     d_gates, d_row, chunk, sums, need_weights, d_x, d_x_step, d_x_row, need_x, need_state, d_state, d_cell, batch,
     time, hidden, padded, threads, begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    columns = padded * 4
    d_step = batch * d_row
    size = (features + padded + 1) * columns
    mine = e.at(sums, slot(begin, batch, threads) * size)
    nothing = e.integer(0)

    def step_back(step: Value, target: Value) -> None:
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
            here = e.at(target, row * d_row + unit)
            e.store(d_c * gate_g * gate_i * (1.0 - gate_i), here, 0)
            e.store(d_c * before * gate_f * (1.0 - gate_f), here, padded)
            e.store(d_c * gate_i * (1.0 - gate_g * gate_g), here, padded * 2)
            e.store(through * flat * (1.0 - gate_o), here, padded * 3)
            e.store(d_c * gate_f, d_cell, row * padded + unit)
        with e.when(step + need_state > 0):
            row_products(e, target, d_row, weight_hh, padded, columns, d_state, padded, begin, end)
        with e.when(need_x > 0):
            row_products(e, target, d_row, weight_ih, features, columns, e.at(d_x, step * d_x_step), d_x_row, begin,
                         end, whole=False)  # fmt: skip

    with e.when(need_weights > 0), e.loop(0, size, width) as place:
        e.store(e.zero(), mine, place)
    with e.loop(0, time, chunk) as passed:
        count = e.least(time - passed, chunk)
        first = time - passed - count
        with e.loop(0, count) as back:
            place = count - 1 - back
            step_back(first + place, e.at(d_gates, place * d_step))
        with e.when(need_weights > 0):
            right = (d_gates, d_step, d_row, columns)
            lines = [(e.at(x, first * x_step), x_step, x_row, features),
                     (e.at(states, first * batch * padded), batch * padded, padded, padded),
                     (one, nothing, nothing, e.integer(1))]  # fmt: skip
            done = nothing
            for left in lines:
                sum_products(e, *left, *right, e.at(mine, done * columns), count, begin, end)
                done = done + left[3]


DEFINITIONS = [
    ("lstm_forward", "*x x_step x_row features *packed *states *cells *gates gates_step *squashed squashed_step batch "
     "time hidden padded begin end", lstm_forward),
    ("lstm_backward", "*grad grad_step grad_row *gates *squashed *cells *states *x x_step x_row features *one "
     "*weight_hh *weight_ih *d_gates d_row chunk *sums need_weights *d_x d_x_step d_x_row need_x need_state *d_state "
     "*d_cell batch time hidden padded threads begin end", lstm_backward),
]  # fmt: skip
