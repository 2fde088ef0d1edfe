"""LSTM and GRU by kernels; what the kernels do not cover goes to the reference."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np

from azuraforge.engine.backends.cpu.matrix import gemm
from azuraforge.engine.backends.cpu.memory import Scratch, address, empty
from azuraforge.engine.backends.cpu.runtime import Runtime, by_reference, current
from azuraforge.engine.ops.recurrent import from_steps
from azuraforge.engine.ops.registry import OPS, Array, Context, Op

Gradients = tuple[Array | None, ...]
_LEAST_ROWS = 2  # of the batch per thread
_LEAST_MOVED = 20_000  # numbers per thread that only change their place


class _Saved(NamedTuple):
    runtime: Runtime  # whose layout the arrays have
    scratch: Scratch  # owns the arrays below until the graph is freed
    steps: Array
    gates: Array
    extra: Array  # LSTM: tanh of the cells; GRU: proposals
    states: Array
    cells: Array | None
    weight_ih: Array
    weight_hh: Array
    reverse: bool


def _fits(x: Array, weights: tuple[Array | None, ...], lengths: Array | None) -> bool:
    return lengths is None and x.size > 0 and all(w is not None and w.dtype == np.float32 for w in (x, *weights))


def _padded(size: int) -> int:
    width = current().target.width
    return -(-size // width) * width


def _steps(scratch: Scratch, x: Array, reverse: bool) -> Array:
    """Copy ``(batch, time, feature)`` to ``(time, batch, feature + 1 …)`` with a column of ones, padded by zeros."""
    batch, time, features = x.shape
    inner = _padded(features + 1)
    steps = scratch.take(time, batch, inner)
    if x.strides[2] != 4:
        x = np.ascontiguousarray(x)
    row, step = x.strides[0] // 4, x.strides[1] // 4
    start = address(x)
    if reverse:
        start, step = start + (time - 1) * step * 4, -step
    places = (start, step, row, address(steps), batch, features, inner)
    current().pool.run("input_steps", places, time, max(1, _LEAST_MOVED // (batch * inner)))
    return steps


def _pack(scratch: Scratch, gates: int, weight_ih: Array, bias: Array, weight_hh: Array, padded: int) -> Array:
    """Pack the weights ``(gates * hidden, inner)`` of input, bias and state one behind the other."""
    width = current().target.width
    features, hidden = weight_ih.shape[1], weight_hh.shape[1]
    packed = scratch.take(padded // width, features + 1 + padded, gates, width)
    if hidden != padded:
        packed.fill(0)
    weight_ih, weight_hh = np.ascontiguousarray(weight_ih), np.ascontiguousarray(weight_hh)
    current().kernels["pack_recurrent"](address(weight_ih), features, address(bias), address(weight_hh),
                                        address(packed), features + 1 + padded, hidden, gates)  # fmt: skip
    return packed


def _first(buffer: Array, value: Array) -> None:
    hidden = value.shape[1]
    buffer[0, :, :hidden] = value
    buffer[0, :, hidden:] = 0


def _state_weights(scratch: Scratch, weight: Array, gates: int, hidden: int, padded: int) -> Array:
    """Return weights of the state ``(gates * padded, padded)``, with zeros for the units of padding."""
    if padded == hidden:
        return np.ascontiguousarray(weight)
    result = scratch.zeros(gates, padded, padded)
    result[:, :hidden, :hidden] = weight.reshape(gates, hidden, hidden)
    return result.reshape(gates * padded, padded)


def _gradient_layout(grad: Array | None, saved: _Saved, scratch: Scratch) -> tuple[Array, int, int, int]:
    """Return the output's gradient with its start address and strides per step and row, in elements."""
    batch, hidden = saved.steps.shape[1], saved.weight_hh.shape[1]
    if grad is None:
        nothing = scratch.zeros(batch, hidden)
        return nothing, address(nothing), 0, hidden
    if grad.strides[2] != 4 or grad.dtype != np.float32:
        grad = np.ascontiguousarray(grad, dtype=np.float32)
    row, step = grad.strides[0] // 4, grad.strides[1] // 4
    if saved.reverse:
        return grad, address(grad) + (grad.shape[1] - 1) * step * 4, -step, row
    return grad, address(grad), step, row


def _last_gradient(scratch: Scratch, grad: Array | None, batch: int, hidden: int, padded: int) -> Array:
    result = scratch.zeros(batch, padded)
    if grad is not None:
        result[:, :hidden] = grad
    return result


def _weight_gradients(
    context: Context, saved: _Saved, d_input: Array, d_recurrent: Array, gates: int, scratch: Scratch
) -> Gradients:
    """Return the gradients of x, weight_ih, weight_hh, bias_ih, bias_hh."""
    time, batch, width_in = saved.steps.shape
    features = saved.weight_ih.shape[1]
    hidden = saved.weight_hh.shape[1]
    padded = saved.states.shape[2]
    lines = time * batch
    rows = gates * padded
    need_x, need_ih, need_hh, need_bias_ih, need_bias_hh = (context.needs[0], *context.needs[-4:])
    buffers = context.buffers[-4:] if context.buffers else (None,) * 4
    d_x = d_ih = d_hh = d_bias_ih = d_bias_hh = None
    steps = saved.steps.reshape(lines, width_in)
    if need_ih or need_bias_ih:
        # As (feature, gate): few rows that each meet whole vectors of gates.
        both = scratch.take(features + 1, rows)
        gemm(steps[:, : features + 1].T, d_input.reshape(lines, rows), both)
        kept = both.reshape(features + 1, gates, padded)[:, :, :hidden]
        d_ih = _into(buffers[0], kept[:features].transpose(1, 2, 0), (gates * hidden, features))
        d_bias_ih = _into(buffers[2], kept[features], (gates * hidden,))
    if need_hh or need_bias_hh:
        states = saved.states[:time].reshape(lines, padded)
        if padded == hidden:
            d_hh = buffers[1] if buffers[1] is not None else np.empty((rows, hidden), np.float32)
            gemm(d_recurrent.reshape(lines, rows).T, states, d_hh)
        else:
            wide = scratch.take(rows, padded)
            gemm(d_recurrent.reshape(lines, rows).T, states, wide)
            d_hh = _into(buffers[1], wide.reshape(gates, padded, padded)[:, :hidden, :hidden], (gates * hidden, hidden))
        if d_recurrent is d_input and d_bias_ih is not None:
            d_bias_hh = _into(buffers[3], d_bias_ih, d_bias_ih.shape)
        else:
            total = d_recurrent.reshape(lines, gates, padded)[:, :, :hidden].sum(axis=0)
            d_bias_hh = _into(buffers[3], total, (gates * hidden,))
    if need_x:
        weights = saved.weight_ih
        if padded != hidden:
            weights = np.zeros((gates, padded, features), np.float32)
            weights[:, :hidden] = saved.weight_ih.reshape(gates, hidden, features)
            weights = weights.reshape(rows, features)
        d_steps = np.empty((time, batch, features), np.float32)
        gemm(d_input.reshape(lines, rows), weights, d_steps.reshape(lines, features))
        d_x = from_steps(d_steps, saved.reverse) if saved.reverse else d_steps.transpose(1, 0, 2)
    return d_x, d_ih, d_hh, d_bias_ih, d_bias_hh


def _into(buffer: Array | None, values: Array, shape: tuple[int, ...]) -> Array:
    target = buffer if buffer is not None else np.empty(shape, np.float32)
    np.copyto(target.reshape(values.shape), values)
    return target


def _output(states: Array, hidden: int, reverse: bool) -> Array:
    steps = states[1:, :, :hidden]
    return (steps[::-1] if reverse else steps).transpose(1, 0, 2)


def _lstm(
    context: Context, x: Array, h_0: Array, c_0: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
    bias_hh: Array | None, *, reverse: bool = False, lengths: Array | None = None,
) -> tuple[Array, ...]:  # fmt: skip
    if bias_ih is None or bias_hh is None or not _fits(x, (h_0, c_0, weight_ih, weight_hh, bias_ih, bias_hh), lengths):
        return _reference("lstm", context, x, h_0, c_0, weight_ih, weight_hh, bias_ih, bias_hh, reverse, lengths)
    runtime = current()
    batch, time, features = x.shape
    hidden = weight_hh.shape[1]
    padded = _padded(hidden)
    scratch = Scratch()
    steps = _steps(scratch, x, reverse)
    packed = _pack(scratch, 4, weight_ih, bias_ih + bias_hh, weight_hh, padded)
    states = empty((time + 1, batch, padded))  # leaves the op as its output
    cells = scratch.take(time + 1, batch, padded)
    _first(states, h_0)
    _first(cells, c_0)
    kept = time if context.records else 1
    gates = scratch.take(kept, batch, 4 * padded)
    squashed = scratch.take(kept, batch, padded)
    gates_step, squashed_step = (batch * 4 * padded, batch * padded) if context.records else (0, 0)
    places = (address(steps), features + 1, steps.shape[2], address(packed), address(states), address(cells),
              address(gates), gates_step, address(squashed), squashed_step, batch, time, padded)  # fmt: skip
    runtime.pool.run("lstm_forward", places, batch, _LEAST_ROWS)
    if context.records:
        context.saved = _Saved(runtime, scratch, steps, gates, squashed, states, cells, weight_ih, weight_hh, reverse)
    last_cell = cells[time, :, :hidden].copy()
    return _output(states, hidden, reverse), states[time, :, :hidden].copy(), last_cell


def _lstm_vjp(context: Context, grad_output: Array | None, grad_h: Array | None, grad_c: Array | None) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS["lstm"].vjp(context, grad_output, grad_h, grad_c)
    assert saved.cells is not None
    runtime = saved.runtime
    time, batch, _ = saved.steps.shape
    hidden, padded = saved.weight_hh.shape[1], saved.states.shape[2]
    scratch = Scratch()
    weights = _state_weights(scratch, saved.weight_hh, 4, hidden, padded)
    d_gates = scratch.take(time, batch, 4 * padded)
    d_state = _last_gradient(scratch, grad_h, batch, hidden, padded)
    d_cell = _last_gradient(scratch, grad_c, batch, hidden, padded)
    grad, start, grad_step, grad_row = _gradient_layout(grad_output, saved, scratch)
    places = (start, grad_step, grad_row, address(saved.gates), address(saved.extra), address(saved.cells),
              address(weights), address(d_gates), address(d_state), address(d_cell), batch, time, hidden,
              padded)  # fmt: skip
    runtime.pool.run("lstm_backward", places, batch, _LEAST_ROWS)
    d_x, *d_weights = _weight_gradients(context, saved, d_gates, d_gates, 4, scratch)
    del grad  # alive until here: the kernel read it
    return d_x, d_state[:, :hidden].copy(), d_cell[:, :hidden].copy(), *d_weights


def _gru(
    context: Context, x: Array, h_0: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None,
    bias_hh: Array | None, *, reverse: bool = False, lengths: Array | None = None,
) -> tuple[Array, ...]:  # fmt: skip
    if bias_ih is None or bias_hh is None or not _fits(x, (h_0, weight_ih, weight_hh, bias_ih, bias_hh), lengths):
        return _reference("gru", context, x, h_0, weight_ih, weight_hh, bias_ih, bias_hh, reverse, lengths)
    runtime = current()
    batch, time, features = x.shape
    hidden = weight_hh.shape[1]
    padded = _padded(hidden)
    scratch = Scratch()
    steps = _steps(scratch, x, reverse)
    bias = bias_ih.copy()
    bias[: 2 * hidden] += bias_hh[: 2 * hidden]  # that of n stays apart: the reset gate multiplies it
    packed = _pack(scratch, 3, weight_ih, bias, weight_hh, padded)
    bias_n = scratch.zeros(padded)
    bias_n[:hidden] = bias_hh[2 * hidden :]
    states = empty((time + 1, batch, padded))
    _first(states, h_0)
    kept = time if context.records else 1
    gates = scratch.take(kept, batch, 3 * padded)
    proposals = scratch.take(kept, batch, padded)
    gates_step, proposals_step = (batch * 3 * padded, batch * padded) if context.records else (0, 0)
    places = (address(steps), features + 1, steps.shape[2], address(packed), address(bias_n), address(states),
              address(gates), gates_step, address(proposals), proposals_step, batch, time, padded)  # fmt: skip
    runtime.pool.run("gru_forward", places, batch, _LEAST_ROWS)
    if context.records:
        context.saved = _Saved(runtime, scratch, steps, gates, proposals, states, None, weight_ih, weight_hh, reverse)
    return _output(states, hidden, reverse), states[time, :, :hidden].copy()


def _gru_vjp(context: Context, grad_output: Array | None, grad_h: Array | None) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS["gru"].vjp(context, grad_output, grad_h)
    runtime = saved.runtime
    time, batch, _ = saved.steps.shape
    hidden, padded = saved.weight_hh.shape[1], saved.states.shape[2]
    scratch = Scratch()
    weights = _state_weights(scratch, saved.weight_hh, 3, hidden, padded)
    d_input = scratch.take(time, batch, 3 * padded)
    d_recurrent = scratch.take(time, batch, 3 * padded)
    d_state = _last_gradient(scratch, grad_h, batch, hidden, padded)
    grad, start, grad_step, grad_row = _gradient_layout(grad_output, saved, scratch)
    places = (start, grad_step, grad_row, address(saved.gates), address(saved.extra), address(saved.states),
              address(weights), address(d_input), address(d_recurrent), address(d_state), batch, time, hidden,
              padded)  # fmt: skip
    runtime.pool.run("gru_backward", places, batch, _LEAST_ROWS)
    d_x, *d_weights = _weight_gradients(context, saved, d_input, d_recurrent, 3, scratch)
    del grad
    return d_x, d_state[:, :hidden].copy(), *d_weights


def _reference(name: str, context: Context, *inputs: Any) -> tuple[Array, ...]:
    *arrays, reverse, lengths = inputs
    return cast("tuple[Array, ...]", by_reference(name, context, *arrays, reverse=reverse, lengths=lengths))


OVERRIDES = [Op("lstm", _lstm, _lstm_vjp, silent=True), Op("gru", _gru, _gru_vjp, silent=True)]
