"""Six series that no forecaster was tuned on: RMSE over the rolling origins of the last 15 % of the rows.

Each forecaster is measured twice: as it is judged (learned from the training part, chosen on the validation part), and
as it serves (learned again from all rows before the test part, which the peers know, too). The peers' figures are those
of their first measurement. With ``--peers`` models of statsforecast are measured on these very origins: parameters of
all rows before the test part, carried on to each origin.

    make bench-unseen BENCH_ARGS="--folder DATA"

``DATA`` holds ``ausbeer.csv`` and ``qauselec.csv`` (of robjhyndman/fpp2-package, one value a line),
``Hourly-train.csv`` and ``Hourly-test.csv`` (of Mcompetitions/M4-methods), ``vic_electricity.csv`` (of
skforecast/skforecast-datasets) and ``seattle-weather.csv`` (of the package vega_datasets). Series whose file is missing
are left out.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Table
from benchmarks.boosting import victoria
from benchmarks.report import Report
from benchmarks.statistical import measure, table

#: Words for the rows learned from, and whether the forecaster is refitted.
LEARNED = {"training part": False, "all before the test part": True}
#: A budget that ends would let the members of ``auto`` depend on how busy the machine is.
SETTINGS = {"auto": {"budget_seconds": 3600}}
NAMES = ("auto", "ets", "arima", "theta", "ridge", "boosted_lags")


@dataclass(frozen=True)
class Case:
    """A series, rows ahead, and the best peer with its RMSE."""

    read: Callable[[Path], Table]
    horizon: int
    peer: str
    rmse: float


def airline(folder: Path) -> Table:
    """Passengers of every month, in thousands."""
    from statsforecast.utils import AirPassengers

    return table(list(AirPassengers), "1mo", 12, "1949-01-01T00:00:00")


def quarters(name: str, unit: float = 1.0) -> Callable[[Path], Table]:
    """Return a reader of a quarterly series from 1956 on."""

    def read(folder: Path) -> Table:
        values = [unit * float(line) for line in (folder / name).read_text().split()]
        return table(values, "3mo", 4, "1956-01-01T00:00:00")

    return read


def hourly(folder: Path) -> Table:
    """H331 of M4, with the hours that the competition held out."""
    values = []
    for part in ("train", "test"):
        with (folder / f"Hourly-{part}.csv").open() as lines:
            values += [float(each) for row in csv.reader(lines) if row[0] == "H331" for each in row[1:] if each]
    return table(values, "1h", 24, "2015-01-01T00:00:00")


def seattle(folder: Path) -> Table:
    """Highest temperature of every day, in °C."""
    with (folder / "seattle-weather.csv").open() as lines:
        values = [float(row["temp_max"]) for row in csv.DictReader(lines)]
    return table(values, "1d", 7, "2012-01-01T00:00:00")


def demand(folder: Path) -> Table:
    """Electricity demand of every day, in MWh: half of the sum of the half hours' MW."""
    found = victoria(folder / "vic_electricity.csv")
    return table((found.frame["y"] / 2).to_list(), "1d", 7, "2012-01-01T00:00:00")


def peers(data: Table, start: int, horizon: int) -> dict[str, float]:
    """Return the RMSE of models of statsforecast, learned from the rows before ``start`` and carried on from there."""
    from statsforecast import models

    values = data.frame["y"].to_numpy()
    season = data.schema.season
    made = {
        "AutoETS": models.AutoETS(season_length=season),
        "AutoARIMA": models.AutoARIMA(season_length=season),
        "MSTL + ETS": models.MSTL(season, trend_forecaster=models.AutoETS(model="ZZN")),
    }
    found = {}
    for name, model in made.items():
        fitted = model.fit(values[:start])
        errors = [
            fitted.forward(values[:origin], horizon)["mean"] - values[origin : origin + horizon]
            for origin in range(start, len(values) - horizon + 1)
        ]
        found[name] = float(np.sqrt(np.mean(np.square(errors))))
    return found


CASES = {
    "airline passengers, monthly, 12": Case(airline, 12, "AutoARIMA", 23.2),
    "Australian beer, quarterly, 8": Case(quarters("ausbeer.csv"), 8, "MSTL + ETS", 14.13),
    "Australian electricity, quarterly, 8": Case(quarters("qauselec.csv", 1000), 8, "MSTL + ETS", 1438),
    "M4 hourly H331, 48": Case(hourly, 48, "LightGBM", 6.42),
    "Seattle temperature, daily, 7": Case(seattle, 7, "LightGBM", 3.50),
    "Victoria demand, daily, 7": Case(demand, 7, "LightGBM", 5313),
}


def main() -> None:
    """Print a row for each series and forecaster."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, required=True, help="with the data, see above")
    options.add_argument("--names", nargs="*", default=NAMES, help="forecasters, without 'forecasting.'")
    options.add_argument("--peers", action="store_true", help="measure models of statsforecast, too")
    options.add_argument("--only", default="", help="part of a series' name")
    given = options.parse_args()
    report = Report("unseen", seed=0)
    columns = (
        "series, rows ahead",
        "forecaster",
        "learned from",
        "RMSE",
        "90 % interval holds",
        "learning",
        "of the peer's",
    )
    print("| " + " | ".join(columns) + " |")
    print("|---" * 7 + "|")
    for title, case in CASES.items():
        if given.only not in title:
            continue
        try:
            data = case.read(given.folder)
        except FileNotFoundError as missing:
            print(f"| {title} | left out: {missing.filename} is missing | | | | | |", flush=True)
            continue
        if given.peers:
            start = Auto().split(data, AutoConfig.model_validate({"horizon": case.horizon})).test.start
            for name, rmse in peers(data, start, case.horizon).items():
                print(f"| {title} | {name} | all before the test part | {rmse:.5g} | | | |", flush=True)
                report.add(f"{title}: {name} of statsforecast on these origins, RMSE", rmse)
        for name, (words, refitted) in itertools.product(given.names, LEARNED.items()):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    rmse, covered, seconds = measure(
                        name, data, case.horizon, Path(folder), refitted=refitted, **SETTINGS.get(name, {})
                    )
                except InvalidInput as refused:
                    print(f"| {title} | {name} | {words} | {refused} | | | |", flush=True)
                    continue
            ratio = rmse / case.rmse
            shown = (title, name, words, f"{rmse:.5g}", f"{covered:.0%}", f"{seconds:.1f} s", f"{ratio:.3f}")
            print(f"| {' | '.join(shown)} |", flush=True)
            report.add(f"{title}: {name}, {words}, RMSE", rmse, peer=f"{case.rmse:g} ({case.peer})", ratio=ratio)
    report.finish()


if __name__ == "__main__":
    main()
