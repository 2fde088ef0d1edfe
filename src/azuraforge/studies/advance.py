"""One step of a study: collect results (``collecting``), prune (``pruning``), start the next trials, end the study.

Any number of schedulers may execute the same step. Every change first locks the study's row and reads it again; a
trial's key (study, number) is unique, and so is its run's idempotency key, which contains both. All times are the
database's.

    running ──► trials ended ──► budget used up ──► finished (──► the winner's training run)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping

from sqlalchemy.exc import IntegrityError

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, UserError
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.messages.stored import restored
from azuraforge.pipelines.extra import TrialExtra
from azuraforge.projects.quotas.service import QuotaExceeded
from azuraforge.runs.handlers import PreparedRun
from azuraforge.runs.schemas import RunRequest, StudyLink
from azuraforge.runs.service import RunService
from azuraforge.strict_json import JsonObject
from azuraforge.studies import space, store
from azuraforge.studies.collecting import Collecting
from azuraforge.studies.events import StudyChanged, StudyEnded, StudyEvents, StudyRetrained, TrialMoved
from azuraforge.studies.objectives import best_of
from azuraforge.studies.pruning import Pruning
from azuraforge.studies.records import Params
from azuraforge.studies.sampler_process import SamplerProcess
from azuraforge.studies.tables import Study, StudyTrial

_GOING_ON = ("queued", "running")
#: Number of failed trials in a row after which a study fails, because further trials would probably fail, too.
FAILED_IN_A_ROW = 8


class Advance:
    """Executor of the steps of studies."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        runs: RunService,
        sampler: SamplerProcess,
        forget_parts: Callable[[str, str], None] = lambda project_id, study_id: None,
    ) -> None:
        self._database = database
        self._runs = runs
        self._sampler = sampler
        self._forget_parts = forget_parts
        self.emit = StudyEvents(events)
        self._collecting = Collecting(database, runs, self.emit)
        self._pruning = Pruning(database, runs, sampler)

    def step(self, key: store.Active, *, prune: bool = True) -> bool:
        """Advance one study by one step; return False if there was nothing to do or another scheduler did it.

        ``prune`` states whether running trials may be pruned. Raises TransientError if a child process or the database
        is unavailable; the step is then repeated later.
        """
        project_id, study_id = key.project_id, key.study_id
        with self._database.read(project_id) as session:
            study = store.find(session, study_id)
            waiting = store.open_trials(session, study_id) if study is not None else ()
        if study is None or not study.active:
            return False
        runs = self._runs.named(project_id, [trial.run_id for trial in waiting])
        ended = [trial for trial in waiting if (run := runs.get(trial.run_id)) is None or run.state not in _GOING_ON]
        if ended:
            self._collecting.collect(study, ended, runs)
            return True
        self._pruning.cancel(study, waiting, runs)
        if prune and study.pruner["name"] != "none" and self._pruning.prune(study, waiting):
            return True
        if study.state != "running":
            return not waiting and self._rest(study)
        if len(waiting) >= study.parallel:  # checked early, because every event in the project triggers this method
            return False
        if (reason := self._used_up(study)) is not None:
            return not waiting and self._finish(study, reason)
        return self._start(study, alone=not waiting)

    def keep(self, going_on: Collection[str]) -> None:
        """Discard the cached pruning state of all studies whose ids are not in ``going_on``."""
        self._pruning.keep(going_on)

    def retrain(
        self, session: Session, study: Study, trial: StudyTrial, prepared: tuple[RunRequest, PreparedRun]
    ) -> str:
        """Queue a prepared training run of a trial's config, record the trial as the winner, and return the run's id.

        The caller has locked the study. Raises IntegrityError if the trial has already been retrained.
        """
        request, run = prepared
        run_id = self._runs.add(session, request, run, study.created_by)
        store.change(session, study, retrain_run_id=run_id, winner=trial.number)
        self.emit(session, study, StudyRetrained(trial=trial.number, run_id=run_id))
        return run_id

    def prepare_retraining(self, study: Study, trial: StudyTrial, counted: int) -> tuple[RunRequest, PreparedRun]:
        """Return the request of a training run with a trial's config, and the prepared run with ``counted`` trials.

        If the config has the field ``stop_after`` and the trial a best epoch, training stops after that epoch and also
        uses most of the validation rows. Raises UserError if the config can no longer be trained.
        """
        config = {**study.config, **trial.params}
        retrained = "stop_after" in config and trial.best_epoch is not None
        if retrained:
            config["stop_after"] = trial.best_epoch
        request = RunRequest(
            kind="train",
            name=f"{study.name}: winner"[:200],
            plugin=study.plugin,
            dataset=study.dataset_id,
            dataset_version=study.dataset_version,
            model=study.model,
            config=config,
            seed=study.seed,
            threads=study.threads,
            priority=study.priority,
            idempotency_key=f"study:{study.id}:winner:{trial.number}",
        )
        prepared = self._runs.prepare(study.project_id, request)
        link = StudyLink(id=study.id, name=study.name, trial=trial.number)
        extra = prepared.extra.model_copy(update={"study": link, "trials": counted, "retrained": retrained})
        return request, dataclasses.replace(prepared, extra=extra)

    def counted(self, session: Session, study: Study) -> int:
        """Return the number of trials that count for the gate.

        These are the trials of the study and of all studies that it started from, directly or indirectly, each study
        once.
        """
        total, waiting, seen = 0, [study], {study.id}
        while waiting:
            each = waiting.pop()
            total += each.asked
            for earlier_id in each.warm_start_from:
                earlier = store.find(session, earlier_id, trash=True)
                if earlier is not None and earlier.id not in seen:
                    seen.add(earlier.id)
                    waiting.append(earlier)
        return total

    def _rest(self, study: Study) -> bool:
        """Deactivate a study that is not running and has no open trial; return whether this was done."""

        def work(session: Session) -> bool:
            locked = store.lock(session, study.id)
            if locked is None or locked.state == "running" or not locked.active:
                return False
            if store.open_trials(session, study.id):
                return False
            store.change(session, locked, active=False)
            self.emit(session, locked, StudyChanged(type="study.rests"))
            return True

        rests = self._database.write(study.project_id, work)
        if rests and study.state != "paused":
            self._forget_parts(study.project_id, study.id)
        return rests

    def _used_up(self, study: Study) -> str | None:
        """Return the limit that prevents further trials; None if another trial may start."""
        if study.asked >= study.budget_trials:
            return "grid" if study.sampler == "grid" else "trials"
        with self._database.read(study.project_id) as session:
            if study.budget_seconds is not None and ran_seconds(session, study) >= study.budget_seconds:
                return "seconds"
            if study.budget_cpu_seconds is not None:
                spent = store.cpu_seconds(session, study.id)
                if spent >= study.budget_cpu_seconds:
                    return "cpu_seconds"
            states = store.last_states(session, study.id, FAILED_IN_A_ROW)
            if len(states) == FAILED_IN_A_ROW and set(states) == {"failed"}:
                return "failed"
        return None

    def _start(self, study: Study, *, alone: bool) -> bool:
        """Start the next trial: add its row and its run in one transaction.

        The first trial also scores the baselines. If it fails before that, the next trial that starts ``alone`` scores
        them.
        """
        number = study.asked
        params, generation = self._choose(study)
        request = RunRequest(
            kind="trial",
            name=f"{study.name} #{number}"[:200],
            plugin=study.plugin,
            dataset=study.dataset_id,
            dataset_version=study.dataset_version,
            config={**study.config, **params},
            seed=study.seed,
            threads=study.threads,
            priority=study.priority,
            idempotency_key=f"study:{study.id}:{number}",
        )
        prepared = PreparedRun(
            name=request.name or "",
            plugin=study.plugin,
            plugin_version=study.plugin_version,
            config=request.config,
            dataset_id=study.dataset_id,
            dataset_name=study.dataset_name,
            dataset_version=study.dataset_version,
            dataset_fingerprint=study.dataset_fingerprint,
            extra=TrialExtra(
                task=study.task,
                study=StudyLink(id=study.id, name=study.name, trial=number),
                baselines=study.baselines is None and alone,
                same_parts=study.same_parts,
            ),
        )

        def work(session: Session) -> bool:
            locked = store.lock(session, study.id)
            if locked is None or locked.state != "running" or locked.asked != number:
                return False  # another scheduler was faster, or the study was paused
            if len(store.open_trials(session, study.id)) >= locked.parallel:
                return False
            run_id = self._runs.add(session, request, prepared, locked.created_by)
            trial = StudyTrial(
                project_id=study.project_id, study_id=study.id, number=number, run_id=run_id, state="running",
                params=params, curve=[], generation=generation,
            )  # fmt: skip
            store.add(session, trial)
            store.change(session, locked, asked=number + 1)
            started = TrialMoved(trial=number, run_id=run_id, trial_state="running", scores=None)
            self.emit(session, locked, started)
            crashpoint("trial_before_commit")
            return True

        try:
            return self._database.write(study.project_id, work)
        except IntegrityError:  # another scheduler has added this trial
            return False
        except QuotaExceeded:  # the trial is started in a later step, when it fits
            return False

    def _choose(self, study: Study) -> tuple[Params, int | None]:
        if study.sampler == "grid":
            return space.point_of_grid(space.dimensions_of(study.space), study.asked), None
        with self._database.read(study.project_id) as session:
            trials = store.trials(session, study.id)
            warm = [
                trial
                for earlier in study.warm_start_from
                for trial in store.trials(session, earlier)
                if trial.state == "complete"
            ]
        return self._sampler.next(study, trials, warm)

    def _finish(self, study: Study, reason: str) -> bool:
        """End a study whose budget is used up and whose trials have all ended; return whether this call ended it."""
        project_id = study.project_id
        with self._database.read(project_id) as session:
            complete = store.complete(session, [study.id]).get(study.id, [])
            winner = best_of(complete, study.objectives[0]["direction"])
            trials = store.trials(session, study.id)
            trial = trials[winner] if winner is not None else None
            counted = self.counted(session, study)
        problem: JsonObject | None = None
        prepared = None
        if trial is None or reason == "failed":
            last = trials[-1].error if trials else None
            problem = Conflict(
                "no trial has a result: {reason}"
                if trial is None
                else "the last {count} trials failed; the error of the newest one: {reason}",
                where="study {study}",
                next_step="check the runs of its trials: azuraforge studies show {study!r}",
                code="trials_failed",
                study=study.name,
                count=FAILED_IN_A_ROW,
                reason=_reason(last) if last else Message("no trial was scored"),
            ).to_dict()
        elif study.retrain and len(study.objectives) == 1:
            try:
                prepared = self.prepare_retraining(study, trial, counted)
            except UserError as error:
                problem = error.to_dict()
        failed = trial is None or reason == "failed"

        def work(session: Session) -> bool:
            locked = store.lock(session, study.id)
            if locked is None or locked.state != "running" or locked.asked != study.asked:
                return False
            at = store.clock(session)
            store.change(
                session, locked, state="failed" if failed else "finished", reason=reason, error=problem, winner=winner,
                active=False, finished_at=at, ran_seconds=ran_seconds(session, locked), running_since=None,
            )  # fmt: skip
            if prepared is not None and trial is not None:
                self.retrain(session, locked, trial, prepared)
            self.emit(session, locked, StudyEnded(reason=reason))
            crashpoint("study_before_ended")
            return True

        ended = self._database.write(project_id, work)
        if ended:
            self._forget_parts(project_id, study.id)
        return ended


def ran_seconds(session: Session, study: Study) -> float:
    """Return the seconds that a study has been running, without pauses."""
    if study.running_since is None:
        return study.ran_seconds
    return study.ran_seconds + max(0.0, (store.clock(session) - study.running_since).total_seconds())


def _reason(error: Mapping[str, object]) -> Message:
    """Return the sentence of a stored error as a translatable message."""
    if (known := restored(error.get("source"))) is not None:
        templates, values = known
        return Message(template=templates["message"], values=values)
    return Message("{reason}", {"reason": error["message"]})
