"""GRU over whole sequences. Gates in the order r, z, n; see ``recurrent.py`` for the buffers."""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.functions import sigmoid, tanh
from azuraforge.engine.backends.cpu.kernels.fork import slot
from azuraforge.engine.backends.cpu.kernels.recurrent import products, row_products, sum_products, sweep
from azuraforge.engine.backends.cpu.values import Value


def gru_forward(e: Emitter) -> None:
    """Run the sequence forward.

    Parameters as for the LSTM, but with packed weights of 3 gates, the recurrent bias of n ``(padded,)``, and proposals
    ``(time, batch, padded)``: the part of n that depends on the state, before the reset gate.
    """
    (x, x_step, x_row, features, packed, bias_n, states, gates, gates_step, proposals, proposals_step, batch, time,
     hidden, padded, begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    inner = features + padded + 1

    def body(step: Value, row: Value, unit: Value, rows: int) -> None:
        right = e.at(packed, unit * inner * 3)
        # Accumulators r, z, n from the input, n from the state.
        bias = [*(e.load(right, gate * width) for gate in range(3)), e.load(bias_n, unit)]
        tile = [[e.variable(one) for one in bias] for _ in range(rows)]
        line = step * batch + row
        products(e, tile, [0, 1, 2], features, e.at(x, step * x_step + row * x_row), x_row, e.at(right, 3 * width))
        products(e, tile, [0, 1, 3], padded, e.at(states, line * padded), padded,
                 e.at(right, (features + 1) * (3 * width)))  # fmt: skip
        saved = e.at(gates, step * gates_step + row * padded * 3 + unit)
        proposed = e.at(proposals, step * proposals_step + row * padded + unit)
        for number, sums in enumerate(tile):
            for gate, one in enumerate(sums[:3]):
                e.store(one.get(), e.at(saved, padded * (3 * number)), padded * gate)
            e.store(sums[3].get(), e.at(proposed, padded * number))
        # In the lanes of padding, infinite values times weights of zero are NaN.
        inside = e.mask(e.least(hidden - unit, width))
        # Not unrolled, so that the registers are free for the polynomials.
        with e.loop(0, e.integer(rows)) as index:
            here, proposal = e.at(saved, index * padded * 3), e.at(proposed, index * padded)
            sums_here = [*(e.load(here, padded * gate) for gate in range(3)), e.load(proposal)]
            gate_r, gate_z, gate_n, from_state = (e.select(inside, one, e.zero()) for one in sums_here)
            gate_r, gate_z = sigmoid(e, gate_r), sigmoid(e, gate_z)
            gate_n = tanh(e, e.fma(gate_r, from_state, gate_n))
            state = e.load(states, (line + index) * padded + unit)
            e.store(e.fma(gate_z, state - gate_n, gate_n), states, (line + index + batch) * padded + unit)
            for gate, value in enumerate((gate_r, gate_z, gate_n)):
                e.store(value, here, padded * gate)
            e.store(from_state, proposal)

    sweep(e, time, begin, end, padded, body)


def gru_backward(e: Emitter) -> None:
    """Run the sequence backward.

    Parameters as for the LSTM, except that a line of d_gates contains the gradients of n for the input, of r and z, and
    of n for the state, so that the gradients for the input and those for the state are each contiguous. Weight_ih has
    its gates in the order n, r, z; sums have one more line, ``(features + padded + 2, 3 * padded)``, for the bias of
    the state.
    """
    (grad, grad_step, grad_row, gates, proposals, states, x, x_step, x_row, features, one, weight_hh, weight_ih,
     d_gates, d_row, chunk, sums, need_weights, d_x, d_x_step, d_x_row, need_x, need_state, d_state, batch, time,
     hidden, padded, threads, begin, end) = e.arguments  # fmt: skip
    width = e.target.width
    columns = padded * 3
    d_step = batch * d_row
    size = (features + padded + 2) * columns
    mine = e.at(sums, slot(begin, batch, threads) * size)
    nothing, single = e.integer(0), e.integer(1)

    def step_back(step: Value, target: Value) -> None:
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
            here = e.at(target, row * d_row + unit)
            for gate, value in enumerate((d_n, d_r, d_z, d_n * gate_r)):
                e.store(value, here, padded * gate)
            e.store(d_h * gate_z, d_state, row * padded + unit)
        with e.when(step + need_state > 0):
            row_products(e, e.at(target, padded), d_row, weight_hh, padded, columns, d_state, padded, begin, end,
                         accumulate=True)  # fmt: skip
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
            by_input, by_state = d_gates, e.at(d_gates, padded)
            lines = [(e.at(x, first * x_step), x_step, x_row, features, by_input),
                     (e.at(states, first * batch * padded), batch * padded, padded, padded, by_state),
                     (one, nothing, nothing, single, by_input), (one, nothing, nothing, single, by_state)]  # fmt: skip
            done = nothing
            for left in lines:
                sum_products(e, *left, d_step, d_row, columns, e.at(mine, done * columns), count, begin, end)
                done = done + left[3]


DEFINITIONS = [
    ("gru_forward", "*x x_step x_row features *packed *bias_n *states *gates gates_step *proposals proposals_step "
     "batch time hidden padded begin end", gru_forward),
    ("gru_backward", "*grad grad_step grad_row *gates *proposals *states *x x_step x_row features *one *weight_hh "
     "*weight_ih *d_gates d_row chunk *sums need_weights *d_x d_x_step d_x_row need_x need_state *d_state batch "
     "time hidden padded threads begin end", gru_backward),
]  # fmt: skip
