"""Base of the network forecasters: a linear forecast as the floor, an encoder for the nonlinear rest."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Annotated, TypeVar

import numpy as np
from pydantic import Field

from azuraforge.engine import Tensor, nn
from azuraforge.engine.nn.functional import concat
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.linear_start import Line, fit_line
from azuraforge.plugins.forecasting.time_series import TimeSeriesPipeline
from azuraforge.plugins.forecasting.training_config import TimeSeriesConfig
from azuraforge.plugins.forecasting.windows import Examples, Inputs, Single

#: Number of last rows of the other channels in the linear part, which has the target's whole window.
OTHER_ROWS = 12


class NetworkConfig(TimeSeriesConfig):
    """Settings that every network forecaster has in addition to its own sizes."""

    dropout: Annotated[
        float,
        Field(
            default=0.1,
            ge=0,
            lt=1,
            title="Dropout",
            description="Share of values set to zero during training",
            json_schema_extra=in_turkish("Seyreltme (dropout)", "Eğitimde sıfırlanan değerlerin payı"),
        ),
    ]
    linear: Annotated[
        bool,
        Field(
            default=True,
            title="Linear start",
            description="Start from a linear forecast on the window and learn its residuals",
            json_schema_extra=in_turkish(
                "Doğrusal başlangıç", "Pencere üzerindeki doğrusal tahminle başlanır ve onun artıkları öğrenilir"
            ),
        ),
    ]


class FlooredNetwork(nn.Module):
    """A network that adds to a linear forecast, fitted in closed form and frozen.

    Quantiles are learned as distances from the point forecast, through which no gradient flows: they cannot pull it.

    Args:
        inputs, outputs: sizes of an example.

    Shapes:
        window ``(batch, window, channel)``, known ``(batch, horizon, known)``, answer ``(batch, horizon, output)``.
    """

    line_weight: Tensor
    line_bias: Tensor
    line_penalty: Tensor

    def __init__(self, inputs: Inputs, outputs: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.outputs = outputs
        empty = np.zeros((1, inputs.window, inputs.channels), np.float32)
        self.flat = len(flatten(inputs, empty, _no_known(inputs))[0])
        self.register_buffer("line_weight", np.zeros((inputs.horizon, self.flat), np.float32))
        self.register_buffer("line_bias", np.zeros(inputs.horizon, np.float32))
        self.register_buffer("line_penalty", np.zeros(1, np.float32))

    def set_line(self, line: Line) -> None:
        """Set the linear forecast."""
        self.line_weight.data[...] = line.weight
        self.line_bias.data[...] = line.bias
        self.line_penalty.data[...] = line.penalty

    def over_the_floor(self, flat: Single, added: Tensor) -> Tensor:
        """Return the linear forecast of the flattened inputs plus ``added`` ``(batch, horizon, output)``."""
        line = nn.functional.linear(Tensor(flat), self.line_weight, self.line_bias)
        point = line.reshape(len(flat), self.inputs.horizon, 1) + added[:, :, :1]
        return concat([point, point.detach() + added[:, :, 1:]], axis=2)


class ForecastNetwork(FlooredNetwork):
    """Network ``line + head(summary of the last rows, last row, values known ahead)``.

    The head's last layer begins at zero, so training begins exactly at the linear forecast. A subclass writes
    ``summary``.

    Args:
        inputs, outputs: sizes of an example.
        name, encoder: the module that reads the rows; it is held under ``name``, which names its weights.
        width: values of the summary.
        dropout: on the summary and between the head's layers.
        rows: how many last rows of the window the encoder reads, at most; the linear part reads all.
    """

    def __init__(
        self, inputs: Inputs, outputs: int, *, name: str, encoder: nn.Module, width: int, dropout: float, rows: int
    ) -> None:
        super().__init__(inputs, outputs)
        self.rows = min(rows, inputs.window)
        setattr(self, name, encoder)
        self.dropout = nn.Dropout(dropout)
        self.mix = nn.Linear(width + inputs.channels + 2 * inputs.known + _between(inputs), 2 * width)
        self.activation = nn.SiLU()
        self.head = nn.Linear(2 * width, inputs.horizon * outputs)
        self.head.weight.data[...] = 0
        if self.head.bias is not None:
            self.head.bias.data[...] = 0

    @abstractmethod
    def summary(self, rows: Tensor) -> Tensor:
        """Return ``(batch, width)`` summaries of ``(batch, rows, channel)``."""

    def forward(self, window: Tensor, known: Tensor) -> Tensor:
        """Return the forecast; see the class."""
        summary = self.summary(window[:, self.inputs.window - self.rows :, :])
        parts = [self.dropout(summary), window[:, -1, :]]
        if self.inputs.known:
            parts += [known[:, 0, :], known[:, -1, :]]
        if _between(self.inputs):
            parts.append(known[:, 1:-1, self.inputs.known - self.inputs.ahead :].flatten(1))
        mixed = self.dropout(self.activation(self.mix(concat(parts, axis=1))))
        added = self.head(mixed).reshape(len(window), self.inputs.horizon, self.outputs)
        return self.over_the_floor(flatten(self.inputs, window.numpy(), known.numpy()), added)


NetworkConfigT = TypeVar("NetworkConfigT", bound=NetworkConfig)


class NetworkForecaster(TimeSeriesPipeline[NetworkConfigT]):
    """A forecaster around a ``FlooredNetwork``; a subclass writes ``build``."""

    def prepare(self, config: NetworkConfigT, network: nn.Module, train: Examples, validation: Examples) -> None:
        """Fit the line."""
        if config.linear and isinstance(network, FlooredNetwork):
            network.set_line(fit_line(train, validation, partial(flatten, network.inputs)))

    def prepare_refit(self, config: NetworkConfigT, network: nn.Module, evaluated: nn.Module, train: Examples) -> None:
        """Fit the line with the penalty of the evaluated one."""
        if config.linear and isinstance(network, FlooredNetwork) and isinstance(evaluated, FlooredNetwork):
            penalty = float(evaluated.line_penalty.numpy()[0])
            network.set_line(fit_line(train, None, partial(flatten, network.inputs), penalty=penalty))


def flatten(inputs: Inputs, window: Single, known: Single) -> Single:
    """Return ``(batch, input)``: the target's window, the last rows of other channels, values known ahead.

    The calendar of one row is enough: that of every further row is a rotation of it, hence linear in it. Holidays and
    columns known in advance are no rotation; they are given for every row ahead.
    """
    batch = len(window)
    target = window[:, :, : inputs.target_channels].reshape(batch, -1)
    others = window[:, -OTHER_ROWS:, inputs.target_channels :].reshape(batch, -1)
    parts = [target, others, known[:, 0, :]]
    if inputs.ahead:
        parts.append(known[:, 1:, inputs.known - inputs.ahead :].reshape(batch, -1))
    return np.concatenate(parts, axis=1)


def _between(inputs: Inputs) -> int:
    """Return values known ahead for the rows between the first and the last; the head sees all of them anyway."""
    return inputs.ahead * max(inputs.horizon - 2, 0)


def _no_known(inputs: Inputs) -> Single:
    return np.zeros((1, inputs.horizon, inputs.known), np.float32)
