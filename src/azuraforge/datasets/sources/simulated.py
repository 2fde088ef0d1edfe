"""Source of a simulated series that grows row by row and changes its season, to demonstrate the loop offline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Source, SourceNews, SourceRead
from azuraforge.plugins.contract.shape import in_turkish

#: Far in the future, since only forecasts made before their target's time count.
START = datetime(2100, 1, 1, tzinfo=UTC)
_LEVEL, _AMPLITUDES, _NOISE = 100.0, (10.0, 6.0), 1.0
#: Frequency of the second wave relative to the first; irrational, so that no season repeats exactly.
_SECOND = (1 + 5**0.5) / 2


class SimulatedOptions(BaseModel):
    """The shape of the series, and the rows that each refresh adds."""

    model_config = ConfigDict(extra="forbid")

    rows_at_first: int = Field(
        default=96,
        ge=20,
        le=100_000,
        title="Initial rows",
        description="Hourly rows in the first version",
        json_schema_extra=in_turkish("Başlangıç satırları", "İlk sürümdeki saatlik satır sayısı"),
    )
    rows_per_refresh: int = Field(
        default=1,
        ge=1,
        le=10_000,
        title="Rows per refresh",
        description="Rows that each refresh adds",
        json_schema_extra=in_turkish("Yenileme başına satır", "Her yenilemenin eklediği satır sayısı"),
    )
    rows: int = Field(
        default=264,
        ge=20,
        le=100_000,
        title="Rows",
        description="Total number of rows; later refreshes add none",
        json_schema_extra=in_turkish("Satır sayısı", "Toplam satır sayısı; sonraki yenilemeler satır eklemez"),
    )
    season: int = Field(
        default=12,
        ge=2,
        le=1000,
        title="Season",
        description="Rows in one season before the change",
        json_schema_extra=in_turkish("Mevsim", "Değişiklikten önce bir mevsimdeki satır sayısı"),
    )
    changes_after: int | None = Field(
        default=132,
        ge=1,
        title="Season changes after",
        description="Rows after which the season changes. Empty: never",
        json_schema_extra=in_turkish(
            "Mevsimin değiştiği satır", "Mevsimin kaçıncı satırdan sonra değişeceği. Boş: değişmez"
        ),
    )
    later_season: int = Field(
        default=8,
        ge=2,
        le=1000,
        title="Later season",
        description="Rows in one season after the change",
        json_schema_extra=in_turkish("Sonraki mevsim", "Değişiklikten sonra bir mevsimdeki satır sayısı"),
    )
    seed: int = Field(
        default=7,
        ge=0,
        le=2**32 - 1,
        title="Seed",
        description="Seed of the noise",
        json_schema_extra=in_turkish("Tohum", "Gürültünün tohumu"),
    )


class Simulated(Source):
    """Source of a level with two waves and noise, whose waves change their length midway."""

    name = "simulated"
    Options: ClassVar[type[BaseModel]] = SimulatedOptions
    title: ClassVar[dict[str, str]] = {"en": "Simulated series", "tr": "Simülasyon serisi"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Synthetic data: a season with noise, computed from a seed. Each refresh adds rows, and the season"
        " changes midway; shows how a model keeps learning.",
        "tr": "Yapay veri: bir tohumdan hesaplanan, gürültülü bir mevsim. Her yenileme satır ekler ve mevsim bir"
        " noktada değişir; modelin öğrenmeyi nasıl sürdürdüğünü gösterir.",
    }

    def read(self, options: SimulatedOptions) -> SourceRead:
        """Return the initial rows."""
        return _read(options, 0, min(options.rows_at_first, options.rows))

    def read_since(self, options: SimulatedOptions, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Return the next rows; no rows if the series has ended. Raises InvalidInput for an invalid cursor."""
        done = cursor.get("rows") if cursor is not None else options.rows_at_first
        if not isinstance(done, int):
            raise InvalidInput(
                "the cursor does not contain the number of rows that were read",
                where="source simulated",
                next_step="add the dataset again from this source",
            )
        until = min(done + options.rows_per_refresh, options.rows)
        return SourceNews(_read(options, done, until) if until > done else None, {"rows": max(done, until)})


def values(options: SimulatedOptions) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the values of all rows, ``(row,)``."""
    at = np.arange(options.rows)
    change = options.rows if options.changes_after is None else options.changes_after
    season = np.where(at < change, at / options.season, (at - change) / options.later_season + change / options.season)
    waves = _AMPLITUDES[0] * np.sin(2 * np.pi * season) + _AMPLITUDES[1] * np.sin(2 * np.pi * _SECOND * season)
    noise = np.random.default_rng(options.seed).normal(0, _NOISE, options.rows)
    return np.asarray(np.round(_LEVEL + waves + noise, 3), dtype=np.float64)


def _read(options: SimulatedOptions, first: int, until: int) -> SourceRead:
    frame = pl.DataFrame(
        {"time": [START + timedelta(hours=hour) for hour in range(first, until)], "value": values(options)[first:until]}
    )
    provenance = {"name": "simulated", "title": "A simulated series, no real data", "seed": options.seed}
    return SourceRead(frame, time="time", target="value", provenance=provenance, cursor={"rows": until})
