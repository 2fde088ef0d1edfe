"""Throughput of a replay through the platform: 41 columns, horizon 12, drift, hourly scores, 6-hourly states."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.learning import COLUMNS, TARGET, create, ended, start
from benchmarks.report import Report
from benchmarks.stage import Stage, stage

MINUTES = 5
_STATES = {"state_every_seconds": 21_600, "archive_every_seconds": 21_600}


def table(rows: int) -> np.ndarray:
    """Return 40 columns of noise and a random walk."""
    rng = np.random.default_rng(3)
    return np.column_stack([rng.normal(size=(rows, 40)), 100 + rng.normal(size=rows).cumsum() * 0.01])


def filled(on: Stage, values: np.ndarray, folder: Path, name: str = "rows") -> None:
    """Fill a feed with rows every five minutes and close it."""
    at = np.datetime64("2019-01-01T00:00:00", "us") + np.arange(len(values)) * np.timedelta64(MINUTES, "m")
    frame = pl.DataFrame({"time": at} | {each: values[:, n] for n, each in enumerate((*COLUMNS, "close"))})
    path = folder / f"{name}.parquet"
    frame.with_columns(pl.col("time").dt.replace_time_zone("UTC")).write_parquet(path)
    columns = [{"name": each} for each in (*COLUMNS, "close")]
    options = {"file": str(path), "time": "time"}
    on.call("POST", "/feeds", {"name": name, "columns": columns, "source": "replay", "options": options})
    ended(on, str(on.call("POST", f"/feeds/{name}/start")["id"]))
    found = on.call("GET", f"/feeds/{name}")
    if (found["state"], found["rows"]) != ("closed", len(values)):
        raise SystemExit(f"the feed has {found['rows']} rows and is {found['state']}: {found['problem']}")


def river_seconds(values: np.ndarray) -> float:
    """Return the seconds of a bare scaled logistic regression of River on the same rows and outcomes."""
    from river import linear_model, optim, preprocessing

    ahead = int(TARGET["ahead_rows"])  # type: ignore[call-overload]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in values[:, :40].tolist()]
    up = (values[ahead:, 40] > values[:-ahead, 40]).tolist()
    model = preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(0.01))
    began = time.perf_counter()
    for number, row in enumerate(rows):
        if number >= ahead:
            model.learn_one(rows[number - ahead], up[number - ahead])
        model.predict_proba_one(row)
    return time.perf_counter() - began


def measure(report: Report, rows: int) -> None:
    """Add the figures of a replay of ``rows`` rows and of the same rows in River."""
    values = table(rows)
    with tempfile.TemporaryDirectory(prefix="azuraforge-rows-") as folder, stage(AZURAFORGE_FOLDERS=folder) as on:
        began = time.perf_counter()
        filled(on, values, Path(folder))
        filling = time.perf_counter() - began
        create(on, "replay", "rows", **_STATES)
        before = on.processor_parts()
        run_id = start(on, "replay")
        run = ended(on, run_id)
        spent = {name: each - before.get(name, 0.0) for name, each in on.processor_parts().items()}
        seconds = _between(run["started_at"], run["finished_at"])
        learner = on.call("GET", "/learners/replay")
        if (learner["seq"], learner["answers"]) != (rows, rows):
            raise SystemExit(f"the learner is at row {learner['seq']} with {learner['answers']} answers")
        report.add(
            f"replay of {rows:,} rows × 40 columns through the platform, {learner['states']:,} states", seconds, "s",
            goal="< 30 s", met=seconds < 30,
        )  # fmt: skip
        for name, each in spent.items():
            report.add(f"the same: processor time, {name}", each, "s")
        report.add("the same: bytes of the ledger and of all states per row", learner["bytes"] / rows, "B")
        report.add("rows per second of the collector that fills the feed", rows / filling)
    peer = rows / river_seconds(values)
    report.add(
        "replay, rows per second", rows / seconds, peer=peer, ratio=rows / seconds / peer,
        goal="≥ 1 × River", met=rows / seconds >= peer,
    )  # fmt: skip


def _between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
