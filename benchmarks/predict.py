"""Online prediction with a warm model over HTTP at a fixed rate, and the page that lists 10,000 runs."""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

from benchmarks.load import Load, Request, generate
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage

RATE_PER_SECOND = 200
P99_MILLISECONDS = 10.0
LISTED_RUNS = 10_000
LIST_MILLISECONDS = 200.0
#: Rows of recent history that a question brings along.
_ROWS = 60
_FILLERS = 8


def train(on: Stage, plugin: str) -> str:
    """A model of the bundled CO₂ series that is warm; its name."""
    model = plugin.rpartition(".")[2]
    config: dict[str, Any] = {"horizon": 4}
    if model not in ("ridge", "naive"):
        config |= {"epochs": 2, "window": 48}  # how good it is does not matter here; the rows sent must suffice
    body = {"kind": "train", "plugin": plugin, "dataset": "co2", "model": model, "config": config}
    trained = on.call("POST", "/runs", body)["id"]
    while (run := on.call("GET", f"/runs/{trained}"))["state"] in ("queued", "running"):
        time.sleep(0.2)
    if run["state"] != "succeeded":
        raise SystemExit(f"no {plugin} to predict with: {run['error']}")
    on.call("POST", f"/models/{model}/predict", {"version": 1})
    return model


def history() -> list[dict[str, Any]]:
    """Return the last weeks of a series as a caller would send them."""
    begin = datetime(2002, 1, 5, tzinfo=UTC)
    return [
        {"at": (begin + timedelta(weeks=week)).isoformat(), "co2": 371.0 + 0.03 * week + (week % 7) / 10}
        for week in range(_ROWS)
    ]


def question(on: Stage, model: str, *, own_rows: bool) -> Request:
    """Return a question: from the end of the dataset, or with rows in the request, different ones each time."""
    path = f"/models/{model}/predict"
    if not own_rows:
        return Request("prediction", 1.0, "POST", path, '{"version": 1}')
    schema = on.call("GET", "/datasets/co2")["dataset_schema"]
    rows = [{schema["time"]: row["at"], schema["target"]: row["co2"]} for row in history()]
    body = json.dumps({"version": 1, "rows": rows, "horizon": 4}, separators=(",", ":")).replace("%", "%%")
    return Request("prediction", 1.0, "POST", path, body.rstrip("}") + "}")


def shares(load: Load, report: Report, told: str) -> None:
    """Report the figures of one stretch of load; only p99 has a goal."""
    report.add(f"{told}: p50", load.p(0.5), "ms")
    met = load.p(0.99) < P99_MILLISECONDS and load.failed == 0
    report.add(f"{told}: p99", load.p(0.99), "ms", goal=f"< {P99_MILLISECONDS:g}", met=met)
    report.add(f"{told}: p99.9", load.p(0.999), "ms")
    report.add(f"{told}: errors", load.failed, f"of {len(load.all) + load.failed}", goal="0", met=load.failed == 0)


def busy() -> tuple[float, float]:
    """Processor seconds that this machine has worked, and those that it has had."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    return sum(times[:8]) - idle, sum(times[:8])


def predictions(on: Stage, report: Report, plugins: list[str], rate: float, seconds: float, blocks: int) -> None:
    """Measure several stretches of load for each model; report the best and the median, since the machine is shared."""
    on.call("POST", "/datasets/from-source", {"source": "bundled", "name": "co2", "options": {"series": "co2"}})
    for plugin in plugins:
        model = train(on, plugin)
        for own_rows in (False, True):
            asked = [question(on, model, own_rows=own_rows)]
            told = f"{plugin}, {f'{_ROWS} rows sent' if own_rows else 'end of its dataset'}, {rate:g}/s"
            generate(on.port, on.token, asked, rate, 2, 1)  # caches fill
            began, machine = on.processor_seconds(), busy()
            loads = [generate(on.port, on.token, asked, rate, seconds, 10 + each) for each in range(blocks)]
            processor = (on.processor_seconds() - began) / max(1, sum(len(load.all) for load in loads))
            worked, had = (after - before for after, before in zip(busy(), machine, strict=True))
            shares(min(loads, key=lambda load: load.p(0.99)), report, f"{told}, best of {blocks}")
            middle = percentile([load.p(0.99) for load in loads], 0.5)
            report.add(f"{told}: p99, median of {blocks}", middle, "ms")
            report.add(f"{told}: processor time of the API a prediction", processor * 1e3, "ms")
            report.add(f"{told}: the machine's processors were busy", 100 * worked / had, "%")


def fill(on: Stage, count: int) -> None:
    """That many runs, each with a name, a config and a summary."""
    config = {"learning_rate": 0.1, "layers": [64, 32]}
    with ThreadPoolExecutor(_FILLERS) as pool:

        def make(number: int) -> None:
            on.call("POST", "/runs", {"kind": "external", "name": f"run {number}", "config": config})

        for _ in pool.map(make, range(count)):
            pass


def lists(on: Stage, report: Report, count: int) -> None:
    """Measure the time of the page's own request, with all stored runs."""
    fill(on, count)
    for path in ("/runs?limit=20", "/runs?limit=100", "/runs?limit=500", "/runs?limit=100&state=running"):
        walls, began = [], on.processor_seconds()
        for _ in range(40):
            at = time.perf_counter()
            on.call("GET", path)
            walls.append((time.perf_counter() - at) * 1e3)
        processor = (on.processor_seconds() - began) / len(walls) * 1e3
        worst = percentile(walls, 0.95)
        told = f"GET {path} of {count:,} runs"
        report.add(f"{told}: p95 as the client sees it", worst, "ms", goal=f"< {LIST_MILLISECONDS:g}", met=worst < 200)
        report.add(f"{told}: processor time", processor, "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plugins", nargs="+", default=["forecasting.ridge", "forecasting.lstm"])
    parser.add_argument("--rate", type=float, default=RATE_PER_SECOND)
    parser.add_argument("--seconds", type=float, default=5, help="of one stretch of load")
    parser.add_argument("--blocks", type=int, default=2, help="stretches for each kind of question")
    parser.add_argument("--runs", type=int, default=LISTED_RUNS)
    parser.add_argument(
        "--parts", nargs="+", choices=("online", "list"), default=["online", "list"], help="all in under two minutes"
    )
    asked = parser.parse_args()
    report = Report("predict", seed=1)
    print(f"load of the machine before: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores", flush=True)
    with stage() as on:
        if "online" in asked.parts:
            predictions(on, report, asked.plugins, asked.rate, asked.seconds, asked.blocks)
        if "list" in asked.parts:
            lists(on, report, asked.runs)
    report.notes.append(
        "Open loop: Poisson arrivals, latency from the intended moment of sending, over HTTP on loopback with an API"
        f" token. Every answer stood in the ledger before it was given. Platform, its children and the generator share"
        f" {psutil.cpu_count()} cores; load of the machine at the end: {psutil.getloadavg()[0]:.1f}."
    )
    report.finish()


if __name__ == "__main__":
    main()
