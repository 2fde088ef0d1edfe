"""A study as ``azuraforge studies show`` prints it."""

from __future__ import annotations

import pytest

from azuraforge.cli.output.studies import show_study
from azuraforge.client import Study, Trial
from azuraforge.client.study import Budget, Importance, Objective


class Platform:
    """Stands for ``client``: a study with one complete trial."""

    def __init__(self) -> None:
        self.studies = self

    def trials(self, study: str) -> list[Trial]:
        return [Trial(number=0, run_id="r" * 16, state="complete", params={"hidden_size": 16}, scores=[0.5, 0.9])]

    def importance(self, study: str) -> Importance:
        return Importance(objectives=[{"hidden_size": 1.0}, None], trials=1)


@pytest.mark.parametrize(
    ("language", "objectives"),
    [
        ("en", "rmse (lower is better), accuracy (higher is better)"),
        ("tr", "rmse (düşük olan daha iyi), accuracy (yüksek olan daha iyi)"),
    ],
)
def test_objectives_say_which_direction_is_better(make_terminal, language, objectives):
    terminal = make_terminal(language)
    told = [Objective(metric="rmse", direction="minimize"), Objective(metric="accuracy", direction="maximize")]
    show_study(
        terminal, Platform(), Study(id="s" * 16, name="first", plugin="p", objectives=told, budget=Budget(trials=3))
    )
    assert objectives in terminal.output
    assert "hidden_size=16" in terminal.output
