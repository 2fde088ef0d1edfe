"""Models on a real database, a predictor folder, a dropped-in pipeline, and real children of a real launcher."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from safetensors.numpy import save_file

from azuraforge.database import Database
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.models.predictions import progress
from azuraforge.models.provenance import LearnedRows
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.schemas import PredictOut, PredictRequest
from azuraforge.models.service import ModelService
from azuraforge.models.serving.pool import ReplicaPool
from azuraforge.models.tables import ModelVersion
from azuraforge.models.trash import Objection
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.processes.exchange import ChildSession
from azuraforge.processes.launcher import Launcher
from azuraforge.settings import Settings
from tests.stand import CHILD_PATH
from tests.task_kinds import built_in_kinds

SCHEMA = {"time": "at", "target": "load", "features": ["heat"], "frequency": "1h", "season": 24, "unit": "kW"}
CONFIG = {"horizon": 3}

PLUGIN = '''
"""Repeats the last value plus a learned step; wide intervals. Enough to see what reaches a pipeline."""

import json, os, time
from typing import ClassVar

import numpy as np
from safetensors.numpy import load_file

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Config, ForecastConfig, Pipeline, Predictions, chronological_split


class Step(Pipeline):
    name: ClassVar[str] = "test.step"
    kind = "forecast"
    Config = ForecastConfig

    def split(self, table, config):
        return chronological_split(table, config)

    def fit(self, run, train, validation):
        raise NotImplementedError

    def save(self, predictor, folder):
        raise NotImplementedError

    def load(self, folder):
        return load_file(folder / "weights.safetensors"), json.loads((folder / "preprocessing.json").read_text())

    def predict(self, predictor, part):
        weights, preprocessing = predictor
        values = part.frame.get_column(part.schema.target).to_numpy()
        if len(values) < preprocessing["window"]:
            raise ValueError(f"needs {preprocessing['window']} rows")
        last = values[part.origins][:, None]
        if last[0, 0] == 666:
            os.kill(os.getpid(), 9)
        if last[0, 0] == 555:
            time.sleep(1)
        if last[0, 0] == 777:
            time.sleep(60)
        point = last + weights["step"] * np.arange(1, part.horizon + 1)
        return Predictions(point, {0.05: point - 1, 0.5: point, 0.95: point + 1})
'''


@dataclass
class System:
    """The models service and what it depends on."""

    service: ModelService
    database: Database
    events: EventLog
    folders: VersionFolders
    datasets: DatasetService
    children: list[ChildSession]
    warm: ReplicaPool
    objections: list[Objection]
    portal: BlockingPortal

    def predict(self, project_id: str, name: str, request: PredictRequest, by: str) -> PredictOut:
        """Predict from any thread; as in the API, one event loop serves all of them."""
        return self.portal.call(self.service.predict, project_id, name, request, by)

    def add_version(self, project_id: str, folder: Path, model: str = "load", **changes: Any) -> ModelVersion:
        """Register the folder as the model's next version, as a training run would."""
        imported = self.service.registry.import_folder(
            project_id, folder, {"kind": "forecast", "horizon": 3, "config": CONFIG}
        )
        fields: dict[str, Any] = {
            "kind": "forecast",
            "plugin": "test.step",
            "plugin_version": None,
            "config": CONFIG,
            "schema": SCHEMA,
            "run_id": "run1",
            "dataset_id": "data1",
            "dataset_version": 1,
            "dataset_fingerprint": "f" * 64,
            "learned_from": {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"},
            "code_version": "0.1.0",
            "seed": 0,
            **changes,
        }
        fields["schema"] = DatasetSchema.model_validate(fields["schema"])
        fields["learned_from"] = LearnedRows.model_validate(fields["learned_from"])
        return self.database.write(
            project_id,
            lambda session: self.service.registry.register_version(session, model, imported, **fields),
        )


@pytest.fixture
def plugins_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "step.py").write_text(textwrap.dedent(PLUGIN))
    return folder


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """A predictor's folder as ``save`` leaves it; ``step`` makes its content different."""

    def make(step: float = 1.0, window: int = 2) -> Path:
        folder = tmp_path / f"predictor-{step}-{window}"
        folder.mkdir()
        save_file({"step": np.array(step)}, folder / "weights.safetensors")
        (folder / "preprocessing.json").write_text(f'{{"window": {window}}}')
        return folder

    return make


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    started = Launcher({"PYTHONPATH": CHILD_PATH})
    yield started
    started.stop()


@pytest.fixture
def system(database: Database, tmp_path: Path, plugins_folder: Path, launcher: Launcher) -> Iterator[System]:
    children: list[ChildSession] = []

    def open_child(entry: str, opening: dict[str, Any]) -> ChildSession:
        children.append(launcher.open(entry, opening))
        return children[-1]

    folders, events = VersionFolders(tmp_path / "artifacts"), EventLog(database)
    datasets = DatasetService(
        database, events, launcher.call, Settings(home=tmp_path), on_version=[progress.note_version]
    )
    warm = ReplicaPool(open_child, str(plugins_folder))
    objections: list[Objection] = []
    service = ModelService(
        *(database, events, folders, datasets, warm, launcher.call, built_in_kinds), objections=objections
    )
    with start_blocking_portal() as portal:
        yield System(service, database, events, folders, datasets, children, warm, objections, portal)
    service.close()
