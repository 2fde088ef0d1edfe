"""``forecasting.lstm``: an LSTM on top of a linear forecast."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from azuraforge.apps.forecasting.network import NetworkForecaster
from azuraforge.apps.forecasting.recurrent import RecurrentConfig, RecurrentNetwork
from azuraforge.engine import nn
from azuraforge.plugins.contract.fields.grouping import MODEL
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.windows import Inputs


class LstmConfig(RecurrentConfig):
    """Settings of the LSTM forecaster: size of the network and its training."""

    lstm_rows: Annotated[
        int,
        Field(
            default=24,
            ge=1,
            le=2000,
            title="Rows the LSTM reads",
            description="Maximum number of rows that the LSTM reads, at the end of the window",
            json_schema_extra=(
                in_turkish(
                    "LSTM'nin okuduğu satır sayısı",
                    "LSTM'nin okuduğu satır sayısının üst sınırı; pencerenin son satırları okunur",
                )
                | search_range(12, 96, log=True)
                | MODEL
            ),
        ),
    ]


class LstmForecaster(NetworkForecaster[LstmConfig]):
    """Forecaster with a linear forecast on the whole window and an LSTM that learns its residuals."""

    name: ClassVar[str] = "forecasting.lstm"
    Config = LstmConfig
    title: ClassVar[dict[str, str]] = {"en": "LSTM forecaster", "tr": "LSTM tahmincisi"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A recurrent network that starts from a linear forecast and learns its residuals; with intervals.",
        "tr": "Doğrusal bir tahminden başlayıp onun artıklarını öğrenen yinelemeli ağ; aralıklar da verir.",
    }

    def build(self, config: LstmConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """Return the network with an LSTM as its encoder."""
        return RecurrentNetwork(inputs, outputs, name="lstm", layer=nn.LSTM, config=config, rows=config.lstm_rows)
