"""``forecasting.tcn``: a temporal convolutional network on top of a linear forecast.

Causal convolutions whose dilation doubles from block to block, each with a residual connection (Bai, Kolter and Koltun,
"An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling", 2018).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from azuraforge.apps.forecasting.network import ForecastNetwork, NetworkConfig, NetworkForecaster
from azuraforge.engine import Tensor, nn
from azuraforge.engine.nn.functional import pad
from azuraforge.plugins.contract.fields.grouping import MODEL
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.windows import Inputs


class TcnConfig(NetworkConfig):
    """Settings of the temporal convolutional network: its size and its training."""

    channels: Annotated[
        int,
        Field(
            default=32,
            ge=1,
            le=1024,
            title="Channels",
            description="Number of channels of each convolution",
            json_schema_extra=(
                in_turkish("Kanal sayısı", "Her evrişimin kanal sayısı") | search_range(16, 64, log=True) | MODEL
            ),
        ),
    ]
    kernel_size: Annotated[
        int,
        Field(
            default=3,
            ge=2,
            le=15,
            title="Kernel size",
            description="Number of rows that one convolution covers",
            json_schema_extra=(
                in_turkish("Çekirdek boyutu", "Bir evrişimin kapsadığı satır sayısı") | search_range(2, 5) | MODEL
            ),
        ),
    ]
    tcn_rows: Annotated[
        int,
        Field(
            default=48,
            ge=1,
            le=2000,
            title="Rows the network reads",
            description="Maximum number of rows that the network reads, at the end of the window",
            json_schema_extra=(
                in_turkish(
                    "Ağın okuduğu satır sayısı",
                    "Ağın okuduğu satır sayısının üst sınırı; pencerenin son satırları okunur",
                )
                | search_range(24, 192, log=True)
                | MODEL
            ),
        ),
    ]


class CausalBlock(nn.Module):
    """Block ``x + dropout(silu(causal convolution of x))``; a row never depends on a later row.

    Only the last column of the top block is read. Because dilations double from block to block, it depends on every
    second column of the block below, counted from the end. Each block therefore computes only these columns, with a
    convolution of stride 2. The result equals that of the dilated convolution, in a fraction of the time.

    Shapes:
        x: ``(batch, channel, time)``. If ``channel`` and ``width`` differ, ``x`` also passes through a 1×1 convolution.
        result: ``(batch, width, half the time, rounded up)``.
    """

    def __init__(self, channels: int, width: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.before = kernel - 1
        self.convolution = nn.Conv1d(channels, width, kernel, stride=2)
        self.activation = nn.SiLU()
        self.dropout = nn.Dropout(dropout)
        self.same = channels == width
        if not self.same:
            self.shortcut = nn.Conv1d(channels, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block; see the class for the shapes."""
        first = (x.shape[2] + 1) % 2  # keeps the last column
        padded = pad(x, ((0, 0), (0, 0), (self.before, 0)))[:, :, first:]
        kept = x[:, :, first::2]
        if not self.same:
            kept = self.shortcut(kept)
        learned: Tensor = self.dropout(self.activation(self.convolution(padded)))
        return kept + learned


class TcnNetwork(ForecastNetwork):
    """Network whose summary is the last column of the top block, which depends on all rows that are read."""

    blocks: nn.Sequential

    def __init__(self, inputs: Inputs, outputs: int, config: TcnConfig) -> None:
        rows = min(config.tcn_rows, inputs.window)
        blocks: list[nn.Module] = []
        for _ in dilations(rows, config.kernel_size):
            channels = config.channels if blocks else inputs.channels
            blocks.append(CausalBlock(channels, config.channels, config.kernel_size, config.dropout))
        super().__init__(
            inputs,
            outputs,
            name="blocks",
            encoder=nn.Sequential(*blocks),
            width=config.channels,
            dropout=config.dropout,
            rows=rows,
        )

    def summary(self, rows: Tensor) -> Tensor:
        """Return the last column of the top block, ``(batch, width)``."""
        columns: Tensor = self.blocks(rows.swapaxes(1, 2))
        return columns[:, :, -1]


class TcnForecaster(NetworkForecaster[TcnConfig]):
    """Forecaster with a linear forecast on the whole window and causal convolutions that learn its residuals."""

    name: ClassVar[str] = "forecasting.tcn"
    Config = TcnConfig
    title: ClassVar[dict[str, str]] = {"en": "Temporal convolution", "tr": "Zamansal evrişim"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Causal convolutions whose reach doubles with each layer, on top of a linear forecast.",
        "tr": "Doğrusal tahmine eklenen, erişimi her katmanda iki katına çıkan nedensel evrişimler.",
    }

    def build(self, config: TcnConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """Return the network with the convolutions as its encoder."""
        return TcnNetwork(inputs, outputs, config)


def dilations(rows: int, kernel: int) -> list[int]:
    """Return dilations that double from block to block until the blocks together cover ``rows`` rows.

    Example:
        >>> dilations(rows=24, kernel=3)
        [1, 2, 4, 8]
    """
    found, seen = [1], kernel
    while seen < rows:
        found.append(2 * found[-1])
        seen += (kernel - 1) * found[-1]
    return found
