"""A refresh executed in this process: a job whose child is a function call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from azuraforge.database import Database
from azuraforge.datasets.growing import child as growing_child
from azuraforge.datasets.growing.messages import Grown, RefreshInput
from azuraforge.datasets.growing.refreshing import RefreshHandler
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.schemas import Json
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.plugins.contract.fields.secret import named_secrets
from azuraforge.runs.handlers import PhaseResult


class Child:
    def __init__(self, payload: Json, outputs: Path) -> None:
        self.payload, self.outputs = payload, outputs

    def asked(self, shape: type[Any]) -> Any:
        return shape.model_validate(self.payload)


class Job:
    """A job whose phase runs in this process; payload and result pass through JSON as they do on the pipe."""

    def __init__(self, run: Any, folder: Path) -> None:
        self.run, self.folder, self.notes = run, folder, list[str]()

    def phase(
        self,
        name: str,
        entry: str,
        payload: RefreshInput,
        *,
        share: float,
        result: type[Any],
        secrets: Mapping[str, str] | None = None,
    ) -> Any:
        outputs = self.folder / "outputs"
        outputs.mkdir(parents=True, exist_ok=True)
        asked = orjson.loads(orjson.dumps({**payload.model_dump(mode="json"), "secrets": secrets or {}}))
        answer = growing_child.refresh(Child(asked, outputs))  # type: ignore[arg-type]
        assert not [each for each in outputs.iterdir() if each.name.startswith(".")]  # what was fetched is removed
        return PhaseResult(Grown.model_validate_json(answer.model_dump_json()), outputs)

    def note(self, markdown: str) -> None:
        self.notes.append(markdown)


def invented(service: DatasetService, project_id: str, name: str) -> int:
    """Return how many rows were added to fill a gap, which would hide rows that were skipped."""
    found = service.get(project_id, name)
    return sum(pl.read_parquet(path)[found.schema.target].null_count() for path in found.paths)


class Granted:
    """Grants that know the values already; which ones a source gets is decided by its own schema."""

    def __init__(self, schema: Json, values: Mapping[str, str]) -> None:
        self._schema, self._values = schema, values

    def of(self, project_id: str, source: str, options: Json, **used: str) -> dict[str, str]:
        return {name: self._values[name] for name in named_secrets(self._schema, options)}


class Run:
    id = "r1"

    def __init__(self, project_id: str, dataset_id: str) -> None:
        self.project_id, self.dataset_id = project_id, dataset_id


class Refresh:
    """Refreshes a dataset by name, and returns the summary of its run.

    Attributes:
        notes: of the last run.
    """

    def __init__(
        self, service: DatasetService, database: Database, events: EventLog, project_id: str, folder: Path
    ) -> None:
        self._service, self._database, self._project_id, self._folder = service, database, project_id, folder
        self._handler = RefreshHandler(service, GrowingDatasets(service, database, events))
        self.notes: list[str] = []

    def __call__(self, name: str, before_commit: Callable[[], object] = lambda: None) -> dict[str, Any]:
        found = self._service.get(self._project_id, name)
        job = Job(Run(self._project_id, found.id), self._folder)
        finish = self._handler.execute(job)  # type: ignore[arg-type]
        self.notes = job.notes
        before_commit()
        assert finish.commit is not None
        self._database.write(self._project_id, finish.commit)
        return dict(finish.summary)
