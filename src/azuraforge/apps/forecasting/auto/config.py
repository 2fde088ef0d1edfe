"""The settings of ``forecasting.auto``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.plugins.forecasting.config import ForecastConfig


class AutoConfig(ForecastConfig):
    """A time budget, and the members if they are not chosen by the series."""

    budget_seconds: Annotated[
        float,
        Field(
            default=30.0,
            gt=0,
            le=86_400,
            description="Seconds for fitting members; one that does not finish is left out",
            json_schema_extra={"title_tr": "Süre bütçesi (saniye)"},
        ),
    ]
    members: Annotated[
        tuple[str, ...],
        Field(
            default=(),
            max_length=20,
            description="Forecasters to combine, such as forecasting.ets; empty: chosen by the series",
            json_schema_extra={"title_tr": "Üyeler"},
        ),
    ]
