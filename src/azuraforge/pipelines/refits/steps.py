"""Step that refits the learners of a run's versions on all rows, after the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from azuraforge.errors import StorageError
from azuraforge.messages import Message
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.data import read_dataset
from azuraforge.pipelines.predictor import learn_again
from azuraforge.pipelines.refits.shapes import EvaluatedLearner, RefitInput, RefitResult, Refitted
from azuraforge.pipelines.shapes import asked
from azuraforge.pipelines.steps import config_of, load_pipeline, use_engine
from azuraforge.plugins.contract.pipeline import Checkpoint, Config
from azuraforge.plugins.contract.sentences import reason_of
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.contract.task_kind import AnyTaskKind
from azuraforge.plugins.discovery.loading import load_task_kind
from azuraforge.processes.failures import sentence_of
from azuraforge.strict_json import JsonObject

#: File name of a refitted predictor's predictions for the rows after the last one.
_FUTURE = "future.npz"


def refit(child: Child) -> RefitResult:
    """Refit every learner on all rows. ``RefitInput`` → ``RefitResult``.

    A failed learner is listed with its reason; its evaluated predictor then serves. A StorageError ends the run.
    """
    wanted = asked(RefitInput, child.payload)
    kind = load_task_kind(wanted.task, wanted.plugins_folder)
    table = kind.table(read_dataset(wanted.dataset), wanted.dataset.meaning)
    split = kind.Split.model_validate(wanted.split.model_dump())
    found = kind.all_rows(table, split, kind.own_config(wanted.learners[0].config))
    if found is None:
        return RefitResult()
    rows, summary = found
    refitted: list[Refitted] = []
    for place, each in enumerate(wanted.learners):
        try:
            one = _refit(child, wanted, each, rows, candidate=place == 0)
        except StorageError:
            raise
        except Exception as error:
            one = Refitted(name=each.plugin, failed=reason_of(error))
        if one is not None:
            refitted.append(one)
    return RefitResult(rows=summary, refitted=tuple(refitted), figures=_redrawn(child, kind, wanted, refitted))


def _redrawn(
    child: Child, kind: AnyTaskKind, wanted: RefitInput, refitted: Sequence[Refitted]
) -> dict[str, JsonObject]:
    """Return the figures of future rows, redrawn with the refitted predictors; empty if that fails."""
    files = {each.name: child.outputs / each.name / _FUTURE for each in refitted if each.failed is None}
    try:
        return kind.drawn(kind.redraw(wanted.figures, Path(wanted.future), files))
    except Exception as error:
        child.note(
            Message(
                "The figures show the evaluated predictor, not the serving one: {problem}",
                {"problem": sentence_of(error)},
            )
        )
        return {}


def _refit(
    child: Child, wanted: RefitInput, learner: EvaluatedLearner, rows: object, *, candidate: bool
) -> Refitted | None:
    name = learner.plugin
    pipeline, kind = load_pipeline(name, wanted.plugins_folder)
    config = config_of(pipeline, learner.config, name)
    home = child.outputs / name
    files, folder = home / "files", home / "predictor"
    files.mkdir(parents=True, exist_ok=True)
    context = RefitContext(config, child, files) if candidate else None
    run = context or SilentRun(config, child.seed, child.threads, files)
    engine = use_engine(child, pipeline)
    learned = learn_again(name, pipeline, run, Path(learner.evaluated), rows, folder)
    if learned is None:
        return None
    kind.remember(rows, rows, folder)
    predictor = pipeline.load(folder)
    # A refitted predictor that cannot predict the next values must not replace one that can.
    kind.predict_future(name, lambda part: pipeline.predict(predictor, part), Path(wanted.future), home / _FUTURE)
    return Refitted(
        name=name,
        weights_sha256=learned.weights_sha256,
        seconds=learned.seconds,
        engine=engine,
        notes=tuple(context.notes) if context else (),
        composition=learned.composition,
    )


class RefitContext(SilentRun[Config]):
    """A candidate's run context during the refit, with progress, checkpoints and notes.

    Metric points are discarded, because the curves belong to the fit.
    """

    def __init__(self, config: Config, child: Child, outputs: Path) -> None:
        super().__init__(config, child.seed, child.threads, outputs)
        self._child = child
        self.notes: list[str] = []

    def note(self, markdown: str) -> None:
        """Store a note for the step's result."""
        self.notes.append(markdown)

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report progress within this phase."""
        self._child.progress(done, total, note)

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Write a checkpoint of this phase."""
        self._child.checkpoint(step, save)

    def resume(self) -> Checkpoint | None:
        """Return the newest intact checkpoint of this phase; None if there is none."""
        return self._child.resume()
