"""Learners, features and replays for tests of the loop."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from azuraforge.learners.loop.commit import Commit
from azuraforge.learners.loop.inputs import BoundFeatures
from azuraforge.learners.loop.loop import Loop
from azuraforge.learners.loop.plan import Plan, Target
from azuraforge.learners.loop.saving import load
from azuraforge.plugins import Answer, Config, Example, Features, Learner, LearnerContext, Origin, Span
from azuraforge.plugins.contract.rows import span_of
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS

MINUTE = 60_000_000


class Noisy(Learner[Config]):
    """A logistic learner with random noise, a timer that it moves, and notes: everything that a state has to keep."""

    task = "direction"
    Config = Config
    scale = 1.0

    class Amount(BaseModel):
        amount: float

    actions = {"shift": Amount}  # noqa: RUF012

    def start(self, run: LearnerContext[Config]) -> None:
        self.run = run
        self.weights = np.zeros(len(run.features))
        self.calls: list[str] = []
        self.fired = 0
        run.timer("every", every=timedelta(minutes=7))

    def predict(self, origin: Origin) -> Answer | None:
        if origin.seq % 17 == 0:
            return None
        return Answer(float(1 / (1 + np.exp(-(self.weights @ np.tanh(origin.features))))))

    def learn(self, matured: Sequence[Example]) -> None:
        for each in matured:
            features = np.tanh(each.origin.features)
            answer = 1 / (1 + np.exp(-(self.weights @ features)))
            noise = self.run.random.normal() * 1e-3
            self.weights = self.weights - 0.1 * (answer - each.outcome + noise) * features
        if matured[-1].origin.seq % 11 == 0:
            self.run.timer("soon", at=self.run.now + timedelta(minutes=3, seconds=30))

    def fire(self, timer: str, due: datetime) -> None:
        self.fired += 1
        self.weights = self.weights * 0.99
        if timer == "soon":
            self.run.note(f"{due.isoformat()} {self.run.now.isoformat()}")

    def act(self, action: str, request: BaseModel) -> dict[str, Any]:
        assert isinstance(request, self.Amount)
        self.weights = self.weights + request.amount
        return {"weights": self.weights.tolist()}

    def save(self, folder: Path) -> None:
        (folder / "weights.json").write_text(json.dumps([self.weights.tolist(), self.fired]))

    def load(self, run: LearnerContext[Config], folder: Path) -> None:
        self.run = run
        weights, self.fired = json.loads((folder / "weights.json").read_text())
        self.weights = np.array(weights)


class Returns(Features[Config, dict[str, float]]):
    """The change of each column since the last row of the key."""

    Config = Config

    def columns(self, config: Config) -> tuple[str, ...]:
        return ("change",)

    def warmup(self, config: Config) -> int:
        return 1

    def open(self, config: Config, keys: tuple[str, ...]) -> dict[str, float]:
        return {}

    def advance(self, state: dict[str, float], span: Span) -> np.ndarray:
        found = np.full((len(span), 1), np.nan)
        for row in range(len(span)):
            if span.kind[row] in (0, 3):
                name, value = span.keys[span.key[row]], float(span.values[row, 0])
                found[row, 0] = value - state.get(name, np.nan)
                state[name] = value
        return found

    def save(self, state: dict[str, float], folder: Path) -> None:
        (folder / "state.json").write_text(json.dumps(state))

    def load(self, folder: Path) -> dict[str, float]:
        found: dict[str, float] = json.loads((folder / "state.json").read_text())
        return found


def plan_of(**settings: Any) -> Plan:
    given: dict[str, Any] = {
        "task": "direction",
        "target": Target(column="close", kind="sign", ahead_rows=4),
        "columns": ("close", "volume"),
        "inputs": ("volume",),
        "state_every_seconds": 600,
        "state_rows": 1,
        "archive_every_seconds": 1800,
        **settings,
    }
    return Plan(**given)


def loop_of(plan: Plan, learner: Learner[Any] | None = None, *, features: bool = True) -> Loop:
    sets = [BoundFeatures(Returns(), Config())] if features else []
    return Loop(plan, learner or Noisy(), Config(), ONLINE_KINDS[plan.task](), sets)


def again(folder: Path, plan: Plan, learner: Learner[Any] | None = None, *, features: bool = True) -> Loop:
    sets = [BoundFeatures(Returns(), Config())] if features else []
    return load(folder, plan, learner or Noisy(), Config(), ONLINE_KINDS[plan.task](), sets)


def prices(rows: int, *, keys: int = 2, seed: int = 0, kinds: bool = True) -> Span:
    """Return rows of a random walk per key, some of them revisions, ticks, late, interpolated or gaps."""
    rng = np.random.default_rng(seed)
    key = np.arange(rows) % keys
    at = (np.arange(rows) // keys + 1) * MINUTE
    close = 100 + rng.normal(size=rows).cumsum()
    volume = rng.normal(size=rows)
    volume[rng.random(rows) < 0.02] = np.nan
    kind = rng.choice(6, p=[0.86, 0.04, 0.04, 0.03, 0.01, 0.02], size=rows) if kinds else np.zeros(rows, int)
    key = np.where(kind == 2, -1, key)
    values = np.column_stack([close, volume])
    values[(kind == 2) | (kind == 5)] = np.nan
    names = tuple(f"k{number}" for number in range(keys))
    return span_of(("close", "volume"), values, at=at, keys=names, key=key, kind=kind)


def cuts(span: Span, sizes: Iterable[int]) -> list[Span]:
    """Return the span in pieces of the given sizes; the last piece has the rest."""
    found, start = [], 0
    for size in sizes:
        if start + size >= len(span):
            break
        found.append(span.cut(start, start + size))
        start += size
    return [*found, span.cut(start, len(span))]


def ledger(commits: Iterable[Commit]) -> dict[str, Any]:
    """Return the content of commits, independent of where they were cut."""
    found: dict[str, Any] = {"answers": [], "outcomes": [], "hours": {}, "notices": [], "requests": []}
    for commit in commits:
        if commit.block is not None:
            made, judged = commit.block.answered, commit.block.judged
            for n in range(len(made.seq)):
                row = (made.seq[n], made.at[n], made.key[n], made.answer[n].tobytes(), made.baselines[n].tobytes())
                found["answers"].append(row)
            for n in range(len(judged.seq)):
                numbers = (judged.seq[n], judged.key[n], judged.known_seq[n], judged.known_at[n])
                found["outcomes"].append((*numbers, judged.outcome[n].tobytes(), judged.losses[n].tobytes()))
        for hour in commit.scores:
            found["hours"][hour.hour] = (hour.sums.tobytes(), hour.independent)
        found["notices"] += commit.notices
        found["requests"] += commit.requests
    return found


def content(folder: Path) -> dict[str, bytes]:
    """Return path → bytes of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def saved(loop: Loop, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    loop.save(folder)
    return content(folder)
