"""``forecasting.gru``: a gated recurrent unit on top of a linear forecast."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from azuraforge.apps.forecasting.network import ForecastNetwork, NetworkConfig, NetworkForecaster
from azuraforge.engine import Tensor, nn
from azuraforge.plugins.windows import Inputs


class GruConfig(NetworkConfig):
    """Size of the network, and how it is trained."""

    hidden_size: Annotated[int, Field(default=48, ge=1, le=1024, description="Size of the GRU's state")]
    num_layers: Annotated[int, Field(default=1, ge=1, le=4, description="GRU layers, each fed by the one below")]
    gru_rows: Annotated[
        int, Field(default=24, ge=1, le=2000, description="Last rows of the window that the GRU reads, at most")
    ]


class GruNetwork(ForecastNetwork):
    """Summarises rows by the GRU's last state."""

    gru: nn.GRU

    def __init__(self, inputs: Inputs, outputs: int, config: GruConfig) -> None:
        gru = nn.GRU(
            inputs.channels,
            config.hidden_size,
            config.num_layers,
            dropout=config.dropout if config.num_layers > 1 else 0.0,
        )
        super().__init__(
            inputs,
            outputs,
            name="gru",
            encoder=gru,
            width=config.hidden_size,
            dropout=config.dropout,
            rows=config.gru_rows,
        )

    def summary(self, rows: Tensor) -> Tensor:
        """The upper layer's last state."""
        _, state = self.gru(rows)
        last: Tensor = state[-1]
        return last


class GruForecaster(NetworkForecaster[GruConfig]):
    """A linear forecast on the whole window, and a GRU that learns what the line misses."""

    name: ClassVar[str] = "forecasting.gru"
    Config = GruConfig
    title: ClassVar[dict[str, str]] = {"en": "GRU forecaster", "tr": "GRU tahmincisi"}
    summary: ClassVar[dict[str, str]] = {
        "en": "As the LSTM forecaster with a gated recurrent unit: fewer weights, one state.",
        "tr": "LSTM tahmincisinin kapılı yinelemeli birimle hali: daha az ağırlık, tek durum.",
    }

    def build(self, config: GruConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """The network around a GRU."""
        return GruNetwork(inputs, outputs, config)
