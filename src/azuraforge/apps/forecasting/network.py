"""Base of the network forecasters: a frozen linear forecast, and a network that learns its residuals."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Annotated, TypeVar

import numpy as np
from pydantic import Field

from azuraforge.engine import Tensor, nn
from azuraforge.engine.nn.functional import concat
from azuraforge.plugins.contract.fields.grouping import MODEL
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.linear_start import Line, fit_line
from azuraforge.plugins.forecasting.time_series import TimeSeriesPipeline
from azuraforge.plugins.forecasting.training_config import TimeSeriesConfig
from azuraforge.plugins.forecasting.windows import Examples, Inputs, Single

#: Number of last rows of the other channels that the linear forecast reads; it reads the target's whole window.
OTHER_ROWS = 12


class NetworkConfig(TimeSeriesConfig):
    """Settings that all network forecasters share."""

    dropout: Annotated[
        float,
        Field(
            default=0.1,
            ge=0,
            lt=1,
            title="Dropout",
            description="Share of values set to zero during training",
            json_schema_extra=(
                in_turkish("Seyreltme (dropout)", "Eğitimde sıfırlanan değerlerin payı")
                | search_range(0.0, 0.4)
                | MODEL
            ),
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
            )
            | MODEL,
        ),
    ]


class FlooredNetwork(nn.Module):
    """Network whose output is added to a linear forecast, which is fitted in closed form and frozen.

    Quantiles are learned as distances from the point forecast. Their gradient does not flow into the point forecast, so
    they cannot change it.

    Args:
        inputs: sizes of the inputs.
        outputs: number of outputs for each row ahead, the point forecast first.

    Shapes:
        window: ``(batch, window, channel)``.
        known: values known ahead, ``(batch, horizon, known)``.
        result: forecast, ``(batch, horizon, output)``.
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
        """Copy the coefficients and the penalty of a fitted linear forecast."""
        self.line_weight.data[...] = line.weight
        self.line_bias.data[...] = line.bias
        self.line_penalty.data[...] = line.penalty

    def over_the_floor(self, flat: Single, added: Tensor) -> Tensor:
        """Return the linear forecast of the flattened inputs ``flat``, ``(batch, input)``, plus ``added``.

        ``added`` and the result have the shape ``(batch, horizon, output)``.
        """
        line = nn.functional.linear(Tensor(flat), self.line_weight, self.line_bias)
        point = line.reshape(len(flat), self.inputs.horizon, 1) + added[:, :, :1]
        return concat([point, point.detach() + added[:, :, 1:]], axis=2)


class ForecastNetwork(FlooredNetwork):
    """Network ``line + head(summary of the last rows, last row, values known ahead)``.

    The weights of the head's last layer are initially zero, so training starts exactly from the linear forecast.
    Subclasses implement ``summary``.

    Args:
        inputs: sizes of the inputs.
        outputs: number of outputs for each row ahead, the point forecast first.
        name: attribute that stores the encoder, and prefix of its weights.
        encoder: module that reads the rows.
        width: number of values of the summary.
        dropout: share of values set to zero in the summary and between the layers of the head.
        rows: maximum number of last rows of the window that the encoder reads; the linear forecast reads all rows.
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
        """Return the summaries of the last rows: ``(batch, row, channel)`` → ``(batch, width)``."""

    def forward(self, window: Tensor, known: Tensor) -> Tensor:
        """Return the forecast ``(batch, horizon, output)``; see ``FlooredNetwork`` for the inputs."""
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
    """Base class of forecasters with a ``FlooredNetwork``. Subclasses implement ``build``."""

    def prepare(self, config: NetworkConfigT, network: nn.Module, train: Examples, validation: Examples) -> None:
        """Fit the linear forecast and copy it into the network, if the config enables it."""
        if config.linear and isinstance(network, FlooredNetwork):
            network.set_line(fit_line(train, validation, partial(flatten, network.inputs)))

    def prepare_refit(self, config: NetworkConfigT, network: nn.Module, evaluated: nn.Module, train: Examples) -> None:
        """Fit the linear forecast with the evaluated network's penalty and copy it into ``network``, if enabled."""
        if config.linear and isinstance(network, FlooredNetwork) and isinstance(evaluated, FlooredNetwork):
            penalty = float(evaluated.line_penalty.numpy()[0])
            network.set_line(fit_line(train, None, partial(flatten, network.inputs), penalty=penalty))


def flatten(inputs: Inputs, window: Single, known: Single) -> Single:
    """Return the target's window, the last rows of the other channels, and values known ahead, as ``(batch, input)``.

    The calendar features of the first row ahead are enough: the features of each further row are a rotation of them,
    and hence a linear function. Holidays and known-ahead columns are included for every row ahead.
    """
    batch = len(window)
    target = window[:, :, : inputs.target_channels].reshape(batch, -1)
    others = window[:, -OTHER_ROWS:, inputs.target_channels :].reshape(batch, -1)
    parts = [target, others, known[:, 0, :]]
    if inputs.ahead:
        parts.append(known[:, 1:, inputs.known - inputs.ahead :].reshape(batch, -1))
    return np.concatenate(parts, axis=1)


def _between(inputs: Inputs) -> int:
    """Return the number of known-ahead values in the rows between the first and the last row ahead."""
    return inputs.ahead * max(inputs.horizon - 2, 0)


def _no_known(inputs: Inputs) -> Single:
    return np.zeros((1, inputs.horizon, inputs.known), np.float32)
