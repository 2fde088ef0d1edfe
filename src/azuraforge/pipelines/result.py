"""Result of a training run: artifacts, versions, an evaluation, and possibly a new champion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import Conflict, TransientError
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.provenance import EvaluatedRows, LearnedPart, LearnedRows
from azuraforge.models.registry.folder import Imported
from azuraforge.models.registry.held_out import HeldOut
from azuraforge.models.registry.names import BY_GATE, CANDIDATE, CHAMPION
from azuraforge.models.registry.waiting import Actor
from azuraforge.models.service import ModelService
from azuraforge.pipelines.extra import TrainExtra
from azuraforge.pipelines.refits.shapes import RefitResult
from azuraforge.pipelines.shapes import EngineUsed, JudgeResult, Learned, LearnedBaselines
from azuraforge.pipelines.summaries import TrainSummary
from azuraforge.plugins.contract.evaluation import Evaluation, PartSummary
from azuraforge.plugins.contract.judging import SplitResult
from azuraforge.runs.handlers import ClaimedRun, Finish, FollowUp, Job
from azuraforge.strict_json import JsonObject

_REASON_LENGTH = 1000


@dataclass(frozen=True)
class Entry:
    """A predictor that becomes a version: the candidate, or a baseline that is promoted or approved.

    If the predictor was refitted, ``refitted_rows`` are the rows of the refit, and its folder also contains the
    evaluated predictor, whose hash is ``evaluated_sha256``.
    """

    plugin: str
    plugin_version: str
    folder: Path
    weights_sha256: str
    config: JsonObject
    engine: EngineUsed | None
    refitted_rows: PartSummary | None = None
    evaluated_sha256: str | None = None

    def card(self) -> JsonObject:
        """Return the predictor's part of the version's card; ``engine`` only if it uses the engine."""
        said: JsonObject = {"plugin": self.plugin, "config": self.config}
        return {**said, "engine": self.engine.model_dump()} if self.engine else said


@dataclass(frozen=True)
class TrainingResult:
    """Results of the phases of a training run.

    ``champion`` is the number of the version that the candidate was compared with, or None if there was no champion.
    """

    plugin: str
    model: str
    extra: TrainExtra
    held_out: HeldOut
    champion: int | None
    split: SplitResult
    fitted: Learned
    baselines: LearnedBaselines
    judged: JudgeResult
    refitted: RefitResult
    explanations: tuple[FollowUp, ...] = ()

    @property
    def verdict(self) -> VerdictRecord:
        return self.judged.verdict

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation, completed with the candidate's members that could not be refitted."""
        evaluation = self.judged.evaluation
        refitted = next((each.composition for each in self.refitted.refitted if each.name == self.plugin), None)
        if evaluation.composition is None or refitted is None:
            return evaluation
        composition = evaluation.composition.model_copy(update={"not_refitted": refitted.left_out})
        return evaluation.model_copy(update={"composition": composition})

    def finish(
        self, job: Job, dataset: DatasetVersion, models: ModelService, version_of: Callable[[str], str]
    ) -> Finish:
        """Store the files, and return the success with a commit function that registers versions and evaluation.

        ``version_of`` returns the version of the plugin with a given name. The commit function raises TransientError if
        the champion has changed since the comparison.
        """
        self._keep_files(job)
        entries = self._entries(job.run, version_of)
        imported = [
            models.registry.import_folder(
                job.run.project_id,
                entry.folder,
                {
                    **entry.card(),
                    "kind": self.extra.task,
                    "schema": dataset.schema.to_json(),
                    "horizon": self.split.horizon,
                },
            )
            for entry in entries
        ]
        crashpoint("version_before_registered")
        summary = self._summary()
        if entries[0].evaluated_sha256 is not None:
            summary.refitted_sha256 = entries[0].weights_sha256

        def commit(session: Session) -> None:
            versions = [
                self._register(session, models, job.run, dataset, entry, folder)
                for entry, folder in zip(entries, imported, strict=True)
            ]
            models.registry.store_evaluation(
                session,
                job.run.id,
                self.model,
                versions[0],
                evaluation=self.evaluation,
                verdict=self.verdict,
                held_out=self.held_out,
                losses_artifact="errors.npz",
            )
            summary.version = versions[0]
            summary.champion_version = self.champion
            if self.verdict.promotes:
                self._promote(session, models, job.run, versions[-1], CHAMPION)
                summary.champion_version = versions[-1]
            elif self.verdict.decision == "approved":
                self._promote(session, models, job.run, versions[-1], CANDIDATE)
                if self.verdict.awaits_approval:
                    self._ask(session, models, job.run, versions[-1])
                summary.approved_version = versions[-1]

        composition = self.evaluation.composition
        return Finish(summary, commit, self.explanations, timed=composition is not None and composition.is_timed)

    def _keep_files(self, job: Job) -> None:
        """Store the pipeline's output files, all individual errors, the evaluation and the figures with the run."""
        files = Path(self.fitted.outputs) / "files"
        for path in sorted(files.rglob("*")):
            if path.is_file() and not path.is_symlink():
                job.artifact("-".join(path.relative_to(files).parts), path, "application/octet-stream", "output")
        job.artifact("errors.npz", Path(self.judged.outputs) / "errors.npz", "application/octet-stream", "losses")
        written = job.folder / "evaluation.json"
        document = {each: getattr(self, each).model_dump(mode="json") for each in ("evaluation", "verdict")}
        written.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        job.artifact("evaluation.json", written, "application/json", "evaluation")
        for name, data in {**self.judged.figures, **self.refitted.figures}.items():
            job.figure(name, data)

    def _entries(self, run: ClaimedRun, version_of: Callable[[str], str]) -> list[Entry]:
        predictor = Path(self.fitted.outputs) / "predictor"
        version = run.plugin_version or version_of(self.plugin)
        fitted = self.fitted
        entries = [Entry(self.plugin, version, predictor, fitted.weights_sha256, run.config, fitted.engine)]
        if (name := promoted_baseline(self.verdict, self.plugin)) is not None:
            learned = next(each for each in self.baselines.baselines if each.name == name)
            folder = Path(self.baselines.outputs) / name / "predictor"
            entries.append(
                Entry(name, version_of(name), folder, learned.weights_sha256, learned.config, learned.engine)
            )
        return [self._served(each) for each in entries]

    def _served(self, entry: Entry) -> Entry:
        """Return the entry with its refitted predictor as the serving one; return it unchanged if there is none."""
        found = next((each for each in self.refitted.refitted if each.name == entry.plugin), None)
        if found is None or found.failed is not None or self.refitted.rows is None:
            return entry
        return replace(
            entry,
            folder=Path(self.refitted.outputs) / entry.plugin / "predictor",
            weights_sha256=found.weights_sha256,
            engine=found.engine,
            refitted_rows=self.refitted.rows,
            evaluated_sha256=entry.weights_sha256,
        )

    def _summary(self) -> TrainSummary:
        summary = TrainSummary(
            model=self.model,
            decision=self.verdict.decision,
            headline=self.verdict.headline,
            approved=self.verdict.approved,
            champion=self.verdict.champion,
            winner=self.evaluation.winner,
            best_baseline=self.evaluation.best_baseline,
            metrics=self._metrics(self.plugin),
            weights_sha256=self.fitted.weights_sha256,
            failed_baselines=[each.name for each in self.evaluation.failed],
            ranked_by=self.evaluation.ranked_by,
            baseline_metrics=self._metrics(self.evaluation.best_baseline),
        )
        extra = self.extra
        if extra.study is not None:
            summary.study, summary.trials, summary.retrained = extra.study, extra.trials, extra.retrained
        return summary

    def _metrics(self, name: str) -> dict[str, float | None]:
        return self.evaluation.contender(name).metrics

    def _beside(self) -> dict[str, float | None]:
        """Return the best baseline's score as ``baseline_<metric>``; empty unless examples are independent.

        The score is stored because a ratio to a baseline with almost no errors would be meaningless.
        """
        ranked_by = self.evaluation.metric(self.evaluation.ranked_by)
        if ranked_by is None or ranked_by.pairing is None or ranked_by.pairing.rows != "examples":
            return {}
        return {f"baseline_{ranked_by.name}": self._metrics(self.evaluation.best_baseline).get(ranked_by.name)}

    def _learned_from(self, entry: Entry) -> LearnedRows:
        """Return the rows of the serving predictor, with those of the evaluated one if they differ.

        Validation rows count as learned from, because they stopped the training and calibrated the intervals.
        """
        parts = {name: self.split.parts[name] for name in ("train", "validation")}
        evaluated = EvaluatedRows(
            start=parts["train"].start,
            end=parts["validation"].end,
            rows=sum(part.rows for part in parts.values()),
            parts={name: LearnedPart(**part.model_dump(exclude={"origins"})) for name, part in parts.items()},
            weights_sha256=entry.evaluated_sha256,
        )
        if (rows := entry.refitted_rows) is None:
            return LearnedRows(**evaluated.model_dump(exclude={"weights_sha256"}))
        return LearnedRows(start=rows.start, end=rows.end, rows=rows.rows, evaluated=evaluated)

    def _register(
        self,
        session: Session,
        models: ModelService,
        run: ClaimedRun,
        dataset: DatasetVersion,
        entry: Entry,
        folder: Imported,
    ) -> int:
        row = models.registry.register_version(
            session,
            self.model,
            folder,
            kind=self.extra.task,
            plugin=entry.plugin,
            plugin_version=entry.plugin_version,
            config=entry.config,
            schema=dataset.schema,
            run_id=run.id,
            dataset_id=run.dataset_id,
            dataset_version=run.dataset_version,
            dataset_fingerprint=run.dataset_fingerprint,
            learned_from=self._learned_from(entry),
            code_version=run.code_version,
            seed=run.seed,
            parent_version=self.champion,
            metrics={**self._metrics(entry.plugin), **self._beside()},
            weights_sha256=entry.weights_sha256,
        )
        return row.version

    def _ask(self, session: Session, models: ModelService, run: ClaimedRun, version: int) -> None:
        with _comparing_again(self.model):
            models.aliases.ask(
                session,
                self.model,
                version,
                reason=self.verdict.text("en")[:_REASON_LENGTH],
                asker=Actor(BY_GATE, run.created_by),
                run_id=run.id,
                policy=self.verdict.policy.number,
                expected=self.champion,
            )

    def _promote(self, session: Session, models: ModelService, run: ClaimedRun, version: int, alias: str) -> None:
        with _comparing_again(self.model):
            models.aliases.promote(
                session,
                self.model,
                version,
                reason=self.verdict.text("en")[:_REASON_LENGTH],
                by=BY_GATE,
                alias=alias,
                run_id=run.id,
                expected=self.champion if alias == CHAMPION else "anyone",
            )


@contextmanager
def _comparing_again(model: str) -> Iterator[None]:
    """Raise TransientError if the champion changed: the next attempt compares with it, and keeps what it fitted."""
    try:
        yield
    except Conflict as error:
        if error.error_code != "champion_changed":
            raise
        raise TransientError(
            "the champion changed while this run was compared with the previous one",
            where="model {model}",
            next_step="resume the run to compare with the current champion",
            model=model,
        ) from error


def promoted_baseline(verdict: VerdictRecord, candidate: str) -> str | None:
    """Return the baseline that the verdict promotes or approves; None if there is none."""
    promoted = verdict.decision in ("baseline_promoted", "approved") and verdict.entrant != candidate
    return verdict.entrant if promoted else None
