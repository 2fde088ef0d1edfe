"""Recurrent layers over whole sequences: LSTM and GRU.

Names, layouts, gate orders and both biases are PyTorch's, so weights move in both directions:
``weight_ih_l0`` ``(gates * hidden, input)``, ``weight_hh_l0`` ``(gates * hidden, hidden)``, ``bias_ih_l0`` and
``bias_hh_l0`` ``(gates * hidden,)``; further layers end in ``_l1`` …, the backward direction in ``_reverse``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from azuraforge.engine.autograd import apply_many
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.checks import expect_dtype, expect_features
from azuraforge.engine.nn.module import Module
from azuraforge.engine.ops.registry import Array
from azuraforge.engine.tensor import Tensor

LSTMState = tuple[Tensor, Tensor]
Lengths = Sequence[int] | Array | None


class _Recurrent(Module):
    """Parts shared by LSTM and GRU: parameters, layers, directions, and the loop over them."""

    op: str
    gates: int
    state_names: tuple[str, ...]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        batch_first: bool = True,
        bidirectional: bool = False,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        if min(input_size, hidden_size, num_layers) < 1:
            raise EngineError(f"{kind} sizes must be at least 1, got {input_size}, {hidden_size}, {num_layers} layers")
        if not 0 <= dropout <= 1:
            raise EngineError(f"{kind} dropout must be between 0 and 1, got {dropout}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.batch_first = batch_first
        self.bidirectional = bidirectional
        self.generator = generator
        bound = 1 / math.sqrt(hidden_size)
        rows = self.gates * hidden_size
        for layer in range(num_layers):
            features = input_size if layer == 0 else hidden_size * self.directions
            shapes = ((rows, features), (rows, hidden_size), (rows,), (rows,))
            for direction in range(self.directions):
                for name, shape in zip(_names(layer, direction), shapes, strict=True):
                    setattr(self, name, init.uniform(shape, bound, generator))

    @property
    def directions(self) -> int:
        """Number of directions: 2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    def _run(self, x: Tensor, states: Sequence[Tensor] | None, lengths: Lengths) -> tuple[Tensor, list[Tensor]]:
        """Return the output in the input's layout and each last state ``(layer * direction, batch, hidden)``."""
        kind = type(self).__name__
        expect_features(kind, x, self.input_size, self._parameters["weight_ih_l0"])
        if x.ndim != 3:
            layout = "batch, time" if self.batch_first else "time, batch"
            raise EngineError(f"{kind} expects ({layout}, {self.input_size}), got {shape_text(x.shape)}")
        if not self.batch_first:
            x = x.swapaxes(0, 1)
        batch, time, _ = x.shape
        if time == 0:
            raise EngineError(f"{kind} expects at least one time step, got {shape_text(x.shape)}")
        sizes = self._lengths(lengths, batch, time)
        before = self._states(states, batch, x)
        after: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            if layer:
                x = functional.dropout(x, self.dropout, self.training, self.generator)
            outputs = []
            for direction in range(self.directions):
                weights = [self._parameters[name] for name in _names(layer, direction)]
                output, *last = apply_many(
                    self.op,
                    x,
                    *before[layer * self.directions + direction],
                    *weights,
                    reverse=direction == 1,
                    lengths=sizes,
                )
                outputs.append(output)
                after.append(last)
            x = outputs[0] if len(outputs) == 1 else functional.concat(outputs, axis=2)
        if len(after) == 1:
            # Outside a graph a plain view does; a reshape that is recorded costs as much as a small kernel.
            final = [last.unsqueeze(0) if last.requires_grad else Tensor._wrap(last.data[None]) for last in after[0]]
        else:
            final = [functional.stack(parts) for parts in zip(*after, strict=True)]
        return (x if self.batch_first else x.swapaxes(0, 1)), final

    def _states(self, states: Sequence[Tensor] | None, batch: int, x: Tensor) -> list[tuple[Tensor, ...]]:
        count = self.num_layers * self.directions
        if states is None:
            zeros = Tensor._wrap(np.zeros((batch, self.hidden_size), x.dtype))
            return [(zeros,) * len(self.state_names)] * count
        wanted = (count, batch, self.hidden_size)
        kind = type(self).__name__
        if len(states) != len(self.state_names):
            raise EngineError(f"{kind} expects {len(self.state_names)} first states, got {len(states)}")
        for name, one in zip(self.state_names, states, strict=True):
            if one.shape != wanted:
                raise EngineError(f"{kind} expects {name} {shape_text(wanted)}, got {shape_text(one.shape)}")
            expect_dtype(f"{kind} {name}", one, x)
        return [tuple(one[index] for one in states) for index in range(count)]

    def _lengths(self, lengths: Lengths, batch: int, time: int) -> Array | None:
        if lengths is None:
            return None
        sizes = np.asarray(lengths)
        if sizes.dtype.kind not in "iu" and sizes.size:
            raise EngineError(
                f"{type(self).__name__} expects {batch} lengths between 1 and {time}, got {sizes.tolist()}"
            )
        return sizes.astype(np.int64)  # the op's contract checks their number and their range

    def extra_repr(self) -> str:
        """Return the sizes as text for ``repr``."""
        layers = f", layers={self.num_layers}" if self.num_layers > 1 else ""
        both = ", bidirectional" if self.bidirectional else ""
        return f"{self.input_size} → {self.hidden_size}{layers}{both}"


class LSTM(_Recurrent):
    """Long short-term memory, one or more layers (Hochreiter and Schmidhuber 1997). Gate order i, f, g, o.

    Args:
        input_size: features per step.
        hidden_size: size of the state.
        num_layers: layers, each fed by the one below.
        dropout: probability of dropout between layers in training.
        batch_first: input and output are ``(batch, time, feature)``; else ``(time, batch, feature)``.
        bidirectional: whether to run in both directions and concatenate the outputs.
        generator: source of the first weights and of dropout; the module-level one by default.

    >>> output, (h_n, c_n) = LSTM(8, 64)(Tensor(np.zeros((32, 60, 8), np.float32)))
    >>> output.shape, h_n.shape, c_n.shape
    ((32, 60, 64), (1, 32, 64), (1, 32, 64))
    """

    op = "lstm"
    gates = 4
    state_names = ("h_0", "c_0")

    def forward(self, x: Tensor, state: LSTMState | None = None, lengths: Lengths = None) -> tuple[Tensor, LSTMState]:
        """Run the sequences.

        Args:
            x: ``(batch, time, input_size)`` with ``batch_first``.
            state: ``(h_0, c_0)``, each ``(layer * direction, batch, hidden)``; zeros by default.
            lengths: one per sequence; beyond it the output is zero and the state stays.

        Returns:
            The last layer's output ``(batch, time, direction * hidden)`` and ``(h_n, c_n)``, each
            ``(layer * direction, batch, hidden)``.
        """
        output, (h_n, c_n) = self._run(x, state, lengths)
        return output, (h_n, c_n)


class GRU(_Recurrent):
    """Gated recurrent unit, one or more layers (Cho et al. 2014). Gate order r, z, n. Arguments as for LSTM.

    >>> output, h_n = GRU(8, 64, bidirectional=True)(Tensor(np.zeros((32, 60, 8), np.float32)))
    >>> output.shape, h_n.shape
    ((32, 60, 128), (2, 32, 64))
    """

    op = "gru"
    gates = 3
    state_names = ("h_0",)

    def forward(self, x: Tensor, state: Tensor | None = None, lengths: Lengths = None) -> tuple[Tensor, Tensor]:
        """Run the sequences as in :class:`LSTM`, with a single state ``(layer * direction, batch, hidden)``."""
        output, (h_n,) = self._run(x, None if state is None else (state,), lengths)
        return output, h_n


@cache
def _names(layer: int, direction: int) -> tuple[str, str, str, str]:
    end = f"_l{layer}" + ("_reverse" if direction else "")
    return f"weight_ih{end}", f"weight_hh{end}", f"bias_ih{end}", f"bias_hh{end}"
