"""Declared groups from file to champion to answers that add up: real queue, worker and children."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from azuraforge.database import Database
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.schemas import AppendOptions, FileOptions
from azuraforge.events.service import EventLog
from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.truths import Truths
from azuraforge.models.schemas import PredictRequest
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

    def missing(series: str) -> list[str]:
        request = PredictRequest(series=series)
        return asyncio.run(stand.models.predict(stand.project_id, "shops", request, "somebody")).missing_series

    def asked(series: str, rows: list[dict[str, object]] | None = None) -> list[float]:
        request = PredictRequest(series=series, rows=rows)
        answer = asyncio.run(stand.models.predict(stand.project_id, "shops", request, "somebody"))
        return [point.value for point in answer.predictions]

    served = {name: asked(name) for name in ("total", "region=north", *SHOPS)}
    np.testing.assert_allclose(served["total"], np.sum([served[name] for name in SHOPS], axis=0), rtol=1e-12)
    np.testing.assert_allclose(served["region=north"], np.add(served["a"], served["b"]), rtol=1e-12)
    rows = [{"at": (START + timedelta(days=row)).isoformat(), "sold": 20.0 + row % 7} for row in range(100)]
    assert len(asked("total", rows)) == 2, "rows of one series are answered, without the others"

    (tmp_path / "more.csv").write_text(sales(201))
    events = EventLog(stand.database)
    growing = GrowingDatasets(stand.datasets, stand.database, events)
    growing.append_file(stand.project_id, "shops", tmp_path / "more.csv", "more.csv", AppendOptions())
    outcomes = Outcomes(stand.database, events, stand.datasets, Truths(stand.models.versions, stand.launcher.call))
    assert outcomes.join(stand.project_id, stand.datasets.get(stand.project_id, "shops").id) == len(served)
    reads = LiveReads(stand.database)
    actual = {}
    for line in reads.page(stand.project_id, model="shops", version=None, judged=None).items:
        for each in reads.show(stand.project_id, line.prediction_id).outcomes:
            actual[line.inputs.series] = each.actual
    sold = [float(row.split(",")[3]) for row in sales(201).splitlines()[-3:]]
    np.testing.assert_allclose([actual[name] for name in SHOPS], sold)
    assert actual["total"] == pytest.approx(sum(sold))
    assert actual["region=north"] == pytest.approx(sum(sold[:2]))

    days = [(START + timedelta(days=190 + row)).isoformat() for row in range(11)]
    new = "".join(f"{at},d,south,{4 + row % 2}.5\n" for row, at in enumerate(days))
    (tmp_path / "new.csv").write_text(sales(201) + new)
    stand.datasets.add_file(stand.project_id, tmp_path / "new.csv", "new.csv", options)
    assert all(4 < value < 7 for value in asked("d")), "a shop that was not learned is in no total, and is answered"
    # A total states which of its series its forecast lacks, instead of a sum that is silently too low.
    assert (missing("total"), missing("region=north"), missing("a")) == (["d"], [], [])
    ledger = reads.page(stand.project_id, model="shops", version=None, judged=None).items
    assert next(line.inputs.missing_series for line in ledger if line.inputs.series == "total") == ("d",)
