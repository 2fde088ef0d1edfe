"""Whole-sequence recurrent ops: forward over time and backward through time, each written out by hand.

The input product of all steps is one matrix product before the loop, the weights' gradients are one each
after it; only the state's own product remains inside. Gate order and equations follow PyTorch
(LSTM: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; GRU: Cho et al. 2014).

Attributes of both ops: ``reverse`` runs from the last step to the first; ``lengths``, one per sequence of
the batch, leaves the state alone and the output zero from that step on.
"""

from __future__ import annotations

import numpy as np

from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, add_up, register

Gradients = tuple[Array | None, ...]


def to_steps(x: Array, reverse: bool) -> Array:
    """Bring ``(batch, time, feature)`` to contiguous ``(time, batch, feature)`` in the order of processing."""
    steps = x.transpose(1, 0, 2)
    return np.ascontiguousarray(steps[::-1] if reverse else steps)


def from_steps(steps: Array, reverse: bool) -> Array:
    """Undo :func:`to_steps`."""
    return np.ascontiguousarray((steps[::-1] if reverse else steps).transpose(1, 0, 2))


def running(lengths: Array | None, time: int, reverse: bool) -> Array | None:
    """Return which sequences are running at each step, ``(time, batch, 1)``, ``None`` for all."""
    if lengths is None:
        return None
    mask = np.arange(time)[:, None] < lengths[None, :]
    return np.ascontiguousarray((mask[::-1] if reverse else mask)[:, :, None])


def _squash(gates: Array) -> None:
    """Apply the sigmoid in place, by tanh: fewer passes than the form that is exact in the far tails."""
    gates *= 0.5
    np.tanh(gates, out=gates)
    gates *= 0.5
    gates += 0.5


def _weight_gradients(
    context: Context, flat_ih: Array, flat_hh: Array, steps: Array, before: Array, weight_ih: Array, reverse: bool
) -> Gradients:
    """Return the gradients of x, weight_ih, weight_hh, bias_ih, bias_hh from those of all pre-activations.

    ``flat_ih`` and ``flat_hh`` are ``(time * batch, gates * hidden)``, by the input's and the state's product.
    """
    time, batch, features = steps.shape
    need_x, need_ih, need_hh, need_bias_ih, need_bias_hh = (context.needs[0], *context.needs[-4:])
    return (
        from_steps((flat_ih @ weight_ih).reshape(time, batch, features), reverse) if need_x else None,
        flat_ih.T @ steps.reshape(time * batch, features) if need_ih else None,
        flat_hh.T @ before.reshape(time * batch, before.shape[-1]) if need_hh else None,
        add_up(flat_ih, 0) if need_bias_ih else None,
        add_up(flat_hh, 0) if need_bias_hh else None,
    )


def _check(
    name: str, gates: int, x: Array, states: tuple[Array, ...], weight_ih: Array, weight_hh: Array,
    bias_ih: Array | None, bias_hh: Array | None, lengths: Array | None,
) -> None:  # fmt: skip
    if x.ndim != 3:
        raise EngineError(f"{name} expects (batch, time, feature), got {shape_text(x.shape)}")
    if weight_hh.ndim != 2 or not weight_hh.shape[1]:
        raise EngineError(
            f"{name} expects weights of the state ({gates} hidden, hidden), got {shape_text(weight_hh.shape)}"
        )
    batch, time, features = x.shape
    hidden = weight_hh.shape[1]
    rows = gates * hidden
    if weight_hh.shape != (rows, hidden):
        contracts.expect_shape(name, "weights of the state", weight_hh, (rows, hidden))
    if weight_ih.shape != (rows, features):
        contracts.expect_shape(name, "weights of the input", weight_ih, (rows, features))
    for state in states:
        if state.shape != (batch, hidden):
            contracts.expect_shape(name, "a first state", state, (batch, hidden))
    if (bias_ih is None) != (bias_hh is None):
        raise EngineError(f"{name} expects both biases or neither")
    for bias in (bias_ih, bias_hh):
        if bias is not None and bias.shape != (rows,):
            contracts.expect_shape(name, "a bias", bias, (rows,))
    if lengths is not None:
        contracts.expect_shape(name, "lengths", lengths, (batch,))
        if lengths.dtype.kind not in "iu" or (batch and (lengths.min() < 1 or lengths.max() > time)):
            raise EngineError(f"{name} expects {batch} lengths between 1 and {time}, got {lengths.tolist()}")


def _check_lstm(
    x: Array,
    h_0: Array,
    c_0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    *,
    reverse: bool = False,
    lengths: Array | None = None,
) -> None:
    """Check x ``(batch, time, feature)``, states ``(batch, hidden)`` and the weights of four gates."""
    _check("LSTM", 4, x, (h_0, c_0), weight_ih, weight_hh, bias_ih, bias_hh, lengths)
    contracts.expect_floats("LSTM", x, h_0, c_0, weight_ih, weight_hh, bias_ih, bias_hh)


def _lstm(
    context: Context,
    x: Array,
    h_0: Array,
    c_0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    *,
    reverse: bool = False,
    lengths: Array | None = None,
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
    steps = to_steps(x, reverse)
    mask = running(lengths, time, reverse)
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
        _squash(now[:, : 2 * hidden])
        np.tanh(now[:, 2 * hidden : 3 * hidden], out=now[:, 2 * hidden : 3 * hidden])
        _squash(now[:, 3 * hidden :])
        gate_i, gate_f, gate_g, gate_o = np.split(now, 4, axis=1)
        np.multiply(gate_f, cells[step], out=cells[step + 1])
        cells[step + 1] += gate_i * gate_g
        np.tanh(cells[step + 1], out=squashed[step])
        np.multiply(gate_o, squashed[step], out=states[step + 1])
        if mask is not None:
            np.copyto(cells[step + 1], cells[step], where=~mask[step])
            np.copyto(states[step + 1], states[step], where=~mask[step])
    if context.records:
        context.saved = (steps, gates, states, cells, squashed, weight_ih, weight_hh, mask, reverse)
    output = from_steps(states[1:] if mask is None else states[1:] * mask, reverse)
    return output, states[time].copy(), cells[time].copy()


def _lstm_vjp(context: Context, grad_output: Array | None, grad_h: Array | None, grad_c: Array | None) -> Gradients:
    steps, gates, states, cells, squashed, weight_ih, weight_hh, mask, reverse = context.saved
    time = len(steps)
    d_gates = np.empty_like(gates)
    d_state = np.zeros_like(states[0]) if grad_h is None else grad_h.astype(steps.dtype)
    d_cell = np.zeros_like(states[0]) if grad_c is None else grad_c.astype(steps.dtype)
    d_output = None if grad_output is None else to_steps(grad_output, reverse)
    for step in range(time - 1, -1, -1):
        after_state, after_cell = d_state, d_cell  # gradient that a sequence that has ended passes on unchanged
        if d_output is not None:
            d_state = d_state + d_output[step]
        gate_i, gate_f, gate_g, gate_o = np.split(gates[step], 4, axis=1)
        d_i, d_f, d_g, d_o = np.split(d_gates[step], 4, axis=1)
        cell = squashed[step]
        d_cell = d_cell + d_state * gate_o * (1 - cell * cell)
        np.multiply(d_cell * gate_g, gate_i * (1 - gate_i), out=d_i)
        np.multiply(d_cell * cells[step], gate_f * (1 - gate_f), out=d_f)
        np.multiply(d_cell * gate_i, 1 - gate_g * gate_g, out=d_g)
        np.multiply(d_state * cell, gate_o * (1 - gate_o), out=d_o)
        if mask is not None:
            d_gates[step] *= mask[step]
        d_cell = d_cell * gate_f
        d_state = d_gates[step] @ weight_hh
        if mask is not None:
            d_cell = np.where(mask[step], d_cell, after_cell)
            d_state = np.where(mask[step], d_state, after_state)
    flat = d_gates.reshape(-1, d_gates.shape[-1])
    d_x, *d_weights = _weight_gradients(context, flat, flat, steps, states[:time], weight_ih, reverse)
    return (d_x, d_state, d_cell, *d_weights)


def _check_gru(
    x: Array,
    h_0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    *,
    reverse: bool = False,
    lengths: Array | None = None,
) -> None:
    """Check x ``(batch, time, feature)``, the state ``(batch, hidden)`` and the weights of three gates."""
    _check("GRU", 3, x, (h_0,), weight_ih, weight_hh, bias_ih, bias_hh, lengths)
    contracts.expect_floats("GRU", x, h_0, weight_ih, weight_hh, bias_ih, bias_hh)


def _gru(
    context: Context,
    x: Array,
    h_0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    *,
    reverse: bool = False,
    lengths: Array | None = None,
) -> tuple[Array, Array]:
    """Run one layer in one direction: gates r, z, n; ``n = tanh(x_n + r * (h_n + bias_hn))`` as in PyTorch.

    Shapes as for the LSTM with 3 gates. Returns output ``(batch, time, hidden)`` and last ``h``.
    """
    batch, time, features = x.shape
    hidden = weight_hh.shape[1]
    steps = to_steps(x, reverse)
    mask = running(lengths, time, reverse)
    gates = (steps.reshape(time * batch, features) @ weight_ih.T).reshape(time, batch, 3 * hidden)
    if bias_ih is not None:
        gates += bias_ih
    states = np.empty((time + 1, batch, hidden), dtype=x.dtype)
    proposals = np.empty((time, batch, hidden), dtype=x.dtype)  # the state's part of n, before the reset gate
    states[0] = h_0
    recurrent = np.ascontiguousarray(weight_hh.T)
    for step in range(time):
        now = gates[step]
        from_state = states[step] @ recurrent
        if bias_hh is not None:
            from_state += bias_hh
        proposals[step] = from_state[:, 2 * hidden :]
        now[:, : 2 * hidden] += from_state[:, : 2 * hidden]
        _squash(now[:, : 2 * hidden])
        gate_r, gate_z, gate_n = np.split(now, 3, axis=1)
        np.tanh(gate_n + gate_r * proposals[step], out=gate_n)
        np.add(gate_n, gate_z * (states[step] - gate_n), out=states[step + 1])
        if mask is not None:
            np.copyto(states[step + 1], states[step], where=~mask[step])
    if context.records:
        context.saved = (steps, gates, states, proposals, weight_ih, weight_hh, mask, reverse)
    return from_steps(states[1:] if mask is None else states[1:] * mask, reverse), states[time].copy()


def _gru_vjp(context: Context, grad_output: Array | None, grad_h: Array | None) -> Gradients:
    steps, gates, states, proposals, weight_ih, weight_hh, mask, reverse = context.saved
    time, batch, _ = steps.shape
    hidden = weight_hh.shape[1]
    d_input = np.empty_like(gates)  # by the input's product
    d_recurrent = np.empty_like(gates)  # by the state's product: the same but for n, which passes the reset gate
    d_state = np.zeros((batch, hidden), dtype=steps.dtype) if grad_h is None else grad_h.astype(steps.dtype)
    d_output = None if grad_output is None else to_steps(grad_output, reverse)
    for step in range(time - 1, -1, -1):
        after_state = d_state
        if d_output is not None:
            d_state = d_state + d_output[step]
        gate_r, gate_z, gate_n = np.split(gates[step], 3, axis=1)
        d_r, d_z, d_n = np.split(d_input[step], 3, axis=1)
        np.multiply(d_state * (1 - gate_z), 1 - gate_n * gate_n, out=d_n)
        np.multiply(d_state * (states[step] - gate_n), gate_z * (1 - gate_z), out=d_z)
        np.multiply(d_n * proposals[step], gate_r * (1 - gate_r), out=d_r)
        if mask is not None:
            d_input[step] *= mask[step]
        d_recurrent[step] = d_input[step]
        d_recurrent[step][:, 2 * hidden :] *= gate_r
        d_state = d_state * gate_z + d_recurrent[step] @ weight_hh
        if mask is not None:
            d_state = np.where(mask[step], d_state, after_state)
    flat_ih = d_input.reshape(-1, 3 * hidden)
    flat_hh = d_recurrent.reshape(-1, 3 * hidden)
    d_x, *d_weights = _weight_gradients(context, flat_ih, flat_hh, steps, states[:time], weight_ih, reverse)
    return (d_x, d_state, *d_weights)


register("lstm", _lstm, _lstm_vjp, _check_lstm)
register("gru", _gru, _gru_vjp, _check_gru)
