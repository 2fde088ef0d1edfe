"""Series and predictions whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azuraforge.judgements.judging import judge
from azuraforge.judgements.options import Options
from azuraforge.judgements.shapes import Finding, Judgement

Floats = NDArray[np.float64]

ROWS, START = 400, 180


def days(rows: int = ROWS) -> list[str]:
    return [(datetime(2020, 1, 1) + timedelta(days=row)).strftime("%Y-%m-%d") for row in range(rows)]


class Walk:
    """A series ``y[t] = 0.7 y[t-1] + known[t] + unknown[t]``; ``known`` comes in time from outside of it."""

    def __init__(self, rows: int = ROWS, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.rng = rng
        self.known, self.unknown = rng.normal(size=rows), rng.normal(size=rows)
        self.y: Floats = np.zeros(rows)
        for row in range(1, rows):
            self.y[row] = 0.7 * self.y[row - 1] + self.known[row] + self.unknown[row]
        self.last: Floats = np.concatenate([[0.0], self.y[:-1]])
        self.past: Floats = 0.7 * self.last
        self.best: Floats = self.past + self.known


def write(path: Path, columns: Mapping[str, Sequence[object] | Floats], start: int = START) -> Path:
    """Write days, and the columns; predictions (all but ``actual``) begin at row ``start``."""
    rows = len(next(iter(columns.values())))
    shown = {
        name: list(values) if name == "actual" else [None] * start + list(values)[start:]
        for name, values in columns.items()
    }
    pl.DataFrame({"at": days(rows), **shown}, strict=False).write_csv(path)
    return path


def judged(folder: Path, walk: Walk, prediction: Floats, start: int = START, **options: object) -> Judgement:
    path = write(folder / "p.csv", {"actual": walk.y, "prediction": prediction}, start)
    return judge(path, options=Options(**options))  # type: ignore[arg-type]


def finding(judgement: Judgement, code: str) -> Finding | None:
    return next((each for each in judgement.findings if each.code == code), None)


def suspected(judgement: Judgement) -> list[str]:
    return [each.code for each in judgement.findings if each.severity == "suspicion"]
