"""The built-in learners keep the contract, and their states contain no code."""

from __future__ import annotations

import importlib.metadata
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from azuraforge.apps.online import codec, linear, river_models
from azuraforge.errors import InvalidInput
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS
from azuraforge.testing import check_learner

NAMES = sorted(point.name for point in importlib.metadata.entry_points(group="azuraforge.learners"))


@pytest.mark.parametrize("name", [each for each in NAMES if each.startswith("online.")])
def test_it_keeps_the_contract(name: str) -> None:
    few = {"trees": 2} if ".forest." in name else {}
    check_learner(load_plugin("learner", name, None), few, classes=3, rows=120 if few else 300)


def test_a_logistic_classifier_of_two_classes_keeps_the_contract() -> None:
    answers = check_learner(linear.LinearClass, {"l2": 0.001})
    assert answers.shape[1] == 3


def test_every_baseline_of_a_task_kind_is_a_learner_with_the_same_answers() -> None:
    for task, kind in ONLINE_KINDS.items():
        for name in kind.baselines:
            plugin = load_plugin("learner", name, None)
            assert plugin.task == task
            assert plugin.rule == name


def test_a_state_of_river_names_only_allowed_classes() -> None:
    import river.tree

    model = river.tree.HoeffdingAdaptiveTreeClassifier(seed=3)
    rng = np.random.default_rng(1)
    rows = [dict(zip("ab", row.tolist(), strict=True)) for row in rng.normal(size=(1500, 2))]
    for number, row in enumerate(rows):
        model.learn_one(row, int((row["a"] > 0) ^ (number > 900)))
    state = json.loads(json.dumps(codec.encode(model)))
    loaded = codec.decode(state)
    for row in rows[:300]:
        assert loaded.predict_proba_one(row) == model.predict_proba_one(row)
        loaded.learn_one(row, 1)
        model.learn_one(row, 1)
    assert codec.encode(loaded) == codec.encode(model)


@pytest.mark.parametrize(
    "node",
    [
        ["call", ["subprocess", "Popen"], [["true"]], None, None, None],
        ["call", ["os", "system"], ["true"], None, None, None],
        ["named", "builtins", "eval"],
        ["call", ["river.base.typing", "sys"], [], None, None, None],
        ["call", ["river.utils.math", "clamp"], [1, 2, 3], None, None, None],
    ],
)
def test_a_state_that_names_another_class_is_refused(node: list[object]) -> None:
    with pytest.raises(InvalidInput, match="cannot contain"):
        codec.decode({"root": {"r": 0}, "nodes": [node]})


def test_an_object_of_another_package_is_not_written() -> None:
    with pytest.raises(InvalidInput, match=r"cannot contain pathlib\."):
        codec.encode([pathlib.Path("x")])


def test_nothing_imports_river_before_a_learner_of_river_starts() -> None:
    code = (
        "import sys, azuraforge.apps.online.river_models, azuraforge.apps.online.linear\n"
        "import azuraforge.learners.loop.saving\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] in ('river', 'pandas', 'scipy')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_river_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "river", None)
    with pytest.raises(InvalidInput, match="River is not installed"):
        river_models.river()
