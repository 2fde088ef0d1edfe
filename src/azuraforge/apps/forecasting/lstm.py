"""``forecasting.lstm``: an LSTM on top of a linear forecast, for several horizons at once."""

from __future__ import annotations

from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field

from azuraforge.apps.forecasting.network import LstmNetwork, flatten
from azuraforge.engine import nn
from azuraforge.plugins.linear_start import fit_line
from azuraforge.plugins.time_series import TimeSeriesConfig, TimeSeriesPipeline
from azuraforge.plugins.windows import Examples, Inputs


class LstmConfig(TimeSeriesConfig):
    """Size of the network, and how it is trained."""

    hidden_size: Annotated[int, Field(default=48, ge=1, le=1024, description="Size of the LSTM's state")]
    num_layers: Annotated[int, Field(default=1, ge=1, le=4, description="LSTM layers, each fed by the one below")]
    dropout: Annotated[float, Field(default=0.1, ge=0, lt=1, description="Share of values dropped while training")]
    lstm_rows: Annotated[
        int, Field(default=24, ge=1, le=2000, description="Last rows of the window that the LSTM reads, at most")
    ]
    linear: Annotated[
        bool, Field(default=True, description="Begin at a linear forecast on the window and learn what it misses")
    ]


class LstmForecaster(TimeSeriesPipeline[LstmConfig]):
    """A linear forecast on the whole window, and an LSTM that learns what the line misses."""

    name: ClassVar[str] = "forecasting.lstm"
    Config = LstmConfig
    title: ClassVar[dict[str, str]] = {"en": "LSTM forecaster", "tr": "LSTM tahmincisi"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A recurrent network that starts at a linear forecast and learns what the line misses; with intervals.",
        "tr": "Doğrusal bir tahminden başlayıp doğrunun kaçırdığını öğrenen yinelemeli ağ; aralıklarıyla.",
    }

    def build(self, config: LstmConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """The network of ``network.py``."""
        return LstmNetwork(inputs, outputs, config.hidden_size, config.num_layers, config.dropout, config.lstm_rows)

    def prepare(self, config: LstmConfig, network: nn.Module, train: Examples, validation: Examples) -> None:
        """Fit the line."""
        if config.linear and isinstance(network, LstmNetwork):
            network.set_line(fit_line(train, validation, partial(flatten, network.inputs)))
