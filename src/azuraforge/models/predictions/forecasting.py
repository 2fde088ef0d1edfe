"""Handler of ``kind: forecast`` runs, which store a model's forecasts from the newest rows in the ledger.

The entries are written in the transaction that ends the run: a run that is killed has written none and starts again,
and a run that has ended has written each entry once. A second run with the same version and origin finds the existing
entries. A shadow or canary takes part as in online predictions; both predictions of a pair are written together.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from azuraforge.errors import AzuraError, InvalidInput, TransientError
from azuraforge.messages.validation import message_of
from azuraforge.models.deployments import store as deployment_store
from azuraforge.models.deployments.places import Deployed
from azuraforge.models.deployments.service import takes
from azuraforge.models.events import PredictionsMade
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.predictions.questions import Caller, Prepared, SeriesQuestion
from azuraforge.models.registry.finding import find_aliased, find_model, find_version
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.schemas import PredictRequest
from azuraforge.models.serving.messages import DatasetFile, Reply, SeriesMessage
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest, RunSummary

if TYPE_CHECKING:
    from azuraforge.database import Database, Session
    from azuraforge.datasets.service import DatasetService
    from azuraforge.datasets.versions import DatasetVersion
    from azuraforge.events.service import EventLog
    from azuraforge.models.deployments.store import Counter
    from azuraforge.models.serving.versions import Served, ServedVersions
    from azuraforge.models.tables import Model, ModelVersion

#: Timeout of a forecast in seconds; it includes the time to start a child process and load the version.
_ANSWER_SECONDS = 180.0
_ID_LENGTH = 16


class ForecastConfig(BaseModel):
    """Config of a forecast run: the version that forecasts, and the horizon in rows."""

    model_config = ConfigDict(extra="forbid")

    alias: str = CHAMPION
    version: int | None = Field(
        default=None, ge=1, description="number of the version that forecasts; null for the alias's current version"
    )
    horizon: int | None = Field(
        default=None, ge=1, description="number of rows to forecast; null for the version's maximum"
    )


class ForecastSummary(RunSummary):
    """Summary of a forecast run. ``known`` counts the series whose forecast was already in the ledger."""

    kind: Literal["forecast"] = "forecast"
    model: str
    version: int
    dataset: str
    dataset_version: int
    origin_at: datetime
    matures_at: datetime
    forecasts: int
    known: int


@dataclass(frozen=True)
class _Made:
    """Ledger entries of one series, and the counter of the deployment to increment; None if there is none."""

    lines: tuple[LedgerLine, ...]
    counter: Counter | None = None


class ForecastHandler(Handler):
    """Handler of runs that forecast from the end of a dataset."""

    kind = "forecast"
    summary = ForecastSummary

    def __init__(
        self, database: Database, events: EventLog, datasets: DatasetService, versions: ServedVersions
    ) -> None:
        self._database = database
        self._events = events
        self._datasets = datasets
        self._versions = versions

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Resolve the model version and the dataset version.

        Raises UserError if the request is not valid, or if one of them does not exist or they do not match.
        """
        if not request.model:
            raise InvalidInput("the request specifies no model", where="model", next_step="run azuraforge models list")
        config = _parse(request)
        with self._database.read(project_id) as session:
            _, row = _version(session, request.model, config)
        named = request.dataset or row.dataset_id
        if named is None:
            raise InvalidInput(
                "version {version} of model {model!r} was not trained on a stored dataset",
                where="model",
                next_step="specify a dataset that continues the series of this version",
                version=row.version,
                model=request.model,
            )
        dataset = self._datasets.get(project_id, named, request.dataset_version)
        _check_fits(row, dataset)
        return PreparedRun(
            name=request.name or f"forecast {request.model}",
            plugin=row.plugin,
            plugin_version=row.plugin_version,
            config=config.model_dump(mode="json"),
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_version=dataset.version,
            dataset_fingerprint=dataset.fingerprint,
            model=request.model,
        )

    def execute(self, job: Job) -> Finish:
        """Forecast each series in the version's serving process; the entries are stored when the run succeeds.

        Raises InvalidInput if the run names no model or dataset or the version cannot forecast from its rows.
        """
        run = job.run
        if run.dataset_id is None or run.model is None:
            raise InvalidInput(
                "a forecast run requires a model and a dataset",
                where="run {run}",
                next_step="start the run again with --model and --dataset",
                run=run.id,
            )
        config = ForecastConfig.model_validate(run.config)
        dataset = self._datasets.get(run.project_id, run.dataset_id, run.dataset_version, trash=True)
        with self._database.read(run.project_id) as session:
            owner, row = _version(session, run.model, config)
            deployed = _beside(session, owner, config)
        served = self._versions.get(run.project_id, owner.id, row.version)
        asked = _Asked(self._versions, self._datasets, served, deployed, dataset, config, run.model, f"run {run.id}")
        made = []
        for series in row.schema.forecast_names or (None,):
            job.check()
            made.append(asked.series(series))
        lines = [line for each in made for line in each.lines]
        given = [line for line in lines if line.pair_id is None]
        summary = ForecastSummary(
            model=run.model,
            version=row.version,
            dataset=dataset.name,
            dataset_version=dataset.version,
            origin_at=max(line.origin_at for line in given),
            matures_at=max(line.matures_at for line in given),
            forecasts=len(given),
            known=0,
        )

        def commit(session: Session) -> None:
            known = ledger_store.known_ids(session, [line.id for line in lines])
            new = [each for each in made if each.lines[0].id not in known]
            summary.known = len(made) - len(new)
            written = [line for each in new for line in each.lines]
            if not written:
                return
            Ledger.add(session, written)
            for each in new:
                if each.counter is not None and deployed is not None:
                    deployment_store.count(session, owner.id, deployed.number, each.counter)
            last = new[-1].lines[0]
            body = PredictionsMade(model=owner.name, version=last.version, prediction_id=last.id, count=len(new))
            self._events.append(session, "project", body)

        return Finish(summary, commit=commit)


@dataclass(frozen=True)
class _Asked:
    """Forecast requests of one run, to its version and to a deployed shadow or canary."""

    versions: ServedVersions
    datasets: DatasetService
    served: Served
    deployed: Deployed | None
    dataset: DatasetVersion
    config: ForecastConfig
    model: str
    by: str

    def series(self, series: str | None) -> _Made:
        """Return the ledger entries of a series: the forecast, and its pair's second one if a deployment takes part."""
        deployed = self.deployed
        if deployed is None:
            return _Made((self._line(self.served, series, None),))
        other = self.versions.get(self.served.project_id, self.served.model_id, deployed.version)
        name = f"{self.by} {series}"
        canary = deployed.mode == "canary" and takes(deployed.number, name, deployed.share_percent)
        if not canary and deployed.mode == "canary":
            return _Made((self._line(self.served, series, deployed.number),))
        first, second = (other, self.served) if canary else (self.served, other)
        try:
            answered = self._line(first, series, deployed.number)
        except AzuraError:
            if not canary:
                raise
            return _Made((self._line(self.served, series, deployed.number),), "only_this_failed")
        try:
            kept = self._line(second, series, deployed.number)
        except AzuraError:
            return _Made((answered,), "only_alongside_failed" if canary else "only_this_failed")
        return _Made((answered, replace(kept, pair_id=answered.id)), "both_answered")

    def _line(self, served: Served, series: str | None, deployment: int | None) -> LedgerLine:
        question = SeriesQuestion(
            PredictRequest(series=series, horizon=self.config.horizon), self.versions, self.datasets
        )
        file = DatasetFile(
            paths=[str(path) for path in self.dataset.paths],
            schema=self.dataset.schema.to_json(),
            options=self.dataset.options,
            fingerprint=self.dataset.fingerprint,
        )
        message: SeriesMessage = {
            "rows": None,
            "dataset": file,
            "horizon": self.config.horizon,
            "series": series,
        }
        prepared = Prepared(message, self.dataset.id)
        asked: Future[Reply] = self.versions.ask(served, message)
        try:
            answer = asked.result(_ANSWER_SECONDS)
        except TimeoutError:
            asked.cancel()
            raise TransientError(
                "version {version} did not answer within {seconds:g} s",
                next_step="repeat the request when the platform is less busy",
                version=served.version,
                seconds=_ANSWER_SECONDS,
            ) from None
        alias = None if self.config.version is not None else self.config.alias
        line = question.line(served, Caller(self.model, self.by, alias, None, deployment), prepared, answer)
        inputs = line.inputs.model_copy(
            update={
                "dataset_id": self.dataset.id,
                "dataset_version": self.dataset.version,
                "dataset_fingerprint": self.dataset.fingerprint,
            }
        )
        return replace(line, inputs=inputs, id=_id_of(line))


def _id_of(line: LedgerLine) -> str:
    """Return an id derived from an entry's version, ``question`` and length, so that a repetition is stored once."""
    asked = f"forecast {line.model_id} {line.version} {line.question} {len(line.points)}"
    return hashlib.sha256(asked.encode()).hexdigest()[:_ID_LENGTH]


def _version(session: Session, model: str, config: ForecastConfig) -> tuple[Model, ModelVersion]:
    owner = find_model(session, model)
    if config.version is not None:
        return owner, find_version(session, owner, config.version)
    return owner, find_aliased(session, owner, config.alias)


def _beside(session: Session, owner: Model, config: ForecastConfig) -> Deployed | None:
    """Return the shadow or canary next to the alias; None if there is none or the config names a version."""
    if config.version is not None:
        return None
    for row in deployment_store.active(session, owner.id, config.alias):
        return Deployed(row.number, row.mode, row.version, row.share_percent)
    return None


def _check_fits(row: ModelVersion, dataset: DatasetVersion) -> None:
    """Raise InvalidInput if the dataset cannot continue the series of the version.

    This is so if either has no times, if their targets or units differ, if only one of them has several series, or if
    the dataset lacks a feature of the version.
    """
    learned, given = row.schema, dataset.schema
    if learned.time is None or given.time is None:
        raise InvalidInput(
            "only versions trained on a series with times can forecast",
            where="model",
            next_step="classify a dataset with azuraforge predictions create --model NAME --dataset DATASET",
        )
    if (
        learned.target != given.target
        or learned.unit != given.unit
        or (learned.series is None) != (given.series is None)
    ):
        raise InvalidInput(
            "dataset {dataset!r} contains {found}, but version {version} forecasts {expected}",
            where="dataset",
            next_step="specify a dataset with the same target, unit and series",
            dataset=dataset.name,
            found=_meaning(given.target, given.unit),
            version=row.version,
            expected=_meaning(learned.target, learned.unit),
        )
    if missing := [name for name in learned.features if name not in given.features]:
        raise InvalidInput(
            "dataset {dataset!r} has no column {column!r}, which version {version} requires",
            where="dataset",
            next_step="specify a dataset with the same columns",
            dataset=dataset.name,
            column=missing[0],
            version=row.version,
        )


def _meaning(target: str, unit: str) -> str:
    return f"{target} ({unit})" if unit else target


def _parse(request: RunRequest) -> ForecastConfig:
    try:
        return ForecastConfig.model_validate(request.config)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(
            "{problem}",
            where="config.{field}" if first["loc"] else "config",
            next_step="use these settings: {known}",
            problem=message_of(first),
            field=".".join(map(str, first["loc"])),
            known=", ".join(ForecastConfig.model_fields),
        ) from None
