"""What the long storm and the soak rest on: parts that add up, a clock that can be set, an honest slope."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:  # benchmarks are modules of the checkout
    sys.path.append(str(ROOT))

import benchmarks.report.parts as kept  # noqa: E402
from benchmarks.faults.clock import Clock  # noqa: E402
from benchmarks.faults.process import Part  # noqa: E402
from benchmarks.faults.tally import Readers, Tally, add_figures  # noqa: E402
from benchmarks.faults.target import Kind  # noqa: E402
from benchmarks.report import Report  # noqa: E402
from benchmarks.report.trend import together, trend  # noqa: E402
from benchmarks.soak import Watch, anonymous_megabytes, checked  # noqa: E402
from benchmarks.storm import choose  # noqa: E402


def part(**more) -> Tally:
    given = {"faults": [("child killed", True)], "runs": 2, "finished": 2, "recoveries": [1.0], "minutes": 0.5}
    readers = [Readers("SSE", 10, 0, 0, 0)]
    return Tally(**{**given, "ends": Counter(died=1), "readers": readers, "slowest": [(1.0, "x")], **more})


def test_parts_of_a_storm_add_up_after_they_were_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "RESULTS", tmp_path)
    first = kept.Parts("storm", {"seed": 1})
    first.add(part().write())
    kept.Parts("storm", {"seed": 1}).add(part(left=3, full_disk_recoveries=[9.0]).write())
    assert kept.Parts("storm", {"seed": 2}).all == [], "another seed is another storm"
    monkeypatch.setattr(kept, "commit", lambda: "another")
    assert kept.Parts("storm", {"seed": 1}).all == [], "another commit is another platform"
    monkeypatch.undo()
    monkeypatch.setattr(kept, "RESULTS", tmp_path)
    again = kept.Parts("storm", {"seed": 1})
    one, two = map(Tally.read, again.all)
    assert one == part()
    both = one + two
    assert both.faults == [("child killed", True)] * 2
    assert (both.runs, both.left, both.minutes, both.ends) == (4, 3, 1.0, {"died": 2})
    assert (both.recoveries, both.full_disk_recoveries) == ([1.0, 1.0], [9.0])
    again.clear()
    assert kept.Parts("storm", {"seed": 1}).all == []


def figures(tally: Tally, faults: int) -> dict:
    report = Report("storm")
    add_figures(report, "x", tally, steps=10, lease_seconds=2.0, faults=faults)
    return {figure.figure.removeprefix("x: "): figure for figure in report.figures}


def test_the_table_counts_a_full_disk_apart_and_misses_what_is_missed():
    good = figures(part(full_disk_recoveries=[60.0]), 1)
    assert all(figure.met is not False for figure in good.values())
    assert good["recovery p99"].met
    assert good["recovery from a full disk, p99"].value == 60.0
    assert good["faults"].met
    assert figures(part(), 2)["faults"].met is None, "a storm that is not over has neither met nor missed it"
    assert figures(part(recoveries=[4.1]), 1)["recovery p99"].met is False
    assert figures(part(left=1), 1)["processes left after the end"].met is False
    assert figures(part(orphans=["x"]), 1)["orphans 2 s after a kill"].met is False
    assert figures(part(lost_runs=["x"]), 1)["runs and steps lost"].met is False
    assert figures(part(doubled=1), 1)["steps and ends doubled"].met is False
    assert figures(part(skipped=["clock jumped: no compiler"]), 1)["fault: clock jumped"].value == "skipped"
    lost = figures(part(readers=[Readers("SSE", 9, 1, 0, 0), Readers("SSE", 9, 0, 2, 0)]), 1)
    assert lost["events lost/doubled/out of order over SSE"].value == "1/2/0"


def test_the_faults_of_a_seed_are_the_same_in_one_part_or_in_many():
    kinds = {name: Kind(weight, lambda _: 0.0, last=name == "clock") for name, weight in (("a", 3), ("clock", 1))}
    target = SimpleNamespace(kinds=kinds)
    assert choose(target, 80, 5) == choose(target, 80, 5)
    assert choose(target, 80, 5)[-2:] == ["clock", "clock"]
    assert "clock" not in choose(target, 80, 5)[:-2]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: the clock is skipped, and the table says so")
def test_a_set_clock_moves_the_wall_clock_alone(tmp_path):
    code = (
        "import sqlite3, sys, threading, time\n"
        "began = time.monotonic()\n"
        "for _ in sys.stdin:\n"
        "    threading.Event().wait(0.01)\n"
        "    [(lite,)] = sqlite3.connect(':memory:').execute('select unixepoch()')\n"
        "    print(time.time(), lite, time.monotonic() - began, flush=True)\n"
    )
    clock, other = Clock(tmp_path, "one"), Clock(tmp_path, "other")
    other.set(1e9)
    environment = {**os.environ, **clock.variables}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        told = []
        for seconds in (0, 864_000, -3600, 0):
            clock.set(seconds)
            process.stdin.write("\n")
            process.stdin.flush()
            told.append([float(word) for word in process.stdout.readline().split()])
        process.stdin.close()
    (first, lite, _), (later, lite_later, _), (earlier, _, _), (back, _, passed) = told
    assert later - first == pytest.approx(864_000, abs=600)
    assert lite_later - lite == pytest.approx(864_000, abs=600)
    assert earlier - first == pytest.approx(-3600, abs=600)
    assert back - first == pytest.approx(0, abs=600)
    assert 0 < passed < 600


def test_no_compiler_is_a_reason_to_skip_and_no_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    clock = Clock(tmp_path)
    assert clock.problem == "there is no C compiler (cc)"
    assert clock.variables == {}


def drifting(chance: np.random.Generator, slope: float, count: int = 240) -> list[float]:
    """Ten-second means whose noise remembers: of neighbours nine tenths is the same."""
    noise = np.zeros(count)
    for number in range(1, count):
        noise[number] = 0.9 * noise[number - 1] + chance.normal()
    return list(100 + slope * np.arange(count) / 360 + noise)


HOURS = [number / 360 for number in range(240)]


def test_the_interval_of_a_slope_holds_what_it_promises_where_noise_remembers():
    chance = np.random.default_rng(15)
    found = [trend(HOURS, drifting(chance, 5.0)) for _ in range(400)]
    covered = sum(each.low <= 5.0 <= each.high for each in found) / len(found)
    assert 0.88 < covered < 0.99
    both = [together(found[number : number + 4]) for number in range(0, 400, 4)]
    assert sum(each.low <= 5.0 <= each.high for each in both) >= 90
    narrower = np.mean([each.high - each.low for each in both]) / np.mean([each.high - each.low for each in found])
    assert 0.2 < narrower < 0.55, "four parts know twice as much, and how much they know"


def test_parts_that_start_at_other_levels_are_no_growth():
    chance = np.random.default_rng(16)
    low, high = (np.array(drifting(chance, 0.0)) for _ in range(2))
    both = together([trend(HOURS, low), trend(HOURS, high + 500)])
    assert both.low < 0 < both.high < 20


def test_a_series_too_short_has_no_trend():
    assert trend(HOURS[:10], [1.0] * 10) is None


def test_memory_is_each_processs_own_and_only_of_those_that_last():
    assert anonymous_megabytes(os.getpid()) > 1
    watch = Watch(on=None)
    watch.names = {1: "api", 2: "launcher", 3: "api"}
    chance = random.Random(3)
    for second in range(100):
        found = {1: 50.0 + (second >= 30), 2: 20.0}
        if chance.random() < 0.5:
            found[3] = 400.0  # a child that came and went
        watch.samples.append((float(second), found))
    blocks = watch.blocks(30.0)
    assert set(blocks) == {"api 1", "launcher 2", "together"}
    assert blocks["together"] == [71.0] * 6
    assert json.loads(json.dumps(blocks)) == blocks


def test_a_process_that_misses_a_sample_still_counts():
    watch = Watch(None)
    watch.names = {1: "api", 2: "launcher", 3: "child"}
    watch.samples = [(float(at), {1: 50.0, 2: 20.0}) for at in range(100)]
    del watch.samples[50][1][1]
    watch.samples[60][1][3] = 5.0
    blocks = watch.blocks(0.0)
    assert set(blocks) == {"api 1", "launcher 2", "together"}
    assert blocks["together"] == [70.0] * 9


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ({"launcher 2": [1.0] * 6, "together": [1.0] * 6}, "api did not last"),
        ({"api 1": [1.0], "launcher 2": [1.0], "together": [2.0]}, "watched for 10 of 60 seconds"),
        ({"together": [0.0] * 6}, "api, launcher did not last"),
    ],
)
def test_a_part_without_the_platform_in_it_is_void(blocks, reason):
    with pytest.raises(SystemExit, match=reason):
        checked(blocks, 1.0, postgres=False)


def test_a_death_that_no_fault_caused_is_counted(tmp_path):
    part = Part("up", ("--version",), dict(os.environ), tmp_path).start()
    part.process.wait()  # of its own accord
    part.start()
    part.process.send_signal(signal.SIGKILL)
    part.process.wait()
    part.kill()
    part.start()
    part.kill()
    part.end()
    assert part.unasked == [0, -signal.SIGKILL]
