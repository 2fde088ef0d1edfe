"""MSTL, a forecaster for several seasons, such as the day and the week of hourly rows: ETS on the adjusted values."""

from __future__ import annotations

from typing import ClassVar

from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel
from azuraforge.apps.forecasting.decomposition import with_carried_seasons
from azuraforge.apps.forecasting.ets import smoothed
from azuraforge.apps.forecasting.smoothing.recursion import Smoothing
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.config import ForecastConfig

#: Minimum number of repetitions of a season other than the shortest, see docs/decisions/0047.
RUNS_OF_FURTHER = 3


class MultipleSeasons(StateForecaster[Smoothing]):
    """Forecaster that uses the seasons of a decomposition, updated by smoothing, plus ETS on the adjusted values."""

    name: ClassVar[str] = "forecasting.mstl"
    Model: ClassVar[type[StateModel]] = Smoothing
    fewest_rows: ClassVar[int] = 12
    longest_season: ClassVar[int] = 2000
    most_series: ClassVar[int | None] = 1000
    title: ClassVar[dict[str, str]] = {"en": "Several seasons (MSTL)", "tr": "Çoklu mevsim (MSTL)"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Separates each season (day, week, year) by STL and smooths what remains.",
        "tr": "Her mevsimi (gün, hafta, yıl) STL ile ayırır, kalanı üstel düzleştirir.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[Smoothing]:
        """Decompose the values, then choose a form of ETS for the seasonally adjusted values.

        A longer season that is repeated fewer than ``RUNS_OF_FURTHER`` times is ignored, because it would fit too much
        of the noise.
        """
        seasons = tuple(one for one in seasons if one == seasons[0] or RUNS_OF_FURTHER * one <= len(values))
        if not seasons:
            return smoothed(values, 1, "ZZN", config.horizon)
        return with_carried_seasons(values, seasons, lambda rest: smoothed(rest, 1, "ZZN", config.horizon))
