"""Settings of ``forecasting.auto``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.plugins.forecasting.config import ForecastConfig


class AutoConfig(ForecastConfig):
    """Settings of ``forecasting.auto``: the time budget, and the members unless they are chosen automatically."""

    budget_seconds: Annotated[
        float,
        Field(
            default=30.0,
            gt=0,
            le=86_400,
            description="Seconds for training the members; a member that does not finish is left out",
            json_schema_extra={"title_tr": "Süre bütçesi (saniye)"},
        ),
    ]
    members: Annotated[
        tuple[str, ...],
        Field(
            default=(),
            max_length=20,
            description="Forecasters to combine, such as forecasting.ets. Empty: chosen automatically for the series",
            json_schema_extra={"title_tr": "Üyeler"},
        ),
    ]
