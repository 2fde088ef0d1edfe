"""A champion whose predictions continue a dataset, and the ledger that judges them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azuraforge.database import new_id
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.schemas import AppendOptions, AppendRows, FileOptions, RevisionPolicy
from azuraforge.models.drift.looks import DriftLooks
from azuraforge.models.drift.monitor import DriftMonitor
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.schemas import OutcomeRequest
from azuraforge.models.predictions.service import PredictionService
from azuraforge.models.predictions.truths import Truths
from azuraforge.models.schemas import PredictRequest

Make = Callable[..., Path]
#: In the future, so that no prediction of this test is made after the time that it speaks of.
START = datetime(2126, 3, 1, tzinfo=UTC)
HOURS = [START + timedelta(hours=hour) for hour in range(8)]


class Ground:
    """One champion (last value + 1, + 2, + 3; ± 1) of a dataset of 30 hours that ends with 5.0 at START."""

    def __init__(self, system: Any, project_id: str, folder: Path, tmp_path: Path, launcher: Any) -> None:
        self.system, self.project_id, self._tmp = system, project_id, tmp_path
        truths = Truths(system.service.versions, launcher.call)
        drift = DriftMonitor(system.database, system.events, system.datasets, system.service.versions)
        looks = DriftLooks(drift)
        outcomes = Outcomes(system.database, system.events, system.datasets, truths, [looks.request])
        self.service = PredictionService(system.database, outcomes, drift, looks)
        dataset = self.add_rows([])
        self.dataset_id = dataset.id
        system.add_version(
            project_id, folder, schema=dataset.dataset_schema.model_dump(), dataset_id=dataset.id,
            dataset_fingerprint=dataset.fingerprint,
        )  # fmt: skip
        system.service.aliases.promote_by_hand(project_id, "load", 1, alias="champion", reason="because", by="ayşe")

    def add_rows(self, later: list[float]) -> Any:
        """A new version of the dataset, with what was measured after START."""
        values = [*range(-24, 6), *later]
        lines = [f"{START + timedelta(hours=hour - 29)},{value},{hour % 3}" for hour, value in enumerate(values)]
        path = self._tmp / f"{new_id()}.csv"
        path.write_text("\n".join(["at,load,heat", *lines]))
        options = FileOptions(name="load", time="at", target="load", unit="kW")
        return self.system.datasets.add_file(self.project_id, path, path.name, options)

    def append(self, hours: dict[int, float]) -> Any:
        """Add rows at hours after START, or revise them."""
        rows = [
            {"at": (START + timedelta(hours=hour)).isoformat(), "load": value, "heat": 1.0}
            for hour, value in hours.items()
        ]
        growing = GrowingDatasets(self.system.datasets, self.system.database, self.system.events)
        return growing.append_rows(self.project_id, "load", AppendRows(rows=rows, options=AppendOptions()))

    def accept_revisions(self) -> None:
        growing = GrowingDatasets(self.system.datasets, self.system.database, self.system.events)
        growing.set_revisions(self.project_id, "load", RevisionPolicy(revisions="accept"))

    def join(self) -> int:
        return self.service.outcomes.join(self.project_id, self.dataset_id)

    def events(self, kind: str) -> list[Any]:
        return [each.data for each in self.system.events.read(self.project_id, "project", 0, 1000) if each.type == kind]

    def predict(self, **request: Any) -> Any:
        return self.system.predict(self.project_id, "load", PredictRequest(**request), "ayşe")

    def post(self, *outcomes: dict[str, Any]) -> Any:
        return self.service.outcomes.post(self.project_id, [OutcomeRequest(**each) for each in outcomes], "ayşe")

    def live(self) -> Any:
        """What the list of models shows of the champion."""
        id_ = self.system.service.reads.show(self.project_id, "load").id
        return self.service.reads.of_models(self.project_id, [id_])[id_]

    def show(self, prediction_id: str) -> Any:
        return self.service.reads.show(self.project_id, prediction_id)


@pytest.fixture
def ground(system: Any, project_id: str, make_folder: Make, tmp_path: Path, launcher: Any) -> Iterator[Ground]:
    made = Ground(system, project_id, make_folder(1.0), tmp_path, launcher)
    yield made
    made.service.close()
