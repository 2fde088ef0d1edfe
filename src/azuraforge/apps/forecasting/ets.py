"""Exponential smoothing (ETS) in all its additive, multiplicative and damped forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel
from azuraforge.apps.forecasting.decomposition import with_carried_seasons
from azuraforge.apps.forecasting.smoothing.estimation import Fitted, fit_forms, fit_forms_of_each, forms
from azuraforge.apps.forecasting.smoothing.recursion import Smoothing
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, MODEL
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.config import ForecastConfig

#: Longest season, in rows, that is estimated; longer ones come from a decomposition (STL).
LONGEST_OPTIMIZED_SEASON = 24
#: Maximum and minimum number of series estimated in one search; fewer series are searched one by one, more thoroughly.
_AT_ONCE, _WORTH_A_BATCH = 128, 25
#: Minimum number of values for an estimation, and the weight of simple smoothing with fewer values.
_FEWEST, _PLAIN_ALPHA = 8, 0.5


class EtsConfig(ForecastConfig):
    """Settings of exponential smoothing."""

    form: Annotated[
        str,
        Field(
            default="ZZZ",
            pattern=r"^[AMZ][NAZ][NAMZ]$",
            title="Form",
            description="Error, trend and season: A additive, M multiplicative, N none, Z chosen automatically",
            json_schema_extra=in_turkish(
                "Biçim", "Hata, eğilim ve mevsim: A toplamsal, M çarpımsal, N yok, Z kendiliğinden seçilir"
            )
            | ESSENTIAL,
        ),
    ]
    damped: Annotated[
        bool | None,
        Field(
            default=None,
            title="Damped trend",
            description="Damp the trend. Empty: chosen automatically",
            json_schema_extra=in_turkish("Sönümlü eğilim", "Eğilim sönümlenir. Boş: kendiliğinden seçilir") | MODEL,
        ),
    ]


class ExponentialSmoothing(StateForecaster[Smoothing]):
    """Forecaster that uses ETS with additive or multiplicative error and season; the trend is additive or damped."""

    name: ClassVar[str] = "forecasting.ets"
    Config: ClassVar[type[ForecastConfig]] = EtsConfig
    Model: ClassVar[type[StateModel]] = Smoothing
    fewest_rows: ClassVar[int] = 1
    title: ClassVar[dict[str, str]] = {"en": "Exponential smoothing (ETS)", "tr": "Üstel düzleştirme (ETS)"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Tracks level, trend and season by weighted averages; the form is chosen for each series.",
        "tr": "Düzey, eğilim ve mevsimi ağırlıklı ortalamalarla izler; biçim her seri için ayrıca seçilir.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[Smoothing]:
        """Choose a form and estimate it; a season above ``LONGEST_OPTIMIZED_SEASON`` rows comes from STL.

        Fewer than ``_FEWEST`` values are smoothed with a fixed weight. Raises InvalidInput if the configured form is
        unstable, or if it is multiplicative and a value is not positive.
        """
        form, damped = (config.form, config.damped) if isinstance(config, EtsConfig) else ("ZZZ", None)
        if "M" in form and values.min() <= 0:
            raise InvalidInput(
                "the multiplicative form {form} requires positive values, but the training set contains other values",
                where="config.form",
                next_step="choose a form without M, or Z for an automatic choice",
                form=form,
            )
        if len(values) < _FEWEST:
            return _plain(values)
        if form[0] == "A" and form[2] == "M":
            raise InvalidInput(
                "the form {form} combines additive errors with a multiplicative season, which is unstable",
                where="config.form",
                next_step="choose M for the error, or Z for an automatic choice",
                form=form,
            )
        wanted = seasons[:1]
        if form[2] == "N" or not wanted:
            return smoothed(values, 1, form[:2] + "N", config.horizon, damped)
        if wanted[0] <= LONGEST_OPTIMIZED_SEASON:
            return smoothed(values, wanted[0], form, config.horizon, damped)
        return with_carried_seasons(
            values, (wanted[0],), lambda rest: smoothed(rest, 1, form[:2] + "N", config.horizon, damped)
        )

    def estimate_each(
        self, config: ForecastConfig, asked: Sequence[tuple[Floats, tuple[int, ...]]]
    ) -> Iterator[Estimate[Smoothing] | InvalidInput]:
        """Estimate each series like ``estimate``; series of the same length and season share one search."""
        form, damped = (config.form, config.damped) if isinstance(config, EtsConfig) else ("ZZZ", None)
        groups: dict[tuple[int, int], list[int]] = {}
        for place, (values, seasons) in enumerate(asked):
            period = seasons[0] if seasons and form[2] != "N" else 1
            if form == "ZZZ" and len(values) >= _FEWEST and period <= LONGEST_OPTIMIZED_SEASON:
                groups.setdefault((len(values), period), []).append(place)
        found: dict[int, Estimate[Smoothing]] = {}
        for (_, period), places in groups.items():
            if len(places) >= _WORTH_A_BATCH:
                values = np.stack([asked[place][0] for place in places], axis=1)
                found |= zip(places, smoothed_each(values, period, form, config.horizon, damped), strict=True)
        alone = super().estimate_each(config, [one for place, one in enumerate(asked) if place not in found])
        for place in range(len(asked)):
            yield found[place] if place in found else next(alone)


def smoothed(
    values: Floats, period: int, pattern: str, horizon: int, damped: bool | None = None
) -> Estimate[Smoothing]:
    """Estimate every form that ``pattern`` allows and choose one.

    AICc chooses the best form with additive errors and the best form with multiplicative errors. Of these two, the form
    with the smaller forecast error on the newest third of the values is used. Their likelihoods are no guide to which
    one forecasts better, because relative errors give the small early values of a growing series the same weight as its
    newest values (decision 0016).
    """
    candidates = forms(pattern, damped, period, positive=bool(values.min() > 0))
    return _chosen(fit_forms(values, period, candidates), values, horizon)


def smoothed_each(
    values: Floats, period: int, pattern: str, horizon: int, damped: bool | None = None
) -> list[Estimate[Smoothing]]:
    """Estimate many series, ``(row, series)``, like ``smoothed``, up to ``_AT_ONCE`` of them in one search."""
    found: list[Estimate[Smoothing]] = [_plain(values[:, 0])] * values.shape[1]
    positive = values.min(axis=0) > 0
    for kind in (True, False):
        places = np.flatnonzero(positive == kind)
        candidates = forms(pattern, damped, period, positive=kind)
        for first in range(0, len(places), _AT_ONCE):
            some = places[first : first + _AT_ONCE]
            for place, fitted in zip(
                some.tolist(), fit_forms_of_each(values[:, some], period, candidates), strict=True
            ):
                found[place] = _chosen(fitted, values[:, place], horizon)
    return found


def _chosen(fitted: list[Fitted], values: Floats, horizon: int) -> Estimate[Smoothing]:
    kinds = [[each for each in fitted if each.form.multiplicative_error == kind] for kind in (False, True)]
    chosen = [min(kind, key=lambda each: _aicc(each, len(values))).estimate for kind in kinds if kind]
    return min(chosen, key=lambda each: _newest_squares(each, values, horizon), default=_plain(values))


def _aicc(fitted: Fitted, rows: int) -> float:
    count = fitted.parameters
    if rows <= count + 1:
        return float("inf")
    return fitted.likelihood + 2 * count + 2 * count * (count + 1) / (rows - count - 1)


def _newest_squares(estimate: Estimate[Smoothing], values: Floats, horizon: int) -> float:
    """Return the mean squared error of forecasts for the newest third of the values."""
    first = len(values) * 2 // 3
    steps = max(1, min(horizon, len(values) - first - 2))
    origins = np.arange(first - 1, len(values) - steps)
    made = estimate.model.ahead(estimate.model.walk(estimate.before, values, origins).states, steps)
    errors = values[origins[:, None] + np.arange(1, steps + 1)] - made
    return float(np.nan_to_num(np.mean(errors**2), nan=np.inf))


def _plain(values: Floats) -> Estimate[Smoothing]:
    plain = Smoothing("ANN", _PLAIN_ALPHA, 0.0, 1.0, False, np.zeros(0, dtype=np.int64), np.zeros(0))
    return Estimate(plain, np.array([values[0], 0.0]))
