"""Two commits side by side: processor time of the API's requests and of whole runs, in turns on one machine.

``--other`` names a checkout of the other commit whose ``.venv`` is set up (``make .venv/.dev`` in it). Both platforms
run at the same time and answer in turns, so that a busy or slow machine is equally slow for both; a ratio is the median
over turns of this commit's time to the other's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.api import prepare, reads
from benchmarks.load import Request
from benchmarks.predict import history
from benchmarks.report import Report
from benchmarks.stage import Stage, stage

#: Reading, baselines, verdict, explanations and report belong to a run.
PIPELINES = ("forecasting.ridge", "forecasting.ets", "forecasting.lstm")

#: Enough to keep the API's process busy all the time.
_CONNECTIONS = 4


def requests(on: Stage, ids: dict[str, str]) -> dict[str, Request]:
    """Return the reads of ``bench-api``, a list of 100 runs, predictions and a written metric, by name."""
    named = {each.path.replace(ids["run"], "…").replace(ids["trained"], "trained"): each for each in reads(ids)}
    found = {f"GET {path}": each for path, each in named.items()}
    found["GET /runs?limit=100"] = Request("read", 1.0, "GET", "/runs?limit=100")
    schema = on.call("GET", "/datasets/co2")["dataset_schema"]
    rows = [{schema["time"]: row["at"], schema["target"]: row["co2"]} for row in history()]
    path = "/models/co2/predict"
    found["POST predict, end of its dataset"] = Request("prediction", 1.0, "POST", path, "{}")
    found["POST predict, 60 rows sent"] = Request(
        "prediction", 1.0, "POST", path, json.dumps({"rows": rows, "horizon": 4})
    )
    found["POST metrics, one point"] = Request(
        "write", 1.0, "POST", f"/runs/{ids['open']}/metrics", '{"points":{"loss":[[%d,0.5]]}}', numbered=True
    )
    return found


def turn(on: Stage, request: Request, count: int, first: int) -> float:
    """Processor microseconds of the platform's process, and for predictions of its children, per request."""
    pids = [process.pid for process in on.tree()] if request.kind == "prediction" else [on.pid]
    before = sum(_nanoseconds(pid) for pid in pids)
    for number in range(first, first + count):
        body = request.body % number if request.numbered else request.body
        on.call(request.method, request.path, json.loads(body) if body else None)
    return (sum(_nanoseconds(pid) for pid in pids) - before) / count / 1e3


def _nanoseconds(pid: int) -> int:
    """Processor time of a process's threads so far; the clock of ``cpu_times`` ticks every 10 ms only (Linux)."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((thread / "schedstat").read_text().split()[0])
    return total


def compare(
    report: Report, name: str, unit: str, ours: list[float], others: list[float], least: float | None = None
) -> None:
    """Add a figure: this commit's median, the other's, and the median of the ratios by turn with their quartiles.

    The goal is a ratio of at most 1.05, or of at least ``least``.
    """
    ratios = np.array(ours) / np.array(others)
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    report.add(
        name,
        float(np.median(ours)),
        unit,
        peer=float(np.median(others)),
        ratio=float(middle),
        goal="≤ 1.05" if least is None else f"≥ {least}",
        met=bool(middle <= 1.05 if least is None else middle >= least),
    )
    report.notes.append(f"{name}: ratio {middle:.3f}, half of the turns between {low:.3f} and {high:.3f}")


def api(both: tuple[Stage, Stage], report: Report, where: str, turns: int, count: int) -> None:
    """Ask both platforms the same requests in turns."""
    asked = [requests(on, prepare(on)) for on in both]
    for name in asked[0]:
        spent: tuple[list[float], list[float]] = ([], [])
        for number in range(turns + 1):
            order = (0, 1) if number % 2 else (1, 0)
            for side in order:
                taken = turn(both[side], asked[side][name], count, number * count)
                if number:  # the first turn fills caches
                    spent[side].append(taken)
        compare(report, f"{where}: {name}", "µs", *spent)


def rates(both: tuple[Stage, Stage], report: Report, where: str, turns: int, count: int) -> None:
    """Send the mix of reads of ``bench-api`` from several connections as fast as one platform answers, in turns."""
    asked = []
    for on in both:
        kinds = reads(prepare(on))
        asked.append(random.Random(0).choices(kinds, [each.weight for each in kinds], k=count))
    found: dict[str, tuple[list[float], list[float]]] = {"rate": ([], []), "time": ([], [])}
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        for number in range(turns + 1):
            for side in (0, 1) if number % 2 else (1, 0):
                on = both[side]
                before, began = _nanoseconds(on.pid), time.perf_counter()
                list(threads.map(lambda each, on=on: on.call(each.method, each.path), asked[side]))
                seconds, spent = time.perf_counter() - began, _nanoseconds(on.pid) - before
                if number:  # the first turn fills caches
                    found["rate"][side].append(count / seconds)
                    found["time"][side].append(spent / count / 1e3)
    compare(report, f"{where}: reads from {_CONNECTIONS} connections", "/s", *found["rate"], least=0.95)
    compare(report, f"{where}: processor time of one read", "µs", *found["time"])


def runs(both: tuple[Stage, Stage], report: Report, turns: int) -> None:
    """Train each pipeline on both platforms in turns; processor seconds of the whole tree."""
    for plugin in PIPELINES:
        spent: tuple[list[float], list[float]] = ([], [])
        for number in range(turns + 1):
            for side in (0, 1) if number % 2 else (1, 0):
                taken = trained(both[side], plugin, number)
                if number:
                    spent[side].append(taken)
        compare(report, f"run of {plugin} on co2", "s", *spent)


def trained(on: Stage, plugin: str, seed: int) -> float:
    """Processor seconds of everything on one side from the request to the report, ended children included."""
    config: dict[str, Any] = {"horizon": 4}
    if plugin == "forecasting.lstm":
        config |= {"epochs": 3, "window": 48}
    before = _ever(on)
    body = {"kind": "train", "plugin": plugin, "dataset": "co2", "config": config, "seed": seed}
    run_id = on.call("POST", "/runs", body)["id"]
    while (run := on.call("GET", f"/runs/{run_id}"))["state"] in ("queued", "running"):
        time.sleep(0.1)
    if run["state"] != "succeeded":
        raise SystemExit(f"{plugin} failed: {run['error']}")
    quiet, last = 0, _ever(on)  # explanations and the report follow the success
    while quiet < 10:
        time.sleep(0.1)
        now = _ever(on)
        quiet, last = (quiet + 1, now) if now - last < 0.02 else (0, now)
    return last - before


def _ever(on: Stage) -> float:
    """Processor seconds of the tree, with those of children that have ended and were waited for."""
    total = 0.0
    for process in on.tree():
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def pair(other: Path, made: Callable[[], Any]) -> Iterator[tuple[Stage, Stage]]:
    """Both platforms, this commit's first."""
    own = Stage.python
    with ExitStack() as stack:
        ours = stack.enter_context(made())
        try:
            Stage.python = str(other / ".venv/bin/python")
            theirs = stack.enter_context(made())
        finally:
            Stage.python = own
        yield ours, theirs


def main() -> None:
    """Compare this checkout with another."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--other", type=Path, required=True, help="a checkout of the other commit, set up")
    options.add_argument("--turns", type=int, default=15)
    options.add_argument("--count", type=int, default=60, help="requests of one turn")
    options.add_argument("--runs", type=int, default=5, help="turns of whole runs; 0: none")
    options.add_argument("--rates", type=int, default=0, help="only rates of reads on SQLite, in turns of so many")
    options.add_argument("--no-postgres", action="store_true")
    given = options.parse_args()
    report = Report("commits", seed=0)
    if given.rates:
        with pair(given.other, stage) as both:
            rates(both, report, "SQLite", given.turns, given.rates)
        report.finish()
        return
    with pair(given.other, stage) as both:
        api(both, report, "SQLite", given.turns, given.count)
        if given.runs:
            runs(both, report, given.runs)
    if not given.no_postgres:
        from benchmarks.stage.scaled import scaled_stage  # needs the extra `scaled`

        with pair(given.other, scaled_stage) as both:
            api(both, report, "PostgreSQL", given.turns, given.count)
    report.finish()


if __name__ == "__main__":
    main()
