"""The storm: real processes under seeded faults, and a checker that counts effects in the database."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import threading
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.readers import Reader
from benchmarks.report import Report
from benchmarks.stage import percentile
from benchmarks.tempest.checker import Verdict, effects_over_http, judge
from benchmarks.tempest.embedded import Embedded
from benchmarks.tempest.process import left_over
from benchmarks.tempest.steps import POISONS
from benchmarks.tempest.target import Caller, Fault, Target

_ENDED = ("succeeded", "failed", "cancelled", "quarantined")
_QUIET_SECONDS = 300.0
#: Steps between two checkpoints: what came after the last one is computed again after an interruption.
_EVERY = 3


class Submitter(threading.Thread):
    """Creates runs, a few ahead of those that end, and resumes what a person would: runs that a full disk failed, or
    that died three times in a row because their child was killed."""

    def __init__(self, target: Target, runs: int, steps: int, pause: float, ahead: int, poison: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.expected: dict[str, dict[str, Any]] = {}
        self.resumed = 0
        self.done = threading.Event()
        self.stopping = threading.Event()
        self.failure: BaseException | None = None
        self._caller = Caller(target)
        self._target = target
        self._steps, self._pause, self._ahead = steps, pause, ahead
        self._poisons = [name for name in POISONS for _ in range(poison)]
        self._runs, self._seed = runs, seed
        self.wanted = runs

    def run(self) -> None:
        try:
            self._submit()
        except BaseException as error:  # told by the driver
            self.failure = error
            self.done.set()

    def _submit(self) -> None:
        chance = random.Random(self._seed)
        queue: list[dict[str, Any]] = [{"poison": name} for name in self._poisons]
        queue += [{} for _ in range(self._runs)]
        chance.shuffle(queue)
        number = 0
        while not self.stopping.is_set():
            open_, failed = self._look()
            for run_id in failed:
                with contextlib.suppress(RuntimeError):
                    self._caller.insist("POST", f"/runs/{run_id}/resume")
                    self.resumed += 1
            if not queue and number < self.wanted + len(self._poisons):
                queue.append({})  # the faults are not through yet
            while queue and open_ < self._ahead:
                number += 1
                self._create(number, queue.pop())
                open_ += 1
            if not queue and not open_ and number >= self.wanted + len(self._poisons):
                self.done.set()
            time.sleep(0.2)

    def _create(self, number: int, kind: dict[str, Any]) -> None:
        asked = {"seed": number, "steps": self._steps, **kind}
        limits: dict[str, Any] = {}
        if name := kind.get("poison"):
            asked["end"], limits = POISONS[name]
        config = {"steps": self._steps, "every": _EVERY, "pause": self._pause, **kind}
        body = {
            "kind": "agent",
            "plugin": "steps",
            "config": config,
            "seed": number,
            "idempotency_key": f"storm {number}",
            **limits,
        }
        self.expected[self._caller.insist("POST", "/runs", body)["id"]] = asked

    def _look(self) -> tuple[int, list[str]]:
        """How many runs are open, and which ended badly though they should not."""
        open_, failed = 0, []
        for run_id, state in self._target.rows("SELECT id, state FROM run"):
            if state not in _ENDED:
                open_ += 1
            elif state != "succeeded" and run_id in self.expected and not self.expected[run_id].get("poison"):
                failed.append(run_id)
        return open_ + len(failed), failed


class Listener(threading.Thread):
    """Two readers of the project's stream, through everything."""

    def __init__(self, target: Target) -> None:
        super().__init__(daemon=True)
        self.readers = [Reader(target, "project", kind) for kind in ("WebSocket", "SSE")]  # type: ignore[arg-type]
        self._loop = asyncio.new_event_loop()

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.gather(*(reader.run() for reader in self.readers)))

    def finish(self, target: Target) -> list[tuple[str, int, int, int, int]]:
        """For each reader: its kind, events in the log, and how many were lost, doubled and out of order."""
        [(last,)] = target.rows("SELECT last_seq FROM event_stream WHERE stream = 'project'")
        until = time.monotonic() + 30
        while any(reader.heard.cursor < last for reader in self.readers) and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(0.5)
        for reader in self.readers:
            self._loop.call_soon_threadsafe(reader.stop)
        self.join(10)
        found = []
        for reader in self.readers:
            numbers = [number for number in reader.heard.numbers if number <= last]
            lost = len(set(range(1, last + 1)) - set(numbers))
            turned = sum(later <= earlier for earlier, later in pairwise(numbers))
            found.append((reader.kind, last, lost, len(numbers) - len(set(numbers)), turned))
        return found


def storm(target: Target, submitter: Submitter, count: int, interval: float, seed: int) -> list[Fault]:
    """``count`` faults, one after another while runs are running; then wait until everything has ended."""
    chance = random.Random(seed)
    early = [name for name, kind in target.kinds.items() if not kind.last]
    late = [name for name, kind in target.kinds.items() if kind.last]
    chosen = chance.choices(early, [target.kinds[name].weight for name in early], k=count)
    if late:
        chosen[-max(1, count // 40) :] = chance.choices(late, k=max(1, count // 40))
    faults: list[Fault] = []
    for number, name in enumerate(chosen, 1):
        time.sleep(chance.uniform(0.2, 1.8) * interval)
        revive(target)
        submitter.wanted = max(submitter.wanted, len(submitter.expected) - len(POISONS) + 4)
        running = _running(target, submitter)
        fault = Fault(name, time.time(), hit=running)
        fault.over = target.kinds[name].act(chance)
        faults.append(fault)
        if number % 25 == 0:
            print(f"{number} faults, {len(submitter.expected)} runs", file=sys.stderr)
    submitter.wanted = min(submitter.wanted, len(submitter.expected))
    until = time.monotonic() + _QUIET_SECONDS + 3 * len(submitter.expected)
    while not submitter.done.wait(0.5):
        revive(target)
        if time.monotonic() > until:
            break
    if submitter.failure is not None:
        raise SystemExit(f"submitting failed: {submitter.failure!r}")
    submitter.stopping.set()
    submitter.join(30)
    return faults


def revive(target: Target) -> None:
    """Start what has ended by itself (it came up while its database was down), as a service manager would."""
    for part in target.parts:
        if part.process is not None and not part.alive:
            print(f"{part.name} had ended ({part.process.returncode}); started again", file=sys.stderr)
            part.start()


def _running(target: Target, submitter: Submitter) -> set[tuple[str, int]]:
    """Waits a little until something runs: a fault that hits nobody proves nothing."""
    until = time.monotonic() + 10
    while True:
        rows = target.rows("SELECT id, attempt FROM run WHERE state = 'running'")
        found = {(str(row[0]), int(row[1])) for row in rows if row[0] in submitter.expected}
        if found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def add_figures(
    report: Report, target: Target, submitter: Submitter, faults: list[Fault], verdict: Verdict, left: int
) -> None:
    name = target.name
    runs = sum(not asked.get("poison") for asked in submitter.expected.values())
    ordinary = [fault for fault in faults if fault.hit]
    report.add(f"{name}: runs submitted", runs, f"× {submitter._steps} steps")
    lost = len(verdict.lost_runs) + verdict.lost_steps
    doubled = verdict.doubled_steps + verdict.doubled_ends
    report.add(f"{name}: runs finished", verdict.finished, "", goal=str(runs), met=verdict.finished == runs)
    report.add(f"{name}: runs and steps lost", lost, "", goal="0", met=lost == 0)
    report.add(f"{name}: steps and ends doubled", doubled, "", goal="0", met=doubled == 0)
    wrong = verdict.wrong_values + verdict.attempts_with_gaps
    report.add(f"{name}: wrong values, attempts numbered with gaps", wrong, "", goal="0", met=wrong == 0)
    report.add(f"{name}: faults", len(faults), f"{len(ordinary)} with runs running")
    by_kind = Counter(fault.kind for fault in faults)
    hitting = Counter(fault.kind for fault in ordinary)
    for kind, times in sorted(by_kind.items()):
        report.add(f"{name}: fault: {kind}", times, f"{hitting[kind]} with runs running")
    report.add(f"{name}: attempts interrupted", verdict.interrupted)
    if verdict.recoveries:
        bound = target.lease_seconds + 2
        p99 = percentile(verdict.recoveries, 0.99)
        report.add(f"{name}: recovery p50", percentile(verdict.recoveries, 0.5), "s")
        report.add(f"{name}: recovery p99", p99, "s", goal=f"≤ {bound:g}", met=p99 <= bound)
        report.add(f"{name}: recovery max", max(verdict.recoveries), "s")
    report.add(f"{name}: steps recomputed", verdict.recomputed)
    report.add(f"{name}: runs resumed by hand", submitter.resumed)
    poisons = Counter(asked["poison"] for asked in submitter.expected.values() if asked.get("poison"))
    told = ", ".join(verdict.poison_ends_wrong) or "none"
    report.add(f"{name}: poison runs that ended otherwise than they must", told, f"of {sum(poisons.values())}",
               goal="none", met=not verdict.poison_ends_wrong)  # fmt: skip
    fenced = sum(part.log_path.read_text(errors="replace").count("attempt_replaced") for part in target.parts)
    log = target.home / "platform.log"
    fenced += log.read_text(errors="replace").count("attempt_replaced") if log.exists() else 0
    report.add(f"{name}: writes of replaced attempts that the fence refused (told in the logs)", fenced)
    report.add(f"{name}: orphans 2 s after a kill", len(target.orphans), "", goal="0", met=not target.orphans)
    report.add(f"{name}: processes left after the end", left, "", goal="0", met=left == 0)
    if verdict.finished and not lost and not doubled:
        effects = verdict.finished * submitter._steps
        report.add(f"{name}: nothing seen in {effects} steps: upper bound of the rate (rule of three)",
                   f"{3 / effects:.1e}")  # fmt: skip
    report.notes.append(f"{name}: attempts ended as {verdict.outcomes}; slowest recoveries: {verdict.slowest}")
    for line in target.orphans[:20]:
        report.notes.append(f"{name}: lived on for 2 s: {line}")
    for line in verdict.lost_runs[:20]:
        report.notes.append(f"{name}: lost: {line}")


def weather(report: Report, target: Any, asked: argparse.Namespace) -> None:
    """One platform through one storm."""
    try:
        target.start()
        submitter = Submitter(
            target, asked.runs, asked.steps, asked.pause, 3 * asked.slots + 4, asked.poison, asked.seed
        )
        listener = Listener(target)
        listener.start()
        submitter.start()
        faults = storm(target, submitter, asked.faults, asked.interval, asked.seed)
        verdict = judge(target.rows, effects_over_http(target), submitter.expected, faults)
        heard = listener.finish(target)
        target.end()
        time.sleep(2)
        left = len(left_over(target.home))
        add_figures(report, target, submitter, faults, verdict, left)
        for kind, count, *found in heard:
            told = "/".join(map(str, found))
            name = f"{target.name}: events lost/doubled/out of order over {kind}"
            report.add(name, told, f"of {count}", goal="0/0/0", met=told == "0/0/0")
        for reason in target.skipped:
            print(f"SKIPPED {reason}", file=sys.stderr)
            report.notes.append(f"{target.name}: skipped: {reason}")
        if asked.keep:
            (Path(asked.keep) / f"{target.name}.log").write_text(
                "".join(part.log_path.read_text(errors="replace") for part in target.parts)
            )
    finally:
        target.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=["embedded", "scaled", "both"], default="both")
    parser.add_argument("--runs", type=int, default=600)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--poison", type=int, default=3, help="runs of each poison")
    parser.add_argument("--pause", type=float, default=0.25, help="seconds of work a step")
    parser.add_argument("--interval", type=float, default=1.0, help="mean seconds between two faults")
    parser.add_argument("--slots", type=int, default=3, help="runs at once")
    parser.add_argument("--lease", type=float, default=2.0, help="seconds")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", help="also write the figures here")
    parser.add_argument("--keep", help="folder for the platforms' logs")
    asked = parser.parse_args()
    report = Report("storm", seed=asked.seed)
    if asked.target in ("embedded", "both"):
        weather(report, Embedded(asked.slots, asked.lease), asked)
    if asked.target in ("scaled", "both"):
        from benchmarks.tempest.scaled import Scaled  # needs the extra `scaled`

        weather(report, Scaled(asked.slots, asked.lease), asked)
    report.notes.append(
        "Effects are counted in the database. Recovery: from the end of a fault (for a process that is started again: "
        "from its death) until the next attempt of a run that it interrupted had begun, waiting for a slot included."
    )
    report.finish()
    if asked.json:
        Path(asked.json).write_text(json.dumps([vars(figure) for figure in report.figures], ensure_ascii=False))
    sys.exit(any(figure.met is False for figure in report.figures))


if __name__ == "__main__":
    main()
