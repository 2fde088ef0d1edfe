"""A run of the storm: a chain of hashes, one link a step. A step that is lost, doubled or resumed from the wrong place
changes every later value. Some runs are poison, and must harm only themselves.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, JsonValue, RootModel

from azuraforge.runs import handlers
from azuraforge.runs.handlers import Finish, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest, RunSummary

CHILD = "benchmarks.faults.steps:steps"
_FORKS = 60


def link(state: str, step: int) -> str:
    return hashlib.sha256(f"{state} {step}".encode()).hexdigest()


def value(state: str) -> float:
    """A link as a number that a double holds exactly."""
    return int(state[:12], 16) / 2**48


def steps(child: Any) -> dict[str, Any]:
    """Log a point per step and write a checkpoint every few, from the step that an earlier attempt reached."""
    asked = child.payload
    if asked.get("poison"):
        _POISONS[asked["poison"]]()
    state, step = f"seed {child.seed}", 0
    found = child.resume()
    if found is not None:
        saved = json.loads((found.folder / "state.json").read_text())
        state, step = saved["state"], saved["step"]
    while step < asked["steps"]:
        time.sleep(asked["pause"])
        step += 1
        state = link(state, step)
        child.log(step, effect=value(state))
        child.progress(step, asked["steps"])
        if step % asked["every"] == 0:
            text = json.dumps({"state": state, "step": step})
            child.checkpoint(step, lambda folder, text=text: _write(folder / "state.json", text))
    _write(child.outputs / "end.txt", state)
    return {"state": state}


class _Asked(RootModel[dict[str, JsonValue]]):
    """The config of the run."""


class _State(BaseModel):
    """The last link of the chain."""

    state: str


class FaultSummary(RunSummary):
    """The state that the run ended in."""

    state: str


class StepsHandler(handlers.Handler):
    """Executes such runs."""

    kind = "steps"

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        return PreparedRun(request.name or "steps", "steps", request.config)

    def execute(self, job: Job) -> Finish:
        done = job.phase("steps", CHILD, _Asked(job.run.config), share=1.0, result=_State)
        job.artifact("end.txt", done.outputs / "end.txt", "text/plain", "result")
        return Finish(FaultSummary(kind=self.kind, state=done.value.state))


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _segfault() -> None:
    ctypes.string_at(0)


def _memory() -> None:
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 20) * 8))
        time.sleep(0.01)


def _endless() -> None:
    while True:
        pass


def _chatter() -> None:
    while True:
        os.write(1, b"and another line that nobody will ever read\n" * 1000)


def _forks() -> None:
    """Children of children, half of them in sessions of their own."""
    for number in range(_FORKS):
        if os.fork() == 0:
            if number % 2:
                os.setsid()
            time.sleep(600)
            os._exit(0)
    time.sleep(600)


_POISONS = {"segfault": _segfault, "memory": _memory, "endless": _endless, "chatter": _chatter, "forks": _forks}
#: poison → (how its run must end, limits that it is given)
POISONS: dict[str, tuple[str, dict[str, Any]]] = {
    "segfault": ("quarantined", {}),
    "memory": ("failed", {"memory_limit_bytes": 300 * 2**20}),
    "endless": ("failed", {"time_limit_seconds": 3.0}),
    "chatter": ("failed", {"time_limit_seconds": 3.0}),
    "forks": ("failed", {"time_limit_seconds": 3.0}),
}
