"""``forecasting.nhits``: stacks that read the window at several resolutions, on top of a linear forecast.

Source: Challu, Olivares, Oreshkin, Garza, Mergenthaler-Canseco and Dubrawski, "N-HiTS: Neural Hierarchical
Interpolation for Time Series Forecasting", 2023. Each window is normalised by its own mean and standard deviation, and
the output is scaled back (Kim et al., "Reversible Instance Normalization", 2022), so that one network fits series of
any level.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from azuraforge.apps.forecasting.network import FlooredNetwork, NetworkConfig, NetworkForecaster, flatten
from azuraforge.engine import Tensor, nn
from azuraforge.engine.nn.functional import avg_pool1d, concat, pad
from azuraforge.plugins.contract.fields.grouping import MODEL
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.windows import Inputs, Single

#: Lower limit of the standard deviation by which a window is divided, in scaled units.
_LEAST_SPREAD = 0.1


class NhitsConfig(NetworkConfig):
    """Settings of N-HiTS: size of the network and its training."""

    resolutions: Annotated[
        tuple[int, ...],
        Field(
            default=(8, 4, 1),
            min_length=1,
            max_length=8,
            title="Resolutions",
            description="Number of rows that each stack averages into one input, the coarsest stack first",
            json_schema_extra=in_turkish(
                "Çözünürlükler", "Her bloğun ortalamasını alıp tek girdi olarak okuduğu satır sayısı; en kaba blok önce"
            )
            | MODEL,
        ),
    ]
    width: Annotated[
        int,
        Field(
            default=96,
            ge=1,
            le=2048,
            title="Width",
            description="Number of units in each hidden layer of a stack",
            json_schema_extra=(
                in_turkish("Genişlik", "Bir bloğun her gizli katmanındaki birim sayısı")
                | search_range(32, 256, log=True)
                | MODEL
            ),
        ),
    ]


class Stack(nn.Module):
    """Stack that reads the window at one resolution, and returns the explained part of the window and a forecast.

    ``rows`` is the number of rows that it averages into one input.

    Shapes:
        window: ``(batch, window)``.
        others: other inputs, ``(batch, other)``.
        result: explained part, ``(batch, window)``, and forecast, ``(batch, horizon, output)``.
    """

    def __init__(self, window: int, horizon: int, others: int, outputs: int, rows: int, config: NhitsConfig) -> None:
        super().__init__()
        self.window, self.horizon, self.outputs = window, horizon, outputs
        self.pooled = min(rows, window)
        self.missing = -window % self.pooled
        read = (window + self.missing) // self.pooled
        self.ahead = max(1, -(-horizon // self.pooled))
        self.layers = nn.Sequential(
            nn.Linear(read + others, config.width), nn.SiLU(), nn.Dropout(config.dropout),
            nn.Linear(config.width, config.width), nn.SiLU(),
        )  # fmt: skip
        self.back = nn.Linear(config.width, read)
        self.forward_knots = nn.Linear(config.width, self.ahead * outputs)
        # With zero weights, training starts from the linear forecast.
        self.forward_knots.weight.data[...] = 0
        if self.forward_knots.bias is not None:
            self.forward_knots.bias.data[...] = 0
        self.register_buffer("to_window", interpolation(read, window))
        self.register_buffer("to_horizon", interpolation(self.ahead, horizon))

    to_window: Tensor
    to_horizon: Tensor

    def forward(self, window: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """Return the explained part of the window and the forecast; see the class for the shapes."""
        batch = len(window)
        whole = pad(window, ((0, 0), (self.missing, 0))).reshape(batch, 1, self.window + self.missing)
        read = avg_pool1d(whole, self.pooled).reshape(batch, -1)
        hidden = self.layers(concat([read, others], axis=1))
        explained = self.back(hidden) @ self.to_window
        knots = self.forward_knots(hidden).reshape(batch, self.outputs, self.ahead)
        return explained, (knots @ self.to_horizon).swapaxes(1, 2)


class NhitsNetwork(FlooredNetwork):
    """Network ``line + standard deviation of the window × (sum of the stacks)``.

    Each stack reads the part of the window that the stacks before it did not explain.
    """

    def __init__(self, inputs: Inputs, outputs: int, config: NhitsConfig) -> None:
        super().__init__(inputs, outputs)
        others = self.flat - inputs.window * inputs.target_channels
        self.stacks = nn.ModuleList(
            [Stack(inputs.window, inputs.horizon, others, outputs, rows, config) for rows in config.resolutions]
        )

    def forward(self, window: Tensor, known: Tensor) -> Tensor:
        """Return the forecast ``(batch, horizon, output)``; see ``FlooredNetwork`` for the inputs."""
        flat = flatten(self.inputs, window.numpy(), known.numpy())
        others = Tensor(flat[:, self.inputs.window * self.inputs.target_channels :])
        values = window.numpy()[:, :, 0]
        mean = values.mean(axis=1, keepdims=True)
        spread = np.maximum(values.std(axis=1, keepdims=True), _LEAST_SPREAD).astype(np.float32)
        left = Tensor((values - mean) / spread)
        added: Tensor | None = None
        for stack in self.stacks:
            explained, forecast = stack(left, others)
            left = left - explained
            added = forecast if added is None else added + forecast
        assert added is not None  # there is at least one resolution
        return self.over_the_floor(flat, added * Tensor(spread[:, :, None]))


class NhitsForecaster(NetworkForecaster[NhitsConfig]):
    """Forecaster with a linear forecast on the whole window and stacks that learn its residuals."""

    name: ClassVar[str] = "forecasting.nhits"
    Config = NhitsConfig
    title: ClassVar[dict[str, str]] = {"en": "N-HiTS", "tr": "N-HiTS"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Stacks that read the window at several resolutions and interpolate, on top of a linear forecast.",
        "tr": "Doğrusal tahminin üstünde, pencereyi birkaç çözünürlükte okuyup ara değerleri bulan bloklar.",
    }

    def build(self, config: NhitsConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """Return the network of a linear forecast and one stack for each resolution."""
        return NhitsNetwork(inputs, outputs, config)


def interpolation(knots: int, rows: int) -> Single:
    """Return weights, ``(knot, row)``, of linear interpolation between knots spaced evenly from first to last row.

    Example:
        >>> interpolation(2, 3).tolist()
        [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]
    """
    if knots == 1:
        return np.ones((1, rows), np.float32)
    places = np.linspace(0.0, knots - 1.0, rows) if rows > 1 else np.array([knots - 1.0])
    distances = np.abs(np.arange(knots)[:, None] - places[None, :])
    return np.maximum(0.0, 1.0 - distances).astype(np.float32)
