"""LSTM of a single sequence without recording, as in serving; all other cases use the general kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from azuraforge.engine.backends.cpu import recurrent
from azuraforge.engine.backends.cpu.memory import address
from azuraforge.engine.backends.cpu.runtime import current
from azuraforge.engine.ops.registry import Array, Context, override

_FLOAT32 = np.dtype(np.float32)  # comparing with the type itself takes twice as long
_GATES = 4
_LINE = 16  # numbers of a cache line


def _lstm(
    context: Context, x: Array, h_0: Array, c_0: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
    bias_hh: Array | None, *, reverse: bool = False, lengths: Array | None = None,
) -> tuple[Array, ...]:  # fmt: skip
    if context.records or len(x) != 1 or lengths is not None or bias_ih is None or bias_hh is None or not x.size:
        return _as_usual(context, x, h_0, c_0, weight_ih, weight_hh, bias_ih, bias_hh, reverse, lengths)
    arrays = [x, weight_ih, weight_hh, bias_ih, bias_hh, h_0, c_0]
    for index, array in enumerate(arrays):
        if array.dtype != _FLOAT32:
            return _as_usual(context, x, h_0, c_0, weight_ih, weight_hh, bias_ih, bias_hh, reverse, lengths)
        if not array.flags.c_contiguous:
            arrays[index] = np.ascontiguousarray(array)
    runtime = current()
    time, features = x.shape[1:]
    hidden = h_0.shape[1]
    width = runtime.target.width
    padded = -(-hidden // width) * width
    weights, inputs = _GATES * padded * (features + hidden), _GATES * padded * time
    room = np.empty(weights + inputs + _LINE, np.float32)
    packed = -(-address(room) // (4 * _LINE)) * (4 * _LINE)
    states = np.empty((1, time + 1, padded), np.float32)  # leaves the op as its output
    cells = np.empty((1, padded), np.float32)
    start, *given, first_state, first_cell = [address(array) for array in arrays]
    step = features
    if reverse:
        start, step = start + (time - 1) * features * 4, -features
    runtime.kernels["lstm_single"](
        start, step, features, *given, packed, packed + 4 * weights, first_state, first_cell, address(states),
        address(cells), time, hidden, padded,
    )  # fmt: skip
    output = states[:, :0:-1, :hidden] if reverse else states[:, 1:, :hidden]
    return output, states[:, time, :hidden].copy(), cells[:, :hidden]


def _as_usual(context: Context, *inputs: Any) -> tuple[Array, ...]:
    *arrays, reverse, lengths = inputs
    return recurrent.lstm(context, *arrays, reverse=reverse, lengths=lengths)


OVERRIDES = [override("lstm", _lstm, recurrent.lstm_vjp)]
