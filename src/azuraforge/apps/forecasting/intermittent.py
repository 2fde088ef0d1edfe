"""Forecasters for intermittent demand, in which many rows are zero: Croston's method, TSB and ADIDA.

Each method forecasts the mean demand per row, which is the same for every row ahead.

Sources: Croston, "Forecasting and stock control for intermittent demands", 1972; Syntetos and Boylan, "The accuracy of
intermittent demand estimates", 2005; Teunter, Syntetos and Babai, "Intermittent demand: linking forecasting to
inventory obsolescence", 2011; Nikolopoulos et al., "An aggregate–disaggregate intermittent demand approach", 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate, StateForecaster, StateModel, Walk
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.forecasting.config import ForecastConfig

ModelT = TypeVar("ModelT", bound=StateModel)
#: Candidate weights of a new value.
WEIGHTS = (0.05, 0.1, 0.15, 0.2, 0.3)
#: Maximum number of rows in a bucket.
_LONGEST_BUCKET = 400


@dataclass(frozen=True)
class DemandModel(StateModel):
    """Smoothed size and frequency of demands.

    A state contains the size of a demand, the interval between demands or the probability of a demand, and the number
    of rows since the last demand. Size, interval and probability are −1 until they are known.

    Attributes:
        form: ``"croston"`` smooths the interval at each demand, ``"tsb"`` the probability at each row.
        size_weight: weight of a new demand in the size.
        rate_weight: weight of a new interval in the interval, or of a row in the probability.
        correction: factor of Syntetos and Boylan that corrects the bias; 1 without a correction.
    """

    form: str
    size_weight: float
    rate_weight: float
    correction: float

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Smooth the size and the interval or probability; the first demand sets the size and the interval."""
        size, rate, since = begin.tolist()
        kept = np.empty((len(values), 3))
        first, second, croston = self.size_weight, self.rate_weight, self.form == "croston"
        for row, value in enumerate(values.tolist()):
            if value == value:
                since += 1
                demand = value > 0
                if not croston:
                    rate = float(demand) if rate < 0 else rate + second * (demand - rate)
                elif demand:
                    rate = since if rate < 0 else rate + second * (since - rate)
                if demand:
                    size = value if size < 0 else size + first * (value - size)
                    since = 0.0
            kept[row] = size, rate, since
        return Walk(kept[at], kept[-1] if len(values) else begin)

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Repeat the mean demand per row, 0 before the first demand."""
        size, rate, _ = states.T
        mean = self.correction * size / rate if self.form == "croston" else size * rate
        return np.repeat(np.where(size < 0, 0.0, mean)[:, None], horizon, axis=1)

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Continue from the end of the training set."""
        return after


@dataclass(frozen=True)
class BucketModel(StateModel):
    """Smoothed sums over buckets of consecutive rows, each about as long as the interval between two demands.

    There is one level for each of the ``bucket`` ways to divide the rows into buckets. A state contains the forecast
    per row. ``walk`` starts from the levels, followed by the last ``bucket − 1`` rows; unknown numbers are −1.

    Attributes:
        bucket: number of rows in a bucket.
        weight: weight of a new sum in its level.
    """

    bucket: int
    weight: float

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Update at each row the level whose bucket ends there; a missing value counts as the mean."""
        levels, recent = begin[: self.bucket].tolist(), begin[self.bucket :].tolist()
        means = np.empty(len(values))
        mean = _mean_per_row(levels, self.bucket)
        for row, value in enumerate(values.tolist()):
            recent.append(max(value, 0.0) if value == value else mean)
            level, *later = levels
            if min(recent) >= 0:
                total = sum(recent)
                level = total if level < 0 else level + self.weight * (total - level)
            levels = [*later, level]
            del recent[0]
            mean = _mean_per_row(levels, self.bucket)
            means[row] = mean
        return Walk(means[at][:, None], np.array([*levels, *recent]))

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Repeat the mean per row, 0 if no level is known yet."""
        return np.repeat(np.maximum(states, 0.0), horizon, axis=1)

    def state_of(self, begin: Floats) -> Floats:
        """Return the newest known level, divided by the rows of a bucket, ``(1,)``; −1 if no level is known."""
        return np.array([_mean_per_row(begin[: self.bucket].tolist(), self.bucket)])

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Continue from the end of the training set."""
        return after


class Croston(StateForecaster[DemandModel]):
    """Forecaster that uses Croston's method with the bias correction of Syntetos and Boylan."""

    name: ClassVar[str] = "forecasting.croston"
    Model: ClassVar[type[StateModel]] = DemandModel
    fewest_rows: ClassVar[int] = 2
    title: ClassVar[dict[str, str]] = {"en": "Croston (SBA)", "tr": "Croston (SBA)"}
    summary: ClassVar[dict[str, str]] = {
        "en": "For demand with many zeros: smoothed demand size divided by the smoothed interval, bias-corrected.",
        "tr": "Çok sıfır içeren talep için: düzleştirilmiş talep büyüklüğü bölü talep aralığı; yanlılık düzeltilir.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[DemandModel]:
        """Choose one weight for size and interval by the one-step-ahead error.

        Raises InvalidInput for negative values.
        """
        _check_demand(self.name, values)
        models = [DemandModel("croston", weight, weight, 1 - weight / 2) for weight in WEIGHTS]
        return _least_error(models, np.array([-1.0, -1.0, 0.0]), values)


class Tsb(StateForecaster[DemandModel]):
    """Forecaster that uses the method of Teunter, Syntetos and Babai, whose forecasts decay when demand ceases."""

    name: ClassVar[str] = "forecasting.tsb"
    Model: ClassVar[type[StateModel]] = DemandModel
    fewest_rows: ClassVar[int] = 2
    title: ClassVar[dict[str, str]] = {"en": "TSB", "tr": "TSB"}
    summary: ClassVar[dict[str, str]] = {
        "en": "For demand that may cease: smoothed demand size times a demand probability that falls with every zero.",
        "tr": "Sona erebilecek talep için: düzleştirilmiş talep büyüklüğü çarpı her sıfırla azalan talep olasılığı.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[DemandModel]:
        """Choose the weights of size and probability by the one-step-ahead error.

        Raises InvalidInput for negative values.
        """
        _check_demand(self.name, values)
        models = [DemandModel("tsb", size, rate, 1.0) for size in WEIGHTS for rate in WEIGHTS]
        return _least_error(models, np.array([-1.0, -1.0, 0.0]), values)


class Adida(StateForecaster[BucketModel]):
    """Forecaster that uses ADIDA: demand is summed over buckets, smoothed, and divided equally among the rows."""

    name: ClassVar[str] = "forecasting.adida"
    Model: ClassVar[type[StateModel]] = BucketModel
    fewest_rows: ClassVar[int] = 2
    title: ClassVar[dict[str, str]] = {"en": "ADIDA", "tr": "ADIDA"}
    summary: ClassVar[dict[str, str]] = {
        "en": "For demand with many zeros: sums over the mean interval between demands are smoothed and split evenly.",
        "tr": "Çok sıfır içeren talep için: talepler arası ortalama aralık boyunca alınan toplamlar düzleştirilir ve "
        "satırlara eşit bölünür.",
    }

    def estimate(self, config: ForecastConfig, values: Floats, seasons: tuple[int, ...]) -> Estimate[BucketModel]:
        """Set the bucket to the mean interval between demands, and choose the weight by the one-step-ahead error.

        Raises InvalidInput for negative values.
        """
        _check_demand(self.name, values)
        interval = (np.flatnonzero(values)[-1] + 1) / np.count_nonzero(values)
        bucket = int(np.clip(round(interval), 1, min(_LONGEST_BUCKET, len(values))))
        before = np.full(2 * bucket - 1, -1.0)
        return _least_error([BucketModel(bucket, weight) for weight in WEIGHTS], before, values)


def _check_demand(name: str, values: Floats) -> None:
    if values.min() < 0:
        raise InvalidInput(
            "{name} forecasts demand, but the training set contains negative values",
            where="dataset",
            next_step="choose forecasting.ets",
            name=name,
        )


def _least_error(models: list[ModelT], before: Floats, values: Floats) -> Estimate[ModelT]:
    rows = np.arange(len(values) - 1)

    def mean_square(model: ModelT) -> float:
        made = model.ahead(model.walk(before, values[:-1], rows).states, 1)[:, 0]
        return float(np.mean((values[1:] - made) ** 2))

    return Estimate(min(models, key=mean_square), before)


def _mean_per_row(levels: list[float], bucket: int) -> float:
    """Return the newest known level divided by ``bucket``; −1 if no level is known."""
    return next((level / bucket for level in reversed(levels) if level >= 0), -1.0)
