"""A month of real rows, replayed: never trained again, trained at each arrival, and kept fresh by its automations.

Three models learn the same rows and forecast the same origins. Each arrival is appended and judges the forecasts
before it. ``always`` is then trained, and its newest version promoted whatever the gate says. ``fresh`` is kept by
``models keep-fresh`` with promotion by the gate: its forecasts, its retraining on drift and when it is worse than a
baseline, and its promotions are the automations' own. ``never`` and ``fresh`` begin with the gate's choice, which may
be a baseline. Every live score is computed again from the raw file.

A month passes in minutes, so three things stand for the clock: the benchmark fires *retrain regularly* at every
seventh arrival, the shared cool-down of a day is a second, and the comparison with baselines is read every 5 seconds
instead of every 300. Times are moved 84 years ahead (the same weekdays), because forecasts that are made after their
time do not count.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

from azuraforge.automations.fresh.plan import name_of
from azuraforge.automations.fresh.schemas import Role
from azuraforge.client import Client
from azuraforge.client.run import Run
from benchmarks.report import Report, shared_data
from benchmarks.stage import stage

DATA = shared_data()
MODELS = ("never", "always", "fresh")
_YEARS = 84
_WEEK = 7
_PATIENCE_SECONDS = 600.0
_RETRAINING: tuple[Role, ...] = ("retrain_regularly", "retrain_on_drift", "retrain_when_worse")


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
    keep_fresh(client)
    for model in MODELS:
        forecast(model)
    for arrival in range(case.arrivals):
        rows.slice(case.learned_rows + arrival * case.rows_per_arrival, case.rows_per_arrival).write_csv(write)
        client.datasets.append(name, write)
        forecast("never")
        train("always")
        newest = max(each.version for each in client.models.get("always").version_list)
        if client.models.get("always").champion != newest:
            client.models.promote("always", newest, reason="always the newest")
        forecast("always")
        here = rows["time"].head(case.learned_rows + (arrival + 1) * case.rows_per_arrival)
        settle(client, set(here.to_list()), here[-1])
        if (arrival + 1) % _WEEK == 0:
            client.automations.fire(name_of("fresh", "retrain_regularly"))
        print(f"{case.name}: {arrival + 1} of {case.arrivals} arrivals", flush=True)
    wait(lambda: retrained(client))
    return {model: errors_of(client, model, rows) for model in MODELS}


def keep_fresh(client: Client) -> None:
    """Set up the automations of ``fresh``, with their clock replaced as the module says."""
    client.models.keep_fresh("fresh", refresh="never", retrain="monthly", promote=True)
    for role in _RETRAINING:
        found = client.automations.get(name_of("fresh", role))
        when = {**found.when, "every_seconds": 5} if role == "retrain_when_worse" else found.when
        client.automations.edit(found, when=when, cool_down_seconds=1)


def settle(client: Client, arrived: set[datetime], end: datetime) -> None:
    """Wait until all forecasts of rows that have arrived are judged, and until ``fresh`` has answered that.

    A forecast may be of a time that no row ever has, such as a holiday of the exchange; that stays open.
    """

    def judged(model: str) -> bool:
        lines = client.predictions.list(model, judged=False, limit=None)
        known = ((each.outcome.known if each.outcome is not None else 0, each) for each in lines)
        return all(count >= sum(point.at in arrived for point in each.predictions) for count, each in known)

    for model in MODELS:
        wait(partial(judged, model))
    read_at = client.automations.get(name_of("fresh", "retrain_when_worse")).next_at
    wait(lambda: client.automations.get(name_of("fresh", "retrain_when_worse")).next_at != read_at)
    wait(lambda: any(each.origin == end for each in client.predictions.list("fresh", limit=3)))
    wait(lambda: retrained(client))


def retrained(client: Client) -> bool:
    """Return whether no retraining of ``fresh`` goes on or is due."""
    found = [client.automations.get(name_of("fresh", role)) for role in _RETRAINING]
    running = [each.name for each in found if each.newest_firings and each.newest_firings[0].state == "running"]
    return not running and not any(each.pending for each in found)


def wait(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; raises where nothing happens for ten minutes."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < until, "nothing happens any more"
        time.sleep(0.2)


def errors_of(client: Client, model: str, rows: pl.DataFrame) -> dict[datetime, float]:
    """Return mean absolute errors by origin, computed from the raw rows; raises where the ledger says otherwise."""
    known = dict(zip(rows["time"].to_list(), rows["value"].to_list(), strict=True))
    found: dict[datetime, float] = {}
    points: list[float] = []
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
            points += errors
    scores = client.predictions.scores(model).total
    assert sum(each.count for each in scores) == len(points), "the live scores leave points out"
    stated = sum(each.count * each.loss for each in scores) / len(points)
    assert math.isclose(stated, float(np.mean(points)), rel_tol=1e-9), (stated, np.mean(points))
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
            champions = {model: len(client.models.history(model, alias="champion")) for model in MODELS}
            fired = {role: client.automations.get(name_of("fresh", role)).fires for role in _RETRAINING}
        origins = sorted(set.intersection(*(set(each) for each in found.values())))
        never = np.array([found["never"][at] for at in origins])
        for role, count in fired.items():
            report.add(f"{case.name}, fresh: {role.replace('_', ' ')}", count, "firings")
        report.add(f"{case.name}: origins", len(origins))
        for model in MODELS:
            errors = np.array([found[model][at] for at in origins])
            mean = float(errors.mean())
            report.add(f"{case.name}, {model}: mean absolute error", mean, ratio=mean / float(never.mean()))
            report.add(f"{case.name}, {model}: versions trained", versions[model])
            report.add(f"{case.name}, {model}: champions", champions[model])
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
