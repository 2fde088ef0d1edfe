"""The storm: real processes under seeded faults, and a checker that counts effects in the database."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import operator
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.faults.checker import Verdict, effects_over_http, judge
from benchmarks.faults.embedded import Embedded
from benchmarks.faults.neighbour import CANARY, Neighbour
from benchmarks.faults.process import left_over
from benchmarks.faults.steps import POISONS
from benchmarks.faults.tally import Readers, Tally, add_figures
from benchmarks.faults.target import Caller, Fault, Target
from benchmarks.readers import Reader
from benchmarks.report import Report
from benchmarks.report.parts import Parts
from tests.process_checks import still_alive

_ENDED = ("succeeded", "failed", "cancelled", "quarantined")
_QUIET_SECONDS = 300.0
#: How long after the platform's end its processes may take to end.
_LEFT_SECONDS = 2.0
#: Steps between two checkpoints: what came after the last one is computed again after an interruption.
_EVERY = 3


class Submitter(threading.Thread):
    """Creates runs, a few ahead of those that end, and resumes as a user would: runs that a full disk failed, or
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
        except BaseException as error:  # reported by the driver
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
            "kind": "steps",
            "name": f"{CANARY} {number}",
            "plugin": "steps",
            "config": config,
            "seed": number,
            "idempotency_key": f"storm {number}",
            **limits,
        }
        self.expected[self._caller.insist("POST", "/runs", body)["id"]] = asked

    def _look(self) -> tuple[int, list[str]]:
        """Return the number of open runs, and the runs that failed unexpectedly."""
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

    def finish(self, target: Target) -> list[Readers]:
        """Wait for the last event and count each reader's."""
        [(last,)] = target.rows(
            "SELECT last_seq FROM event_stream WHERE stream = 'project' AND "
            "project_id = (SELECT id FROM project WHERE slug = 'default')"
        )
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
            found.append(Readers(reader.kind, last, lost, len(numbers) - len(set(numbers)), turned))
        return found


def choose(target: Target, count: int, seed: int) -> list[str]:
    """Return the kinds of ``count`` faults, the same for the same seed in any number of parts."""
    chance = random.Random(seed)
    early = [name for name, kind in target.kinds.items() if not kind.last]
    late = [name for name, kind in target.kinds.items() if kind.last]
    chosen = chance.choices(early, [target.kinds[name].weight for name in early], k=count)
    if late:
        chosen[-max(1, count // 40) :] = chance.choices(late, k=max(1, count // 40))
    return chosen


def storm(
    target: Target, submitter: Submitter, chosen: list[str], interval: float, seed: int, minutes: float | None
) -> list[Fault]:
    """Inject faults, one by one, while runs are running, none after ``minutes``; then wait until every run ended."""
    chance = random.Random(seed)
    over = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
    faults: list[Fault] = []
    for number, name in enumerate(chosen, 1):
        if time.monotonic() > over:
            break
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
            part.start()  # which notes the death


def vanished(target: Target) -> list[str]:
    """Return the deaths that no fault caused.

    A part of the scaled platform may end with an error if it starts while its database is unavailable, and is started
    again as a service manager would; a death by a signal counts everywhere, any death on the embedded platform.
    """
    return [
        f"{part.name} ({status})"
        for part in target.parts
        for status in part.unasked
        if status < 0 or target.name == "embedded"
    ]


def _running(target: Target, submitter: Submitter) -> set[tuple[str, int]]:
    """Wait a little until a run executes: a fault without a run proves nothing."""
    until = time.monotonic() + 10
    while True:
        rows = target.rows("SELECT id, attempt FROM run WHERE state = 'running'")
        found = {(str(row[0]), int(row[1])) for row in rows if row[0] in submitter.expected}
        if found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def tallied(
    target: Target,
    submitter: Submitter,
    neighbour: Neighbour,
    faults: list[Fault],
    verdict: Verdict,
    readers: list[Readers],
    left: int,
    minutes: float,
) -> Tally:
    """Return the counts of one part, when its platform has ended."""
    asked = submitter.expected.values()
    logs = [*(part.log_path for part in target.parts), target.home / "platform.log"]
    texts = [log.read_text(errors="replace") for log in logs if log.exists()]
    fenced = sum(text.count("attempt_replaced") for text in texts)
    neighbour.read_logs(iter(texts))
    return Tally(
        faults=[(fault.kind, bool(fault.hit)) for fault in faults],
        runs=sum(not each.get("poison") for each in asked),
        finished=verdict.finished,
        lost_runs=verdict.lost_runs,
        lost_steps=verdict.lost_steps,
        doubled=verdict.doubled_steps + verdict.doubled_ends,
        wrong=verdict.wrong_values + verdict.attempts_with_gaps,
        interrupted=verdict.interrupted,
        recomputed=verdict.recomputed,
        resumed=submitter.resumed,
        poisons=sum(bool(each.get("poison")) for each in asked),
        poison_ends_wrong=verdict.poison_ends_wrong,
        ends=Counter(verdict.ends),
        recoveries=verdict.recoveries,
        full_disk_recoveries=verdict.full_disk_recoveries,
        slowest=verdict.slowest,
        fenced=fenced,
        orphans=target.orphans,
        left=left,
        vanished=vanished(target),
        readers=readers,
        looked=neighbour.looked,
        leaks=neighbour.leaks,
        skipped=target.skipped,
        minutes=minutes,
    )


def weather(target: Any, asked: argparse.Namespace, done: int) -> Tally:
    """Run one platform through the faults left after ``done``, or through as many as the time allows."""
    began = time.monotonic()
    try:
        target.start()
        runs = asked.runs if asked.minutes is None else 3 * asked.slots
        poison = asked.poison if done == 0 else min(1, asked.poison)
        submitter = Submitter(target, runs, asked.steps, asked.pause, 3 * asked.slots + 4, poison, asked.seed + done)
        listener = Listener(target)
        listener.start()
        neighbour = Neighbour(target, submitter.expected)
        neighbour.start()
        submitter.start()
        chosen = choose(target, asked.faults, asked.seed)[done:]
        faults = storm(target, submitter, chosen, asked.interval, asked.seed + done, asked.minutes)
        verdict = judge(target.rows, effects_over_http(target), submitter.expected, faults)
        readers = listener.finish(target)
        neighbour.finish()
        target.end()
        left = len(still_alive(left_over(target.home), _LEFT_SECONDS))
        if asked.keep:
            Path(asked.keep).mkdir(parents=True, exist_ok=True)
            (Path(asked.keep) / f"{target.name}.log").write_text(
                "".join(part.log_path.read_text(errors="replace") for part in target.parts)
            )
        minutes = (time.monotonic() - began) / 60
        return tallied(target, submitter, neighbour, faults, verdict, readers, left, minutes)
    finally:
        target.remove()


def measure(report: Report, name: str, make: Callable[[int, float], Any], asked: argparse.Namespace) -> None:
    """Measure one target: whole, or with ``--minutes`` one more part of it."""
    if asked.minutes is None:
        tally = weather(make(asked.slots, asked.lease), asked, 0)
    else:
        same = ("runs", "steps", "faults", "poison", "pause", "interval", "slots", "lease", "seed")
        parts = Parts(f"storm-{name}", {option: getattr(asked, option) for option in same})
        if asked.fresh:
            parts.clear()
        done = sum(len(part["faults"]) for part in parts.all)
        if done < asked.faults:
            parts.add(weather(make(asked.slots, asked.lease), asked, done).write())
        tally = reduce(operator.add, map(Tally.read, parts.all))
        left = asked.faults - len(tally.faults)
        report.notes.append(
            f"{name}: {len(parts.all)} parts, {tally.minutes:.0f} minutes; "
            + (f"{left} faults are left: run the same command again" if left else "complete; --fresh begins again")
        )
    add_figures(report, name, tally, asked.steps, asked.lease, asked.faults)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=["embedded", "scaled", "both"], default="both")
    parser.add_argument("--runs", type=int, default=600, help="at least so many; with --minutes, as many as it takes")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument(
        "--minutes",
        type=float,
        help="storm so long and keep this part; the same command continues it, on the same commit, until all faults"
        " are through",
    )
    parser.add_argument("--fresh", action="store_true", help="forget the parts that were kept")
    parser.add_argument("--poison", type=int, default=3, help="runs of each poison")
    parser.add_argument("--pause", type=float, default=0.25, help="seconds of work a step")
    parser.add_argument("--interval", type=float, default=1.0, help="mean seconds between two faults")
    parser.add_argument("--slots", type=int, default=3, help="runs at once")
    parser.add_argument("--lease", type=float, default=2.0, help="seconds")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", help="also write the figures here")
    parser.add_argument("--keep", help="folder for the platforms' logs")
    asked = parser.parse_args()
    report = Report("storm" if asked.target == "both" else f"storm-{asked.target}", seed=asked.seed)
    if asked.target in ("embedded", "both"):
        measure(report, "embedded", Embedded, asked)
    if asked.target in ("scaled", "both"):
        from benchmarks.faults.scaled import Scaled  # needs the extra `scaled`

        measure(report, "scaled", Scaled, asked)
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
