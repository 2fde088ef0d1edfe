"""LSTM of a single sequence, for prediction: packing, products with the input and all steps in one call.

With a single row, the weights of the state must be read from the cache at every step, which determines the time of a
step. The products with the input are therefore computed for all steps in advance.
"""

from __future__ import annotations

from azuraforge.engine.backends.cpu.emit import Emitter
from azuraforge.engine.backends.cpu.functions import squash, tanh
from azuraforge.engine.backends.cpu.targets import Target
from azuraforge.engine.backends.cpu.values import Value

_GATES = 4


def _step_rows(target: Target) -> list[int]:
    return [6, 4, 2, 1] if target.registers == 32 else [2, 1]


def _pack(e: Emitter, weight: Value, columns: Value, packed: Value, whole: Value, offset: Value, hidden: Value) -> None:
    """Lay ``(gate * hidden, columns)`` out as ``(block of units, inner, gate, lane)``, from ``offset`` on in inner."""
    width = e.target.width
    with e.loop(0, e.integer(_GATES)) as gate, e.loop(0, hidden, width) as unit:
        source = e.at(weight, (gate * hidden + unit) * columns)
        target = e.at(packed, (unit * whole + offset * width) * _GATES + gate * width)
        e.call("transpose", source, columns, target, _GATES * width, e.least(hidden - unit, width), columns)


def lstm_single(e: Emitter) -> None:
    """Run one sequence.

    Parameters: x with its stride per step, features; weights and biases as the layer has them; packed, room for
    ``(features + hidden, 4, padded)``; inputs, room for ``(time, 4, padded)``; h_0 and c_0 ``(hidden)``; states
    ``(time + 1, padded)`` and cells ``(padded)``; time, hidden, padded. Lanes beyond ``hidden`` are undefined.
    """
    (x, x_step, features, weight_ih, weight_hh, bias_ih, bias_hh, packed, inputs, h_0, c_0, states, cells, time, hidden,
     padded) = e.arguments  # fmt: skip
    width = e.target.width
    inner = features + hidden
    with e.loop(0, padded, width) as unit:
        mask = e.mask(e.least(hidden - unit, width))
        e.store(e.load(h_0, unit, mask), states, unit)
        e.store(e.load(c_0, unit, mask), cells, unit)
    _pack(e, weight_ih, features, packed, inner, e.integer(0), hidden)
    _pack(e, weight_hh, hidden, packed, inner, features, hidden)

    with e.loop(0, padded, width) as unit:
        mask = e.mask(e.least(hidden - unit, width))
        offsets = []
        for gate in range(_GATES):
            here = hidden * gate + unit
            offsets.append(e.variable(e.load(bias_ih, here, mask) + e.load(bias_hh, here, mask)))
        right = e.at(packed, unit * inner * _GATES)
        done = e.variable(e.integer(0))
        for rows in _step_rows(e.target):
            with e.loop(done.get(), time - (rows - 1), rows) as step:
                tile = [[e.variable(offset.get()) for offset in offsets] for _ in range(rows)]
                left = e.at(x, step * x_step)
                with e.loop(0, features) as k:
                    weights = [e.load(e.at(right, k * (_GATES * width)), gate * width) for gate in range(_GATES)]
                    for index, line in enumerate(tile):
                        value = e.broadcast(e.at(left, k), x_step * index)
                        for one, weight in zip(line, weights, strict=True):
                            one.fma(value, weight)
                for index, line in enumerate(tile):
                    target = e.at(inputs, (step + index) * padded * _GATES + unit)
                    for gate, one in enumerate(line):
                        e.store(one.get(), target, padded * gate)
                done.set(step + rows)

    nothing, forward = e.integer(0), e.integer(1)
    with e.loop(0, time) as step, e.loop(0, padded, width) as place:
        # Every other step processes blocks and their contents in reverse order: it begins with the weights that are
        # still in the cache, and reads last the part of the state that the previous step finished last.
        back = e.low_bits(step, 1) > 0
        unit = e.select(back, padded - width - place, place)
        start, stride = e.select(back, nothing, hidden - 1), e.select(back, forward, nothing - 1)
        given = e.at(inputs, step * padded * _GATES + unit)
        # Two sums per gate, because fewer sums would wait for each other.
        sums = [[e.variable(e.load(given, padded * gate)) for gate in range(_GATES)],
                [e.variable(e.zero()) for _ in range(_GATES)]]  # fmt: skip
        right = e.at(packed, (unit * inner + features * width) * _GATES)
        left = e.at(states, step * padded)

        def add(number: Value, parity: int) -> None:
            k = start + stride * number
            value, here = e.broadcast(left, k), e.at(right, k * (_GATES * width))
            for gate, total in enumerate(sums[parity]):
                total.fma(value, e.load(here, gate * width))

        done = e.variable(nothing)
        with e.loop(0, hidden - 1, 2) as number:
            add(number, 0)
            add(number + 1, 1)
            done.set(number + 2)
        with e.loop(done.get(), hidden) as number:
            add(number, 0)
        gate_i, gate_f, gate_g, gate_o = (first.get() + second.get() for first, second in zip(*sums, strict=True))
        (gate_i, gate_f, gate_o), gate_g = squash(e, [gate_i, gate_f, gate_o], gate_g)
        cell = e.fma(gate_f, e.load(cells, unit), gate_i * gate_g)
        e.store(cell, cells, unit)
        e.store(gate_o * tanh(e, cell), e.at(states, (step + 1) * padded), unit)


DEFINITIONS = [
    ("lstm_single", "*x x_step features *weight_ih *weight_hh *bias_ih *bias_hh *packed *inputs *h_0 *c_0 *states "
     "*cells time hidden padded", lstm_single),
]  # fmt: skip
