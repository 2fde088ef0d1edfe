"""Which metrics the gate compares by, and which losses a comparison of stored runs may use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.models.comparison import child
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.metric import MetricFacts, Pairing
from azuraforge.plugins.discovery.describing import describe
from azuraforge.plugins.kinds.classify.kind import Classify
from azuraforge.plugins.kinds.forecast.kind import Forecast

HITS = """
from azuraforge.plugins import Metric, MetricFacts, Pairing
class Hits(Metric):
    name = "hits"
    task = "forecast"
    facts = MetricFacts(name="hits", title={"en": "hits"}, direction="DIRECTION", pairing=Pairing(rows="origins"))
    def losses(self, truth, predictions):
        return truth
"""
ERRORS = {"mine": np.array([[1.0, -3.0]]), "mine/wrong": np.array([1, 0])}


class Asked:
    def __init__(self, *files: Path) -> None:
        self.payload = {"files": [str(path) for path in files]}


@pytest.mark.parametrize("direction", ["higher", "none"])
def test_a_metric_with_a_pairing_of_which_lower_is_not_better_is_broken(tmp_path: Path, direction: str) -> None:
    (tmp_path / "hits.py").write_text(HITS.replace("DIRECTION", direction))
    [row] = describe(Asked(tmp_path / "hits.py")).plugins
    error = row["error"]
    assert isinstance(error, dict)
    assert "the gate cannot compare contenders by the metric 'hits'" in str(error["en"])
    assert error["tr"] != error["en"]


def test_the_gate_never_compares_by_a_metric_of_which_higher_is_better() -> None:
    added = MetricFacts(name="hits", title={"en": "hits"}, direction="higher", pairing=Pairing(rows="origins"))
    found = Forecast.facts().with_metric(added)
    assert "hits" in found.objectives
    with pytest.raises(InvalidInput, match="metric 'hits' is not a gate metric of the task kind 'forecast'"):
        found.gate_metric("hits")


def test_an_unknown_gate_metric_is_an_error_and_not_the_default() -> None:
    assert Forecast().gate_metric(None).name == "rmse"
    for kind in (Forecast(), Forecast.facts()):
        with pytest.raises(InvalidInput, match="metric 'shortage' is not a gate metric of the task kind 'forecast'"):
            kind.gate_metric("shortage")


def test_stored_errors_are_losses_of_the_metric_that_is_named() -> None:
    named = {each.name: each for each in (*Forecast.metrics, *Classify.metrics)}
    assert Forecast().stored_losses(ERRORS, "mine", named["rmse"]).tolist() == [[1.0, 9.0]]
    assert Forecast().stored_losses(ERRORS, "mine", named["mae"]).tolist() == [[1.0, 3.0]]
    assert Classify().stored_losses(ERRORS, "mine", named["error_rate"]).tolist() == [[1.0], [0.0]]
    added = MetricFacts(name="shortage", title={}, direction="lower", pairing=Pairing(rows="origins"))
    for kind, metrics in ((Forecast(), (named["rmsse"], named["scaled_pinball"], added)), (Classify(), (added,))):
        for metric in metrics:
            with pytest.raises(InvalidInput, match=f"cannot be compared by '{metric.name}'"):
                kind.stored_losses(ERRORS, "mine", metric)


def test_a_comparison_states_no_difference_by_a_metric_whose_losses_are_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Forecast, "gate_metrics", ("rmsse",))
    np.savez(tmp_path / "errors.npz", mine=np.ones((40, 2)))
    side = {"errors": str(tmp_path / "errors.npz"), "name": "mine"}
    asked = Asked()
    asked.payload = {"task": "forecast", "plugins_folder": "", "horizon": 2, "season": 1, "seed": 0}  # type: ignore[dict-item]
    asked.payload |= {"a": side, "b": side}  # type: ignore[dict-item]
    with pytest.raises(InvalidInput, match="cannot be compared by 'rmsse'"):
        child.compare(asked)


def test_another_frequency_is_not_reported_as_another_unit() -> None:
    daily, hourly = (DatasetSchema(target="y", frequency=each, unit="kW") for each in ("1d", "1h"))
    message = Forecast().unreadable(daily, hourly)
    assert message is not None
    assert str(message) == "its frequency is '1h', but the version was trained with '1d'"
    other = Forecast().unreadable(daily, daily.model_copy(update={"unit": "MW"}))
    assert str(other) == "its unit is 'MW', but the version was trained with 'kW'"
