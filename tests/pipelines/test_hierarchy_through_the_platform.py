"""Declared groups from file to champion to answers that add up: real queue, worker and children."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from azuraforge.database import Database
from azuraforge.datasets.schemas import FileOptions
from azuraforge.events.service import EventLog
from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.schemas import PredictRequest
from tests.models.ledger_lines import ledger_lines
from tests.pipelines.test_training_with_children import Stand
from tests.task_kinds import use_baselines

START = datetime(2024, 1, 1, tzinfo=UTC)
SHOPS = {"a": "north", "b": "north", "c": "south"}


def sales(count: int) -> str:
    rng = np.random.default_rng(0)
    lines = ["at,shop,region,sold"]
    for row in range(count):
        at, week = (START + timedelta(days=row)).isoformat(), 3 * np.sin(2 * np.pi * row / 7)
        lines += [f"{at},{name},{region},{20 + week + rng.normal():.6f}" for name, region in SHOPS.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def stand(
    database: Database, project_id: str, tmp_path: Path, plugins_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stand]:
    use_baselines(monkeypatch, "forecast", "forecasting.naive", "forecasting.seasonal_naive")
    made = Stand(database, project_id, tmp_path / "home", plugins_folder)
    made.supervisor.start()
    yield made
    made.stop()


def test_totals_are_learned_judged_by_level_refitted_and_served(stand: Stand, tmp_path: Path) -> None:
    options = FileOptions(name="shops", time="at", target="sold", series="shop", groups=["region"])
    (tmp_path / "shops.csv").write_text(sales(200))
    stand.datasets.add_file(stand.project_id, tmp_path / "shops.csv", "shops.csv", options)
    run = stand.carry(plugin="forecasting.ridge", dataset="shops", model="shops", config={"horizon": 2}, seed=5)
    assert (run.state, run.error) == ("succeeded", None)
    found = stand.models.reads.evaluation(stand.project_id, run.id).evaluation.hierarchy
    assert [level.level for level in found.levels] == ["total", "region", "shop"]
    assert any("MinT" in note for note in run.notes)

    def asked(series: str, rows: list[dict[str, object]] | None = None) -> list[float]:
        request = PredictRequest(series=series, rows=rows)
        answer = asyncio.run(stand.models.predict(stand.project_id, "shops", request, "somebody"))
        return [point.value for point in answer.predictions]

    served = {name: asked(name) for name in ("total", "region=north", *SHOPS)}
    np.testing.assert_allclose(served["total"], np.sum([served[name] for name in SHOPS], axis=0), rtol=1e-12)
    np.testing.assert_allclose(served["region=north"], np.add(served["a"], served["b"]), rtol=1e-12)
    rows = [{"at": (START + timedelta(days=row)).isoformat(), "sold": 20.0 + row % 7} for row in range(100)]
    assert len(asked("total", rows)) == 2, "rows of one series are answered, without the others"

    # Rows that come later judge totals, too: a total is known where all of its series are.
    (tmp_path / "shops.csv").write_text(sales(202).rsplit("\n", 2)[0])  # without the last row of the last shop
    added = stand.datasets.add_file(stand.project_id, tmp_path / "shops.csv", "shops.csv", options)
    outcomes = Outcomes(
        *(stand.database, EventLog(stand.database), stand.datasets, stand.launcher.call, stand.models.folders)
    )
    assert outcomes.join(stand.project_id, added.id) == 2 * 5 - 2
    lines = {line.inputs.series: line for line in ledger_lines(stand.database, stand.project_id, "shops")}
    assert lines["region=north"].outcome.known == 2
    assert lines["total"].outcome.known == lines["c"].outcome.known == 1
    north = LiveReads(stand.database).show(stand.project_id, lines["region=north"].prediction_id).outcomes[0].actual
    rows = [line.split(",") for line in sales(201).splitlines()[-3:]]
    assert north == pytest.approx(sum(float(row[3]) for row in rows[:2]))
