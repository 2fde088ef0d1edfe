"""Exponential smoothing (ETS) in all its additive, multiplicative and damped forms, chosen by AICc."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel
from azuraforge.apps.forecasting.decomposition import with_carried_seasons
from azuraforge.apps.forecasting.smoothing import Smoothing
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.config import ForecastConfig

#: The states of longer seasons are too many to be optimized; such a season comes from a decomposition (STL).
LONGEST_OPTIMIZED_SEASON = 24
#: From fewer values nothing is estimated: plain smoothing with this weight.
_FEWEST, _PLAIN_ALPHA = 8, 0.5


class EtsConfig(ForecastConfig):
    """Forms of exponential smoothing to choose from."""

    form: Annotated[
        str,
        Field(
            default="ZZZ",
            pattern=r"^[AMZ][NAZ][NAMZ]$",
            description="Error, trend and season: A additive, M multiplicative, N none, Z chosen by AICc",
            json_schema_extra={"title_tr": "Biçim"},
        ),
    ]
    damped: Annotated[
        bool | None,
        Field(
            default=None,
            description="Damp the trend; empty: chosen by AICc",
            json_schema_extra={"title_tr": "Sönümlü eğilim"},
        ),
    ]


class ExponentialSmoothing(StateForecaster[Smoothing]):
    """ETS with additive or multiplicative error and season, and an additive trend, damped or not."""

    name: ClassVar[str] = "forecasting.ets"
    Config: ClassVar[type[ForecastConfig]] = EtsConfig
    Model: ClassVar[type[StateModel]] = Smoothing
    fewest_rows: ClassVar[int] = 1
    most_series: ClassVar[int | None] = 24
    title: ClassVar[dict[str, str]] = {"en": "Exponential smoothing (ETS)", "tr": "Üstel düzleştirme (ETS)"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Level, trend and season as running averages; additive, multiplicative or damped by AICc.",
        "tr": "Düzey, eğilim ve mevsim hareketli ortalamalarla; toplamsal, çarpımsal ya da sönümlü biçimi AICc seçer.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[Smoothing]:
        """Estimate the form with the lowest AICc; a season that is too long to optimize comes from STL."""
        form, damped = (config.form, config.damped) if isinstance(config, EtsConfig) else ("ZZZ", None)
        if "M" in form and values.min() <= 0:
            raise InvalidInput(
                f"the form {form} multiplies, and the training part holds values of zero or less",
                where="config: form",
                next_step="choose a form without M, or Z",
            )
        if len(values) < _FEWEST:
            plain = Smoothing("ANN", _PLAIN_ALPHA, 0.0, 1.0, False, np.zeros(0, dtype=np.int64), np.zeros(0))
            return Estimate(plain, np.array([values[0], 0.0]))
        wanted = seasons[:1]
        if form[2] == "N" or not wanted:
            return fit(values, 1, form[:2] + "N", damped)
        if wanted[0] <= LONGEST_OPTIMIZED_SEASON:
            return fit(values, wanted[0], form, damped)
        return with_carried_seasons(values, (wanted[0],), lambda rest: fit(rest, 1, form[:2] + "N", damped))


def fit(values: Floats, period: int, form: str, damped: bool | None = None) -> Estimate[Smoothing]:
    """Estimate by maximum likelihood with statsforecast; return the parameters and the state before the values."""
    from statsforecast.ets import ets_f

    trendless = form[1] == "N"
    found = ets_f(values, m=period, model=form, damped=False if trendless else damped)
    error, trend, season, damping = found["components"]
    alpha, beta, gamma, phi = (float(each) for each in found["par"][:4])
    state = np.asarray(found["par"][4:], dtype=np.float64)
    level, rest = state[0], state[1:]
    slope, rest = (rest[0], rest[1:]) if trend == "A" else (0.0, rest)
    seasonal = season != "N"
    model = Smoothing(
        form=f"{error}{trend}{'d' if damping == 'D' else ''}{season}",
        alpha=alpha,
        beta=beta if trend == "A" else 0.0,
        phi=phi if damping == "D" else 1.0,
        multiplicative=season == "M",
        periods=np.array([period] if seasonal else [], dtype=np.int64),
        gammas=np.array([gamma] if seasonal else []),
    )
    # The library's newest season comes first, ours last.
    return Estimate(model, np.concatenate([[level, slope], rest[::-1]]))
