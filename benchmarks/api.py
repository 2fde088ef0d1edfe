"""The API under open-loop load: latency at a fixed rate, the highest rate that holds, memory over time.

Without arguments: costs, reads and the mix on SQLite, then reads and the mix on PostgreSQL, in about five minutes.
``--only memory`` takes ``--minutes`` more; ``--only postgres,memory`` watches it there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from scipy import stats

from benchmarks.load import Load, Request, generate
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, pss_megabytes, stage

P99_MILLISECONDS = 50
_RUNS, _POINTS = 200, 1000
_PARTS = ("reads", "mix", "memory", "postgres")


def prepare(on: Stage) -> dict[str, str]:
    """Runs with curves, a dataset, and a model that predicts."""
    runs = []
    for number in range(_RUNS):
        body = {"kind": "external", "name": f"run {number}", "config": {"learning_rate": 0.1, "layers": [64, 32]}}
        runs.append(on.call("POST", "/runs", body)["id"])
    curve = [[step, 1.0 / (step + 1)] for step in range(_POINTS)]
    for run_id in runs[:10]:
        on.call("POST", f"/runs/{run_id}/metrics", {"points": {"loss": curve, "accuracy": curve}})
    for run_id in runs[:-1]:
        on.call("POST", f"/runs/{run_id}/finish", {"state": "succeeded", "summary": {"loss": 0.1}})
    on.call("POST", "/datasets/from-source", {"source": "bundled", "name": "co2", "options": {"series": "co2"}})
    body = {"kind": "train", "plugin": "forecasting.ridge", "dataset": "co2", "model": "co2", "config": {"horizon": 4}}
    trained = on.call("POST", "/runs", body)["id"]
    while (run := on.call("GET", f"/runs/{trained}"))["state"] in ("queued", "running"):
        time.sleep(0.1)
    if run["state"] != "succeeded":
        raise SystemExit(f"no model to predict with: {run['error']}")
    on.call("POST", "/models/co2/predict")  # the predictor is warm from now on
    return {"run": runs[0], "open": runs[-1], "trained": trained}


def reads(ids: dict[str, str], weight: float = 1.0) -> list[Request]:
    """Return the ten most frequent reads of pages and clients, in their usual shares."""
    shares = {
        f"/runs/{ids['run']}": 25,
        "/runs?limit=20": 20,
        f"/runs/{ids['run']}/metrics?max_points=300": 15,
        "/sessions/current": 10,
        f"/runs/{ids['trained']}": 10,
        "/models": 5,
        "/models/co2": 5,
        "/datasets": 4,
        "/datasets/co2": 3,
        f"/runs/{ids['run']}/artifacts": 3,
    }
    return [Request("read", weight * share / 100, "GET", path) for path, share in shares.items()]


def mixed(ids: dict[str, str]) -> list[Request]:
    """70 % reads, 20 % predictions, 10 % writes."""
    write = Request(
        "write", 0.1, "POST", f"/runs/{ids['open']}/metrics", '{"points":{"loss":[[%d,0.5]]}}', numbered=True
    )
    return [*reads(ids, 0.7), Request("prediction", 0.2, "POST", "/models/co2/predict", "{}"), write]


def cost(on: Stage, request: Request, seconds: float = 1.0) -> tuple[float, float]:
    """Send requests one by one; return the platform's processor time per request and the wall time, in microseconds."""
    for _ in range(20):
        on.call(request.method, request.path)
    count, processor, began = 0, on.processor_seconds(), time.perf_counter()
    while time.perf_counter() - began < seconds:
        on.call(request.method, request.path)
        count += 1
    wall = time.perf_counter() - began
    return (on.processor_seconds() - processor) / count * 1e6, wall / count * 1e6


def highest(on: Stage, requests: list[Request], first: float, seconds: float) -> tuple[float, Load | None]:
    """Return the highest rate that holds p99 < 50 ms without an error, to about 10 %."""
    good, best, bad = 0.0, None, float("inf")
    rate, seed = first, 100
    while bad / max(good, 1.0) > 1.1:
        for _ in range(2):  # a machine's own moment of trouble is not ours; twice is
            seed += 1
            load = generate(on.port, on.token, requests, rate, seconds, seed)
            holds = load.failed == 0 and load.p(0.99) < P99_MILLISECONDS
            print(f"{rate:.0f}/s: p99 {load.p(0.99):.1f} ms, {load.failed} errors", file=sys.stderr)
            time.sleep(0.5)
            if holds:
                break
        if holds:
            good, best = rate, load
        else:
            bad = rate
        if rate < 5:
            break
        rate = (good + bad) / 2 if good and bad < float("inf") else rate * 1.3 if holds else rate / 1.6
    return good, best


class Memory:
    """Memory of the platform's tree over time, sampled once a second by a thread."""

    def __init__(self, on: Stage) -> None:
        self.at: list[float] = []
        self.megabytes: list[float] = []
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._on = on
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        began = time.monotonic()
        while not self._ended.wait(1.0):
            tree = self._on.tree()
            self.at.append(time.monotonic() - began)
            self.megabytes.append(pss_megabytes(tree))
            if len(self.at) % 60 == 1:
                self._last = self._each(tree)
                self._first = self._first or self._last

    @staticmethod
    def _each(tree: list[psutil.Process]) -> dict[str, float]:
        return {f"{' '.join(each.cmdline()[1:4])[-30:]} {each.pid}": pss_megabytes([each]) for each in tree}

    def ends(self) -> str:
        return f"{self.megabytes[0]:.1f}, {self.megabytes[-1]:.1f}"

    def by_process(self) -> str:
        """Return the memory of each process in the first and the last minute, if it ran in both."""
        both = self._first.keys() & self._last.keys()
        return "; ".join(f"{name}: {self._first[name]:.1f} → {self._last[name]:.1f}" for name in sorted(both))

    def slope(self, warm_up_seconds: float, block_seconds: float = 10.0) -> tuple[float, float, float]:
        """Theil–Sen slope of the blocks' medians after the warm-up, with its 95 % interval, in MB an hour."""
        blocks: dict[int, list[float]] = {}
        for at, value in zip(self.at, self.megabytes, strict=True):
            if at >= warm_up_seconds:
                blocks.setdefault(int(at // block_seconds), []).append(value)
        medians = [sorted(values)[len(values) // 2] for values in blocks.values()]
        hours = [(number + 0.5) * block_seconds / 3600 for number in blocks]
        found = stats.theilslopes(medians, hours, 0.95)
        return float(found[0]), float(found[2]), float(found[3])


def add_load(report: Report, name: str, load: Load, goal: bool = False) -> None:
    told = f"{name}, {load.rate:g}/s for {load.seconds:g} s"
    report.add(f"{told}: p50", load.p(0.5), "ms")
    met = load.p(0.99) < P99_MILLISECONDS if goal else None
    report.add(f"{told}: p99", load.p(0.99), "ms", goal=f"< {P99_MILLISECONDS}" if goal else "", met=met)
    report.add(f"{told}: p99.9", load.p(0.999), "ms")
    report.add(f"{told}: errors", load.failed, f"of {len(load.all) + load.failed}", **_none(load, goal))


def _none(load: Load, goal: bool) -> dict[str, object]:
    return {"goal": "0", "met": load.failed == 0} if goal else {}


class Ledger:
    """Use of the cores' time during one stretch of load."""

    def __init__(self, on: Stage) -> None:
        self._on = on
        self._before = on.processor_parts()
        self._machine = psutil.cpu_times()
        self._at = time.monotonic()

    def told(self, load: Load) -> str:
        seconds = time.monotonic() - self._at
        # A process that has ended since took its time along.
        used_now = self._on.processor_parts().items()
        parts = {name: max(0.0, used - self._before.get(name, 0.0)) for name, used in used_now}
        parts["generator"] = load.processor_share * load.seconds
        now, before = psutil.cpu_times(), self._machine
        stolen = getattr(now, "steal", 0.0) - getattr(before, "steal", 0.0)
        idle = now.idle + now.iowait - before.idle - before.iowait
        shares = ", ".join(f"{name} {100 * used / seconds:.0f}" for name, used in parts.items())
        late = percentile(load.lateness, 0.99) * 1e3 if load.lateness else 0.0
        return (
            f"% of one core: {shares}; the machine's {psutil.cpu_count()} cores idle {100 * idle / seconds:.0f}, "
            f"taken by its host {100 * stolen / seconds:.1f}; the generator's own lateness, p99: {late:.1f} ms"
        )


class Seen:
    """Measurements of the watched API during one stretch of load."""

    def __init__(self, on: Stage) -> None:
        self._on = on
        self._file = Path(on.environment["AZURAFORGE_BENCH_WATCH"])
        on.server_log()
        os.kill(on.pid, signal.SIGUSR1)

    def told(self) -> dict[str, Any]:
        self._file.unlink(missing_ok=True)
        os.kill(self._on.pid, signal.SIGUSR2)
        while True:
            try:
                seen: dict[str, Any] = json.loads(self._file.read_text())
                return {**seen, "server_log": self._on.server_log()[:20]}
            except (OSError, ValueError):
                time.sleep(0.1)


@contextmanager
def platform(postgres: bool, watch: bool) -> Iterator[Stage]:
    """Embedded on SQLite, or the scaled one, whose API is measured."""
    environment = {"AZURAFORGE_BENCH_WATCH": str(Path(tempfile.mkdtemp()) / "watch.json")} if watch else {}
    module = Stage.module
    Stage.module = "benchmarks.stage.watched" if watch else module
    try:
        if postgres:
            from benchmarks.stage.scaled import scaled_stage  # needs the extra `scaled`

            with scaled_stage(**environment) as on:
                yield on
        else:
            with stage(**environment) as on:
                yield on
    finally:
        Stage.module = module


def measure_costs(on: Stage, ids: dict[str, str], report: Report, where: str) -> None:
    for request in reads(ids):
        processor, wall = cost(on, request)
        name = request.path.replace(ids["run"], "…").replace(ids["trained"], "trained")
        report.add(f"{where}: processor time of GET {name}", processor, "µs")
        report.notes.append(f"{where}: GET {name}: {wall:.0f} µs wall, one after another")


def measure_reads(on: Stage, ids: dict[str, str], report: Report, where: str, rate: float, asked: Any) -> None:
    generate(on.port, on.token, reads(ids), rate / 4, 5)  # caches fill
    ledger = Ledger(on)
    seen = Seen(on) if asked.watch else None
    load = generate(on.port, on.token, reads(ids), rate, asked.seconds)
    report.notes.append(f"{where}, {rate:g} reads/s: {ledger.told(load)}")
    if seen is not None:
        report.notes.append(f"{where}, what the API saw: {json.dumps(seen.told(), indent=1)}")
    add_load(report, f"{where}: reads", load, goal=True)
    best, _ = highest(on, reads(ids), rate, asked.search_seconds)
    report.add(f"{where}: highest rate of reads with p99 < 50 ms", best, "/s")


def measure_mix(on: Stage, ids: dict[str, str], report: Report, where: str, first: float, asked: Any) -> None:
    best, load = highest(on, mixed(ids), first, asked.search_seconds)
    report.add(f"{where}: highest rate of 70 % reads, 20 % predictions, 10 % writes with p99 < 50 ms", best, "/s")
    if load is not None:
        for kind in ("read", "prediction", "write"):
            report.add(f"{where}: at that rate, p99 of {kind}s", load.p(0.99, kind), "ms")


def measure_memory(on: Stage, ids: dict[str, str], report: Report, where: str, asked: Any) -> None:
    with Memory(on) as memory:
        load = generate(on.port, on.token, mixed(ids), asked.memory_rate, asked.minutes * 60)
    slope, low, high = memory.slope(min(120.0, asked.minutes * 20))
    name = f"{where}: memory over {asked.minutes:g} min of mixed load at {asked.memory_rate:g}/s"
    told = f"{slope:+.2f} [{low:+.2f}, {high:+.2f}]"
    report.add(f"{name}, Theil–Sen", told, "MB/h", goal="0 inside", met=low <= 0 <= high)
    report.add(f"{name}: errors", load.failed, f"of {len(load.all) + load.failed}")
    report.add(f"{where}: memory at the beginning and the end, whole tree (PSS)", memory.ends(), "MB")
    report.notes.append(f"{where}: memory by process, MB: {memory.by_process()}")


def chosen(only: str | None) -> tuple[set[str], list[bool]]:
    """Return the parts to measure, and the platforms (True: on PostgreSQL)."""
    if only is None:
        return {"reads", "mix"}, [False, True]
    named = set(only.split(","))
    if unknown := named - set(_PARTS):
        raise SystemExit(f"there is no part {min(unknown)!r}; there are {', '.join(_PARTS)}")
    return named - {"postgres"} or {"reads", "mix"}, ["postgres" in named]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help=f"some of {', '.join(_PARTS)}, with commas between; postgres says where")
    parser.add_argument("--rate", type=float, default=1000, help="reads a second of the main figure on SQLite")
    parser.add_argument("--postgres-rate", type=float, default=500, help="the same on PostgreSQL")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--search-seconds", type=float, default=5, help="of each step towards the highest rate")
    parser.add_argument("--minutes", type=float, default=10, help="of load while memory is watched")
    parser.add_argument("--memory-rate", type=float, default=60, help="requests a second meanwhile")
    parser.add_argument("--costs", action="store_true", help="only what each read costs")
    parser.add_argument("--watch", action="store_true", help="see inside the API where the time of requests goes")
    asked = parser.parse_args()
    parts, databases = chosen(asked.only)
    report = Report("-".join(["api", *(asked.only.split(",") if asked.only else [])]), seed=1)
    for postgres in databases:
        where, rate = ("PostgreSQL", asked.postgres_rate) if postgres else ("SQLite", asked.rate)
        with platform(postgres, asked.watch) as on:
            ids = prepare(on)
            if "reads" in parts or asked.costs:
                measure_costs(on, ids, report, where)
            if asked.costs:
                continue
            if "reads" in parts:
                measure_reads(on, ids, report, where, rate, asked)
            if "mix" in parts:
                measure_mix(on, ids, report, where, rate / 4, asked)
            if "memory" in parts:
                measure_memory(on, ids, report, where, asked)
    report.notes.append(
        "Open loop: Poisson arrivals, latency from the intended moment of sending, 128 kept connections, own generator "
        f"on plain sockets with uvloop. Every read is authenticated and scoped to a project. Platform and generator "
        f"share {psutil.cpu_count()} cores."
    )
    report.finish()


if __name__ == "__main__":
    main()
