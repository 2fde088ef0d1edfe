"""Training runs in the worker: checked before creation, executed by the loop, finished in one transaction.

This module loads no plugin code and no data frames; child processes do (``steps.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from azuraforge.database import Database
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.registry.names import check_name
from azuraforge.models.service import ModelService
from azuraforge.pipelines.baseline_cache import BaselineCache
from azuraforge.pipelines.extra import TrainExtra
from azuraforge.pipelines.loop import STEPS, TrainingLoop, rows_of
from azuraforge.pipelines.shapes import SplitInput, Validated, to_json
from azuraforge.pipelines.summaries import TrainSummary
from azuraforge.plugins.contract.evaluation import PartName
from azuraforge.plugins.contract.task_kind import TaskKindFacts
from azuraforge.plugins.discovery.calling import Call
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.runs.dry_runs.schemas import PlannedPart
from azuraforge.runs.handlers import Finish, Handler, Job, PreparedRun
from azuraforge.runs.schemas import RunRequest

VALIDATE_TIMEOUT_SECONDS = 120.0
PARTS: tuple[PartName, ...] = ("train", "validation", "test")
#: Distribution whose task kinds take precedence if several accept the same kind of data.
BUILT_IN = "azuraforge"


class TrainingHandler(Handler):
    """Handler of training runs: split, fit, predict, evaluate, and promote if the gate decides so."""

    kind = "train"
    summary = TrainSummary
    extra = TrainExtra

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        datasets: DatasetService,
        models: ModelService,
        call: Call,
        cache: BaselineCache,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._datasets = datasets
        self._models = models
        self._call = call
        self._cache = cache

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Check everything that can be checked before the run exists. Raises UserError if a check fails."""
        chosen = request.plugin or self._usual_pipeline(project_id, request)
        plugin = self._catalogue.get("pipeline", chosen)
        known = self._catalogue.task_kinds()
        kind = known.get(plugin.task or "")
        if kind is None:
            raise InvalidInput(
                "no plugin provides the task kind {task!r}; known task kinds: {known}",
                where="plugin {plugin}",
                next_step="install or repair the plugin of this task kind; azuraforge plugins list shows the installed "
                "plugins",
                task=plugin.task,
                known=", ".join(known),
                plugin=plugin.name,
            )
        check_compared(kind, plugin.name)
        if not request.dataset:
            raise InvalidInput(
                "the request specifies no dataset", where="dataset", next_step="run azuraforge datasets list"
            )
        dataset = self._datasets.get(project_id, request.dataset, request.dataset_version)
        model = check_name(request.model or dataset.name)
        wanted = SplitInput(
            plugins_folder=str(self._catalogue.plugins_folder),
            plugin=plugin.name,
            config=request.config,
            pretrained_folder=str(self._catalogue.pretrained_folder),
            dataset=rows_of(dataset),
        )
        checked = self._call(f"{STEPS}:validate", to_json(wanted), Validated, VALIDATE_TIMEOUT_SECONDS)
        return PreparedRun(
            name=request.name or f"{plugin.name} · {dataset.name}",
            plugin=plugin.name,
            plugin_version=plugin.version,
            config=checked.config,
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_version=dataset.version,
            dataset_fingerprint=dataset.fingerprint,
            model=model,
            extra=TrainExtra(task=kind.name),
            parts=tuple(_planned(checked)),
        )

    def _usual_pipeline(self, project_id: str, request: RunRequest) -> str:
        """Return the default pipeline for the dataset's kind of data, for a request without a pipeline."""
        if not request.dataset:
            raise InvalidInput(
                "the request specifies neither a pipeline nor a dataset",
                where="dataset",
                next_step="specify a dataset; if no pipeline is specified, the default for the dataset's kind of data "
                "is used",
            )
        data = self._datasets.get(project_id, request.dataset, request.dataset_version).schema.kind
        kinds = sorted(self._catalogue.task_kinds().values(), key=lambda kind: (kind.origin != BUILT_IN, kind.name))
        for kind in kinds:
            if kind.data == data and kind.pipeline is not None:
                return kind.pipeline
        raise InvalidInput(
            "the request specifies no pipeline, and datasets of the kind {data!r} have no default pipeline",
            where="plugin",
            next_step="choose a pipeline from azuraforge plugins list",
            data=data,
        )

    def execute(self, job: Job) -> Finish:
        """Execute the phases of the run, in a worker thread; the commit of the result registers the versions.

        Raises InvalidInput if the run names no pipeline, dataset or model, and the errors of its phases.
        """
        run = job.run
        if run.dataset_id is None or run.plugin is None or run.model is None:
            raise InvalidInput(
                "a training run needs a pipeline, a dataset and a model",
                where="run {run}",
                next_step="start the run again with --plugin, --dataset and --model",
                run=run.id,
            )
        dataset = self._datasets.get(run.project_id, run.dataset_id, run.dataset_version)
        kind = self._catalogue.task_kind(run.carries(TrainExtra).task)
        baselines = kind.baselines_of(run.plugin)
        loop = TrainingLoop(
            job,
            run.plugin,
            run.model,
            dataset,
            self._database,
            self._models,
            self._catalogue.plugins_folder,
            self._catalogue.pretrained_folder,
            baselines,
            {name: self._version(name) for name in baselines},
            self._cache,
        )
        return loop.execute().finish(job, dataset, self._models, lambda name: self._catalogue.show(name).version)

    def _version(self, name: str) -> str:
        """Return a baseline's plugin version; empty if the plugin is missing, which its own phase reports."""
        try:
            return self._catalogue.show(name).version
        except NotFound:
            return ""


def _planned(checked: Validated) -> Iterator[PlannedPart]:
    """Yield the parts of a checked split as a dry run shows them."""
    for name in PARTS:
        if (part := checked.parts.get(name)) is not None:
            windows = checked.windows.get(name)
            yield PlannedPart(name=name, rows=part.rows, windows=windows, start=part.start, end=part.end)


def check_compared(kind: TaskKindFacts, plugin: str) -> None:
    """Raise InvalidInput if the task kind has no baseline other than the pipeline itself."""
    if not kind.baselines_of(plugin):
        raise InvalidInput(
            "{plugin} is the only baseline of the task kind {kind!r}, so there is nothing to compare it with",
            where="plugin {plugin}",
            next_step="train another pipeline of this task kind; azuraforge plugins list shows all pipelines",
            plugin=plugin,
            kind=kind.name,
        )
