"""Rows of models, datasets, ledger and automations as the platform writes them, without training anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azuraforge.automations.triggers.definition import STEP, STEPS, WHEN
from azuraforge.automations.triggers.tables import Automation, AutomationFiring, AutomationStep
from azuraforge.database import Base, Database, new_id
from azuraforge.datasets.segments import Growth
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.models.answers import PredictionInputs, PredictionPoint
from azuraforge.models.gate.record import ReasonRecord, Sentences, VerdictRecord
from azuraforge.models.provenance import LearnedRows
from azuraforge.models.tables import (
    AliasChange,
    Evaluation,
    Model,
    ModelAlias,
    ModelVersion,
    Prediction,
    PredictionOutcome,
)
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.runs.tables import Run
from tests.evaluations import EVALUATION

HOUR = timedelta(hours=1)
SCHEMA = DatasetSchema(
    time="at", target="load", unit="kW", features=(), frequency="1h", season=24, timezone="Europe/Istanbul"
)
REFUSED = VerdictRecord(
    decision="kept",
    headline="kept",
    champion="forecasting.ridge",
    reasons=[
        ReasonRecord(code="champion_kept", params={}, text=Sentences(en="It stays.", tr="Kalıyor.")),
        ReasonRecord(
            code="not_better_than_champion", params={}, text=Sentences(en="Within noise.", tr="Gürültü içinde.")
        ),
    ],
)


@dataclass
class Rows:
    """Adds rows to one project; times are given, nothing is measured by a clock."""

    database: Database
    project_id: str
    ids: dict[str, str] = field(default_factory=dict)

    def add(self, *rows: Base) -> None:
        for row in rows:
            self.database.write(self.project_id, lambda session, row=row: session.add(row))

    def dataset(
        self, name: str, at: datetime, *, versions: int = 1, source: str = "file", every: timedelta = HOUR
    ) -> str:
        """A dataset with versions of which the last was added at ``at`` and the others before it."""
        id_ = self.ids[name] = new_id()
        self.add(Dataset(project_id=self.project_id, id=id_, name=name, created_at=at))
        for number in range(1, versions + 1):
            added = at - (versions - number) * every
            growth = Growth(previous_version=number - 1, rows_added=24, rows_revised=0, rows_repeated=0)
            self.add(
                DatasetVersionRow(
                    project_id=self.project_id, dataset_id=id_, version=number, fingerprint=new_id() * 4,
                    columns=SCHEMA, options={}, rows=100 + number, bytes=10, start_at=at - 100 * HOUR, end_at=added,
                    source=source, provenance={}, findings=(), created_at=added, segments=(), blocks=(),
                    growth=growth if number > 1 else None,
                )
            )  # fmt: skip
        return id_

    def model(self, name: str, at: datetime) -> str:
        id_ = self.ids[name] = new_id()
        self.add(Model(project_id=self.project_id, id=id_, name=name, created_at=at))
        return id_

    def version(self, model: str, number: int, at: datetime, dataset: str | None, **changes: Any) -> str:
        """A version, its run and the run's refused evaluation; returns the run's id."""
        run_id = new_id()
        dataset_id = self.ids[dataset] if dataset is not None else None
        given = {
            "content_hash": "c" * 64, "weights_sha256": None, "bytes": 1, "kind": "forecast", "plugin": "test.step",
            "plugin_version": None, "config": {}, "schema": SCHEMA, "run_id": run_id, "dataset_id": dataset_id,
            "dataset_version": 1, "dataset_fingerprint": "f" * 64, "learned_from": LearnedRows.model_validate({}),
            "code_version": "0.1", "seed": 0, "parent_version": None, "metrics": None, "created_at": at, **changes,
        }  # fmt: skip
        self.add(ModelVersion(project_id=self.project_id, model_id=self.ids[model], version=number, **given))

        def count(session: Any) -> None:
            session.get(Model, (self.project_id, self.ids[model])).last_version = number

        self.database.write(self.project_id, count)
        self.add(
            Evaluation(
                project_id=self.project_id, run_id=run_id, model_id=self.ids[model], version=number,
                dataset_id=dataset_id or "none", target="load", test_start_at=at, test_end_at=at,
                evaluation=EVALUATION, verdict=REFUSED, losses_artifact=None, created_at=at,
            )
        )  # fmt: skip
        return run_id

    def promote(self, model: str, seq: int, version: int, at: datetime, action: str = "promote", **more: Any) -> None:
        """Move the alias ``champion``, or take it away."""
        alias = more.pop("alias", "champion")
        self.add(
            AliasChange(
                project_id=self.project_id, model_id=self.ids[model], seq=seq, alias=alias, version=version,
                previous_version=None, below=None, action=action, reason="because", by="ayşe", run_id=None, at=at,
            )
        )  # fmt: skip

        def point(session: Any) -> None:
            key = (self.project_id, self.ids[model], alias)
            row = session.get(ModelAlias, key)
            if row is not None and action == "remove":
                session.delete(row)
            elif row is not None:
                row.version, row.change = version, seq
            else:
                session.add(
                    ModelAlias(
                        project_id=key[0], model_id=key[1], alias=alias, version=version, change=seq
                    )
                )  # fmt: skip

        self.database.write(self.project_id, point)

    def forecast(self, model: str, version: int, at: datetime, values: list[float], **changes: Any) -> str:
        """A line of the ledger, one value an hour after ``at``, with intervals of ± 1."""
        id_ = new_id()
        points = tuple(
            PredictionPoint(at=at + step * HOUR, value=value, low=value - 1, high=value + 1)
            for step, value in enumerate(values, 1)
        )
        given = {
            "alias": "champion", "by": "ayşe", "inputs": PredictionInputs(rows=50, dataset_version=1), "target": "load",
            "unit": "kW", "interval": 0.9, "origin_at": at, "matures_at": points[-1].at, "points": points,
            "created_at": at, **changes,
        }  # fmt: skip
        self.add(Prediction(project_id=self.project_id, id=id_, model_id=self.ids[model], version=version, **given))
        return id_

    def outcome(self, model: str, version: int, prediction: str, step: int, target_at: datetime, actual: float) -> None:
        self.add(
            PredictionOutcome(
                project_id=self.project_id, prediction_id=prediction, step=step, model_id=self.ids[model],
                version=version, target_at=target_at, actual=actual, label=None, loss=0.5, naive_loss=1.0, hit=True,
                late=False, source="dataset", judged_at=target_at + timedelta(minutes=1),
            )
        )  # fmt: skip

    def automation(
        self, name: str, steps: list[dict[str, Any]], when: dict[str, Any] | None = None, **more: Any
    ) -> str:
        id_ = new_id()
        at = datetime.now(UTC)
        given = when or {"on": "schedule", "interval": {"every": 1, "unit": "days"}}
        self.add(
            Automation(
                project_id=self.project_id, id=id_, name=name, created_by=None, when=WHEN.validate_python(given),
                steps=STEPS.validate_python(steps),
                cool_down_seconds=60, most_per_day=24, kind=given["on"], anchor_at=at, **more,
            )
        )  # fmt: skip
        return id_

    def fired(self, automation_id: str, at: datetime, step: dict[str, Any], **ended: Any) -> None:
        """The newest firing of an automation, with one step."""
        id_ = new_id()
        self.add(
            AutomationFiring(
                project_id=self.project_id, id=id_, automation_id=automation_id, cause=f"time:{id_}", causes=1, data={},
                state="failed", fired_at=at,
            )
        )  # fmt: skip
        self.add(
            AutomationStep(
                project_id=self.project_id, firing_id=id_, position=1, definition=STEP.validate_python(step), **ended
            )
        )

        def write(session: Any) -> None:
            session.get(Automation, (self.project_id, automation_id)).last_fired_at = at

        self.database.write(self.project_id, write)

    def run(self, kind: str, state: str, at: datetime, **more: Any) -> str:
        id_ = new_id()
        self.add(
            Run(
                project_id=self.project_id, id=id_, kind=kind, name=kind, request_hash="h", config={}, extra={}, seed=0,
                threads=1, code_version="0.1", state=state, progress={}, started_at=at, created_at=at, **more,
            )
        )  # fmt: skip
        return id_
