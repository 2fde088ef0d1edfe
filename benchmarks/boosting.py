"""``forecasting.boosted_lags`` next to LightGBM through mlforecast: RMSE on the same origins, and time of fitting.

The peer learns every row before the test set, ours the training part (the validation part stops its trees). The peer
has four configurations, and the best of them **on the test set** is its figure, which favours it.

    make bench-boosting
    make bench-boosting BENCH_ARGS="--victoria vic_electricity.csv"   # of the repository skforecast/skforecast-datasets
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.plugins import Table
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun
from benchmarks.report import ROOT, Report, shared_data
from benchmarks.statistical import table

PEER = ROOT / ".bench-mlforecast" / "bin" / "python"
SEED = 7
#: Origins of the test set that are compared, spread evenly: the peer takes seconds for a hundred.
MOST_ORIGINS = 250


def szeged() -> Table:
    """Temperature of every hour, in order of time; the three missing hours are bridged."""
    frame = pl.read_csv(shared_data() / "weather_szeged_hourly" / "weatherHistory.csv.gz")
    at = pl.col("Formatted Date").str.to_datetime("%Y-%m-%d %H:%M:%S%.f %z", time_unit="us")
    frame = frame.select(at.alias("at"), pl.col("Temperature (C)").alias("y")).unique("at", keep="first").sort("at")
    frame = frame.upsample("at", every="1h").with_columns(pl.col("y").interpolate())
    return table(frame["y"].to_list()[-43_000:], "1h", 24, "2012-02-05T00:00:00")


def seattle(python: Path) -> Table:
    """Highest temperature of every day, from the package vega_datasets."""
    code = "from vega_datasets import local_data as d; print(d.seattle_weather()['temp_max'].to_json(orient='values'))"
    values = json.loads(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout)
    return table(values, "1d", 7, "2012-01-01T00:00:00")


def victoria(path: Path) -> Table:
    """Electricity demand of the state of Victoria per day, from half hours."""
    days: dict[str, float] = defaultdict(float)
    with path.open() as file:
        for row in csv.DictReader(file):
            days[row["Date"]] += float(row["Demand"])
    whole = [days[day] for day in sorted(days)]
    return table(whole, "1d", 7, "2012-01-01T00:00:00")


def cases(options: argparse.Namespace) -> Iterator[tuple[str, Table, int]]:
    yield "Szeged temperature, 1 hour ahead", szeged(), 1
    yield "Szeged temperature, 24 hours ahead", szeged(), 24
    yield "Seattle temperature, 7 days ahead", seattle(options.peer_python), 7
    if options.victoria:
        yield "Victoria demand, 7 days ahead", victoria(options.victoria), 7


def ours(
    plugin: type[BoostedLags] | type[Ridge], data: Table, horizon: int
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """Return squared errors ``(origin, horizon)`` and origins of the test set, seconds of fitting, first test row."""
    pipeline = plugin()
    config = pipeline.Config.model_validate({"horizon": horizon})
    split = pipeline.split(data, config)
    train, validation = (cut_learning(data, rows, horizon) for rows in (split.train, split.validation))
    test, truth = cut_test(data, split.test, horizon)
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        found = pipeline.fit(MemoryRun(config, Path(folder), seed=SEED), train, validation)
        seconds = time.process_time() - began
    made = pipeline.predict(found, test)
    first = split.test.start
    return np.square(made.point - truth), np.arange(len(truth)), seconds, first


def peer(python: Path, data: Table, horizon: int, first: int, every: int, windows: int) -> list[dict[str, float | str]]:
    """Ask mlforecast, in its own environment, for each configuration's RMSE on the chosen origins."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.csv"
        data.frame.select(pl.col("at").dt.replace_time_zone(None), "y").write_csv(path)
        command = [
            python,
            str(ROOT / "benchmarks" / "peers" / "mlforecast_peer.py"),
            path,
            horizon,
            first,
            every,
            windows,
        ]
        command.append(data.schema.frequency)
        done = subprocess.run([str(each) for each in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--victoria", type=Path, help="vic_electricity.csv")
    options.add_argument(
        "--peer-python", type=Path, default=PEER, help="an environment with mlforecast, lightgbm, vega_datasets"
    )
    given = options.parse_args()
    report = Report("boosting", seed=SEED)
    for name, data, horizon in cases(given):
        errors, origins, seconds, first = ours(BoostedLags, data, horizon)
        every = max(1, -(-len(origins) // MOST_ORIGINS))
        chosen = origins[::every]
        linear, _, _, _ = ours(Ridge, data, horizon)
        found = peer(given.peer_python, data, horizon, first, every, len(chosen))
        best = min(found, key=lambda one: float(one["rmse"]))
        rmse = float(np.sqrt(np.nanmean(errors[chosen])))
        ratio = rmse / float(best["rmse"])
        report.add(f"{name}: RMSE", rmse, peer=f"{best['rmse']:.4g} ({best['name']})", ratio=ratio, goal="≤ 0.98",
                   met=ratio <= 0.98)  # fmt: skip
        report.add(f"{name}: RMSE of ridge", float(np.sqrt(np.nanmean(linear[chosen]))))
        report.add(f"{name}: fit", seconds, "s", peer=float(best["seconds"]), ratio=seconds / float(best["seconds"]))
        report.notes.append(
            f"{name}: {len(chosen)} origins; peer: {[(one['name'], round(float(one['rmse']), 4)) for one in found]}"
        )
    report.finish()


if __name__ == "__main__":
    main()
