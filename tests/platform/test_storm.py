"""The storm in its short form, and proof that its checker would notice: `make bench-storm` is the long one."""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:  # benchmarks are modules of the checkout
    sys.path.append(str(ROOT))

from benchmarks.faults.checker import judge  # noqa: E402
from benchmarks.faults.neighbour import CANARY, Neighbour  # noqa: E402
from benchmarks.faults.steps import link, value  # noqa: E402
from benchmarks.faults.target import Fault  # noqa: E402

SHORT = ("--runs", "6", "--faults", "8", "--poison", "0", "--pause", "0.1", "--interval", "0.4", "--slots", "2")


@pytest.mark.parametrize("target", ["embedded", "scaled"])
def test_nothing_is_lost_and_nothing_happens_twice(target, tmp_path):
    if target == "scaled" and importlib.util.find_spec("celery") is None:
        pytest.skip("the extra `scaled` is not installed")
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.storm", "--target", target, *SHORT]
    done = subprocess.run(
        [*command, "--json", str(figures), "--keep", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert figures.exists(), done.stderr[-3000:]
    told = {each["figure"].removeprefix(f"{target}: "): each for each in json.loads(figures.read_text())}
    for name, figure in told.items():
        if "recovery" not in name:  # a busy machine takes its time
            assert figure["met"] is not False, f"{figure}\n{done.stdout}"
    assert told["faults"]["value"] == 8
    assert told["runs finished"]["value"] >= 6


# The rest: one run as it should be in the database, and everything that may be wrong with it.

STEPS = 4
CHAIN = {}
_state = "seed 1"
for _step in range(1, STEPS + 1):
    _state = link(_state, _step)
    CHAIN[_step] = value(_state)
END = _state


def point(step):
    return ("run.metrics", {"points": {"effect": [[step, CHAIN[step]]]}})


GOOD = {
    "run": [["r", "succeeded", 2, json.dumps({"state": END})]],
    # Killed at 20 after step 3 of which 2 were saved; carried on at 21.
    "run_attempt": [["r", 1, 10_000_000, 20_500_000, "died", None], ["r", 2, 21_000_000, 30_000_000, "succeeded", 1]],
    "event": [
        *(["run/r", *point(step)] for step in (1, 2, 3)),
        ["run/r", "run.metrics_truncated", {"after_step": 2}],
        *(["run/r", *point(step)] for step in (3, 4)),
        ["run/r", "run.finished", {"state": "succeeded"}],
    ],
}


def judged(rows, curve=CHAIN, artifacts=("end.txt",)):
    def ask(sql):
        name = next(name for name in ("run_attempt", "event", "run") if f"FROM {name}" in sql)
        return [tuple(row) for row in rows[name]]

    faults = [Fault("child killed", at=20.0, over=20.0, hit={("r", 1)})]
    return judge(ask, lambda _: (dict(curve), list(artifacts)), {"r": {"seed": 1, "steps": STEPS}}, faults)


def test_the_checker_finds_nothing_where_nothing_is_wrong():
    verdict = judged(GOOD)
    assert (verdict.finished, verdict.lost_runs, verdict.lost_steps) == (1, [], 0)
    assert (verdict.doubled_steps, verdict.doubled_ends, verdict.wrong_values) == (0, 0, 0)
    assert (verdict.attempts_with_gaps, verdict.interrupted, verdict.recomputed) == (0, 1, 1)
    assert verdict.recoveries == [1.0]


def changed(change):
    rows = deepcopy(GOOD)
    change(rows)
    return rows


def test_the_checker_sees_what_is_lost():
    assert judged(changed(lambda rows: rows["run"][0].__setitem__(1, "failed"))).lost_runs
    assert judged(changed(lambda rows: rows["run"].clear())).lost_runs
    assert judged(GOOD, curve={step: CHAIN[step] for step in (1, 2, 4)}).lost_steps == 1
    assert judged(GOOD, artifacts=()).lost_steps == 1


def test_the_checker_sees_what_happened_twice():
    assert judged(changed(lambda rows: rows["event"].pop(3))).doubled_steps == 1
    assert judged(changed(lambda rows: rows["event"].append(rows["event"][-1]))).doubled_ends == 1
    assert judged(changed(lambda rows: rows["event"].append(["run/r", *point(4)]))).doubled_steps == 1


def test_the_checker_sees_what_is_wrong():
    assert judged(GOOD, curve={**CHAIN, 2: 0.5}).wrong_values == 1
    assert judged(changed(lambda rows: rows["run"][0].__setitem__(3, json.dumps({"state": "x"})))).wrong_values == 1
    assert judged(changed(lambda rows: rows["run_attempt"].pop(0))).attempts_with_gaps == 1
    assert judged(changed(lambda rows: rows["run_attempt"][1].__setitem__(2, 26_000_000))).recoveries == [6.0]


# The neighbour: a person of another project, to whom nothing of the storm may be shown.


def make_neighbour(messages=(), project="p"):
    target = SimpleNamespace(messages=lambda: messages, rows=lambda sql: [(project,)] if "'r'" in sql else [])
    made = Neighbour.__new__(Neighbour)
    vars(made).update(looked=0, leaks=[], _runs={"r" * 16: {}}, _target=target, _project="own-project")
    return made


def message(*arguments, **named):
    return json.dumps({"body": base64.b64encode(json.dumps([arguments, named, {}]).encode()).decode()})


def test_the_neighbour_notices_names_and_ids_of_the_storm_s_runs():
    made = make_neighbour()
    made.look("answer", "nothing")
    made.read_logs(iter(["own-project: fine\nother: kanarya7 1"]))
    assert (made.looked, made.leaks) == (2, [])
    made.look("event", f"a {CANARY} b")
    made.look("answer", f"a {'r' * 16} b")
    made.read_logs(iter([f"own-project: {CANARY}"]))
    assert len(made.leaks) == 3


def test_the_neighbour_accepts_messages_with_a_run_and_its_project_only():
    for content, leaks in (
        (message("p", "r"), 0),
        (message("other", "r"), 1),
        (message("p", "unknown"), 1),
        (message("p", "r", CANARY), 1),
        (message("p", "r", name="x"), 1),
    ):
        made = make_neighbour([content])
        made._look_at_messages()
        assert (made.looked, len(made.leaks)) == (1, leaks), content
