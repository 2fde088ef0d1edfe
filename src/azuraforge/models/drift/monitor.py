"""Drift checks: comparison of a version's reference with its newest ledger entries.

The reference is computed once, in a child process. Inputs and predictions are compared as distributions
(``detection``), errors of judged predictions as a sequence (``errors``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.models.distributions import DriftReport, Reference
from azuraforge.models.drift import detection, errors
from azuraforge.models.drift import store as drift_store
from azuraforge.models.drift.messages import ReferenceMessage
from azuraforge.models.drift.schemas import DriftOut
from azuraforge.models.events import DriftFound
from azuraforge.models.registry.finding import find_aliased, find_model, find_version
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.serving.messages import DatasetFile
from azuraforge.models.serving.versions import ServedVersions
from azuraforge.models.tables import Model, ModelVersion, Prediction
from azuraforge.telemetry import logger

#: Maximum number of newest ledger entries to compare.
WINDOW = 500
#: Maximum number of newest origins whose errors are tested.
FOLLOWED = 5000
#: Column name of a version's own predictions.
ANSWER = "(answer)"
ENTRY = "azuraforge.models.drift.child:serve"

#: Function of project id and run id that returns the path of the run's error file; None if it no longer exists.
ErrorsOf = Callable[[str, str], str | None]

log = logger("models")


class DriftMonitor:
    """Monitor of drift in inputs, predictions and errors; each method takes the project's id."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        datasets: DatasetService,
        versions: ServedVersions,
        errors_of: ErrorsOf | None = None,
    ) -> None:
        self._errors_of = errors_of
        self._database = database
        self._events = events
        self._datasets = datasets
        self._versions = versions

    def show(self, project_id: str, model: str, version: int | None) -> DriftOut:
        """Return the result of a version's last check; its ``report`` is None if the version has never been checked.

        ``version`` None selects the champion. Raises NotFound if the model or version does not exist, and Conflict if
        there is no champion.
        """
        with self._database.read(project_id) as session:
            owner, row = self._version(session, model, version)
            found = drift_store.found(session, owner.id, row.version)
        return DriftOut(
            model=model,
            version=row.version,
            alarm=found.alarm if found else False,
            checked_at=found.checked_at if found else None,
            report=found.report if found else None,
        )

    def check(self, project_id: str, model: str, version: int | None, *, unit: UnitOfWork | None = None) -> DriftOut:
        """Check a version for drift now; ``version`` None selects the champion.

        Raises NotFound if the model or version does not exist, and Conflict if there is no champion, if the version
        does not predict a series or was not trained on a stored dataset, or if its training rows no longer exist.
        """
        with self._database.read(project_id) as session:
            owner, row = self._version(session, model, version)
            known = drift_store.found(session, owner.id, row.version)
        reference = known.reference if known else self._make_reference(project_id, owner, row)
        with self._database.read(project_id) as session:
            lines = drift_store.window(session, owner.id, row.version, WINDOW)
            judged = drift_store.judged_errors(session, owner.id, row.version, FOLLOWED)
        detected = detection.detect(reference.columns, _window(lines))
        followed = errors.detect(reference.errors, judged) if judged else None
        larger = followed is not None and followed.drifted
        report = DriftReport(
            **{**dict(detected), "alarm": detected.alarm or larger},
            errors=followed,
            lines=len(lines),
            first_at=lines[0].created_at if lines else None,
            last_at=lines[-1].created_at if lines else None,
            notes=reference.notes,
        )

        def work(session: Session) -> None:
            before = drift_store.keep_report(session, owner.id, row.version, report)
            if report.alarm and not before:
                drifted = [each.name for each in report.columns if each.drifted]
                body = DriftFound(model=model, version=row.version, columns=drifted, lines=len(lines), errors=larger)
                self._events.append(session, "project", body)

        self._database.write(project_id, work, unit=unit)
        return self.show(project_id, model, row.version)

    def look_after(self, project_id: str, models: Iterable[str]) -> None:
        """Check the champions of these models, by model id, if they have new or newly judged entries."""
        with self._database.read(project_id) as session:
            names = drift_store.due(session, models)
        self._look(project_id, names)

    def tend(self, project_id: str) -> None:
        """Check every champion with entries written or judged since its last check."""
        with self._database.read(project_id) as session:
            due = drift_store.due(session)
        self._look(project_id, due)

    def _look(self, project_id: str, due: Sequence[tuple[str, int]]) -> None:
        for model, version in due:
            try:
                self.check(project_id, model, version)
            except Exception as error:  # the failure of one model does not delay the others
                log.warning("drift_waits", project_id=project_id, model=model, reason=str(error))

    def _make_reference(self, project_id: str, owner: Model, row: ModelVersion) -> Reference:
        if row.dataset_id is None:
            raise Conflict(
                "version {version} was not trained on a stored dataset",
                next_step="train a version on a stored dataset to measure drift",
                version=row.version,
            )
        try:
            found = self._datasets.get(project_id, row.dataset_id, row.dataset_version, trash=True)
        except NotFound:
            raise Conflict(
                "the rows on which version {version} was trained no longer exist",
                next_step="train a new version with azuraforge runs start",
                version=row.version,
            ) from None
        question = ReferenceMessage(
            dataset=DatasetFile(
                paths=[str(path) for path in found.paths],
                schema=found.schema.to_json(),
                options=found.options,
                fingerprint=found.fingerprint,
            ),
            learned_from=(row.learned_from.start, row.learned_from.end),
            answer=ANSWER,
            errors=self._errors_of(project_id, row.run_id) if self._errors_of is not None and row.run_id else None,
        )
        served = self._versions.get(project_id, owner.id, row.version)
        made = self._versions.ask_apart(served, question, ENTRY)
        reference = Reference.model_validate(made)
        self._database.write(project_id, lambda session: drift_store.keep(session, owner.id, row.version, reference))
        return reference

    @staticmethod
    def _version(session: Session, name: str, number: int | None) -> tuple[Model, ModelVersion]:
        owner = find_model(session, name)
        if number is None:
            return owner, find_aliased(session, owner, CHAMPION)
        return owner, find_version(session, owner, number, trash=True)


def _window(lines: list[Prediction]) -> dict[str, list[float]]:
    """Return the values of each column in the ledger entries, oldest first; repeated predictions count once."""
    columns: dict[str, list[float]] = {}
    seen: set[tuple[datetime, str]] = set()
    for line in lines:
        asked = (line.origin_at, repr(line.features))
        if asked in seen:
            continue
        seen.add(asked)
        for name, value in (line.features or {}).items():
            if value is not None:
                columns.setdefault(name, []).append(value)
        columns.setdefault(ANSWER, []).append(line.points[0].value)
    return columns
