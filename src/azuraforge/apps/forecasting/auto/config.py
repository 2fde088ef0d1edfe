"""Settings of ``forecasting.auto``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, MODEL
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.config import ForecastConfig


class AutoConfig(ForecastConfig):
    """Settings of ``forecasting.auto``: the time budget, and the members unless they are chosen automatically."""

    budget_seconds: Annotated[
        float,
        Field(
            default=30.0,
            gt=0,
            le=86_400,
            title="Time budget (seconds)",
            description="Time for fitting the members; a member that is not fitted in time is left out",
            json_schema_extra=in_turkish(
                "Süre bütçesi (saniye)", "Üyelerin eğitimine ayrılan süre; eğitimi bitmeyen üye dışarıda bırakılır"
            )
            | ESSENTIAL,
        ),
    ]
    members: Annotated[
        tuple[str, ...],
        Field(
            default=(),
            max_length=20,
            title="Members",
            description="Forecasters to combine, such as forecasting.ets. Empty: chosen to suit the series",
            json_schema_extra=in_turkish(
                "Üyeler", "Birleştirilecek tahminciler, örneğin forecasting.ets. Boş: seriye göre seçilir"
            )
            | MODEL,
        ),
    ]
