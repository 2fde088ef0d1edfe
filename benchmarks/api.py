"""The API under open-loop load: latency at a fixed rate, the highest rate that holds, memory over time."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from scipy import stats

from benchmarks.load import Load, Request, generate
from benchmarks.report import Report
from benchmarks.stage import Stage, pss_megabytes, stage

P99_MILLISECONDS = 50
_RUNS, _POINTS = 200, 1000


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
    """The ten reads that pages and clients ask for most, in the shares in which they do."""
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
    """One after another: processor time of the platform per request, and the wall time, in microseconds."""
    for _ in range(20):
        on.call(request.method, request.path)
    count, processor, began = 0, on.processor_seconds(), time.perf_counter()
    while time.perf_counter() - began < seconds:
        on.call(request.method, request.path)
        count += 1
    wall = time.perf_counter() - began
    return (on.processor_seconds() - processor) / count * 1e6, wall / count * 1e6


def highest(on: Stage, requests: list[Request], first: float, seconds: float) -> tuple[float, Load | None]:
    """The highest rate that holds p99 < 50 ms without an error, to about 5 %."""
    good, best, bad = 0.0, None, float("inf")
    rate, seed = first, 100
    while bad / max(good, 1.0) > 1.05:
        for _ in range(2):  # a machine's own moment of trouble is not ours; twice is
            seed += 1
            load = generate(on.port, on.token, requests, rate, seconds, seed)
            holds = load.failed == 0 and load.p(0.99) < P99_MILLISECONDS
            print(f"{rate:.0f}/s: p99 {load.p(0.99):.1f} ms, {load.failed} errors", file=sys.stderr)
            time.sleep(1)
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
            self.at.append(time.monotonic() - began)
            self.megabytes.append(pss_megabytes(self._on.tree()))

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


@contextmanager
def platform(postgres: bool) -> Iterator[Stage]:
    """Embedded on SQLite, or the scaled one, whose API is measured."""
    if not postgres:
        with stage() as on:
            yield on
        return
    from benchmarks.stage.scaled import scaled_stage  # needs the extra `scaled`

    with scaled_stage() as on:
        yield on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1000, help="requests a second of the main figure")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--search-seconds", type=float, default=10, help="of each step of the search for the highest rate"
    )
    parser.add_argument("--minutes", type=float, default=2, help="of load while memory is watched; the figure takes 10")
    parser.add_argument("--costs", action="store_true", help="only what each read costs")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL with both walls; try --rate 500")
    asked = parser.parse_args()
    report = Report("api-postgres" if asked.postgres else "api", seed=1)
    with platform(asked.postgres) as on:
        ids = prepare(on)
        for request in reads(ids):
            processor, wall = cost(on, request)
            name = request.path.replace(ids["run"], "…").replace(ids["trained"], "trained")
            report.add(f"processor time of GET {name}", processor, "µs")
            report.notes.append(f"GET {name}: {wall:.0f} µs wall, one after another")
        if asked.costs:
            report.finish()
            return
        generate(on.port, on.token, reads(ids), asked.rate / 4, 5)  # caches fill
        read = generate(on.port, on.token, reads(ids), asked.rate, asked.seconds)
        add_load(report, "reads", read, goal=True)
        report.add("the generator's own processor time at that rate", read.processor_share * 100, "%")
        rate, _ = highest(on, reads(ids), asked.rate, asked.search_seconds)
        report.add("reads: highest rate with p99 < 50 ms", rate, "/s")
        rate, load = highest(on, mixed(ids), asked.rate / 4, asked.search_seconds)
        report.add("70 % reads, 20 % predictions, 10 % writes: highest rate with p99 < 50 ms", rate, "/s")
        if load is not None:
            for kind in ("read", "prediction", "write"):
                report.add(f"at that rate, p99 of {kind}s", load.p(0.99, kind), "ms")
        with Memory(on) as memory:
            generate(on.port, on.token, mixed(ids), max(20.0, rate / 2), asked.minutes * 60)
        slope, low, high = memory.slope(min(60.0, asked.minutes * 20))
        told = f"{slope:+.2f} [{low:+.2f}, {high:+.2f}]"
        report.add(
            f"memory over {asked.minutes:g} min of mixed load, Theil–Sen",
            told,
            "MB/h",
            goal="0 inside",
            met=low <= 0 <= high,
        )
        report.add("memory at the end, whole tree (PSS)", memory.megabytes[-1], "MB")
    report.notes.append(
        "Open loop: Poisson arrivals, latency from the intended moment of sending, 128 kept connections, own generator "
        f"on plain sockets with uvloop. Every read is authenticated and scoped to a project. Platform and generator "
        f"share {psutil.cpu_count()} cores."
    )
    report.finish()


if __name__ == "__main__":
    main()
