"""The network of ``forecasting.lstm``: a linear forecast as the floor, an LSTM for what is not linear."""

from __future__ import annotations

import numpy as np

from azuraforge.engine import Tensor, nn
from azuraforge.engine.nn.functional import concat
from azuraforge.plugins.linear_start import Line
from azuraforge.plugins.windows import Inputs, Single

#: The linear part sees the whole window of the target, and this many last rows of the other channels.
OTHER_ROWS = 12


class LstmNetwork(nn.Module):
    """``answer = line + head(LSTM's last state, last row, calendar ahead)``.

    The line is fitted in closed form and frozen; the head's last layer begins at zero, so training begins exactly at
    the linear forecast. Quantiles are learned as distances from the point forecast, through which no gradient flows:
    they cannot pull it.

    Args:
        inputs, outputs: sizes of an example.
        hidden_size, num_layers, dropout: of the LSTM.
        rows: how many last rows of the window the LSTM reads; the linear part reads all.

    Shapes:
        window ``(batch, window, channel)``, known ``(batch, horizon, known)``, answer ``(batch, horizon, output)``.
    """

    line_weight: Tensor
    line_bias: Tensor

    def __init__(
        self, inputs: Inputs, outputs: int, hidden_size: int, num_layers: int, dropout: float, rows: int
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.outputs = outputs
        self.rows = min(rows, inputs.window)
        self.lstm = nn.LSTM(inputs.channels, hidden_size, num_layers, dropout=dropout if num_layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.mix = nn.Linear(hidden_size + inputs.channels + 2 * inputs.known, 2 * hidden_size)
        self.activation = nn.SiLU()
        self.head = nn.Linear(2 * hidden_size, inputs.horizon * outputs)
        self.head.weight.data[...] = 0
        if self.head.bias is not None:
            self.head.bias.data[...] = 0
        width = len(flatten(inputs, np.zeros((1, inputs.window, inputs.channels), np.float32), _no_known(inputs))[0])
        self.register_buffer("line_weight", np.zeros((inputs.horizon, width), np.float32))
        self.register_buffer("line_bias", np.zeros(inputs.horizon, np.float32))

    def set_line(self, line: Line) -> None:
        """Take the linear forecast over."""
        self.line_weight.data[...] = line.weight
        self.line_bias.data[...] = line.bias

    def forward(self, window: Tensor, known: Tensor) -> Tensor:
        """See the class."""
        flat = Tensor(flatten(self.inputs, window.numpy(), known.numpy()))
        line = nn.functional.linear(flat, self.line_weight, self.line_bias)
        batch, horizon = len(window), self.inputs.horizon
        _, (state, _) = self.lstm(window[:, self.inputs.window - self.rows :, :])
        parts = [self.dropout(state[-1]), window[:, -1, :]]
        if self.inputs.known:
            parts += [known[:, 0, :], known[:, -1, :]]
        mixed = self.dropout(self.activation(self.mix(concat(parts, axis=1))))
        answer = self.head(mixed).reshape(batch, horizon, self.outputs)
        point = line.reshape(batch, horizon, 1) + answer[:, :, :1]
        return concat([point, point.detach() + answer[:, :, 1:]], axis=2)


def flatten(inputs: Inputs, window: Single, known: Single) -> Single:
    """``(batch, input)`` of the linear part: the target's window, the last rows of other channels, the next calendar.

    The calendar of one row is enough: that of every further row is a rotation of it, hence linear in it.
    """
    batch = len(window)
    target = window[:, :, : inputs.target_channels].reshape(batch, -1)
    others = window[:, -OTHER_ROWS:, inputs.target_channels :].reshape(batch, -1)
    return np.concatenate([target, others, known[:, 0, :]], axis=1)


def _no_known(inputs: Inputs) -> Single:
    return np.zeros((1, inputs.horizon, inputs.known), np.float32)
