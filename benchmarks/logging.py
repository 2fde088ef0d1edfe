"""Logging next to an MLflow 3 server on SQLite: single calls, batches, reading a curve, memory; and our own log()."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

import azuraforge
from benchmarks.report import ROOT, Report
from benchmarks.stage import percentile, pss_megabytes, stage

PEER = ROOT / ".bench-mlflow" / "bin" / "mlflow"
BATCH, CURVE, SHOWN = 1000, 10_000, 1000
_START_SECONDS = 120


class Http:
    """The same plain client for both sides: one kept connection, JSON in, JSON out."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)
        for last in (False, True):
            try:
                self._connection.request(method, path, content, self._headers)
                answer = self._connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):  # closed while it was idle
                self._connection.close()
                if last:
                    raise
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else None


class Ours:
    """Our platform, through its API."""

    def __init__(self, port: int, token: str) -> None:
        self._http = Http(port, token)

    def run(self) -> str:
        return str(self._http("POST", "/api/v1/runs", {"kind": "external", "name": "bench"})["id"])

    def log(self, run: str, points: list[tuple[int, float]]) -> None:
        self._http("POST", f"/api/v1/runs/{run}/metrics", {"points": {"loss": points}})

    log_one = log

    def read(self, run: str) -> int:
        told = self._http("GET", f"/api/v1/runs/{run}/metrics?series=loss&max_points={SHOWN}")
        return len(told["series"][0]["steps"])


class Theirs:
    """MLflow, through its REST API."""

    def __init__(self, port: int) -> None:
        self._http = Http(port)
        self._experiment = self._http("POST", "/api/2.0/mlflow/experiments/create", {"name": "bench"})["experiment_id"]

    def run(self) -> str:
        body = {"experiment_id": self._experiment, "start_time": int(time.time() * 1000)}
        return str(self._http("POST", "/api/2.0/mlflow/runs/create", body)["run"]["info"]["run_id"])

    def log(self, run: str, points: list[tuple[int, float]]) -> None:
        at = int(time.time() * 1000)
        metrics = [{"key": "loss", "value": value, "timestamp": at, "step": step} for step, value in points]
        self._http("POST", "/api/2.0/mlflow/runs/log-batch", {"run_id": run, "metrics": metrics})

    def log_one(self, run: str, points: list[tuple[int, float]]) -> None:
        [(step, value)] = points
        body = {"run_id": run, "key": "loss", "value": value, "timestamp": int(time.time() * 1000), "step": step}
        self._http("POST", "/api/2.0/mlflow/runs/log-metric", body)

    def read(self, run: str) -> int:
        asked = urlencode({"run_ids": run, "metric_key": "loss", "max_results": SHOWN})
        return len(self._http("GET", f"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?{asked}")["metrics"])


@contextmanager
def mlflow_server(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes], float]]:
    """A server as its own command starts it, with SQLite as durable as ours; port, process, seconds to healthy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "peers"), "MLFLOW_DISABLE_TELEMETRY": "true"}
    command = [str(PEER), "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder)]
    began = time.perf_counter()
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        while True:
            with contextlib.suppress(OSError, SystemExit, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    break
            if process.poll() is not None or time.perf_counter() - began > _START_SECONDS:
                raise SystemExit(f"MLflow did not start:\n{(folder / 'mlflow.log').read_text()[-2000:]}")
            time.sleep(0.1)
        yield port, process, time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def rate(side: Ours | Theirs, size: int, seconds: float, step: int) -> tuple[float, int]:
    """Points a second, ``size`` a request, one request after another; and the next free step."""
    run, began, done = side.run(), time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        points = [(step + index, math.sin(step + index)) for index in range(size)]
        (side.log_one if size == 1 else side.log)(run, points)
        step, done = step + size, done + size
    return done / passed, step


def reading(side: Ours | Theirs, times: int) -> float:
    """Milliseconds to read a long curve, reduced; median."""
    run = side.run()
    for start in range(0, CURVE, BATCH):
        side.log(run, [(step, math.sin(step / 50)) for step in range(start, start + BATCH)])
    measured = []
    for _ in range(times):
        began = time.perf_counter()
        shown = side.read(run)
        measured.append((time.perf_counter() - began) * 1e3)
        if not SHOWN * 0.5 <= shown <= SHOWN * 1.1:
            raise SystemExit(f"{type(side).__name__} showed {shown} points instead of {SHOWN}")
    return percentile(measured, 0.5)


def log_call(home: Path, url: str, calls: int, pause: float) -> list[float]:
    """Return the times of ``run.log(step=…, loss=…)`` in the training program, in microseconds."""
    times = []
    with azuraforge.Client(url=url, home=home).run("bench") as run:
        for step in range(calls):
            began = time.perf_counter_ns()
            run.log(step=step, loss=0.5)
            times.append((time.perf_counter_ns() - began) / 1e3)
            if pause:
                time.sleep(pause)
    return times


def compare(report: Report, ours: Ours, theirs: Theirs, seconds: float, rounds: int) -> None:
    """Measure both sides in turns, so that a busy moment affects both; report medians of the rounds."""
    for size, name, goal in ((1, "single calls", 3), (BATCH, f"batches of {BATCH}", 10)):
        measured: dict[str, list[float]] = {"ours": [], "theirs": []}
        steps = {"ours": 0, "theirs": 0}
        for _ in range(rounds):
            for which, side in (("ours", ours), ("theirs", theirs)):
                found, steps[which] = rate(side, size, seconds / rounds, steps[which])
                measured[which].append(found)
        a, b = (percentile(measured[which], 0.5) for which in ("ours", "theirs"))
        report.add(f"{name}, peer MLflow", a, "points/s", peer=b, ratio=a / b, goal=f"≥ {goal} ×", met=a / b >= goal)
        print(f"{name}: done", file=sys.stderr)
    a, b = reading(ours, 20), reading(theirs, 20)
    name = f"read of {CURVE} points as {SHOWN}, median, peer MLflow"
    report.add(name, a, "ms", peer=b, ratio=a / b, goal="≤ 1/20", met=a / b <= 1 / 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="of each side in each comparison")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=50_000, help="of log() in a loop without a pause")
    asked = parser.parse_args()
    if not PEER.exists():
        raise SystemExit("MLflow is not installed in .bench-mlflow; run `make bench-logging`, which does that")
    report = Report("logging")
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-bench-mlflow-"))
    try:
        with stage() as on, mlflow_server(folder) as (port, process, healthy):
            compare(report, Ours(on.port, on.token), Theirs(port), asked.seconds, asked.rounds)
            root = psutil.Process(process.pid)
            a, b = pss_megabytes(on.tree()), pss_megabytes([root, *root.children(recursive=True)])
            name = "memory of the whole tree (PSS) afterwards, peer MLflow"
            report.add(name, a, "MB", peer=b, ratio=a / b, goal="≤ 1/8", met=a / b <= 1 / 8)
            report.add("MLflow: start to healthy", healthy, "s")
            for pause, told in ((0.001, "1,000 a second"), (0.0, "without a pause")):
                times = log_call(on.home, on.url, 5000 if pause else asked.calls, pause)
                p50 = percentile(times, 0.5)
                report.add(f"log() returns after, p50, {told}", p50, "µs", goal="< 5", met=p50 < 5)
                report.add(f"log() returns after, mean, {told}", sum(times) / len(times), "µs")
                report.add(f"log() returns after, p99, {told}", percentile(times, 0.99), "µs")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.notes.append(
        "Both over HTTP through the same plain client on one kept connection, one request after another; both on "
        "SQLite with a write-ahead log and synchronous=NORMAL; ours with a token and a project on every request. "
        f"MLflow {_version()} as `mlflow server` starts it."
    )
    report.finish()


def _version() -> str:
    told = subprocess.run([str(PEER), "--version"], capture_output=True, text=True)
    return told.stdout.strip().rpartition(" ")[2]


if __name__ == "__main__":
    main()
