"""A model's versions in the terminal, by the facts of its task kind."""

from __future__ import annotations

import pytest

from azuraforge.cli.output.model import show_model, show_models
from azuraforge.client.evaluation import MetricFacts
from azuraforge.client.model import Model, ModelLive, ModelVersion
from azuraforge.client.plugins import TaskKind

ACCURACY = MetricFacts(name="accuracy", title={"en": "accuracy", "tr": "doğruluk"}, format="share", digits=2)
SKILL = MetricFacts(name="skill", title={"en": "skill", "tr": "beceri"}, format="signed_share")
MODEL = Model(
    name="digits",
    version_list=[
        ModelVersion(
            model="digits",
            version=1,
            content_hash="h",
            plugin="vision.cnn",
            kind="classify",
            metrics={"accuracy": 0.975, "skill": 0.5},
        )
    ],
)


def kind(serving: str | None) -> TaskKind:
    return TaskKind(name="classify", metrics=[ACCURACY, SKILL], ranked_by="accuracy", serving=serving)


@pytest.mark.parametrize(
    ("serving", "hint"),
    [
        ("image", "azuraforge models predict-image digits IMAGE"),
        ("series", "azuraforge models predict digits"),
        (None, ""),
    ],
)
def test_the_metrics_and_the_hint_are_those_of_the_task_kind(make_terminal, serving, hint):
    terminal = make_terminal()
    show_model(terminal, MODEL, [kind(serving)])
    lines = [" ".join(line.split()) for line in terminal.output.splitlines()]
    assert any(line.startswith("version plugin accuracy skill aliases") for line in lines)
    assert any(line.startswith("v1 vision.cnn 97.50 % +50.0 %") for line in lines)
    assert [line.split(": ")[1] for line in lines if "azuraforge models" in line] == ([hint] if hint else [])


def test_a_kind_that_is_gone_leaves_the_versions_without_metrics(make_terminal):
    terminal = make_terminal()
    show_model(terminal, MODEL, [])
    assert "vision.cnn" in terminal.output
    assert "97.50" not in terminal.output
    assert "azuraforge models" not in terminal.output


def test_live_errors_stand_next_to_naive_ones(make_terminal):
    numbers = ModelLive(points=4, loss=1.25, naive_loss=2.5)
    classes = ModelLive(points=4, loss=0.025, naive_loss=0.5, classes=True)
    models = [Model(name="load", live=numbers), Model(name="digits", live=classes), Model(name="new")]
    terminal = make_terminal()
    show_models(terminal, models, live=True)
    lines = [" ".join(line.split()) for line in terminal.output.splitlines()]
    assert next(line for line in lines if line.startswith("load")).startswith("load none 0 1.250 2.500 ")
    assert next(line for line in lines if line.startswith("digits")).startswith("digits none 0 2.5 % 50.0 % ")
    assert next(line for line in lines if line.startswith("new")).startswith("new none 0 – – ")
