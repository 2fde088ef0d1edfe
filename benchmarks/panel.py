"""A panel of many monthly series through one run on a running platform: time, processor time and memory.

The panel is drawn with a seed: trends, a yearly season of changing phase, and walks, 60 rows each; one series in twenty
has a few rows only. ``--plugin`` names the forecaster, such as ``forecasting.ets`` or ``forecasting.auto``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl
import psutil
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from azuraforge.client import Client
from benchmarks.stage import Stage, stage

_ROWS, _LOOK_SECONDS = 60, 0.25
_RESULTS = Path(__file__).parent / "results" / "panel.json"


def write_panel(path: Path, count: int, rows: int = _ROWS, seed: int = 7) -> None:
    """Write ``count`` monthly series as CSV; one in twenty has 3 to 12 rows."""
    rng = np.random.default_rng(seed)
    steps = np.arange(rows)
    level, drift = np.exp(rng.normal(5, 1, (count, 1))), rng.normal(0, 0.004, (count, 1))
    phase, swing = rng.uniform(0, 2 * np.pi, (count, 1)), rng.uniform(0, 0.4, (count, 1))
    walk = np.cumsum(rng.normal(0, 0.03, (count, rows)), axis=1)
    noise = rng.normal(0, 0.05, (count, rows))
    values = level * np.exp(drift * steps + walk + noise) * (1 + swing * np.sin(2 * np.pi * steps / 12 + phase))
    months = [f"{2019 + step // 12}-{step % 12 + 1:02}-01" for step in range(rows)]
    kept = np.where(rng.random(count) < 0.05, rng.integers(min(3, rows), min(12, rows) + 1, count), rows)
    there = steps >= rows - kept[:, None]
    names = np.array([f"s{number:06}" for number in range(count)])
    pl.DataFrame(
        {
            "series": np.repeat(names, rows)[there.ravel()],
            "month": np.tile(np.array(months), count)[there.ravel()],
            "value": values[there],
        }
    ).write_csv(path, float_precision=3)


class Watch:
    """Processor time and memory of the platform's processes, looked at four times a second.

    Attributes:
        cpu: processor seconds of all processes that were seen, the platform's own among them.
        largest: peak resident bytes of one child.
        together: peak resident bytes of all processes, pages that they share counted once for each.
    """

    def __init__(self, on: Stage) -> None:
        self._on, self._seen, self._ended = on, dict[tuple[int, float], float](), threading.Event()
        self.largest = self.together = 0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    @property
    def cpu(self) -> float:
        return sum(self._seen.values())

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            together = 0
            for process in self._on.tree():
                try:
                    times, memory = process.cpu_times(), process.memory_info().rss
                    self._seen[process.pid, process.create_time()] = times.user + times.system
                except psutil.Error:
                    continue
                together += memory
                if process.pid != self._on.pid:
                    self.largest = max(self.largest, memory)
            self.together = max(self.together, together)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()


def measure(count: int, rows: int, plugin: str, horizon: int) -> dict[str, object]:
    """Add the panel, run the forecaster and return the figures."""
    with stage() as on, tempfile.TemporaryDirectory() as folder, Client(on.url, on.token) as client:
        file = Path(folder) / "panel.csv"
        write_panel(file, count, rows)
        watch, began = Watch(on), time.monotonic()
        client.datasets.add(file, time="month", target="value", series="series", name="panel")
        added, added_cpu = time.monotonic() - began, watch.cpu
        run = client.runs.start(plugin, dataset="panel", config={"horizon": horizon})
        columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
        with Progress(*columns, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(plugin, total=1.0)
            while (run := client.runs.get(run.id)).state not in ("succeeded", "failed", "cancelled"):
                progress.update(task, completed=run.progress.share)
                time.sleep(0.5)
        whole = time.monotonic() - began
        watch.stop()
        if run.state != "succeeded":
            raise SystemExit(f"the run {run.state}: {run.error.message if run.error else '-'}")
        began = time.monotonic()
        report = client.runs.report(run.id)
        return {
            "series": count,
            "plugin": plugin,
            "dataset_seconds": round(added, 1),
            "dataset_processor_seconds": round(added_cpu, 1),
            "run_seconds": round(whole - added, 1),
            "processor_seconds": round(watch.cpu, 1),
            "largest_child_mb": round(watch.largest / 2**20),
            "all_processes_mb": round(watch.together / 2**20),
            "report_seconds": round(time.monotonic() - began, 1),
            "report_kb": round(len(report) / 1024),
            "headline": str((run.summary or {}).get("headline")),
        }


def main() -> None:
    """Print the figures as a table and write them to ``results/panel.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=_ROWS)
    parser.add_argument("--horizon", type=int, default=12)
    parser.add_argument("--plugin", default="forecasting.boosted_lags")
    wanted = parser.parse_args()
    found = measure(wanted.series, wanted.rows, wanted.plugin, wanted.horizon)
    for name, value in found.items():
        print(f"{name.replace('_', ' '):28}{value}")
    _RESULTS.parent.mkdir(exist_ok=True)
    _RESULTS.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
