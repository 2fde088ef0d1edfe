"""Counts effects in the database, never in logs: what was lost, what happened twice, how long recovery took."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from benchmarks.faults.steps import link, value
from benchmarks.faults.target import FULL_DISK, Caller, Fault, Held, Target, seconds

_ENDED = ("succeeded", "failed", "cancelled", "quarantined")


@dataclass
class Verdict:
    """What the database says after the storm."""

    finished: int = 0
    lost_runs: list[str] = field(default_factory=list)
    lost_steps: int = 0
    doubled_steps: int = 0
    wrong_values: int = 0
    doubled_ends: int = 0
    attempts_with_gaps: int = 0
    poison_ends_wrong: list[str] = field(default_factory=list)
    interrupted: int = 0
    recomputed: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    recoveries: list[float] = field(default_factory=list)
    #: Of runs that a full disk interrupted: while nothing can be written, no lease is renewed.
    full_disk_recoveries: list[float] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)


#: run id → the curve of its steps' effects, and the names of its artifacts
Effects = Callable[[str], tuple[dict[int, float], list[str]]]


def effects_over_http(target: Target) -> Effects:
    """Return the effects as the platform shows them."""
    caller = Caller(target)

    def effects(run_id: str) -> tuple[dict[int, float], list[str]]:
        curves = caller.insist("GET", f"/runs/{run_id}/metrics?series=effect&max_points=1000")["series"]
        curve = dict(zip(curves[0]["steps"], curves[0]["values"], strict=True)) if curves else {}
        return curve, [each["name"] for each in caller.insist("GET", f"/runs/{run_id}/artifacts?limit=500")["items"]]

    return effects


def judge(
    rows: Callable[[str], list[tuple[Any, ...]]],
    effects: Effects,
    expected: dict[str, dict[str, Any]],
    faults: list[Fault],
) -> Verdict:
    """``rows`` asks the database; ``expected``: run id → {"seed", "steps", "poison"} of every run whose creation the
    platform confirmed."""
    verdict = Verdict()
    states = {row[0]: row[1:] for row in rows("SELECT id, state, attempt, summary FROM run")}
    attempts: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for run_id, *attempt in rows(
        "SELECT run_id, attempt, started_at, ended_at, ended_as, steps_recomputed FROM run_attempt "
        "ORDER BY run_id, attempt"
    ):
        attempts[run_id].append(tuple(attempt))
    told: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for stream, type_, data in rows(
        "SELECT stream, type, data FROM event WHERE stream LIKE 'run/%' ORDER BY stream, seq"
    ):
        told[stream.removeprefix("run/")].append((type_, json.loads(data) if isinstance(data, str) else data))
    for run_id, asked in expected.items():
        state = states.get(run_id, ("missing",))[0]
        _attempts(verdict, attempts[run_id], states.get(run_id))
        if asked.get("poison"):
            if state not in (asked["end"], "quarantined"):  # its child may also have been killed three times
                verdict.poison_ends_wrong.append(f"{asked['poison']}: {state}")
            continue
        if state != "succeeded":
            verdict.lost_runs.append(f"{run_id}: {state}")
            continue
        verdict.finished += 1
        _effects(verdict, asked, states[run_id][2], told[run_id], *effects(run_id))
    _recoveries(verdict, attempts, faults)
    return verdict


def _attempts(verdict: Verdict, attempts: list[tuple[Any, ...]], row: tuple[Any, ...] | None) -> None:
    numbers = [attempt[0] for attempt in attempts]
    if row is not None and numbers != list(range(1, row[1] + 1)):
        verdict.attempts_with_gaps += 1
    for _, _, _, ended_as, recomputed in attempts:
        verdict.ends[ended_as or "open"] = verdict.ends.get(ended_as or "open", 0) + 1
        verdict.recomputed += recomputed or 0
    verdict.interrupted += max(0, len(attempts) - 1)


def _effects(
    verdict: Verdict,
    asked: dict[str, Any],
    summary: Any,
    told: list[tuple[str, Any]],
    curve: dict[int, float],
    artifacts: list[str],
) -> None:
    """Check that each step has its effect once, with the value that depends on all steps before it."""
    chain, state = {}, f"seed {asked['seed']}"
    for step in range(1, asked["steps"] + 1):
        state = link(state, step)
        chain[step] = value(state)
    found = json.loads(summary) if isinstance(summary, str) else summary
    if found.get("state") != state:
        verdict.wrong_values += 1
    there: set[int] = set()
    for type_, data in told:
        if type_ == "run.metrics_truncated":
            there = {step for step in there if step <= data["after_step"]}
        for step, _ in data.get("points", {}).get("effect", []) if type_ == "run.metrics" else ():
            verdict.doubled_steps += step in there
            there.add(step)
    ends = [data for type_, data in told if type_ == "run.finished"]
    good = [data for data in ends if data.get("state", "succeeded") == "succeeded"]
    verdict.doubled_ends += len(good) != 1
    verdict.lost_steps += len(chain.keys() - curve.keys())
    verdict.wrong_values += sum(curve[step] != number for step, number in chain.items() if step in curve)
    verdict.lost_steps += "end.txt" not in artifacts


def _recoveries(verdict: Verdict, attempts: dict[str, list[tuple[Any, ...]]], faults: list[Fault]) -> None:
    """From the moment when a fault was over until the next attempt of a run that it interrupted had begun."""
    hit_by: dict[Held, list[Fault]] = defaultdict(list)
    for fault in faults:
        for held in fault.hit:
            hit_by[held].append(fault)
    for run_id, lines in attempts.items():
        for (number, _, ended, ended_as, _), following in pairwise(lines):
            began = seconds(following[1])
            guilty = [fault for fault in hit_by[(run_id, number)] if fault.at <= (seconds(ended) or began or 0.0)]
            if not guilty or began is None or any("clock" in fault.kind for fault in guilty):
                continue
            passed = max(0.0, began - guilty[-1].over)
            full = any(fault.kind == FULL_DISK for fault in guilty)
            (verdict.full_disk_recoveries if full else verdict.recoveries).append(passed)
            verdict.slowest.append((passed, f"{guilty[-1].kind}, {ended_as}"))
    verdict.slowest = sorted(verdict.slowest, reverse=True)[:5]
