"""A panel from file to champion to predictions that its next version judges: real queue, worker and children."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.database import Database
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.models.answers import KnownPoints
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.truths import Truths
from azuraforge.models.schemas import PredictRequest
from azuraforge.pipelines.batches import steps as batch_steps
from azuraforge.pipelines.loop import rows_of
from azuraforge.pipelines.shapes import to_json
from tests.models.ledger_lines import ledger_lines
from tests.pipelines.test_training_with_children import Stand
from tests.task_kinds import use_baselines

START = datetime(2024, 1, 1, tzinfo=UTC)


def sales(count: int) -> str:
    rng = np.random.default_rng(0)
    steps, lines = rng.normal(size=(400, 2)), ["at,shop,sold"]
    for row in range(count):
        at = (START + timedelta(days=row)).isoformat()
        week = 3 * np.sin(2 * np.pi * row / 7)
        lines += [f"{at},{name},{size * (30 + week + steps[row, place]):.6f}"
                  for place, (name, size) in enumerate((("small", 1), ("large", 100)))]  # fmt: skip
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


def test_a_panel_is_learned_served_series_by_series_and_judged_by_its_next_version(
    stand: Stand, database: Database, tmp_path: Path, child: Callable[..., Any]
) -> None:
    options = FileOptions(name="shops", time="at", target="sold", series="shop")
    (tmp_path / "shops.csv").write_text(sales(300))
    stand.datasets.add_file(stand.project_id, tmp_path / "shops.csv", "shops.csv", options)
    run = stand.carry(plugin="forecasting.ridge", dataset="shops", model="shops", config={"horizon": 2}, seed=5)
    assert (run.state, run.error) == ("succeeded", None)
    evaluation = stand.models.reads.evaluation(stand.project_id, run.id)
    assert {row.series for row in evaluation.evaluation.series.rows} == {"small", "large"}
    # Few origins: the gate may keep a baseline that is hardly worse.
    assert evaluation.verdict.champion in ("forecasting.ridge", "forecasting.seasonal_naive")
    assert run.notes == []

    with pytest.raises(InvalidInput, match="several series, but the request does not specify one"):
        asyncio.run(stand.models.predict(stand.project_id, "shops", PredictRequest(), "somebody"))
    with pytest.raises(InvalidInput, match="has no series 'kiosk'"):
        asyncio.run(stand.models.predict(stand.project_id, "shops", PredictRequest(series="kiosk"), "somebody"))
    told = {
        name: asyncio.run(stand.models.predict(stand.project_id, "shops", PredictRequest(series=name), "somebody"))
        for name in ("small", "large")
    }
    assert [one.series for one in told.values()] == ["small", "large"]
    assert [point.at for point in told["small"].predictions] == [START + timedelta(days=300 + day) for day in (0, 1)]
    assert 50 < told["large"].predictions[0].value / told["small"].predictions[0].value < 200

    version = stand.models.reads.show_version(stand.project_id, "shops", 1)
    asked = {
        "plugin": "forecasting.ridge",
        "plugins_folder": None,
        "predictor": str(stand.models.folders.verify(stand.project_id, version.content_hash)),
        "dataset": to_json(rows_of(stand.datasets.get(stand.project_id, "shops"))),
        "rows": {"start": None, "end": None, "every": 30},
    }
    planned = child("plan", **asked)
    plan = to_json(batch_steps.plan(planned))
    origins = np.load(plan["origins_file"])
    assert sorted(origins.tolist()) == [*range(0, 600, 30)]
    assert (plan["origins"], plan["skipped"]) == (20, 0)
    (chunk,) = plan["chunks"]
    made = child("predict", **asked, chunk=chunk, learned_until=None, origins_file=plan["origins_file"])
    assert batch_steps.predict(made).rows == 40
    told = pl.read_parquet(made.outputs / "rows.parquet")
    assert told["series"].unique(maintain_order=True).to_list() == ["large", "small"]
    small = told.filter(pl.col("series") == "small")
    assert small["target_at"].min() == START + timedelta(days=1)
    assert small["actual"].max() < 50 < told.filter(pl.col("series") == "large")["value"].min()

    (tmp_path / "shops.csv").write_text(sales(302))
    added = stand.datasets.add_file(stand.project_id, tmp_path / "shops.csv", "shops.csv", options)
    truths = Truths(stand.models.versions, stand.launcher.call)
    Outcomes(database, EventLog(database), stand.datasets, truths).join(stand.project_id, added.id)
    lines = ledger_lines(stand.database, stand.project_id, "shops", 10)
    assert {line.inputs.series: line.outcome for line in lines} == {
        name: KnownPoints(known=2, of=2) for name in ("small", "large")
    }
