"""Learners: throughput of the loop, and scores and time compared with River in the same run.

The loop runs in this process, without the platform around it: features, labels, baselines, scores per hour, drift and
states are included; the ledger and the database are not.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.apps.online.linear import LinearClass, LinearConfig, LinearDirection, LinearNumber
from azuraforge.apps.online.river_models import ForestClass, ForestConfig, TreeClass, TreeConfig
from azuraforge.learners.loop.loop import Loop
from azuraforge.learners.loop.plan import DriftPlan, Plan, Target
from azuraforge.plugins.contract.online.learner import Learner
from azuraforge.plugins.contract.rows import Span, span_of
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS
from benchmarks.report import Report, shared_data

SECOND = 1_000_000
#: Published scores of River (`benchmarks_streaming/river_published.csv`) by data and model.
PUBLISHED = {
    ("elec2", "linear"): 0.822144,
    ("phishing", "linear"): 0.8872,
    ("trump", "linear"): 1.31455,
    ("elec2", "tree"): 0.821258,
    ("phishing", "tree"): 0.874299,
}


@dataclass(frozen=True)
class Stream:
    """Rows with a label."""

    name: str
    columns: tuple[str, ...]
    features: np.ndarray
    label: np.ndarray
    classes: tuple[str, ...]

    @property
    def task(self) -> str:
        return "class" if self.classes else "number"

    def span(self) -> Span:
        at = (np.arange(len(self.label)) + 1) * 60 * SECOND
        return span_of((*self.columns, "label"), np.column_stack([self.features, self.label]), at=at)

    def plan(self) -> Plan:
        return Plan(
            task=self.task,
            target=Target(column="label"),
            columns=(*self.columns, "label"),
            classes=self.classes,
            inputs=self.columns,
            seed=1,
            state_every_seconds=86_400,
            archive_every_seconds=86_400,
        )


def streams(most: int) -> list[Stream]:
    """Return the streams of the shared data, each with at most ``most`` rows."""
    files = {
        "elec2": ("elec2.csv.gz", "class"),
        "phishing": ("phishing_river.csv.gz", "is_phishing"),
        "sea": ("sea_abrupt_50k.csv.gz", "class"),
        "chessboard": ("transient_chessboard.csv.gz", "class"),
        "trump": ("trump_approval.csv.gz", "five_thirty_eight"),
    }
    found = []
    for name, (file, label) in files.items():
        with gzip.open(shared_data() / "streams" / file, "rt") as lines:
            rows = [row for _, row in zip(range(most), csv.DictReader(lines), strict=False)]
        columns = tuple(each for each in rows[0] if each != label)
        features = np.array([[float(row[each]) for each in columns] for row in rows])
        if name == "trump":
            found.append(Stream(name, columns, features, np.array([float(row[label]) for row in rows]), ()))
            continue
        classes = sorted({row[label] for row in rows})
        codes = np.array([float(classes.index(row[label])) for row in rows])
        found.append(Stream(name, columns, features, codes, tuple(classes)))
    return found


def ours(stream: Stream, learner: Learner[Any], config: Any) -> tuple[float, dict[str, float], float]:
    """Return the score, the scores of the baselines, and the seconds of the loop."""
    span, kind = stream.span(), ONLINE_KINDS[stream.task]()
    began = time.perf_counter()
    loop = Loop(stream.plan(), learner, config, kind)
    for _ in loop.take(span):
        pass
    for _ in loop.close():
        pass
    seconds = time.perf_counter() - began
    values = kind.scores(loop.judge.scores.since_start, len(stream.classes))[kind.ranked_by].tolist()
    return values[0], dict(zip(kind.baselines, values[1:], strict=True)), seconds


def rivers(stream: Stream, model: Any) -> tuple[float, float]:
    """Return the score of River's progressive validation, and its seconds."""
    from river import metrics

    rows = [dict(zip(stream.columns, row, strict=True)) for row in stream.features.tolist()]
    label = [int(each) for each in stream.label.tolist()] if stream.classes else stream.label.tolist()
    metric = metrics.Accuracy() if stream.classes else metrics.MAE()
    began = time.perf_counter()
    for row, truth in zip(rows, label, strict=True):
        said = model.predict_one(row)
        if said is not None:
            metric.update(truth, said)
        model.learn_one(row, truth)
    return metric.get(), time.perf_counter() - began


def pairs(stream: Stream) -> dict[str, tuple[Callable[[], tuple[Learner[Any], Any]], Callable[[], Any]]]:
    """Return model name → our learner with its config, and the same model of River."""
    from river import forest, linear_model, optim, preprocessing, tree
    from river.multiclass import OneVsRestClassifier

    if stream.task == "number":
        return {
            "linear": (
                lambda: (LinearNumber(), LinearConfig()),
                lambda: preprocessing.StandardScaler() | linear_model.LinearRegression(),
            )
        }
    logistic = linear_model.LogisticRegression(optim.SGD(0.005))
    several = OneVsRestClassifier(logistic) if len(stream.classes) > 2 else logistic
    return {
        "linear": (
            lambda: (LinearClass(), LinearConfig(learning_rate=0.005)),
            lambda: preprocessing.StandardScaler() | several,
        ),
        "tree": (
            lambda: (TreeClass(), TreeConfig()),
            lambda: tree.HoeffdingAdaptiveTreeClassifier(grace_period=200, max_depth=20, seed=1),
        ),
        "forest": (
            lambda: (ForestClass(), ForestConfig(trees=3)),
            lambda: forest.ARFClassifier(n_models=3, grace_period=50, max_depth=20, seed=1),
        ),
    }


def compare(report: Report, most: int, models: list[str], names: list[str]) -> None:
    for stream in streams(most):
        if stream.name not in names:
            continue
        for model, (make, peer) in pairs(stream).items():
            if model not in models:
                continue
            learner, config = make()
            score, baselines, seconds = ours(stream, learner, config)
            theirs, peer_seconds = rivers(stream, peer())
            close = 1e-12 if model != "linear" else 1e-3
            what = f"{stream.name}, {model}: {'accuracy' if stream.classes else 'MAE'}"
            report.add(what, score, peer=theirs, goal="= River", met=abs(score - theirs) <= close * max(1.0, theirs))
            published = PUBLISHED.get((stream.name, model))
            if published is not None and len(stream.label) < most:
                worse = published - score if stream.classes else score - published
                report.add(f"{what}, published", score, peer=published, goal="no worse", met=worse <= 5e-6)
            rate, peer_rate = len(stream.label) / seconds, len(stream.label) / peer_seconds
            goal = 1.0 if model == "linear" else 0.9
            report.add(
                f"{stream.name}, {model}: rows per second", rate, peer=peer_rate, ratio=rate / peer_rate,
                goal=f"≥ {goal:g} × River", met=rate >= goal * peer_rate,
            )  # fmt: skip
        best = max(baselines.items(), key=lambda each: each[1] if stream.classes else -each[1])
        report.add(f"{stream.name}: best baseline, {best[0]}", best[1])


def throughput(report: Report, rows: int) -> None:
    """Five years of 5-minute rows with 40 columns: horizon 12, drift, hourly scores, 6-hourly states."""
    rng = np.random.default_rng(3)
    names = tuple(f"x{number}" for number in range(40))
    table = np.column_stack([rng.normal(size=(rows, 40)), 100 + rng.normal(size=rows).cumsum() * 0.01])
    span = span_of((*names, "close"), table, at=(np.arange(rows) + 1) * 300 * SECOND)
    plan = Plan(
        task="direction",
        target=Target(column="close", kind="sign", ahead_rows=12),
        columns=(*names, "close"),
        inputs=names,
        state_every_seconds=21_600,
        archive_every_seconds=21_600,
        drift=DriftPlan(),
    )
    loop = Loop(plan, LinearDirection(), LinearConfig(), ONLINE_KINDS["direction"]())
    began, states, size = time.perf_counter(), 0, 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as parent:
        for start in range(0, rows, 50_000):  # a segment at a time, as a replay reads them
            for commit in loop.take(span.cut(start, start + 50_000)):
                if commit.state_due:
                    states += 1
                    folder = Path(parent) / str(states)
                    folder.mkdir()
                    loop.save(folder)
                    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    seconds = time.perf_counter() - began
    report.add(f"{rows:,} rows × 40 columns, {states:,} states", seconds, "s", goal="< 30 s", met=seconds < 30)
    report.add("rows per second", rows / seconds)
    report.add("size of a state", size / 1024, "KiB", goal="≤ 256", met=size <= 256 * 1024)


def live(report: Report, rows: int = 3000) -> None:
    """One row at a time, as a live learner processes them."""
    rng = np.random.default_rng(3)
    names = tuple(f"x{number}" for number in range(40))
    table = np.column_stack([rng.normal(size=(rows, 40)), 100 + rng.normal(size=rows).cumsum() * 0.01])
    span = span_of((*names, "close"), table, at=(np.arange(rows) + 1) * 300 * SECOND)
    target = Target(column="close", kind="sign", ahead_rows=12)
    plan = Plan(task="direction", target=target, columns=(*names, "close"), inputs=names)
    loop = Loop(plan, LinearDirection(), LinearConfig(), ONLINE_KINDS["direction"]())
    took = []
    for row in range(rows):
        began = time.perf_counter()
        for _ in loop.take(span.cut(row, row + 1), live=True):
            pass
        took.append(time.perf_counter() - began)
    report.add("one live row, median", 1000 * float(np.median(took)), "ms")
    report.add("one live row, 99 %", 1000 * float(np.quantile(took, 0.99)), "ms")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=525_960, help="rows of the throughput figure; 0 leaves it out")
    options.add_argument("--most", type=int, default=1_000_000, help="rows of each stream")
    options.add_argument("--models", nargs="*", default=["linear", "tree", "forest"])
    options.add_argument("--streams", nargs="*", default=["elec2", "phishing", "sea", "chessboard", "trump"])
    asked = options.parse_args()
    report = Report("learners", seed=1)
    if asked.rows:
        throughput(report, asked.rows)
        live(report)
    if asked.streams and asked.models:
        compare(report, asked.most, asked.models, asked.streams)
    report.notes.append(
        "River: version of the environment; its models get rows as dictionaries that exist before the measurement."
    )
    report.finish()


if __name__ == "__main__":
    main()
