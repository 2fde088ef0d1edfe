"""Whole-sequence recurrent ops: forward over time and backward through time, each written out by hand.

The input product of all steps is one matrix product before the loop, the weights' gradients are one each
after it; only the state's own product remains inside. Gate order and equations follow PyTorch
(Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
"""

from __future__ import annotations

import numpy as np

from azuraforge.engine.ops.activation import sigmoid_array
from azuraforge.engine.ops.registry import Array, Context, register

Gradients = tuple[Array | None, ...]


def _lstm(
    context: Context,
    x: Array,
    h_0: Array,
    c_0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
) -> tuple[Array, Array, Array]:
    """Run one layer in one direction.

    Args:
        x: ``(batch, time, feature)``.
        h_0, c_0: ``(batch, hidden)``.
        weight_ih: ``(4 hidden, feature)``, gates i, f, g, o.
        weight_hh: ``(4 hidden, hidden)``.
        bias_ih, bias_hh: ``(4 hidden,)``.

    Returns:
        output ``(batch, time, hidden)``, last ``h`` and last ``c`` ``(batch, hidden)``.
    """
    batch, time, features = x.shape
    hidden = weight_hh.shape[1]
    steps = np.ascontiguousarray(x.transpose(1, 0, 2))
    gates = (steps.reshape(time * batch, features) @ weight_ih.T).reshape(time, batch, 4 * hidden)
    if bias_ih is not None and bias_hh is not None:
        gates += bias_ih + bias_hh
    states = np.empty((time + 1, batch, hidden), dtype=x.dtype)
    cells = np.empty_like(states)
    squashed = np.empty((time, batch, hidden), dtype=x.dtype)  # tanh of the cell, for the backward pass
    states[0] = h_0
    cells[0] = c_0
    recurrent = np.ascontiguousarray(weight_hh.T)
    for step in range(time):
        now = gates[step]
        now += states[step] @ recurrent
        now[:, : 2 * hidden] = sigmoid_array(now[:, : 2 * hidden])
        np.tanh(now[:, 2 * hidden : 3 * hidden], out=now[:, 2 * hidden : 3 * hidden])
        now[:, 3 * hidden :] = sigmoid_array(now[:, 3 * hidden :])
        gate_i, gate_f, gate_g, gate_o = np.split(now, 4, axis=1)
        np.multiply(gate_f, cells[step], out=cells[step + 1])
        cells[step + 1] += gate_i * gate_g
        np.tanh(cells[step + 1], out=squashed[step])
        np.multiply(gate_o, squashed[step], out=states[step + 1])
    if context.records:
        context.saved = (steps, gates, states, cells, squashed, weight_ih, weight_hh)
    output = np.ascontiguousarray(states[1:].transpose(1, 0, 2))
    return output, states[time].copy(), cells[time].copy()


def _lstm_vjp(context: Context, grad_output: Array | None, grad_h: Array | None, grad_c: Array | None) -> Gradients:
    steps, gates, states, cells, squashed, weight_ih, weight_hh = context.saved
    time, batch, features = steps.shape
    hidden = weight_hh.shape[1]
    d_gates = np.empty_like(gates)
    d_state = np.zeros_like(states[0]) if grad_h is None else grad_h.astype(steps.dtype)
    d_cell = np.zeros_like(states[0]) if grad_c is None else grad_c.astype(steps.dtype)
    for step in range(time - 1, -1, -1):
        if grad_output is not None:
            d_state = d_state + grad_output[:, step]
        gate_i, gate_f, gate_g, gate_o = np.split(gates[step], 4, axis=1)
        d_i, d_f, d_g, d_o = np.split(d_gates[step], 4, axis=1)
        cell = squashed[step]
        d_cell = d_cell + d_state * gate_o * (1 - cell * cell)
        np.multiply(d_cell * gate_g, gate_i * (1 - gate_i), out=d_i)
        np.multiply(d_cell * cells[step], gate_f * (1 - gate_f), out=d_f)
        np.multiply(d_cell * gate_i, 1 - gate_g * gate_g, out=d_g)
        np.multiply(d_state * cell, gate_o * (1 - gate_o), out=d_o)
        d_cell = d_cell * gate_f
        d_state = d_gates[step] @ weight_hh
    flat = d_gates.reshape(time * batch, 4 * hidden)
    need_x, _, _, need_ih, need_hh, need_bias_ih, need_bias_hh = context.needs
    d_bias = flat.sum(axis=0) if need_bias_ih or need_bias_hh else None
    return (
        np.ascontiguousarray((flat @ weight_ih).reshape(time, batch, features).transpose(1, 0, 2)) if need_x else None,
        d_state,
        d_cell,
        flat.T @ steps.reshape(time * batch, features) if need_ih else None,
        flat.T @ states[:time].reshape(time * batch, hidden) if need_hh else None,
        d_bias,
        d_bias,
    )


register("lstm", _lstm, _lstm_vjp)
