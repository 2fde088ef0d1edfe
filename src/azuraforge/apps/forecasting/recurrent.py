"""Base of the recurrent forecasters: a recurrent layer over the last rows, read at its end."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.apps.forecasting.network import ForecastNetwork, NetworkConfig
from azuraforge.engine import Tensor, nn
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.windows import Inputs


class RecurrentConfig(NetworkConfig):
    """The size of the network, and its training."""

    hidden_size: Annotated[
        int,
        Field(
            default=48,
            ge=1,
            le=1024,
            title="Hidden size",
            description="Size of the recurrent state",
            json_schema_extra=in_turkish("Gizli boyut", "Yinelemeli durumun boyutu"),
        ),
    ]
    num_layers: Annotated[
        int,
        Field(
            default=1,
            ge=1,
            le=4,
            title="Layers",
            description="Recurrent layers; each reads the output of the one below",
            json_schema_extra=in_turkish("Katman sayısı", "Yinelemeli katmanlar; her biri altındakinin çıktısını okur"),
        ),
    ]


class RecurrentNetwork(ForecastNetwork):
    """Summary of rows: the upper layer's last state.

    Args:
        inputs, outputs: sizes of an example.
        name: under which the layer is held; it names the weights.
        layer: the kind of layer.
        config: sizes.
        rows: how many last rows of the window it reads, at most.
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
        """Return the upper layer's last state."""
        _, state = getattr(self, self.layer_name)(rows)
        upper = state[0] if isinstance(state, tuple) else state
        last: Tensor = upper[-1]
        return last
