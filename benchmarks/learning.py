"""Learners through the platform: throughput of a replay, delay of a live row, memory, and the rate of reads.

Parts: ``throughput``, ``latency``, ``memory`` and ``reads``, each 1 to 4 minutes. The peer of the throughput is River's
logistic regression with a scaler on the same rows, without a platform.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.api import highest
from benchmarks.load import Request
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, pss_megabytes, stage

START = datetime(2019, 1, 1, tzinfo=UTC)
PARTS = ("throughput", "latency", "memory", "reads")
_POSTED = 4_000
_SEED = 3


def table(rows: int, columns: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return names and values of features without information, and of a random walk that is predicted."""
    rng = np.random.default_rng(_SEED)
    names = (*(f"x{number}" for number in range(columns)), "close")
    walk = 100 + rng.normal(size=rows).cumsum() * 0.01
    return names, np.column_stack([rng.normal(size=(rows, columns)).round(6), walk.round(6)])


def fill(on: Stage, feed: str, names: tuple[str, ...], values: np.ndarray, every: timedelta) -> None:
    """Create a feed and post the rows."""
    on.call("POST", "/feeds", {"name": feed, "columns": [{"name": name} for name in names], "historical": True})
    for first in range(0, len(values), _POSTED):
        part = values[first : first + _POSTED].tolist()
        rows = [
            {"at": (START + (first + number) * every).isoformat(), "values": dict(zip(names, row, strict=True))}
            for number, row in enumerate(part)
        ]
        on.call("POST", f"/feeds/{feed}/rows", {"rows": rows})


def create(on: Stage, name: str, feed: str, inputs: tuple[str, ...], **settings: Any) -> None:
    target = {"column": "close", "kind": "sign", "ahead_rows": 12}
    body = {"name": name, "feed": feed, "plugin": "online.linear.direction", "target": target, "inputs": list(inputs)}
    on.call("POST", "/learners", {**body, **settings})


def learned(on: Stage, name: str) -> tuple[dict[str, Any], float]:
    """Start a learner of a closed feed, and return it and the seconds from its start to the end of its run."""
    began = time.perf_counter()
    run_id = on.call("POST", f"/learners/{name}/start")["id"]
    while (run := on.call("GET", f"/runs/{run_id}"))["state"] in ("queued", "running"):
        time.sleep(0.1)
    seconds = time.perf_counter() - began
    if run["state"] != "succeeded":
        raise SystemExit(f"the learner failed: {run['error']}")
    return on.call("GET", f"/learners/{name}"), seconds


def throughput(report: Report, rows: int) -> None:
    """Measure five years of 5-minute rows: 40 columns, horizon 12, drift, hourly scores, 6-hourly states, ledger."""
    names, values = table(rows, 40)
    with stage() as on:
        fill(on, "bars", names, values, timedelta(minutes=5))
        on.call("POST", "/feeds/bars/close")
        while on.call("GET", "/feeds/bars")["sealed_rows"] < rows // 8192 * 8192:
            time.sleep(0.5)
        create(on, "bars", "bars", names[:-1], state_every_seconds=21_600)
        found, seconds = learned(on, "bars")
    peer = rivers(names, values)
    what = f"{rows:,} rows × 40 columns through the platform"
    report.add(what, seconds, "s", peer=peer, ratio=seconds / peer, goal="< 30 s", met=seconds < 30)
    report.add("ledger and kept states of a row", found["bytes"] / rows, "B")
    report.add("outcomes", found["outcomes"])


def rivers(names: tuple[str, ...], values: np.ndarray) -> float:
    """Return the seconds in which River predicts and learns the same directions, 12 rows later."""
    from river import linear_model, optim, preprocessing

    model = preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(0.01))
    rows = [dict(zip(names[:-1], row, strict=True)) for row in values[:, :-1].tolist()]
    close = values[:, -1].tolist()
    began = time.perf_counter()
    for number, row in enumerate(rows):
        if number >= 12:
            model.learn_one(rows[number - 12], close[number] > close[number - 12])
        model.predict_proba_one(row)
    return time.perf_counter() - began


def latency(report: Report, rows: int) -> None:
    """Measure the time from sending a row until its answer is committed, at 20 rows per second."""
    names, values = table(rows, 4)
    with stage() as on:
        fill(on, "live", names, values[:500], timedelta(minutes=1))
        create(on, "live", "live", names[:-1])
        on.call("POST", "/learners/live/start")
        with closing(sqlite3.connect(f"file:{on.home / 'azuraforge.db'}?mode=ro", uri=True)) as ledger:

            def committed() -> int:
                return int(ledger.execute("SELECT seq FROM learner WHERE name = 'live'").fetchone()[0])

            while committed() < 500:
                time.sleep(0.1)
            took: list[float] = []
            for number in range(500, rows):
                at = (START + number * timedelta(minutes=1)).isoformat()
                row = {"at": at, "values": dict(zip(names, values[number].tolist(), strict=True))}
                began = time.perf_counter()
                on.call("POST", "/feeds/live/rows", {"rows": [row]})
                while committed() <= number:
                    time.sleep(0.0005)
                took.append(1000 * (time.perf_counter() - began))
                time.sleep(max(0.0, 0.05 - took[-1] / 1000))
    report.add("row posted → answer committed, median", percentile(took, 0.5), "ms")
    worst = percentile(took, 0.99)
    report.add("row posted → answer committed, p99", worst, "ms", goal="< 50 ms", met=worst < 50)


def memory(report: Report, rows: int) -> None:
    """Measure ten idle learners, and the growth of one over many rows."""
    names, values = table(rows, 4)
    with stage(AZURAFORGE_RUNS__STANDING="12") as on:
        fill(on, "long", names, values, timedelta(minutes=1))
        fill(on, "short", names, values[:5000], timedelta(minutes=1))
        before, known = pss_megabytes(on.tree()), {each.pid for each in on.tree()}
        for number in range(10):
            create(on, f"idle{number}", "short", names[:-1])
            on.call("POST", f"/learners/idle{number}/start")
        while any(on.call("GET", f"/learners/idle{number}")["seq"] < 5000 for number in range(10)):
            time.sleep(0.2)
        time.sleep(3)
        held = pss_megabytes(on.tree()) - before
        report.add("ten idle learners", held, "MB", goal="≤ 300 MB", met=held <= 300)
        report.add("the platform without learners", before, "MB")
        for number in range(10):
            on.call("POST", f"/learners/idle{number}/stop")
        while any(on.call("GET", f"/learners/idle{number}")["state"] != "stopped" for number in range(10)):
            time.sleep(0.2)
        create(on, "grows", "long", names[:-1])
        on.call("POST", "/learners/grows/start")
        points: list[tuple[int, float]] = []
        while (seq := on.call("GET", "/learners/grows")["seq"]) < rows:
            if seq:
                points.append((seq, pss_megabytes([each for each in on.tree() if each.pid not in known])))
            time.sleep(0.2)
    late = np.array([each for each in points if each[0] > rows / 4])
    fit = stats.linregress(late[:, 0] / 1e6, late[:, 1])
    bound = fit.slope + stats.t.ppf(0.975, len(late) - 2) * fit.stderr
    what = f"growth over {rows:,} rows, upper 95 % bound"
    report.add(what, float(bound), "MB per 10⁶ rows", goal="≤ 1", met=bool(bound <= 1))
    report.notes.append(f"Memory of the growing learner: {len(late)} points, {late[0, 1]:.1f} to {late[-1, 1]:.1f} MB.")


def reads(report: Report, seconds: float) -> None:
    """Measure the highest rate of reads of a learner that holds a p99 of 50 ms, next to that of the list of runs."""
    names, values = table(2000, 4)
    with stage() as on:
        for number in range(200):
            on.call("POST", "/runs", {"kind": "external", "name": f"run {number}"})
        fill(on, "read", names, values, timedelta(minutes=1))
        create(on, "read", "read", names[:-1])
        on.call("POST", "/learners/read/start")
        while on.call("GET", "/learners/read")["seq"] < 2000:
            time.sleep(0.1)
        ours, _ = highest(on, [Request("learner", 1.0, "GET", "/learners/read")], 200, seconds)
        runs, _ = highest(on, [Request("runs", 1.0, "GET", "/runs?limit=20")], 200, seconds)
    report.add("reads of a learner per second, p99 < 50 ms", ours, "1/s", peer=runs, ratio=ours / runs,
               goal="≥ 0.8 × GET /runs", met=ours >= 0.8 * runs)  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", help=f"parts, separated by commas: {', '.join(PARTS)}")
    options.add_argument("--rows", type=int, default=525_960, help="rows of the throughput figure")
    options.add_argument("--live-rows", type=int, default=2500)
    options.add_argument("--long-rows", type=int, default=1_000_000)
    options.add_argument("--seconds", type=float, default=5.0, help="seconds of each rate")
    asked = options.parse_args()
    wanted = set(asked.only.split(",")) if asked.only else set(PARTS)
    if unknown := wanted - set(PARTS):
        raise SystemExit(f"no part is named {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    report = Report("learning", seed=_SEED)
    if "throughput" in wanted:
        throughput(report, asked.rows)
    if "latency" in wanted:
        latency(report, asked.live_rows)
    if "memory" in wanted:
        memory(report, asked.long_rows)
    if "reads" in wanted:
        reads(report, asked.seconds)
    report.notes.append(json.dumps(vars(asked)))
    report.finish()


if __name__ == "__main__":
    main()
