"""``forecasting.attention``: a small Transformer encoder on top of a linear forecast (Vaswani et al., 2017)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from azuraforge.apps.forecasting.network import ForecastNetwork, NetworkConfig, NetworkForecaster
from azuraforge.engine import Tensor, nn
from azuraforge.errors import InvalidValue
from azuraforge.plugins.contract.fields.grouping import MODEL
from azuraforge.plugins.contract.fields.search import search_choices, search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.windows import Inputs


class AttentionConfig(NetworkConfig):
    """Settings of the attention forecaster: size of the network and its training."""

    width: Annotated[
        int,
        Field(
            default=32,
            ge=1,
            le=1024,
            title="Width",
            description="Number of values per row inside the encoder",
            json_schema_extra=(
                in_turkish("Genişlik", "Kodlayıcıda satır başına değer sayısı") | search_range(16, 64, step=16) | MODEL
            ),
        ),
    ]
    heads: Annotated[
        int,
        Field(
            default=4,
            ge=1,
            le=64,
            title="Heads",
            description="Number of attention heads, which share the width",
            json_schema_extra=(
                in_turkish("Dikkat başlıkları", "Dikkat başlığı sayısı; genişlik başlıklar arasında bölüşülür")
                | search_choices([2, 4, 8])
                | MODEL
            ),
        ),
    ]
    num_layers: Annotated[
        int,
        Field(
            default=1,
            ge=1,
            le=12,
            title="Layers",
            description="Number of encoder blocks",
            json_schema_extra=(
                in_turkish("Katman sayısı", "Kodlayıcı bloklarının sayısı") | search_range(1, 3) | MODEL
            ),
        ),
    ]
    attention_rows: Annotated[
        int,
        Field(
            default=24,
            ge=1,
            le=2000,
            title="Rows attention reads",
            description="Maximum number of rows that attention reads, at the end of the window",
            json_schema_extra=(
                in_turkish(
                    "Dikkatin okuduğu satır sayısı",
                    "Dikkatin okuduğu satır sayısının üst sınırı; pencerenin son satırları okunur",
                )
                | search_range(12, 96, log=True)
                | MODEL
            ),
        ),
    ]

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> AttentionConfig:
        if self.width % self.heads:
            raise InvalidValue(
                "width {width} is not a multiple of heads {heads}; change one of them",
                width=self.width,
                heads=self.heads,
            )
        return self


class Encoder(nn.Module):
    """Transformer encoder with a learned vector for each position.

    Shapes:
        x: rows, ``(batch, row, channel)``.
        result: encoded rows, ``(batch, row, width)``.
    """

    def __init__(self, channels: int, rows: int, config: AttentionConfig) -> None:
        super().__init__()
        self.rows = nn.Linear(channels, config.width)
        self.place = nn.init.uniform((rows, config.width), 0.1, None)
        self.layers = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    config.width, config.heads, 2 * config.width, config.dropout, activation="gelu", norm_first=True
                )
                for _ in range(config.num_layers)
            )
        )
        self.norm = nn.LayerNorm(config.width)

    def forward(self, x: Tensor) -> Tensor:
        """Encode the rows; see the class for the shapes."""
        encoded: Tensor = self.norm(self.layers(self.rows(x) + self.place))
        return encoded


class AttentionNetwork(ForecastNetwork):
    """Network whose summary is the encoding of the last row, which attends to all rows that are read."""

    encoder: Encoder

    def __init__(self, inputs: Inputs, outputs: int, config: AttentionConfig) -> None:
        rows = min(config.attention_rows, inputs.window)
        super().__init__(
            inputs,
            outputs,
            name="encoder",
            encoder=Encoder(inputs.channels, rows, config),
            width=config.width,
            dropout=config.dropout,
            rows=rows,
        )

    def summary(self, rows: Tensor) -> Tensor:
        """Return the encoding of the last row, ``(batch, width)``."""
        encoded: Tensor = self.encoder(rows)
        return encoded[:, -1, :]


class AttentionForecaster(NetworkForecaster[AttentionConfig]):
    """Forecaster with a linear forecast on the whole window and a Transformer encoder that learns its residuals."""

    name: ClassVar[str] = "forecasting.attention"
    Config = AttentionConfig
    title: ClassVar[dict[str, str]] = {"en": "Attention forecaster", "tr": "Dikkat tahmincisi"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A small Transformer encoder over the last rows, on top of a linear forecast.",
        "tr": "Doğrusal tahminin üstünde, son satırlara bakan küçük bir Transformer kodlayıcısı.",
    }

    def build(self, config: AttentionConfig, inputs: Inputs, outputs: int) -> nn.Module:
        """Return the network with a Transformer encoder."""
        return AttentionNetwork(inputs, outputs, config)
