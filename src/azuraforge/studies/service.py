"""Service for requests about studies; ``advance.py`` and ``scheduler.py`` advance them.

create ──► running ⇄ paused        resume, pause: running trials continue
   │  │
   │  └─ stop ──► stopped      its running trials are cancelled
   └────────────► finished | failed
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.models.registry.names import check_name
from azuraforge.paging import PAGE, Order
from azuraforge.pipelines.loop import rows_of
from azuraforge.pipelines.shapes import to_json
from azuraforge.pipelines.training import check_compared
from azuraforge.plugins.discovery.calling import Call
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.runs import reads
from azuraforge.runs.schemas import RunDetail
from azuraforge.runs.service import RunService
from azuraforge.studies import shapes, store
from azuraforge.studies.advance import Advance, ran_seconds
from azuraforge.studies.choices import check_sampler, pruner_of
from azuraforge.studies.collecting import Curves
from azuraforge.studies.events import StudyChanged, StudyEnded, study_stream
from azuraforge.studies.finding import earlier_trials, found_study, locked_study, require, require_kept
from azuraforge.studies.objectives import best_of, metrics_of, objectives_of
from azuraforge.studies.records import CheckedSpace
from azuraforge.studies.sampler_process import SamplerProcess
from azuraforge.studies.schemas import (
    ImportanceOut,
    SpaceOut,
    StudyDetail,
    StudyPage,
    StudyRequest,
    StudyState,
    TrialPage,
)
from azuraforge.studies.space import combinations, read_space, suggest
from azuraforge.studies.tables import Study
from azuraforge.studies.trash import StudyTrash

_NEWEST: Order[tuple[datetime, str]] = Order("studies", tuple[Moment, str])
_BY_NUMBER: Order[tuple[int]] = Order("trials", tuple[int])

CHECK = "azuraforge.studies.checking:check"
CHECK_TIMEOUT_SECONDS = 180.0
MOST_STUDIES = 1000
DEFAULT_TRIALS = 50
_KEPT_ANSWERS = 64


class StudyService:
    """Service for studies. Methods for one study take its id or name and raise NotFound if it does not exist.

    Methods that return a page raise InvalidInput if ``after`` is not a cursor of the list.

    Args:
        wake: callback when there is work for the scheduler of this process.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        catalogue: Catalogue,
        datasets: DatasetService,
        runs: RunService,
        advance: Advance,
        sampler: SamplerProcess,
        call: Call,
        *,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._events = events
        self._catalogue = catalogue
        self._datasets = datasets
        self._runs = runs
        self._advance = advance
        self._sampler = sampler
        self._curves = Curves(runs)
        self._call = call
        self._lock = threading.Lock()
        #: The bin of deleted studies, which deletes, restores and purges them.
        self.trash = StudyTrash(database, events, runs.trash, advance.emit)
        self._importances: dict[tuple[str, str, int], ImportanceOut] = {}
        self._wake = wake

    def create(
        self, project_id: str, request: StudyRequest, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> StudyDetail:
        """Check the request and create the study.

        Raises InvalidInput if the request is not valid, NotFound if the pipeline, the dataset or an earlier study does
        not exist, and Conflict if the name is taken or the project has the maximum number of studies.
        """
        values = self._checked(project_id, request, person_id)

        def work(session: Session) -> str:
            if store.count(session) >= MOST_STUDIES:
                raise Conflict(
                    "a project can have at most {most:,} studies",
                    next_step="delete one with azuraforge studies delete NAME",
                    most=MOST_STUDIES,
                )
            warm = [earlier_trials(session, each, values) for each in request.warm_start_from]
            row = Study(project_id=project_id, **values, warm_start_from=warm, running_since=store.clock(session))
            store.add(session, row)
            self._advance.emit(session, row, StudyChanged(type="study.created"))
            return row.id

        try:
            study_id = self._database.write(project_id, work, unit=unit)
        except IntegrityError:
            raise Conflict(
                "a study named {name!r} already exists",
                where="name",
                next_step="choose another name",
                name=request.name,
            ) from None
        self._wake()
        return self.get(project_id, study_id)

    def check(self, project_id: str, request: StudyRequest) -> None:
        """Check everything in a request except the name and the earlier studies, without creating a study.

        Raises InvalidInput if the request is not valid, and NotFound if the pipeline or the dataset does not exist.
        """
        self._checked(project_id, request, None)

    def _checked(self, project_id: str, request: StudyRequest, person_id: str | None) -> dict[str, object]:
        plugin = self._catalogue.get("pipeline", request.plugin)
        kind = self._catalogue.task_kinds().get(plugin.task or "")
        if kind is None or not kind.objectives:
            raise InvalidInput(
                "pipelines of the task {task!r} cannot be searched",
                where="plugin {plugin}",
                next_step="choose another pipeline: azuraforge plugins list",
                task=plugin.task,
                plugin=plugin.name,
            )
        check_compared(kind, plugin.name)
        dataset = self._datasets.get(project_id, request.dataset, request.dataset_version)
        space = read_space(request.space, plugin.config_schema, plugin.name)
        objectives = objectives_of(request.objectives, kind)
        check_sampler(request, objectives)
        stored = {name: each.to_dict() for name, each in space.items()}
        payload = {
            "plugins_folder": str(self._catalogue.plugins_folder),
            "plugin": plugin.name,
            "config": request.config,
            "space": stored,
            "dataset": to_json(rows_of(dataset)),
        }
        checked = self._call(CHECK, payload, CheckedSpace, CHECK_TIMEOUT_SECONDS)
        trials = request.budget.trials
        if request.sampler == "grid":
            trials = min(trials or combinations(space), combinations(space))
        config = checked.config
        return {
            "name": request.name,
            "created_by": person_id,
            "plugin": plugin.name,
            "plugin_version": plugin.version,
            "task": kind.name,
            "model": check_name(request.model or dataset.name),
            "dataset_id": dataset.id,
            "dataset_name": dataset.name,
            "dataset_version": dataset.version,
            "dataset_fingerprint": dataset.fingerprint,
            "config": config,
            "space": stored,
            "sampler": request.sampler,
            "pruner": pruner_of(request.pruner, space, config),
            "objectives": objectives,
            "budget_trials": trials or DEFAULT_TRIALS,
            "budget_seconds": request.budget.seconds,
            "budget_cpu_seconds": request.budget.cpu_seconds,
            "parallel": request.parallel,
            "seed": request.seed,
            "threads": request.threads,
            "priority": request.priority,
            "retrain": request.retrain,
            "same_parts": checked.same_parts,
            "state": "running",
            "active": True,
        }

    def list(
        self,
        project_id: str,
        *,
        state: StudyState | None = None,
        name: str | None = None,
        limit: int = PAGE,
        after: str | None = None,
    ) -> StudyPage:
        """Return a page of studies, newest first: of a state, and with ``name`` in their name; None permits any."""
        key = _NEWEST.read(after)
        with self._database.read(project_id) as session:
            found = store.page(session, limit + 1, key, state=state, name=name)
            rows, cursor = _NEWEST.cut(found, limit, lambda row: (row.created_at, row.id))
            ids = [row.id for row in rows]
            counts, complete = store.counts(session, ids), store.complete(session, ids)
            items = []
            for row in rows:
                scored = complete.get(row.id, [])
                best = best_of(scored, row.objectives[0]["direction"])
                trial = store.trial(session, row.id, best) if best is not None else None
                spent = (ran_seconds(session, row), store.cpu_seconds(session, row.id))
                items.append(shapes.study_out(row, counts.get(row.id, {}), scored, trial, spent))
        return StudyPage(items=items, next=cursor)

    def get(self, project_id: str, study: str) -> StudyDetail:
        """Return a study with its settings, without its list of trials. Raises NotFound if it does not exist."""
        with self._database.read(project_id) as session:
            row = found_study(store.find(session, study, trash=True), study)
            scored = store.complete(session, [row.id]).get(row.id, [])
            best = best_of(scored, row.objectives[0]["direction"])
            return shapes.study_detail(
                row,
                store.counts(session, [row.id]).get(row.id, {}),
                scored,
                store.trial(session, row.id, best) if best is not None else None,
                (ran_seconds(session, row), store.cpu_seconds(session, row.id)),
                counted=self._advance.counted(session, row),
                last_event_seq=self._events.last_seq_in(session, study_stream(row.id)),
            )

    def trials(
        self, project_id: str, study: str, *, limit: int = PAGE, after: str | None = None, curves: bool = False
    ) -> TrialPage:
        """Return a page of a study's trials, by number, with their intermediate values if ``curves`` is true."""
        with self._database.read(project_id) as session:
            row = found_study(store.find(session, study, trash=True), study)
            found = store.trial_page(session, row.id, limit + 1, _BY_NUMBER.read(after, row.id))
            spans = reads.spans(session, [trial.run_id for trial in found])
        trials, cursor = _BY_NUMBER.cut(found, limit, lambda trial: (trial.number,), row.id)
        runs = self._runs.named(project_id, [trial.run_id for trial in trials])
        if curves:
            for each in trials:
                if each.ended_at is None:  # its row is behind the run's log, or has no values without a pruner
                    each.curve = self._curves.of(row, each)
        items = [shapes.trial_out(each, runs.get(each.run_id), spans.get(each.run_id), curve=curves) for each in trials]
        return TrialPage(items=items, next=cursor)

    def importance(self, project_id: str, study: str) -> ImportanceOut:
        """Return, for each objective, the fraction of the scores' variance that each field explains so far.

        An element is null if too few trials are complete, all scores are equal, or every field has a single value.
        Raises TransientError if the sampler process is unavailable.
        """
        with self._database.read(project_id) as session:
            row = found_study(store.find(session, study, trash=True), study)
            trials = [each for each in store.trials(session, row.id) if each.state == "complete"]
        key = (project_id, row.id, len(trials))
        with self._lock:
            known = self._importances.get(key)
        if known is None:
            known = ImportanceOut(trials=len(trials), objectives=self._sampler.importance(row, trials))
            with self._lock:
                while len(self._importances) >= _KEPT_ANSWERS:
                    self._importances.pop(next(iter(self._importances)))
                self._importances[key] = known
        return known

    def space_of(self, plugin: str) -> SpaceOut:
        """Return the searchable fields of a pipeline with default ranges. Raises NotFound if it does not exist."""
        found = self._catalogue.get("pipeline", plugin)
        return SpaceOut(
            plugin=found.name,
            task=found.task,
            fields=suggest(found.config_schema),
            metrics=[each.name for each in metrics_of(self._catalogue.task_kinds().get(found.task or ""))],
        )

    def pause(self, project_id: str, study: str, *, unit: UnitOfWork | None = None) -> StudyDetail:
        """Pause a study: no further trial starts, and running trials continue to their end.

        Raises Conflict if the study has ended or is in the trash.
        """

        def change(session: Session, row: Study) -> None:
            if row.state == "paused":
                return
            require(row, "running")
            spent = ran_seconds(session, row)
            store.change(session, row, state="paused", ran_seconds=spent, running_since=None)
            self._advance.emit(session, row, StudyChanged(type="study.paused"))

        return self._change(project_id, study, change, unit)

    def resume(self, project_id: str, study: str, *, unit: UnitOfWork | None = None) -> StudyDetail:
        """Resume a paused study. Raises Conflict if the study has ended or is in the trash."""

        def change(session: Session, row: Study) -> None:
            if row.state == "running":
                return
            require(row, "paused")
            store.change(session, row, state="running", active=True, running_since=store.clock(session))
            self._advance.emit(session, row, StudyChanged(type="study.resumed"))

        return self._change(project_id, study, change, unit)

    def stop(self, project_id: str, study: str, *, unit: UnitOfWork | None = None) -> StudyDetail:
        """End a study and cancel its running trials; the best trial so far is the winner, but is not retrained.

        Raises Conflict if the study has ended in another way or is in the trash.
        """

        def change(session: Session, row: Study) -> None:
            if row.state == "stopped":
                return
            require(row, "running", "paused")
            complete = store.complete(session, [row.id]).get(row.id, [])
            store.change(
                session, row, state="stopped", reason="stopped", active=True, ran_seconds=ran_seconds(session, row),
                running_since=None, finished_at=store.clock(session),
                winner=best_of(complete, row.objectives[0]["direction"]),
            )  # fmt: skip
            self._advance.emit(session, row, StudyEnded(reason="stopped"))

        return self._change(project_id, study, change, unit)

    def retrain(self, project_id: str, study: str, number: int | None, *, unit: UnitOfWork | None = None) -> RunDetail:
        """Retrain the config of trial ``number``; None means the best trial.

        Raises Conflict if the study has not ended or is in the trash, if the trial is not complete, or if it has
        already been retrained, and UserError if the config can no longer be trained.
        """
        with self._database.read(project_id) as session:
            row = found_study(store.find(session, study, trash=True), study)
            require_kept(row)
            require(row, "finished", "stopped", "failed")
            if number is None:
                complete = store.complete(session, [row.id]).get(row.id, [])
                number = best_of(complete, row.objectives[0]["direction"])
            trial = store.trial(session, row.id, number) if number is not None else None
            counted = self._advance.counted(session, row)
        if trial is None or trial.state != "complete":
            raise Conflict(
                "the study has no complete trial" if number is None else "trial {number} is not complete",
                where="study {study}",
                next_step="run azuraforge studies show {study!r}",
                study=row.name,
                number=number,
            )
        chosen = trial
        prepared = self._advance.prepare_retraining(row, chosen, counted)

        def work(session: Session) -> str:
            locked = locked_study(session, row.id)
            return self._advance.retrain(session, locked, chosen, prepared)

        try:
            run_id = self._database.write(project_id, work, unit=unit)
        except IntegrityError:
            raise Conflict(
                "trial {number} has already been retrained",
                where="study {study}",
                next_step="run azuraforge runs show {run}",
                number=number,
                study=row.name,
                run=row.retrain_run_id,
            ) from None
        return self._runs.get(project_id, run_id)

    def _change(
        self, project_id: str, study: str, change: Callable[[Session, Study], None], unit: UnitOfWork | None
    ) -> StudyDetail:
        self._database.write(project_id, lambda session: change(session, locked_study(session, study)), unit=unit)
        self._wake()
        return self.get(project_id, study)
