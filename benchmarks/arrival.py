"""Rows that arrive: 1,000 rows appended to a dataset of 1,000,000, on a running platform.

Measured are the time of the request, and the bytes that the append writes into the store; the files of the rows that
were there must stay as they are. Then single rows arrive for which a prediction waits: from the moment at which the
append is answered, and from the moment at which the row is sent, until the prediction is judged.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from azuraforge.client import Client
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage

_START = datetime(1905, 1, 1, tzinfo=UTC)
_GOAL_MS = 200.0
_JUDGED_GOAL_SECONDS = 1.0
_MODEL = "naive"
#: Rows of the dataset that the model learns from; its predictions continue the large one.
_LEARNED = 2_000
_LONGEST_SECONDS = 60.0


def write_rows(path: Path, first: int, count: int) -> None:
    """Write hourly rows of a load and two inputs as CSV, from the hour ``first`` on."""
    hours = np.arange(first, first + count)
    noise = np.random.default_rng([7, first]).normal(0, 1, (count, 3))
    daily = np.sin(2 * np.pi * hours / 24)
    begin = _START + timedelta(hours=first)
    times = pl.datetime_range(begin, begin + timedelta(hours=count - 1), "1h", time_zone="UTC", eager=True)
    pl.DataFrame(
        {"time": times, "load": 50 + 9 * daily + noise[:, 0], "heat": 12 + 8 * daily + noise[:, 1], "wind": noise[:, 2]}
    ).write_csv(path, float_precision=3)


def files_of(home: Path) -> dict[Path, tuple[int, int, int]]:
    """Inode, time of change and size of each stored file of rows."""
    found = {path: path.stat() for path in home.rglob("datasets/*.parquet")}
    return {path: (each.st_ino, each.st_mtime_ns, each.st_size) for path, each in found.items()}


def processor_seconds(on: Stage) -> float:
    """Processor time that the platform's processes, and their children that have ended, have used so far."""
    times = [each.cpu_times() for each in on.tree()]
    return sum(each.user + each.system + each.children_user + each.children_system for each in times)


def learn(client: Client, folder: Path) -> None:
    """Make a version that predicts the load one row ahead."""
    path = folder / "learned.csv"
    write_rows(path, 0, _LEARNED)
    client.datasets.add(path, time="time", target="load", name="learned")
    run = client.runs.start("forecasting.naive", dataset="learned", model=_MODEL, config={"horizon": 1})
    done = client.runs.wait(run.id)
    assert done.state == "succeeded", done.error


def judged(client: Client, folder: Path, first: int, times: int) -> tuple[list[float], list[float]]:
    """Seconds until a prediction is judged, from the answer to the append and from its start.

    Args:
        first: the hour of the first row that arrives.
        times: rows that arrive, one by one.
    """
    after, whole = list[float](), list[float]()
    part = folder / "one.csv"
    for hour in range(first, first + times):
        history = [
            {"time": (_START + timedelta(hours=at)).isoformat(), "load": 50.0, "heat": 12.0, "wind": 0.0}
            for at in range(hour - 30, hour)
        ]
        made = client.models.predict(_MODEL, history, version=1, continues="load")
        write_rows(part, hour, 1)
        began = time.perf_counter()
        client.datasets.append("load", part)
        answered = time.perf_counter()
        while not client.predictions.get(made.prediction_id).outcomes:
            assert time.perf_counter() - answered < _LONGEST_SECONDS, "the prediction was not judged"
            time.sleep(0.01)
        after.append(time.perf_counter() - answered)
        whole.append(time.perf_counter() - began)
    return after, whole


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000, help="of the dataset")
    options.add_argument("--append", type=int, default=1_000, help="rows of one append")
    options.add_argument("--times", type=int, default=12, help="appends")
    options.add_argument("--judged", type=int, default=60, help="single rows for which a prediction waits")
    asked = options.parse_args()
    report = Report("arrival", seed=7)
    with tempfile.TemporaryDirectory() as folder, stage() as on:
        client = Client(on.url, token=on.token)
        whole, part = Path(folder) / "load.csv", Path(folder) / "more.csv"
        write_rows(whole, 0, asked.rows)
        began = time.perf_counter()
        client.datasets.add(whole, time="time", target="load", name="load")
        report.add(f"add {asked.rows:,} rows", time.perf_counter() - began, "s")
        took: list[float] = []
        spent: list[float] = []
        written: list[int] = []
        touched = 0
        for number in range(asked.times):
            write_rows(part, asked.rows + number * asked.append, asked.append)
            before = files_of(on.home)
            used, began = processor_seconds(on), time.perf_counter()
            added = client.datasets.append("load", part)
            took.append(1000 * (time.perf_counter() - began))
            spent.append(1000 * (processor_seconds(on) - used))
            after = files_of(on.home)
            assert added.rows_added == asked.append, added
            touched += sum(after.get(path) != stat for path, stat in before.items())
            written.append(sum(stat[2] for path, stat in after.items() if path not in before))
        size = sum(stat[2] for stat in before.values())
        learn(client, Path(folder))
        used = processor_seconds(on)
        waited, in_all = judged(client, Path(folder), asked.rows + asked.times * asked.append, asked.judged)
        used = (processor_seconds(on) - used) / asked.judged
    what = f"append {asked.append:,} rows"
    middle = percentile(took, 0.5)
    report.add(f"{what}, first", took[0], "ms")
    report.add(f"{what}, median", middle, "ms", goal=f"< {_GOAL_MS:.0f}", met=middle < _GOAL_MS)
    report.add(f"{what}, slowest", max(took), "ms")
    report.add(f"{what}, processor time, median", percentile(spent, 0.5), "ms")
    report.add("bytes written by one append, most", max(written), "bytes")
    report.add("bytes stored before it", size, "bytes")
    report.add("stored files changed by appends", touched, "", goal="0", met=touched == 0)
    slowest = percentile(waited, 0.99)
    report.add(f"row stored until its prediction is judged, median of {asked.judged}", percentile(waited, 0.5), "s")
    met = slowest < _JUDGED_GOAL_SECONDS
    report.add("row stored until its prediction is judged, p99", slowest, "s", goal="< 1", met=met)
    report.add("row sent until its prediction is judged, median", percentile(in_all, 0.5), "s")
    report.add("row sent until its prediction is judged, p99", percentile(in_all, 0.99), "s")
    report.add("prediction, append and judgement together, processor time", used, "s")
    report.finish()


if __name__ == "__main__":
    main()
