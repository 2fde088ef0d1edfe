"""Recurrent layers over whole sequences."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.autograd import apply_many
from azuraforge.engine.errors import EngineError, shape_text
from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.tensor import Tensor

State = tuple[Tensor, Tensor]


class LSTM(Module):
    """Long short-term memory, one or more layers (Hochreiter and Schmidhuber 1997).

    Names, layouts, gate order (i, f, g, o) and both biases are PyTorch's: ``weight_ih_l0``
    ``(4 hidden, input)``, ``weight_hh_l0`` ``(4 hidden, hidden)``, ``bias_ih_l0`` and ``bias_hh_l0``
    ``(4 hidden,)``.

    Args:
        input_size: features per step.
        hidden_size: size of the state.
        num_layers: layers, each fed by the one below.
        dropout: dropout between layers, in training.
        batch_first: input and output are ``(batch, time, feature)``; else ``(time, batch, feature)``.
        generator: source of the first weights and of dropout; the module-level one by default.

    >>> output, (h_n, c_n) = LSTM(8, 64)(Tensor(np.zeros((32, 60, 8), np.float32)))
    >>> output.shape, h_n.shape, c_n.shape
    ((32, 60, 64), (1, 32, 64), (1, 32, 64))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        batch_first: bool = True,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if min(input_size, hidden_size, num_layers) < 1:
            raise EngineError(f"LSTM sizes must be at least 1, got {input_size}, {hidden_size}, {num_layers} layers")
        if not 0 <= dropout <= 1:
            raise EngineError(f"Dropout probability must be between 0 and 1, got {dropout}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.batch_first = batch_first
        self.generator = generator
        bound = 1 / math.sqrt(hidden_size)
        for layer in range(num_layers):
            features = input_size if layer == 0 else hidden_size
            for name, shape in (
                ("weight_ih", (4 * hidden_size, features)),
                ("weight_hh", (4 * hidden_size, hidden_size)),
                ("bias_ih", (4 * hidden_size,)),
                ("bias_hh", (4 * hidden_size,)),
            ):
                setattr(self, f"{name}_l{layer}", init.uniform(shape, bound, generator))

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run the sequence.

        Args:
            x: ``(batch, time, input_size)`` with ``batch_first``.
            state: ``(h_0, c_0)``, each ``(layer, batch, hidden)``; zeros by default.

        Returns:
            The last layer's output ``(batch, time, hidden)`` and ``(h_n, c_n)``, each
            ``(layer, batch, hidden)``.
        """
        first: Parameter = self._parameters["weight_ih_l0"]
        functional.expect_features("LSTM", x, self.input_size, first)
        if x.ndim != 3:
            layout = "batch, time" if self.batch_first else "time, batch"
            raise EngineError(f"LSTM expects ({layout}, {self.input_size}), got {shape_text(x.shape)}")
        if not self.batch_first:
            x = x.swapaxes(0, 1)
        if x.shape[1] == 0:
            raise EngineError(f"LSTM expects at least one time step, got {shape_text(x.shape)}")
        before = self._states(state, x)
        after = []
        for layer in range(self.num_layers):
            if layer:
                x = functional.dropout(x, self.dropout, self.training, self.generator)
            names = (f"weight_ih_l{layer}", f"weight_hh_l{layer}", f"bias_ih_l{layer}", f"bias_hh_l{layer}")
            weights = [self._parameters[name] for name in names]
            x, h_n, c_n = apply_many("lstm", x, *before[layer], *weights)
            after.append((h_n, c_n))
        h_n, c_n = (functional.stack(parts) for parts in zip(*after, strict=True))
        return (x if self.batch_first else x.swapaxes(0, 1)), (h_n, c_n)

    def _states(self, state: State | None, x: Tensor) -> list[State]:
        batch = x.shape[0]
        if state is None:
            zeros = Tensor(np.zeros((batch, self.hidden_size), dtype=x.dtype))
            return [(zeros, zeros)] * self.num_layers
        wanted = (self.num_layers, batch, self.hidden_size)
        for name, one in zip(("h_0", "c_0"), state, strict=True):
            if one.shape != wanted:
                raise EngineError(f"LSTM expects {name} {shape_text(wanted)}, got {shape_text(one.shape)}")
        return [(state[0][layer], state[1][layer]) for layer in range(self.num_layers)]

    def extra_repr(self) -> str:
        """Show the sizes."""
        layers = f", layers={self.num_layers}" if self.num_layers > 1 else ""
        return f"{self.input_size} → {self.hidden_size}{layers}"
