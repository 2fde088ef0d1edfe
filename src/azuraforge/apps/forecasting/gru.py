"""``forecasting.gru``: a gated recurrent unit on top of a linear forecast."""

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


class GruConfig(RecurrentConfig):
    """Settings of the GRU forecaster: size of the network and its training."""

    gru_rows: Annotated[
        int,
        Field(
            default=24,
            ge=1,
            le=2000,
            title="Rows the GRU reads",
            description="Maximum number of rows that the GRU reads, at the end of the window",
            json_schema_extra=(
                in_turkish(
                    "GRU'nun okuduğu satır sayısı",
                    "GRU'nun okuduğu satır sayısının üst sınırı; pencerenin son satırları okunur",
                )
                | search_range(12, 96, log=True)
                | MODEL
            ),
        ),
    ]


class GruForecaster(NetworkForecaster[GruConfig]):
    """Forecaster with a linear forecast on the whole window and a GRU that learns its residuals."""

    name: ClassVar[str] = "forecasting.gru"
    Config = GruConfig
    title: ClassVar[dict[str, str]] = {"en": "GRU forecaster", "tr": "GRU tahmincisi"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Like the LSTM forecaster, but with gated recurrent units, which have fewer weights.",
        "tr": "LSTM tahmincisi gibidir, ancak daha az ağırlığı olan kapılı yinelemeli birimler (GRU) kullanır.",
    }

    def build(self, config: GruConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """Return the network with a GRU as its encoder."""
        return RecurrentNetwork(inputs, outputs, name="gru", layer=nn.GRU, config=config, rows=config.gru_rows)
