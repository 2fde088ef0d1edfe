"""A month of real rows, replayed: never trained again, trained at each arrival, and kept fresh through the gate.

Three models learn the same rows and forecast the same origins. Each arrival is appended and judges the forecasts
before it; then ``always`` is trained and its newest version promoted whatever the gate says, and ``fresh`` is trained
at every seventh arrival and where drift is reported, and promoted by the gate only. ``never`` and ``fresh`` begin
with the gate's choice, which may be a baseline. Times are moved 84 years ahead (the same weekdays), because forecasts
that are made after their time do not count. Every live score is computed again from the raw file.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

from azuraforge.client import Client
from azuraforge.client.run import Run
from benchmarks.report import Report, shared_data
from benchmarks.stage import stage

DATA = shared_data()
MODELS = ("never", "always", "fresh")
_YEARS = 84
_WEEK = 7
_JUDGING_SECONDS = 60.0


@dataclass(frozen=True)
class Case:
    """A series, how far it is forecast, and how it arrives."""

    name: str
    read: Callable[[], pl.DataFrame]  # columns time, value
    learned_rows: int
    rows_per_arrival: int
    arrivals: int
    horizon: int
    plugin: str = "forecasting.ridge"


def szeged() -> pl.DataFrame:
    """Hourly temperature; duplicated hours count once, missing ones stay missing."""
    frame = pl.read_csv(DATA / "weather_szeged_hourly" / "weatherHistory.csv.gz", infer_schema=False)
    at = frame["Formatted Date"].str.to_datetime("%Y-%m-%d %H:%M:%S%.f %z", time_zone="UTC")
    rows = pl.DataFrame({"time": at, "value": frame["Temperature (C)"].cast(pl.Float64)})
    return rows.unique("time", keep="first").sort("time")


def stock() -> pl.DataFrame:
    """Daily closing prices of Microsoft."""
    frame = pl.read_csv(DATA / "stocks_daily" / "MSFT.csv", infer_schema=False)
    columns = {each.lower(): each for each in frame.columns}
    at = frame[columns["date"]].str.slice(0, 10).str.to_datetime("%Y-%m-%d", time_zone="UTC")
    return pl.DataFrame({"time": at, "value": frame[columns["close"]].cast(pl.Float64)}).drop_nulls().sort("time")


def melbourne() -> pl.DataFrame:
    """Daily lowest temperature."""
    (path,) = [each for each in (DATA / "weather_melbourne_daily").iterdir() if ".csv" in each.name]
    frame = pl.read_csv(path, infer_schema=False)
    at = frame[frame.columns[0]].str.to_datetime("%Y-%m-%d", time_zone="UTC")
    return pl.DataFrame({"time": at, "value": frame[frame.columns[1]].cast(pl.Float64)}).drop_nulls().sort("time")


CASES = {
    "szeged": Case("Szeged, hourly temperature", szeged, 90 * 24, 24, 31, 24),
    "stock": Case("Microsoft, daily close", stock, 750, 5, 31, 5),
    "melbourne": Case("Melbourne, daily temperature", melbourne, 1000, 7, 31, 7),
}


def replay(client: Client, case: Case, folder: Path) -> dict[str, dict[datetime, float]]:
    """Return each model's mean absolute error by origin, as its live scores state it and the raw file confirms it."""
    rows = case.read().head(case.learned_rows + case.arrivals * case.rows_per_arrival)
    rows = rows.with_columns(pl.col("time").dt.offset_by(f"{_YEARS}y"))
    name = "series"
    write = folder / "rows.csv"
    rows.head(case.learned_rows).write_csv(write)
    client.datasets.add(write, name=name, time="time", target="value")
    config = {"horizon": case.horizon}

    def train(model: str) -> Run:
        started = client.runs.start(case.plugin, dataset=name, model=model, kind="train", config=config, seed=7)
        return client.runs.wait(started.id)

    def forecast(model: str) -> None:
        run = client.runs.wait(client.predictions.forecast(model, dataset=name).id)
        assert run.state == "succeeded", run.error

    for model in MODELS:
        assert train(model).state == "succeeded"
        if client.models.get(model).champion is None:
            client.models.promote(model, 1, reason="to begin with")
    alarmed = False
    for arrival in range(case.arrivals):
        for model in MODELS:
            forecast(model)
        rows.slice(case.learned_rows + arrival * case.rows_per_arrival, case.rows_per_arrival).write_csv(write)
        client.datasets.append(name, write)
        wait_for_outcomes(client)
        train("always")
        newest = max(each.version for each in client.models.get("always").version_list)
        if client.models.get("always").champion != newest:
            client.models.promote("always", newest, reason="always the newest")
        drift = client.predictions.drift("fresh", look=True).alarm
        if (arrival + 1) % _WEEK == 0 or (drift and not alarmed):
            train("fresh")
        alarmed = drift
    return {model: errors_of(client, model, rows) for model in MODELS}


def wait_for_outcomes(client: Client) -> None:
    """Wait until each model's forecasts of rows that have arrived are judged."""
    until = time.monotonic() + _JUDGING_SECONDS
    end = client.datasets.get("series").end
    for model in MODELS:
        while any(each.matures_at <= end for each in client.predictions.list(model, judged=False, limit=None)):
            if time.monotonic() > until:
                return
            time.sleep(0.05)


def errors_of(client: Client, model: str, rows: pl.DataFrame) -> dict[datetime, float]:
    """Return mean absolute errors by origin, computed from the raw rows; raises where the ledger says otherwise."""
    known = dict(zip(rows["time"].to_list(), rows["value"].to_list(), strict=True))
    found: dict[datetime, float] = {}
    for each in client.predictions.list(model, limit=None):
        line = client.predictions.get(each.prediction_id)
        errors = []
        for outcome in line.outcomes:
            point = line.predictions[outcome.step - 1]
            actual = known[point.at.astimezone(UTC)]
            assert outcome.actual == actual, (outcome, actual)
            assert math.isclose(outcome.loss, abs((point.value or 0.0) - actual), abs_tol=1e-9)
            errors.append(outcome.loss)
        if errors:
            found[line.origin] = float(np.mean(errors))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("cases", nargs="*", default=list(CASES))
    asked = options.parse_args()
    report = Report("replay", seed=7)
    for key in asked.cases:
        case = CASES[key]
        with tempfile.TemporaryDirectory() as folder, stage() as on:
            client = Client(on.url, token=on.token)
            found = replay(client, case, Path(folder))
            versions = {model: len(client.models.get(model).version_list) for model in MODELS}
        origins = sorted(set.intersection(*(set(each) for each in found.values())))
        never = np.array([found["never"][at] for at in origins])
        report.add(f"{case.name}: origins", len(origins))
        for model in MODELS:
            errors = np.array([found[model][at] for at in origins])
            mean = float(errors.mean())
            report.add(f"{case.name}, {model}: mean absolute error", mean, ratio=mean / float(never.mean()))
            report.add(f"{case.name}, {model}: versions", versions[model])
            if model != "never":
                difference = errors - never
                what = f"{case.name}, {model} less never, 95 % interval"
                if not difference.any():
                    report.add(what, "the same forecasts")
                    continue
                low, high = stats.t.interval(0.95, len(origins) - 1, difference.mean(), stats.sem(difference))
                report.add(what, f"{low:+.3f} to {high:+.3f}")
    report.notes.append("Ratios are to the model that is never trained again. Every live error equals the raw file's.")
    report.finish()


if __name__ == "__main__":
    main()
