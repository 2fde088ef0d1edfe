"""What the child answers follows from the rows alone, lies in the space, and learns."""

from __future__ import annotations

import math
from typing import Any

import pytest

from azuraforge.studies.sampler_child import serve
from azuraforge.studies.space import Dimension

SPACE = {
    "x": Dimension("x", "float", -4.0, 4.0),
    "y": Dimension("y", "float", 1e-4, 1e1, log=True),
    "n": Dimension("n", "int", 1, 20),
    "kind": Dimension("kind", "choice", choices=([1, 2], [3], "a", True, 1)),
}
NO_PRUNER = {"name": "none", "direction": "minimize"}


@pytest.fixture(scope="module")
def answer():
    return serve({})


def question(trials: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    space = fields.pop("space", SPACE)
    return {
        "do": "ask", "study_id": "s", "space": {name: each.to_dict() for name, each in space.items()},
        "sampler": "tpe", "seed": 1, "number": len(trials), "directions": ["minimize"], "trials": trials, "warm": [],
        "pruner": NO_PRUNER, **fields,
    }  # fmt: skip


def score(params: dict[str, Any]) -> float:
    penalty = 0.0 if params.get("kind", "a") == "a" else 1.0
    return (params["x"] - 1) ** 2 + math.log10(params["y"]) ** 2 + ((params["n"] - 7) / 10) ** 2 + penalty


def search(answer, count: int, **fields: Any) -> list[dict[str, Any]]:
    trials: list[dict[str, Any]] = []
    for number in range(count):
        told = answer(question(trials, **fields))
        trials.append({"number": number, "state": "complete", "curve": [], "scores": [score(told["params"])], **told})
    return trials


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "random", "qmc"])
def test_every_answer_lies_in_the_space_and_comes_again(answer, sampler: str) -> None:
    trials = search(answer, 15, sampler=sampler)
    for trial in trials:
        assert trial["params"].keys() == SPACE.keys()
        assert all(SPACE[name].holds(value) for name, value in trial["params"].items())
    for number in (0, 7, 14):
        again = serve({})(question(trials[:number], sampler=sampler))
        assert again["params"] == trials[number]["params"]
    assert len({str(trial["params"]) for trial in trials}) == 15
    other = search(answer, 2, sampler=sampler, seed=2)
    assert other[0]["params"] != trials[0]["params"]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_samplers_that_learn_find_more_than_chance(answer, sampler: str) -> None:
    space = {name: SPACE[name] for name in ("x", "y", "n")}
    learned, lucky = [], []
    for seed in range(3):
        learned.append(min(each["scores"][0] for each in search(answer, 50, sampler=sampler, seed=seed, space=space)))
        lucky.append(min(each["scores"][0] for each in search(answer, 50, sampler="random", seed=seed, space=space)))
    assert sum(learned) < sum(lucky)


def test_running_failed_and_pruned_trials_are_no_obstacle(answer) -> None:
    trials = search(answer, 12)
    for number, state in ((3, "failed"), (5, "running"), (7, "pruned")):
        trials[number] = {**trials[number], "state": state, "scores": None, "curve": [3.0, None, 2.0]}
    for sampler in ("tpe", "cmaes"):
        assert SPACE.keys() == answer(question(trials, sampler=sampler))["params"].keys()


def test_several_objectives(answer) -> None:
    trials = []
    for number in range(15):
        told = answer(question(trials, directions=["minimize", "maximize"]))
        scores = [score(told["params"]), told["params"]["x"]]
        trials.append({"number": number, "state": "complete", "curve": [], "scores": scores, **told})
    told = answer({**question(trials, directions=["minimize", "maximize"]), "do": "importance"})
    assert len(told["importances"]) == 2
    assert max(told["importances"][1], key=told["importances"][1].get) == "x"


def test_what_matters_is_found_and_what_does_not_is_not(answer) -> None:
    space = {"x": SPACE["x"], "noise": Dimension("noise", "float", 0.0, 1.0)}
    trials = []
    for number in range(40):
        told = answer(question(trials, space=space, sampler="random"))
        scores = [told["params"]["x"] ** 2]
        trials.append({"number": number, "state": "complete", "curve": [], "scores": scores, **told})
    (shares,) = answer({**question(trials, space=space), "do": "importance"})["importances"]
    assert shares["x"] > 0.9
    assert math.isclose(sum(shares.values()), 1.0, abs_tol=1e-6)
    assert answer({**question(trials[:3], space=space), "do": "importance"})["importances"] == [None]


@pytest.mark.parametrize("asked", ["importance", "tpe", "cmaes"])
def test_a_trial_that_lacks_a_field_is_left_out(answer, asked: str) -> None:
    """A plugin may have renamed a field since the trial."""
    trials = search(answer, 12, sampler="random")
    trials[4] = {**trials[4], "params": {name: value for name, value in trials[4]["params"].items() if name != "x"}}
    if asked == "importance":
        (shares,) = answer({**question(trials), "do": "importance"})["importances"]
        (others,) = answer({**question([*trials[:4], *trials[5:]]), "do": "importance"})["importances"]
        assert shares == others
        assert shares.keys() == SPACE.keys()
    else:
        assert answer(question(trials, sampler=asked))["params"].keys() == SPACE.keys()


def curve_of(number: int, state: str, curve: list[float | None]) -> dict[str, Any]:
    return {"number": number, "state": state, "params": {}, "scores": None, "curve": curve, "generation": None}


MEDIAN = {"name": "median", "direction": "minimize", "startup_trials": 3, "warmup_reports": 2, "most_reports": None,
          "reduction_factor": 3}  # fmt: skip
HYPERBAND = {**MEDIAN, "name": "hyperband", "most_reports": 9}


def test_the_median_rule_ends_what_is_worse_than_half(answer) -> None:
    done = [curve_of(number, "complete", [5.0, 4.0, 3.0 - number]) for number in range(3)]

    def doomed(curve: list[float | None], study: str) -> list[int]:
        asked = {"do": "prune", "study_id": study, "pruner": MEDIAN, "trials": [*done, curve_of(3, "running", curve)]}
        return answer(asked)["prune"]

    assert doomed([9.0], "a") == [], "it is still warming up"
    assert doomed([9.0, 9.0, 8.0], "a") == [3]
    assert doomed([5.0, 4.0, 1.5], "b") == []
    assert doomed([5.0, 4.0, None], "c") in ([], [3])


def test_hyperband_decides_alike_after_a_restart_and_prunes_some(answer) -> None:
    def walk(make) -> list[tuple[int, int]]:
        trials, found, child = [], [], make()
        for number in range(20):
            curve: list[float | None] = []
            state = "complete"
            for step in range(9):
                curve.append(10.0 / (step + 1) + (number * 7) % 11)
                asked = [*trials, curve_of(number, "running", list(curve))]
                told = child({"do": "prune", "study_id": "h", "pruner": HYPERBAND, "trials": asked})
                if number in told["prune"]:
                    found.append((number, step))
                    state = "pruned"
                    break
                if make is not one:
                    child = make()
            trials.append(curve_of(number, state, curve))
        return found

    kept = serve({})

    def one():
        return kept

    first = walk(one)
    assert 3 <= len(first) <= 18
    assert walk(lambda: serve({})) == first


def test_a_curve_that_became_shorter_is_sent_again(answer) -> None:
    asked = {"do": "prune", "study_id": "z", "pruner": MEDIAN}
    answer({**asked, "trials": [curve_of(0, "running", [1.0, 2.0, 3.0])]})
    assert answer({**asked, "trials": [curve_of(0, "running", [1.0])]})["prune"] == []
