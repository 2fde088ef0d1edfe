"""The phases of a training run: the order of its child processes, and their inputs.

split → fit → fit_baselines → (backtest) → hold_out → predict → predict_baselines → (champion) → judge → (refit).
The verdict is explained after the run has succeeded (``runs.execution.follow_ups``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from azuraforge.database import Database
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import InvalidInput
from azuraforge.models import reads
from azuraforge.models.gate.policy import GatePolicy, Measured
from azuraforge.models.registry.held_out import HeldOut
from azuraforge.models.service import ModelService
from azuraforge.pipelines.backtests.handler import backtest
from azuraforge.pipelines.baseline_cache import BaselineCache, files_of, key_of, sealed_hash
from azuraforge.pipelines.champion import champion_data, present_champion
from azuraforge.pipelines.extra import TrainExtra
from azuraforge.pipelines.phases import ResultT, execute_step
from azuraforge.pipelines.refits.handler import evaluated_learners, refit
from azuraforge.pipelines.refits.shapes import RefitInput, RefitResult
from azuraforge.pipelines.result import TrainingResult, promoted_baseline
from azuraforge.pipelines.shapes import (
    BaselinePredictor,
    CutSplit,
    DatasetFile,
    ExplainInput,
    FitInput,
    HeldOutRows,
    HoldOutInput,
    JudgeInput,
    JudgeResult,
    Learned,
    LearnedBaselines,
    PredictBaselinesInput,
    PredictedBaselines,
    PredictInput,
    PredictResult,
    SplitInput,
    StepInput,
    to_json,
)
from azuraforge.plugins.contract.evaluation import FailedBaseline
from azuraforge.plugins.contract.judging import Predicted, PresentChampion, Remark, SplitResult
from azuraforge.runs.handlers import FollowUp, Job
from azuraforge.strict_json import JsonObject

BaselinesT = TypeVar("BaselinesT", LearnedBaselines, PredictedBaselines)
STEPS, JUDGE = "azuraforge.pipelines.steps", "azuraforge.pipelines.judge"
#: Time range of test sets without times, so that every verdict on the dataset's target counts as a use of them.
TIMELESS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
#: Fraction of the run's progress that each phase represents; the sum is 1.
SHARES: Mapping[str, float] = {
    "split": 0.02,
    "fit": 0.60,
    "fit_baselines": 0.12,
    "hold_out": 0.02,
    "predict": 0.05,
    "predict_baselines": 0.05,
    "champion": 0.02,
    "judge": 0.03,
    "refit": 0.09,
}


@dataclass(frozen=True)
class _Parts:
    """Folders of the test set; ``future`` does not exist if the task kind has no future rows."""

    outputs: str

    @property
    def test(self) -> str:
        return f"{self.outputs}/test"

    @property
    def future(self) -> str:
        return f"{self.outputs}/future"

    @property
    def truth(self) -> str:
        return f"{self.outputs}/truth"


class TrainingLoop:
    """One training run in progress, executed in a thread of the worker."""

    def __init__(
        self,
        job: Job,
        plugin: str,
        model: str,
        dataset: DatasetVersion,
        database: Database,
        models: ModelService,
        plugins_folder: Path,
        pretrained_folder: Path,
        baselines: tuple[str, ...],
        baseline_versions: Mapping[str, str],
        cache: BaselineCache,
    ) -> None:
        self._job = job
        self._plugin = plugin
        self._model = model
        self._dataset = dataset
        self._database = database
        self._models = models
        self._plugins_folder = str(plugins_folder)
        self._pretrained_folder = str(pretrained_folder)
        self._baselines = baselines
        self._baseline_versions = dict(baseline_versions)
        self._cache = cache
        self._extra = job.run.carries(TrainExtra)

    def execute(self) -> TrainingResult:
        """Execute every phase and return their results.

        The test set is written only after the candidate and the baselines were fitted.
        """
        run, task, folder = self._job.run, self._extra.task, self._plugins_folder
        wanted = SplitInput(
            plugins_folder=folder,
            plugin=self._plugin,
            config=run.config,
            pretrained_folder=self._pretrained_folder,
            dataset=rows_of(self._dataset),
            studied=self._extra.study is not None,
            retrained=self._extra.retrained,
        )
        split = self._phase("split", wanted, CutSplit)
        passed = SplitResult.model_validate(split.model_dump(exclude={"outputs", "task_config"}))
        learning = FitInput(
            plugins_folder=folder,
            plugin=self._plugin,
            config=run.config,
            pretrained_folder=self._pretrained_folder,
            train=f"{split.outputs}/train",
            validation=f"{split.outputs}/validation",
            baselines=self._baselines,
        )
        share = SHARES["fit"] + (0.0 if split.refit else SHARES["refit"])
        fitted = execute_step(self._job, "fit", f"{STEPS}:fit", learning, Learned, share=share)
        cut = self._dependencies(split)
        baselines = self._of_cache("fit_baselines", learning, LearnedBaselines, [split.outputs], cut)
        if split.backtest is not None:
            backtest(self._job, learner=wanted, baselines=self._baselines, split=passed, folds=split.backtest)
        champion, held_out = self._champion(), self._held_out(split)
        held = self._phase(
            "hold_out",
            HoldOutInput(
                plugins_folder=folder,
                task=task,
                dataset=rows_of(self._dataset),
                split=passed,
                config=run.config,
                champion=None if champion is None else champion_data(champion, passed),
            ),
            HeldOutRows,
        )
        parts = _Parts(held.outputs)
        predictor = f"{fitted.outputs}/predictor"
        asked = PredictInput(
            plugins_folder=folder, plugin=self._plugin, predictor=predictor, test=parts.test, future=parts.future
        )
        predicted = self._phase("predict", asked, PredictResult)
        candidate = Predicted(
            name=self._plugin,
            predictions=predicted.outputs,
            seconds=fitted.seconds,
            guarded=predicted.guarded,
            members=predicted.members,
        )
        standing, failed = self._predict_baselines(baselines, parts, split.outputs, cut)
        champion_input = None if champion is None else self._present(champion, passed, asked, held.obstacle)
        judged = self._phase(
            "judge",
            JudgeInput(
                plugins_folder=folder,
                task=task,
                candidate=candidate,
                baselines=tuple(standing),
                failed=tuple(failed),
                champion=champion_input,
                truth=parts.truth,
                test=parts.test,
                future=parts.future,
                train=learning.train,
                split=passed,
                seed=run.seed,
                trials=max(1, self._extra.trials) * fitted.trials,
                earlier_uses=self._look(held_out),
                policy=self._policy(),
                pretraining=fitted.pretraining,
                measured=Measured(latency_ms=predicted.latency_ms, bytes=bytes_of(Path(predictor))),
                composition=fitted.composition,
            ),
            JudgeResult,
            JUDGE,
        )
        refitted = RefitResult()
        if split.refit:
            winner = promoted_baseline(judged.verdict, self._plugin)
            refitted = refit(
                self._job,
                RefitInput(
                    plugins_folder=folder,
                    task=task,
                    dataset=rows_of(self._dataset),
                    split=passed,
                    learners=evaluated_learners(learning, fitted, baselines, winner),
                    future=parts.future,
                    figures=judged.figures,
                ),
                share=SHARES["refit"],
            )
        return TrainingResult(
            plugin=self._plugin,
            model=self._model,
            extra=self._extra,
            held_out=held_out,
            champion=None if champion is None else champion.version,
            split=passed,
            fitted=fitted,
            baselines=baselines,
            judged=judged,
            refitted=refitted,
            explanations=self._explanations(judged, candidate, standing, predictor, parts, passed),
        )

    def _phase(
        self, name: str, wanted: StepInput, result: type[ResultT], module: str = STEPS, step: str | None = None
    ) -> ResultT:
        return execute_step(self._job, name, f"{module}:{step or name}", wanted, result, share=SHARES[name])

    def _present(
        self, row: reads.LearnedVersion, split: SplitResult, asked: PredictInput, obstacle: Remark | None
    ) -> PresentChampion:
        def predict(wanted: PredictInput) -> PredictResult:
            return self._phase("champion", wanted, PredictResult, step="predict")

        name = f"{self._model} v{row.version}"
        return present_champion(row, name, self._models.folders, split, asked, obstacle, predict)

    def _dependencies(self, split: CutSplit) -> JsonObject:
        """Return everything that the baselines depend on apart from their data."""
        return {
            "task": self._extra.task,
            "config": split.task_config,
            "baselines": {name: self._baseline_versions[name] for name in self._baselines},
            "order": [*self._baselines],
            "settings": self._job.child_settings().model_dump(mode="json"),
            "pretrained": files_of(Path(self._pretrained_folder)),
        }

    def _of_cache(
        self,
        name: str,
        wanted: StepInput,
        result: type[BaselinesT],
        read: Sequence[str],
        depends_on: JsonObject,
    ) -> BaselinesT:
        """Execute a phase of the baselines, or return its cached result from an earlier run on the same data.

        Args:
            read: the sealed folders that the phase reads, directly or as input of an earlier phase that it depends on.
        """
        sealed = [sealed_hash(Path(folder)) for folder in read]
        if None in sealed:
            return self._phase(name, wanted, result)
        project_id = self._job.run.project_id
        key = key_of(name, [each for each in sealed if each is not None], depends_on)
        found = self._cache.find(project_id, key, self._job.folder / "cached" / name)
        if found is not None:
            return result.model_validate(found)
        done = self._phase(name, wanted, result)
        if all(each.failed is None for each in done.baselines):
            self._cache.keep(project_id, key, Path(done.outputs), to_json(done))
        return done

    def _predict_baselines(
        self, fitted: LearnedBaselines, parts: _Parts, learned_from: str, cut: JsonObject
    ) -> tuple[list[Predicted], list[FailedBaseline]]:
        """Return the predicted baselines, and the failed ones with their reasons; raise InvalidInput if all failed."""
        learned = {each.name: each for each in fitted.baselines}
        wanted = PredictBaselinesInput(
            plugins_folder=self._plugins_folder,
            baselines=tuple(
                BaselinePredictor(name=name, predictor=f"{fitted.outputs}/{name}/predictor")
                for name, each in learned.items()
                if each.failed is None
            ),
            test=parts.test,
            future=parts.future,
        )
        read = [learned_from, parts.outputs]
        answered = self._of_cache("predict_baselines", wanted, PredictedBaselines, read, cut)
        failed = [
            FailedBaseline(name=name, reason=reason)
            for name, reason in (
                *((each.name, each.failed) for each in fitted.baselines),
                *((each.name, each.failed) for each in answered.baselines),
            )
            if reason is not None
        ]
        standing = [
            Predicted(name=each.name, predictions=f"{answered.outputs}/{each.name}", seconds=learned[each.name].seconds)
            for each in answered.baselines
            if each.failed is None
        ]
        if not standing:
            raise InvalidInput(
                "no baseline could be fitted and evaluated, so there is nothing to compare with: {failed}",
                where="baselines",
                next_step="check the data with azuraforge datasets show {dataset}",
                failed=[f"{each.name}: {each.reason}" for each in failed] or "–",
                dataset=self._dataset.name,
            )
        return standing, failed

    def _explanations(
        self,
        judged: JudgeResult,
        candidate: Predicted,
        baselines: list[Predicted],
        predictor: str,
        parts: _Parts,
        split: SplitResult,
    ) -> tuple[FollowUp, ...]:
        """Return the explanations as follow-ups of the run, because the verdict does not wait for them."""
        best = next(each for each in baselines if each.name == judged.evaluation.best_baseline)
        return tuple(
            FollowUp(
                name=each.name,
                entry=f"{JUDGE}:explain",
                payload=to_json(
                    ExplainInput(
                        plugins_folder=self._plugins_folder,
                        task=self._extra.task,
                        explanation=each.name,
                        candidate=candidate,
                        baseline=best,
                        predictor=predictor if each.app_code else None,
                        test=parts.test,
                        truth=parts.truth,
                        split=split,
                        problem=each.problem,
                    )
                ),
                problem=each.problem,
            )
            for each in judged.explanations
        )

    def _held_out(self, split: CutSplit) -> HeldOut:
        """Return the held-out rows. Rows without times share one range, so every use of the dataset's target counts."""
        test, dataset = split.parts["test"], self._dataset
        timed = test.start is not None and test.end is not None
        start_at, end_at = (datetime.fromisoformat(str(at)) for at in (test.start, test.end)) if timed else TIMELESS
        return HeldOut(dataset.id, dataset.schema.target, start_at, end_at, dataset.fingerprint, dataset.file_sha256)

    def _champion(self) -> reads.LearnedVersion | None:
        """Return the current champion; None if there is none."""
        project_id = self._job.run.project_id
        with self._database.read(project_id) as session:
            return reads.champion(session, self._model)

    def _look(self, held_out: HeldOut) -> int:
        """Reserve the use of the test set before it happens; return the number of earlier uses of its rows."""
        run = self._job.run
        return self._models.held_out.reserve_now(run.project_id, run.id, run.attempt, held_out)

    def _policy(self) -> GatePolicy:
        """Return the model's gate policy."""
        project_id = self._job.run.project_id
        with self._database.read(project_id) as session:
            return self._models.policies.current(session, self._model)


def bytes_of(folder: Path) -> int:
    """Return the total size of a folder's files in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def rows_of(dataset: DatasetVersion) -> DatasetFile:
    """Return the files, schema and fingerprint with which a step reads a dataset version."""
    return DatasetFile(
        paths=tuple(map(str, dataset.paths)),
        meaning=dataset.schema,
        options=dataset.options,
        fingerprint=dataset.fingerprint,
        incumbent=str(dataset.incumbent_path) if dataset.incumbent_path else None,
    )
