"""LSTM and GRU by kernels; the reference handles all cases that the kernels do not support."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np

from azuraforge.engine.backends.cpu.memory import Scratch, address, empty
from azuraforge.engine.backends.cpu.runtime import Runtime, by_reference, current
from azuraforge.engine.ops.registry import OPS, Array, Context, override

Gradients = tuple[Array | None, ...]
_LEAST_ROWS = 2  # of the batch per thread
_WAITING = 96  # lines of gates' gradients that go into the sums of the weights at a time: they stay in the cache
_CACHE_LINE = 16  # numbers
_ONE = np.ones(1, np.float32)


class _Reading(NamedTuple):
    """Start address and strides of a ``(batch, time, feature)`` array in the order of processing, in elements."""

    array: Array
    start: int  # an address
    step: int
    row: int


class _Saved(NamedTuple):
    runtime: Runtime  # whose layout the arrays have
    scratch: Scratch  # owns gates, extra and cells until the graph is freed
    x: _Reading
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


def _read(x: Array, reverse: bool) -> _Reading:
    if x.strides[2] != 4 or x.dtype != np.float32:
        x = np.ascontiguousarray(x, dtype=np.float32)
    row, step = x.strides[0] // 4, x.strides[1] // 4
    if reverse:
        return _Reading(x, address(x) + (x.shape[1] - 1) * step * 4, -step, row)
    return _Reading(x, address(x), step, row)


def _pack(scratch: Scratch, gates: int, weight_ih: Array, bias: Array, weight_hh: Array, padded: int) -> Array:
    """Pack the bias and the weights ``(gates * hidden, inner)`` of input and state one after another."""
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


def _whole_gates(scratch: Scratch, weight: Array, gates: int, padded: int, columns: int) -> Array:
    """Return weights ``(gates * hidden, inner)`` as ``(gates * padded, columns)``, with zeros as padding."""
    rows, inner = weight.shape
    if rows == gates * padded and inner == columns:
        return np.ascontiguousarray(weight)
    result = scratch.zeros(gates, padded, columns)
    result[:, : rows // gates, :inner] = weight.reshape(gates, rows // gates, inner)
    return result.reshape(gates * padded, columns)


def _last_gradient(scratch: Scratch, grad: Array | None, batch: int, hidden: int, padded: int) -> Array:
    result = scratch.zeros(batch, padded)
    if grad is not None:
        result[:, :hidden] = grad
    return result


def _back(
    kernel: str, context: Context, saved: _Saved, grad_output: Array | None, last: list[Array], gates: int, biases: int
) -> tuple[Array | None, tuple[Array | None, ...]]:
    """Run a backward kernel; return the gradient of x and those of weight_ih, weight_hh, bias_ih, bias_hh.

    Args:
        kernel: name of the kernel.
        last: gradients of the last states, replaced by those of the first states.
        biases: number of lines of sums that belong to the biases.
    """
    runtime, x, states = saved.runtime, saved.x, saved.states
    batch, time, features = x.array.shape
    hidden, padded = saved.weight_hh.shape[1], states.shape[2]
    threads, need_x, need_weights = runtime.pool.threads, context.needs[0], any(context.needs[-4:])
    scratch = Scratch()
    if grad_output is None:
        grad = _Reading(nothing := scratch.zeros(batch, hidden), address(nothing), 0, hidden)
    else:
        grad = _read(grad_output, saved.reverse)
    weight_hh = _whole_gates(scratch, saved.weight_hh, gates, padded, padded)
    weight_ih, d_x, d_x_start, d_x_step = weight_hh, None, 0, 0
    if need_x:
        weight_ih = _whole_gates(scratch, saved.weight_ih, gates, padded, features)
        if gates == 3:  # the kernel has n first
            weight_ih = np.concatenate((weight_ih[2 * padded :], weight_ih[: 2 * padded]))
        d_x = np.empty((time, batch, features), np.float32)
        d_x_start, d_x_step = address(d_x), batch * features
        if saved.reverse:
            d_x_start, d_x_step = d_x_start + (time - 1) * d_x_step * 4, -d_x_step
    # Padding at the end of a line prevents consecutive lines from using the same part of the cache.
    line = 4 * padded + _CACHE_LINE
    chunk = min(time, max(1, _WAITING * threads // batch))
    d_gates = scratch.take(chunk, batch, line)
    # A thread without a share leaves its sums as they are.
    room = scratch.take if batch >= threads * _LEAST_ROWS else scratch.zeros
    sums = room(threads, features + padded + biases, gates * padded) if need_weights else d_gates
    cells = () if saved.cells is None else (address(saved.cells),)
    places = (grad.start, grad.step, grad.row, address(saved.gates), address(saved.extra), *cells, address(states),
              x.start, x.step, x.row, features, address(_ONE), address(weight_hh), address(weight_ih), address(d_gates),
              line, chunk, address(sums), int(need_weights), d_x_start, d_x_step, features, int(need_x),
              int(context.needs[1]), *[address(one) for one in last], batch, time, hidden, padded, threads)  # fmt: skip
    runtime.pool.run(kernel, places, batch, _LEAST_ROWS)
    weights: tuple[Array | None, ...] = (None,) * 4
    if need_weights:
        offered = context.buffers[-4:] if context.buffers else (None,) * 4
        shapes = (saved.weight_ih.shape, saved.weight_hh.shape, (gates * hidden,), (gates * hidden,))
        weights = tuple(
            [
                np.empty(shape, np.float32) if buffer is None or not buffer.flags.c_contiguous else buffer
                for buffer, shape in zip(offered, shapes, strict=True)
            ]
        )
        d_ih, d_hh, d_bias_ih, d_bias_hh = (address(cast(Array, one)) for one in weights)
        runtime.kernels["recurrent_gather"](address(sums), threads, d_ih, features, d_hh, d_bias_ih, d_bias_hh, hidden,
                                            padded, gates, biases - 1, biases)  # fmt: skip
    return None if d_x is None else d_x.transpose(1, 0, 2), weights


def _output(states: Array, hidden: int, reverse: bool) -> Array:
    steps = states[1:, :, :hidden]
    return (steps[::-1] if reverse else steps).transpose(1, 0, 2)


def lstm(
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
    reading = _read(x, reverse)
    packed = _pack(scratch, 4, weight_ih, bias_ih + bias_hh, weight_hh, padded)
    states = empty((time + 1, batch, padded))  # leaves the op as its output
    cells = scratch.take(time + 1, batch, padded)
    _first(states, h_0)
    _first(cells, c_0)
    kept = time if context.records else 1
    gates = scratch.take(kept, batch, 4 * padded)
    squashed = scratch.take(kept, batch, padded)
    gates_step, squashed_step = (batch * 4 * padded, batch * padded) if context.records else (0, 0)
    places = (reading.start, reading.step, reading.row, features, address(packed), address(states), address(cells),
              address(gates), gates_step, address(squashed), squashed_step, batch, time, hidden, padded)  # fmt: skip
    runtime.pool.run("lstm_forward", places, batch, _LEAST_ROWS)
    if context.records:
        context.saved = _Saved(runtime, scratch, reading, gates, squashed, states, cells, weight_ih, weight_hh, reverse)
    last_cell = cells[time, :, :hidden].copy()
    return _output(states, hidden, reverse), states[time, :, :hidden].copy(), last_cell


def lstm_vjp(context: Context, grad_output: Array | None, grad_h: Array | None, grad_c: Array | None) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS["lstm"].vjp(context, grad_output, grad_h, grad_c)
    _, batch, padded = saved.states.shape
    hidden = saved.weight_hh.shape[1]
    scratch = Scratch()
    d_state = _last_gradient(scratch, grad_h, batch, hidden, padded)
    d_cell = _last_gradient(scratch, grad_c, batch, hidden, padded)
    d_x, d_weights = _back("lstm_backward", context, saved, grad_output, [d_state, d_cell], 4, 1)
    firsts = [
        one[:, :hidden].copy() if needed else None
        for one, needed in zip((d_state, d_cell), context.needs[1:3], strict=True)
    ]
    return d_x, *firsts, *d_weights


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
    reading = _read(x, reverse)
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
    places = (reading.start, reading.step, reading.row, features, address(packed), address(bias_n), address(states),
              address(gates), gates_step, address(proposals), proposals_step, batch, time, hidden, padded)  # fmt: skip
    runtime.pool.run("gru_forward", places, batch, _LEAST_ROWS)
    if context.records:
        context.saved = _Saved(runtime, scratch, reading, gates, proposals, states, None, weight_ih, weight_hh, reverse)
    return _output(states, hidden, reverse), states[time, :, :hidden].copy()


def _gru_vjp(context: Context, grad_output: Array | None, grad_h: Array | None) -> Gradients:
    saved = context.saved
    if not isinstance(saved, _Saved):
        return OPS["gru"].vjp(context, grad_output, grad_h)
    _, batch, padded = saved.states.shape
    hidden = saved.weight_hh.shape[1]
    scratch = Scratch()
    d_state = _last_gradient(scratch, grad_h, batch, hidden, padded)
    d_x, d_weights = _back("gru_backward", context, saved, grad_output, [d_state], 3, 2)
    return d_x, d_state[:, :hidden].copy() if context.needs[1] else None, *d_weights


def _reference(name: str, context: Context, *inputs: Any) -> tuple[Array, ...]:
    *arrays, reverse, lengths = inputs
    return cast("tuple[Array, ...]", by_reference(name, context, *arrays, reverse=reverse, lengths=lengths))


OVERRIDES = [override("gru", _gru, _gru_vjp)]  # for the LSTM see ``single.py``
