"""Batch predictions as runs: a version predicts all rows of a dataset version in chunks, which are stored as files.

Finished chunks are kept: a killed run continues after them, and a run that is cancelled or fails stores them in
files that are named as partial.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import AzuraError, Conflict, InvalidInput, InvalidValue, TransientError
from azuraforge.messages import Message
from azuraforge.messages.validation import message_of
from azuraforge.models.schemas import VersionOut
from azuraforge.models.service import ModelService
from azuraforge.pipelines.batches.shapes import (
    BatchFigure,
    BatchSummary,
    CheckInput,
    CheckResult,
    Chunk,
    ChunkInput,
    Gathered,
    GatherInput,
    Plan,
    PlanInput,
    PredictSummary,
)
from azuraforge.pipelines.extra import BatchExtra
from azuraforge.pipelines.loop import rows_of
from azuraforge.pipelines.phases import execute_step
from azuraforge.pipelines.shapes import to_json
from azuraforge.plugins.contract.batch import BatchRange
from azuraforge.plugins.discovery.calling import Call
from azuraforge.processes.failures import Cancelled
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest
from azuraforge.strict_json import JsonObject

STEPS = "azuraforge.pipelines.batches.steps"
_CHECK_SECONDS, _GATHER_SECONDS = 60.0, 600.0
_PLAN_SHARE, _GATHER_SHARE = 0.03, 0.07


class BatchConfig(BaseModel):
    """The version that predicts, and the rows that it predicts from."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(
        default=None,
        ge=1,
        description="number of the version; null for the version that the alias points to when the run is created",
    )
    alias: str = "champion"
    start: AwareDatetime | None = Field(
        default=None, description="time of the first origin; null for the first possible row"
    )
    end: AwareDatetime | None = Field(default=None, description="time of the last origin; null for the last row")
    every: int = Field(default=1, ge=1, description="number of rows between consecutive origins of a series")

    @model_validator(mode="after")
    def _in_order(self) -> BatchConfig:
        if self.start and self.end and self.end < self.start:
            raise InvalidValue("end must not be earlier than start")
        return self


class BatchPredictHandler(Handler):
    """Handler of ``kind: predict``: plan, predict chunk by chunk, gather."""

    kind = "predict"
    summary = PredictSummary
    extra = BatchExtra

    def __init__(self, datasets: DatasetService, models: ModelService, call: Call, plugins_folder: Path) -> None:
        self._datasets = datasets
        self._models = models
        self._call = call
        self._plugins_folder = plugins_folder

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Determine the version and check that it can read the dataset.

        Raises UserError if the request is not valid or the version cannot read the dataset.
        """
        if not request.model:
            raise InvalidInput("the request specifies no model", where="model", next_step="run azuraforge models list")
        config = _parse(request.config)
        version = self._version(project_id, request.model, config.version, config.alias)
        named = request.dataset or version.dataset_id
        if not named:
            raise InvalidInput(
                "the request specifies no dataset", where="dataset", next_step="run azuraforge datasets list"
            )
        dataset = self._datasets.get(project_id, named, request.dataset_version)
        self._check_fits(version, dataset)
        alias = None if config.version is not None else config.alias
        return PreparedRun(
            name=request.name or f"{request.model} v{version.version} · {dataset.name}",
            plugin=version.plugin,
            plugin_version=version.plugin_version,
            config={**config.model_dump(mode="json"), "version": version.version},
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_version=dataset.version,
            dataset_fingerprint=dataset.fingerprint,
            model=request.model,
            extra=BatchExtra(alias=alias, content_hash=version.content_hash),
        )

    def execute(self, job: Job) -> Finish:
        """Execute the run chunk by chunk, in a thread of the worker.

        If the run is cancelled or fails with an error that is not transient, the finished chunks are stored in files
        that are named as partial. Raises InvalidInput if the run names no model or dataset, and the errors of its
        steps.
        """
        run = job.run
        if run.dataset_id is None or run.model is None:
            raise InvalidInput(
                "a batch prediction needs a model and a dataset",
                where="run {run}",
                next_step="start the run again with --model and --dataset",
                run=run.id,
            )
        # The dataset may be in the trash by now, but its rows are kept until it is purged.
        dataset = self._datasets.get(run.project_id, run.dataset_id, run.dataset_version, trash=True)
        config = BatchConfig.model_validate(run.config)
        version = self._version(run.project_id, run.model, config.version, "")
        folder = self._models.folders.verify(run.project_id, version.content_hash)
        asked = PlanInput(
            plugins_folder=str(self._plugins_folder),
            plugin=version.plugin,
            predictor=str(folder),
            dataset=rows_of(dataset),
            rows=BatchRange(start=config.start, end=config.end, every=config.every),
        )
        planned = execute_step(job, "plan", f"{STEPS}:plan", asked, Plan, share=_PLAN_SHARE)
        chunks, done = planned.chunks, list[str]()
        share = (1 - _PLAN_SHARE - _GATHER_SHARE) / len(chunks)
        until = version.learned_from.end
        try:
            for number, chunk in enumerate(chunks):
                wanted = ChunkInput(**dict(asked), chunk=chunk, learned_until=until, origins_file=planned.origins_file)
                ended = execute_step(job, f"predict-{number + 1:02d}", f"{STEPS}:predict", wanted, Chunk, share=share)
                done.append(f"{ended.outputs}/rows.parquet")
            summary = self._keep(job, version.kind, done, planned)
        except (Cancelled, AzuraError) as error:
            if not isinstance(error, TransientError):
                self._keep_part(job, version.kind, done, planned)
            raise
        return Finish(PredictSummary(**dict(summary), version=version.version, model=run.model))

    def _check_fits(self, version: VersionOut, dataset: DatasetVersion) -> None:
        """Raise InvalidInput if the version cannot predict from the dataset."""
        wanted = CheckInput(
            plugins_folder=str(self._plugins_folder),
            task=version.kind,
            learned=version.data_schema,
            given=dataset.schema,
        )
        self._call(f"{STEPS}:check", to_json(wanted), CheckResult, _CHECK_SECONDS)

    def _version(self, project_id: str, model: str, number: int | None, alias: str) -> VersionOut:
        """Return the version with this number; if ``number`` is None, the version that the alias points to.

        Raises Conflict if the alias points to no version or the model is in the trash.
        """
        if number is not None:
            return self._models.reads.show_version(project_id, model, number)
        found = self._models.reads.show(project_id, model)
        held = next((each for each in found.version_list if alias in each.aliases), None)
        if held is None or found.deleted_at is not None:
            raise Conflict(
                "model {model!r} has no alias {alias!r}, or is in the trash",
                where="model",
                next_step="specify a version number, or promote a version with azuraforge models promote {model} "
                "VERSION --reason WHY",
                model=model,
                alias=alias,
            )
        return held

    def _keep(self, job: Job, task: str, done: list[str], planned: Plan) -> BatchSummary:
        """Join the finished chunks, store the files as artifacts, and return the summary."""
        of = len(planned.chunks)
        folder = job.folder / "gathered"
        wanted = GatherInput(
            plugins_folder=str(self._plugins_folder), task=task, chunks=tuple(done), folder=str(folder)
        )
        found = self._call(f"{STEPS}:gather", to_json(wanted), Gathered, _GATHER_SECONDS)
        middle = "-partial" if len(done) < of else ""
        for suffix, media_type in (("parquet", "application/vnd.apache.parquet"), ("csv", "text/csv")):
            job.artifact(f"predictions{middle}.{suffix}", folder / f"predictions.{suffix}", media_type, "predictions")
        summary = BatchSummary(
            rows=found.rows,
            origins=planned.origins,
            skipped=planned.skipped,
            partial=len(done) < of,
            chunks=len(done),
            of_chunks=of,
            scores=found.scores,
        )
        job.figure("predictions", to_json(BatchFigure(**dict(summary), columns=found.columns, tail=found.tail)))
        return summary

    def _keep_part(self, job: Job, task: str, done: list[str], planned: Plan) -> None:
        """Store the finished chunks of a run that ends early in files that are named as partial, and add a note.

        Without a finished chunk, only add a note.
        """
        of = len(planned.chunks)
        if not done:
            job.note(
                Message(
                    "The run ended before the first of {parts} parts was predicted; nothing was kept.", {"parts": of}
                )
            )
            return
        summary = self._keep(job, task, done, planned)
        job.note(
            Message(
                "**Partial:** the run ended after {done} of {parts} parts. The completed parts have {rows:,} "
                "[row|rows], stored in predictions-partial.parquet and predictions-partial.csv.",
                {"done": len(done), "parts": of, "rows": summary.rows},
            )
        )


def _parse(given: JsonObject) -> BatchConfig:
    try:
        return BatchConfig.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(
            "{problem}",
            where="config.{field}" if first["loc"] else "config",
            next_step="use these settings: {known}",
            problem=message_of(first),
            field=".".join(map(str, first["loc"])),
            known=", ".join(BatchConfig.model_fields),
        ) from None
