"""``forecasting.lstm``: an LSTM on top of a linear forecast, for several horizons at once."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from azuraforge.apps.forecasting.network import ForecastNetwork, NetworkConfig, NetworkForecaster
from azuraforge.engine import Tensor, nn
from azuraforge.plugins.windows import Inputs


class LstmConfig(NetworkConfig):
    """Size of the network, and how it is trained."""

    hidden_size: Annotated[int, Field(default=48, ge=1, le=1024, description="Size of the LSTM's state")]
    num_layers: Annotated[int, Field(default=1, ge=1, le=4, description="LSTM layers, each fed by the one below")]
    lstm_rows: Annotated[
        int, Field(default=24, ge=1, le=2000, description="Last rows of the window that the LSTM reads, at most")
    ]


class LstmNetwork(ForecastNetwork):
    """Summarises rows by the LSTM's last state."""

    lstm: nn.LSTM

    def __init__(self, inputs: Inputs, outputs: int, config: LstmConfig) -> None:
        lstm = nn.LSTM(
            inputs.channels,
            config.hidden_size,
            config.num_layers,
            dropout=config.dropout if config.num_layers > 1 else 0.0,
        )
        super().__init__(
            inputs,
            outputs,
            name="lstm",
            encoder=lstm,
            width=config.hidden_size,
            dropout=config.dropout,
            rows=config.lstm_rows,
        )

    def summary(self, rows: Tensor) -> Tensor:
        """The upper layer's last state."""
        _, (state, _) = self.lstm(rows)
        last: Tensor = state[-1]
        return last


class LstmForecaster(NetworkForecaster[LstmConfig]):
    """A linear forecast on the whole window, and an LSTM that learns what the line misses."""

    name: ClassVar[str] = "forecasting.lstm"
    Config = LstmConfig
    title: ClassVar[dict[str, str]] = {"en": "LSTM forecaster", "tr": "LSTM tahmincisi"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A recurrent network that starts at a linear forecast and learns what the line misses; with intervals.",
        "tr": "Doğrusal bir tahminden başlayıp doğrunun kaçırdığını öğrenen yinelemeli ağ; aralıklarıyla.",
    }

    def build(self, config: LstmConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """The network around an LSTM."""
        return LstmNetwork(inputs, outputs, config)
