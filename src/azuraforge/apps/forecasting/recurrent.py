"""Base of the recurrent forecasters, which summarize the last rows by the final state of a recurrent layer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.apps.forecasting.network import ForecastNetwork, NetworkConfig
from azuraforge.engine import Tensor, nn
from azuraforge.plugins.contract.fields.grouping import MODEL
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.windows import Inputs


class RecurrentConfig(NetworkConfig):
    """Settings of a recurrent network: its size and its training."""

    hidden_size: Annotated[
        int,
        Field(
            default=48,
            ge=1,
            le=1024,
            title="Hidden size",
            description="Size of the recurrent state",
            json_schema_extra=(
                in_turkish("Gizli boyut", "Yinelemeli durumun boyutu") | search_range(16, 96, log=True) | MODEL
            ),
        ),
    ]
    num_layers: Annotated[
        int,
        Field(
            default=1,
            ge=1,
            le=4,
            title="Layers",
            description="Number of recurrent layers; each reads the output of the one below",
            json_schema_extra=(
                in_turkish("Katman sayısı", "Yinelemeli katman sayısı; her katman altındakinin çıktısını okur")
                | search_range(1, 2)
                | MODEL
            ),
        ),
    ]


class RecurrentNetwork(ForecastNetwork):
    """Network whose summary is the final state of the top recurrent layer.

    Args:
        inputs: sizes of the inputs.
        outputs: number of outputs for each row ahead.
        name: attribute that stores the layer, and prefix of its weights.
        layer: class of the recurrent layer.
        config: sizes and dropout of the network.
        rows: maximum number of last rows of the window that the layer reads.
    """

    def __init__(
        self,
        inputs: Inputs,
        outputs: int,
        *,
        name: str,
        layer: type[nn.LSTM] | type[nn.GRU],
        config: RecurrentConfig,
        rows: int,
    ) -> None:
        between = config.dropout if config.num_layers > 1 else 0.0
        super().__init__(
            inputs,
            outputs,
            name=name,
            encoder=layer(inputs.channels, config.hidden_size, config.num_layers, dropout=between),
            width=config.hidden_size,
            dropout=config.dropout,
            rows=rows,
        )
        self.layer_name = name

    def summary(self, rows: Tensor) -> Tensor:
        """Return the final state of the top layer, ``(batch, width)``."""
        _, state = getattr(self, self.layer_name)(rows)
        upper = state[0] if isinstance(state, tuple) else state
        last: Tensor = upper[-1]
        return last
