"""``kind: forecast``: the version that an alias holds forecasts what follows the newest rows of a dataset.

The answers are lines of the ledger, written in the transaction that ends the run: a run that is killed and repeated
forecasts once. The next version of the dataset judges them.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from azuraforge.database import Database, Session, new_id
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.models.answers import PredictionInputs
from azuraforge.models.forecasts.messages import ForecastInput, Forecasts, SeriesForecast
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.predictions.questions import question_of
from azuraforge.models.registry.finding import find_aliased, find_model, find_version
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.service import ModelService
from azuraforge.models.serving.messages import ChildOpening, DatasetFile, Folders
from azuraforge.models.serving.versions import Served
from azuraforge.runs.handlers import ClaimedRun, Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest

ENTRY = "azuraforge.models.forecasts.child:forecast"
_BY = "a forecast run"


class ForecastConfig(BaseModel):
    """The version that forecasts."""

    model_config = ConfigDict(extra="forbid")

    alias: str = CHAMPION
    version: int | None = Field(default=None, ge=1, description="fixed when the run is made")


class ForecastHandler(Handler):
    """Forecasts after the newest rows, and enters the answers in the ledger."""

    kind = "forecast"

    def __init__(
        self,
        database: Database,
        events: EventLog,
        datasets: DatasetService,
        models: ModelService,
        folders: Callable[[], Folders],
    ) -> None:
        self._database = database
        self._models = models
        self._datasets = datasets
        self._events = events
        self._folders = folders

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Fix the version and the newest rows; raises UserError."""
        if not request.model:
            raise InvalidInput("no model is named", where="model", next_step="see `azuraforge models list`")
        try:
            config = ForecastConfig.model_validate(request.config)
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidInput(
                first["msg"],
                where=".".join(["config", *map(str, first["loc"])]),
                next_step=f"known: {', '.join(ForecastConfig.model_fields)}",
            ) from None
        served = self._served(project_id, request.model, config)
        named = request.dataset or served.dataset_id
        if named is None:
            raise InvalidInput(
                f"version {served.version} was not trained on a stored dataset", where="dataset", next_step="name one"
            )
        dataset = self._datasets.get(project_id, named, request.dataset_version)
        if dataset.end_at is None or dataset.schema.time is None:
            raise InvalidInput(
                f"the rows of dataset {dataset.name!r} have no times: nothing follows them", where="dataset"
            )
        return PreparedRun(
            name=request.name or f"forecast {request.model}",
            plugin=served.plugin,
            config={**config.model_dump(mode="json"), "version": served.version},
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_version=dataset.version,
            dataset_fingerprint=dataset.fingerprint,
            model=request.model,
        )

    def execute(self, job: Job) -> Finish:
        """Forecast in a child; the lines are written when the run succeeds."""
        run = job.run
        if run.model is None or run.dataset_id is None:
            raise InvalidInput("a forecast needs a model and a dataset", where=f"run {run.id}")
        config = ForecastConfig.model_validate(run.config)
        served = self._served(run.project_id, run.model, config)
        dataset = self._datasets.get(run.project_id, run.dataset_id, run.dataset_version, trash=True)
        self._models.folders.verify(run.project_id, served.content_hash)
        wanted = ForecastInput(
            opening=ChildOpening(**served.opening, **self._folders()),
            dataset=DatasetFile(
                paths=[str(path) for path in dataset.paths],
                schema=dataset.schema.to_json(),
                options=dataset.options,
                fingerprint=dataset.fingerprint,
            ),
        )
        found = job.phase("forecast", ENTRY, wanted, share=1.0, result=Forecasts).value
        for problem in found.problems:
            job.note(f"No forecast: {problem}")
        lines = [_line(run, config.alias, served, dataset, each) for each in found.made]

        def commit(session: Session) -> None:
            Ledger.add(session, lines)
            data = {"model": run.model, "version": served.version, "count": len(lines), "prediction_id": lines[-1].id}
            self._events.append(session, "project", "prediction.made", data)

        last = found.made[-1].reply
        return Finish(
            {
                "model": run.model,
                "version": served.version,
                "dataset": dataset.name,
                "dataset_version": dataset.version,
                "origin": last.origin.isoformat(),
                "horizon": len(last.points),
                "predictions": [line.id for line in lines[:100]],
                "forecasts": len(lines),
            },
            commit=commit,
        )

    def _served(self, project_id: str, model: str, config: ForecastConfig) -> Served:
        with self._database.read(project_id) as session:
            owner = find_model(session, model)
            if config.version is not None:
                row = find_version(session, owner, config.version)
            else:
                row = find_aliased(session, owner, config.alias)
            owner_id, number = owner.id, row.version
        return self._models.versions.get(project_id, owner_id, number)


def _line(run: ClaimedRun, alias: str, served: Served, dataset: DatasetVersion, made: SeriesForecast) -> LedgerLine:
    reply = made.reply
    return LedgerLine(
        model=str(run.model),
        id=new_id(),
        model_id=served.model_id,
        version=served.version,
        alias=alias,
        by=_BY,
        inputs=PredictionInputs(
            rows=reply.rows,
            series=made.series,
            new_series=reply.new_series,
            dataset_id=dataset.id,
            dataset_version=dataset.version,
            dataset_fingerprint=dataset.fingerprint,
        ),
        target=served.target,
        unit=served.unit,
        interval=reply.interval,
        origin_at=reply.origin,
        matures_at=reply.points[-1].at,
        points=reply.points,
        request_id=f"run:{run.id}",
        naive=reply.naive,
        features=reply.features,
        continues=dataset.id,
        question=question_of(reply.origin.isoformat(), reply.features, reply.naive, made.series),
    )
