"""Forecasts as runs: from the newest rows, into the ledger with the end of the run, once, with a shadow's half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.models.deployments.schemas import DeploymentRequest
from azuraforge.models.drift import store as drift_store
from azuraforge.models.predictions.forecasting import ForecastHandler
from azuraforge.models.registry.finding import find_model
from azuraforge.runs.schemas import RunRequest
from tests.models.predictions.test_outcomes import START, Ground

Make = Callable[..., Path]


class Stand:
    """A champion, its growing dataset, and the handler; a run's transaction is the test's own."""

    def __init__(self, ground: Ground, make_folder: Make) -> None:
        self.ground, self.system, self.project_id = ground, ground.system, ground.project_id
        self.make_folder = make_folder
        system = ground.system
        self.handler = ForecastHandler(system.database, system.events, system.datasets, system.service.versions)

    def execute(self, **asked: Any) -> Any:
        """What the run would write, and how it ends."""
        request = RunRequest.model_validate({"kind": "forecast", "model": "load", **asked})
        prepared = self.handler.prepare(self.project_id, request)
        run = SimpleNamespace(
            id="r1", project_id=self.project_id, model=prepared.model, config=prepared.config,
            dataset_id=prepared.dataset_id, dataset_version=prepared.dataset_version,
        )  # fmt: skip
        return self.handler.execute(SimpleNamespace(run=run, check=lambda: None))  # type: ignore[arg-type]

    def run(self, **asked: Any) -> Any:
        finish = self.execute(**asked)
        self.system.database.write(self.project_id, finish.commit)
        return finish.summary.stored()

    def lines(self, *, unserved: bool = False) -> list[Any]:
        reads = self.ground.service.reads
        return reads.page(self.project_id, model="load", version=None, judged=None, unserved=unserved).items

    def errors(self) -> list[Any]:
        """What drift of the errors sees of version 1."""
        with self.system.database.read(self.project_id) as session:
            owner = find_model(session, "load")
            found = drift_store.judged_errors(session, owner.id, 1, 10)
        return [(each.origin_at, each.matures_at, each.error) for each in found]

    def events(self, type_: str) -> list[Any]:
        return [each.data for each in self.system.events.read(self.project_id, "project", 0, 100) if each.type == type_]


@pytest.fixture
def stand(system: Any, project_id: str, make_folder: Make, tmp_path: Path, launcher: Any) -> Iterator[Stand]:
    made = Stand(Ground(system, project_id, make_folder(1.0), tmp_path, launcher), make_folder)
    yield made
    made.ground.service.close()


def test_a_forecast_starts_at_the_newest_row_and_enters_the_ledger(stand: Stand) -> None:
    stand.ground.add_rows([9.0, 11.0])
    summary = stand.run()
    (line,) = stand.lines()
    assert line.origin == START + timedelta(hours=2)
    assert [point.value for point in line.predictions] == [12.0, 13.0, 14.0]  # the newest value, 11, and one more each
    assert (line.alias, line.inputs.dataset_version, summary["dataset_version"]) == ("champion", 2, 2)
    assert (summary["forecasts"], summary["known"]) == (1, 0)
    assert stand.events("prediction.made")[-1]["count"] == 1


def test_the_same_forecast_is_entered_once(stand: Stand) -> None:
    stand.run()
    assert stand.run()["known"] == 1
    assert len(stand.lines()) == 1
    assert len(stand.events("prediction.made")) == 1
    stand.ground.add_rows([9.0])
    assert stand.run()["known"] == 0
    assert len(stand.lines()) == 2


def test_a_run_that_dies_before_its_end_has_entered_nothing(stand: Stand) -> None:
    stand.execute()
    assert stand.lines() == []


def test_the_rows_that_arrive_judge_it(stand: Stand) -> None:
    stand.run()
    stand.ground.add_rows([7.0, 9.0])
    assert stand.ground.service.outcomes.join(stand.project_id, stand.ground.dataset_id) == 2
    (score,) = stand.ground.service.reads.scores(stand.project_id, "load", None).total
    assert (score.count, score.loss) == (2, 1.5)  # forecast 6 and 7
    assert stand.errors() == []  # one of three targets is not known yet
    stand.ground.add_rows([7.0, 9.0, 4.0])
    stand.ground.service.outcomes.join(stand.project_id, stand.ground.dataset_id)
    assert stand.errors() == [(START, START + timedelta(hours=3), pytest.approx((1 + 2 + 4) / 3))]


@pytest.mark.parametrize("mode", ["shadow", "canary"])
def test_a_shadow_or_a_canary_takes_part(stand: Stand, mode: str) -> None:
    stand.system.add_version(
        stand.project_id, stand.make_folder(2.0), dataset_id=stand.ground.dataset_id,
        schema=stand.system.datasets.get(stand.project_id, "load").schema.model_dump(),
    )  # fmt: skip
    wanted = DeploymentRequest(version=2, mode=mode, share_percent=100.0, reason="try it")
    stand.system.service.deployments.start(stand.project_id, "load", wanted, "ayşe")
    stand.run()
    (given,) = stand.lines()
    assert given.version == (1 if mode == "shadow" else 2)
    (kept,) = [line for line in stand.lines(unserved=True) if line.prediction_id != given.prediction_id]
    assert (kept.version, kept.origin) == (3 - given.version, given.origin)
    (found,) = stand.system.service.deployments.list(stand.project_id, "load").items
    assert found.errors.even == 1


def test_what_cannot_forecast_is_refused_before_a_run_exists(stand: Stand) -> None:
    with pytest.raises(InvalidInput, match="specifies no model"):
        stand.execute(model=None)
    with pytest.raises(Conflict, match="under the alias 'staging'"):
        stand.execute(config={"alias": "staging"})
    with pytest.raises(InvalidInput) as wrong:
        stand.execute(config={"horizons": 3})
    assert wrong.value.where == "config.horizons"
    path = stand.ground._tmp / "other.csv"
    path.write_text("at,price\n" + "".join(f"2024-01-{day:02},{day}\n" for day in range(1, 31)))
    options = FileOptions(name="other", time="at", target="price", unit="EUR")
    stand.system.datasets.add_file(stand.project_id, path, path.name, options)
    with pytest.raises(InvalidInput, match=r"contains price \(EUR\), but version 1 forecasts load \(kW\)"):
        stand.execute(dataset="other")
