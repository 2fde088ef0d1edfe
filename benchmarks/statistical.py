"""The statistical forecasters next to the baselines on series of installed packages: RMSE on held-out rows, and time.

Each learns the training part only and forecasts from every origin of the last 15 % of the rows.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Rows, Schema, Table
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun
from benchmarks.report import shared_data

NAMES = (
    "naive", "seasonal_naive", "random_walk_drift", "ridge", "ets", "arima", "theta", "ces", "mstl", "tbats",
)  # fmt: skip
DEMAND = ("naive", "ets", "croston", "tsb", "adida")
#: Of the hourly series; its last months repeat one day again and again.
HOURLY_ROWS = slice(20_000, 24_000)


def table(values: list[float], frequency: str, season: int, start: str) -> Table:
    """A table whose rows stand at regular times from ``start``."""
    count, letters = int(frequency.rstrip("moydhw")), frequency.lstrip("0123456789")
    steps = pl.format("{}" + letters, count * pl.int_range(len(values)))
    at = pl.lit(start).str.to_datetime(time_zone="UTC").dt.offset_by(steps)
    frame = pl.select(at=at, y=pl.Series(values, dtype=pl.Float64))
    return Table(frame, Schema("at", "y", frequency=frequency, season=season))


def series() -> Iterator[tuple[str, Table, int]]:
    """Name, table and horizon of each series."""
    from statsforecast.utils import AirPassengers

    yield "airline passengers, monthly, 12", table(list(AirPassengers), "1mo", 12, "1949-01-01T00:00:00"), 12
    datasets = files("statsmodels.datasets")
    rows = list(csv.reader((datasets / "elnino" / "elnino.csv").read_text().splitlines()))[1:]
    yield (
        "El Niño sea temperature, monthly, 12",
        table([float(value) for row in rows for value in row[1:]], "1mo", 12, "1950-01-01T00:00:00"),
        12,
    )
    rows = list(csv.DictReader((datasets / "macrodata" / "macrodata.csv").read_text().splitlines()))
    yield "US GDP, quarterly, 4", table([float(row["realgdp"]) for row in rows], "3mo", 4, "1959-01-01T00:00:00"), 4
    rows = list(csv.DictReader((datasets / "sunspots" / "sunspots.csv").read_text().splitlines()))
    yield "sunspots, yearly, 4", table([float(row["SUNACTIVITY"]) for row in rows], "1y", 1, "1700-01-01T00:00:00"), 4
    rng = np.random.default_rng(0)
    demand = rng.poisson(4, 400) * (rng.random(400) < 0.2)
    yield "demand, four rows in five zero (made), daily, 7", table(demand.tolist(), "1d", 7, "2024-01-01T00:00:00"), 7
    shared = shared_data()
    with (shared / "weather_melbourne_daily/daily-min-temperatures.csv").open() as lines:
        cold = [float(row["Temp"]) for row in csv.DictReader(lines)]
    yield "Melbourne minimum temperature, daily, 7", table(cold, "1d", 7, "1981-01-01T00:00:00"), 7
    with gzip.open(shared / "weather_szeged_hourly/weatherHistory.csv.gz", "rt") as lines:
        dated = sorted((row["Formatted Date"], float(row["Temperature (C)"])) for row in csv.DictReader(lines))
    warm = [value for _, value in dated[HOURLY_ROWS]]
    yield "Szeged temperature, hourly, 24", table(warm, "1h", 24, "2008-04-13T00:00:00"), 24


def measure(
    name: str, table: Table, horizon: int, folder: Path, *, refitted: bool = False, **settings: object
) -> tuple[float, float, float]:
    """RMSE, coverage of the 90 % interval, and seconds of processor time to learn.

    ``settings`` are further ones of the forecaster. With ``refitted`` it learns again from all rows before the test
    part, as a version that serves has.
    """
    (point,) = entry_points(group="azuraforge.pipelines", name=f"forecasting.{name}")
    plugin = point.load()
    pipeline, config = plugin(), plugin.Config.model_validate({"horizon": horizon, **settings})
    split = pipeline.split(table, config)
    train, validation = (cut_learning(table, rows, horizon) for rows in (split.train, split.validation))
    begin = time.process_time()
    learned = pipeline.fit(MemoryRun(config, folder), train, validation)
    if refitted:
        before = cut_learning(table, Rows(0, split.test.start), horizon)
        learned = pipeline.refit(MemoryRun(config, folder / "refit"), learned, before)
    seconds = time.process_time() - begin
    test, truth = cut_test(table, split.test, horizon)
    made = pipeline.predict(learned, test)
    covered = (truth >= made.quantiles[0.05]) & (truth <= made.quantiles[0.95])
    return float(np.sqrt(np.nanmean((made.point - truth) ** 2))), float(np.mean(covered)), seconds


def main() -> None:
    """Print a table for each series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a series' name")
    wanted = parser.parse_args().only
    for title, data, horizon in series():
        if wanted not in title:
            continue
        print(f"\n{title} ahead ({len(data)} rows)\n")
        print("| forecaster | RMSE | 90 % interval holds | learning |\n|---|---|---|---|")
        for name in DEMAND if "demand" in title else NAMES:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    error, covered, seconds = measure(name, data, horizon, Path(folder))
                    print(f"| {name} | {error:.4g} | {covered:.0%} | {seconds:.2f} s |", flush=True)
                except InvalidInput as refused:
                    print(f"| {name} | {refused} | | |", flush=True)


if __name__ == "__main__":
    main()
