"""Pretrained weights from the data home to a served version, with real children."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from azuraforge.database import Database
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.models.schemas import PredictRequest
from tests.apps.pretrained.conftest import Reference
from tests.pipelines.test_training_with_children import Stand
from tests.task_kinds import use_baselines

START = datetime(2024, 1, 1, tzinfo=UTC)


def daily(rows: int) -> str:
    rng = np.random.default_rng(0)
    lines = ["at,value"]
    for row in range(rows):
        level = 50 + 8 * np.sin(2 * np.pi * row / 7) + rng.normal()
        lines.append(f"{(START + timedelta(days=row)).isoformat()},{level:.5f}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def stand(database: Database, project_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    use_baselines(monkeypatch, "forecast", "forecasting.naive")
    made = Stand(database, project_id, tmp_path / "home", tmp_path / "home" / "plugins")
    made.supervisor.start()
    yield made
    made.stop()


def test_weights_of_the_data_home_are_judged_stated_and_served(stand: Stand, tiny: Reference, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "pretrained" / "tiny"
    tiny.write(folder, trained_on="retail sales", licence="Apache-2.0")
    (tmp_path / "daily.csv").write_text(daily(200))
    stand.datasets.add_file(
        stand.project_id, tmp_path / "daily.csv", "daily.csv", FileOptions(name="daily", time="at", target="value")
    )

    with pytest.raises(InvalidInput, match="pretrained weights 'large' do not exist; available: tiny"):
        stand.carry(
            plugin="forecasting.chronos_bolt", dataset="daily", model="daily", config={"horizon": 2, "weights": "large"}
        )
    run = stand.carry(
        plugin="forecasting.chronos_bolt", dataset="daily", model="daily", config={"horizon": 2, "weights": "tiny"}
    )

    assert (run.state, run.error) == ("succeeded", None)
    found = stand.models.reads.evaluation(stand.project_id, run.id)
    assert found.evaluation.pretraining.trained_on == "retail sales"
    assert any(reason.code == "pretraining_not_stated" for reason in found.verdict.reasons)
    card = stand.models.cards.show(stand.project_id, "daily", 1, "en").markdown
    assert "Its weights (tiny) were trained elsewhere, on retail sales, Apache-2.0" in card
    (folder / "model.safetensors").unlink()  # a version holds its weights
    answer = asyncio.run(stand.models.predict(stand.project_id, "daily", PredictRequest(version=1), "somebody"))
    assert len(answer.predictions) == 2
