"""Drift: no alarm where nothing has changed (how often, is counted), an alarm where something has."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import Conflict, NotFound
from azuraforge.models.answers import PredictionInputs, PredictionPoint
from azuraforge.models.drift import detection as drift
from azuraforge.models.drift.monitor import ANSWER, DriftMonitor
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.schemas import PredictRequest

Make = Callable[..., Path]
START = datetime(2026, 1, 1, tzinfo=UTC)


def correlated(rng: np.random.Generator, count: int, rho: float) -> list[float]:
    noise = rng.normal(size=count) * math.sqrt(1 - rho * rho)
    values = [float(rng.normal())]
    for each in noise[1:]:
        values.append(rho * values[-1] + float(each))
    return values


def alarms(rho: float, windows: int, size: int, columns: int = 3, change: Callable[[Any], Any] = lambda x: x) -> int:
    """In how many windows of so many columns some column is said to have drifted."""
    found = 0
    rng = np.random.default_rng(7)
    for _ in range(windows):
        reference = {str(name): drift.describe(correlated(rng, 1500, rho)) for name in range(columns)}
        window = {str(name): [change(value) for value in correlated(rng, size, rho)] for name in range(columns)}
        found += drift.detect(reference, window).alarm
    return found


@pytest.mark.parametrize(("rho", "size"), [(0.0, 100), (0.0, 500), (0.8, 500)])
def test_where_nothing_changed_there_is_hardly_ever_an_alarm(rho: float, size: int) -> None:
    # One look may cry wolf with 0.01 at most; of 120 looks more than 6 have a chance below 0.001 then.
    assert alarms(rho, 120, size) <= 6


def test_without_the_correlation_of_neighbours_it_would_cry_wolf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "effective_rows", lambda values: float(len(values)))
    assert alarms(0.95, 40, 200) > 10


@pytest.mark.parametrize(
    ("rho", "change"),
    [(0.0, lambda value: value + 0.8), (0.0, lambda value: 2 * value), (0.6, lambda value: value + 1.2)],
    ids=["moved", "wider", "moved, with memory"],
)
def test_a_shift_is_found(rho: float, change: Callable[[float], float]) -> None:
    assert alarms(rho, 20, 400, change=change) >= 19


def test_a_trifle_is_no_drift_however_sure() -> None:
    rng = np.random.default_rng(1)
    reference = {"x": drift.describe(rng.normal(size=20_000).tolist())}
    (column,) = drift.detect(reference, {"x": (rng.normal(size=20_000) + 0.1).tolist()}).columns
    assert column.p_value < 1e-6
    assert column.psi < 0.1
    assert column.drifted is False


def test_the_measures_are_the_known_ones() -> None:
    rng = np.random.default_rng(2)
    ours, theirs = rng.normal(size=300), rng.normal(0.3, 1.2, size=200)
    reference = drift.describe(ours.tolist())
    assert reference is not None
    distance, probability = drift.ks(reference.model_copy(update={"effective": 300.0}), theirs.tolist(), 200.0)
    known = stats.ks_2samp(ours, theirs, method="asymp")
    assert distance == pytest.approx(known.statistic)
    assert probability == pytest.approx(known.pvalue, rel=0.35), "with Stephens' correction for small samples"
    edges = np.concatenate([[-np.inf], reference.edges, [np.inf]])
    a, b = (np.histogram(values, edges)[0] / len(values) for values in (ours, theirs))
    assert drift.psi(reference, theirs.tolist()) == pytest.approx(float(((b - a) * np.log(b / a)).sum()))
    assert drift.effective_rows(correlated(rng, 20_000, 0.9)) == pytest.approx(20_000 / 19, rel=0.2)


def test_too_few_values_say_nothing_and_constants_are_left_out() -> None:
    reference = {"x": drift.describe([float(value % 17) for value in range(400)])}
    told = drift.detect(reference, {"x": [1000.0] * 5})
    assert (told.alarm, told.enough, told.columns[0].drifted) == (False, False, None)
    assert drift.describe([1.0] * 50) is None


class Ground:
    """A champion trained on noise around 0, which answers what it saw last plus one."""

    def __init__(self, system: Any, project_id: str, folder: Path, tmp_path: Path) -> None:
        self.system, self.project_id = system, project_id
        rng = np.random.default_rng(3)
        lines = [
            f"{(START + timedelta(hours=hour)).isoformat()},{rng.normal():.5f},{rng.normal():.5f}"
            for hour in range(600)
        ]
        path = tmp_path / "load.csv"
        path.write_text("\n".join(["at,load,heat", *lines]))
        dataset = system.datasets.add_file(project_id, path, path.name, FileOptions(time="at", target="load"))
        learned = {"start": START.isoformat(), "end": (START + timedelta(hours=499)).isoformat()}
        system.add_version(
            project_id, folder, schema=dataset.dataset_schema.model_dump(), dataset_id=dataset.id,
            dataset_fingerprint=dataset.fingerprint, learned_from=learned,
        )  # fmt: skip
        system.service.aliases.promote_by_hand(project_id, "load", 1, alias="champion", reason="because", by="ayşe")
        self.watch = DriftMonitor(system.database, system.events, system.datasets, system.service.versions)
        self.model_id = system.service.reads.show(project_id, "load").id
        self.ledger = Ledger(system.database, system.events)
        self.hours = 0

    def ask(self, count: int, shift: float) -> None:
        """So many lines in the ledger, as the version would have answered."""
        rng = np.random.default_rng(4 + self.hours)
        for _ in range(count):
            self.hours += 1
            at = START + timedelta(hours=1000 + self.hours)
            load, heat = float(rng.normal()) + shift, float(rng.normal())
            points = (PredictionPoint(at=at, value=load + 1, low=None, high=None),)
            line = LedgerLine(
                model="load", id=f"p{self.hours}", model_id=self.model_id, version=1, by="x",
                inputs=PredictionInputs(), target="load", unit="", origin_at=at, matures_at=at,
                points=points, latency_seconds=0.1, naive=load,
                features={"load": load, "heat": heat},
            )  # fmt: skip
            self.ledger.enter(self.project_id, line)

    def listed(self) -> str | None:
        """The drift of the champion in the list of models."""
        found = self.system.service.live.of_models(self.project_id, [self.model_id])
        return found[self.model_id].drift

    def events(self) -> list[dict[str, Any]]:
        return [
            each.data
            for each in self.system.events.read(self.project_id, "project", 0, 5000)
            if each.type == "model.drift"
        ]


@pytest.fixture
def ground(system: Any, project_id: str, make_folder: Make, tmp_path: Path) -> Ground:
    return Ground(system, project_id, make_folder(1.0), tmp_path)


def test_from_quiet_to_alarm_and_back(ground: Ground, other_project_id: str) -> None:
    watch, project_id = ground.watch, ground.project_id
    assert watch.show(project_id, "load", None).report is None, "nobody has looked yet"
    assert ground.listed() is None
    assert watch.check(project_id, "load", None).report.enough is False, "nothing was asked yet"
    assert ground.listed() == "too_few"
    ground.ask(120, 0.0)
    watch.tend(project_id)
    quiet = watch.show(project_id, "load", None)
    assert {each.name for each in quiet.report.columns} == {"load", "heat", ANSWER}
    assert (quiet.alarm, quiet.report.enough, quiet.report.lines, ground.events()) == (False, True, 120, [])
    assert quiet.report.thresholds.level == pytest.approx(0.01 / 3)
    assert ground.listed() == "steady"
    ground.ask(400, 1.5)
    watch.tend(project_id)
    loud = watch.show(project_id, "load", 1)
    assert {each.name for each in loud.report.columns if each.drifted} == {"load", ANSWER}
    assert [each["columns"] for each in ground.events()] == [["load", ANSWER]]
    assert ground.listed() == "alarm"
    checked_at = loud.checked_at
    watch.tend(project_id)
    assert watch.show(project_id, "load", 1).checked_at == checked_at, "no new line, no new look"
    watch.check(project_id, "load", 1)
    assert len(ground.events()) == 1, "an alarm that goes on is told once"
    ground.ask(500, 0.0)
    assert watch.check(project_id, "load", 1).alarm is False
    for ask in (watch.show, watch.check):
        with pytest.raises(NotFound):
            ask(other_project_id, "load", None)


def test_the_same_question_again_is_no_new_evidence(ground: Ground) -> None:
    rows = [{"at": (START + timedelta(hours=hour)).isoformat(), "load": 9.0, "heat": 9.0} for hour in range(3)]
    for _ in range(40):
        ground.system.predict(ground.project_id, "load", PredictRequest(rows=rows), "x")
    report = ground.watch.check(ground.project_id, "load", None).report
    assert (report.lines, report.enough) == (40, False)
    assert {each.rows for each in report.columns} == {1}


def test_a_version_without_its_rows_is_said(ground: Ground, make_folder: Make) -> None:
    ground.system.add_version(ground.project_id, make_folder(2.0), dataset_id=None)
    with pytest.raises(Conflict, match="was not trained on a stored dataset"):
        ground.watch.check(ground.project_id, "load", 2)
