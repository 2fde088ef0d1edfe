"""Execution of the steps of firings, one after the other, each exactly once.

A step's effect and its row are written in one transaction, fenced by ``moves``, the number of changes to the firing. A
process that dies before the commit has changed nothing; a slower process finds another number and stops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.causes import filled
from azuraforge.automations.triggers.definition import (
    STEP,
    NotifyStep,
    PromoteStep,
    RunStep,
    Step,
    StudyStep,
    given,
)
from azuraforge.automations.triggers.firing import Firings
from azuraforge.automations.triggers.tables import AutomationFiring, AutomationStep
from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Scope, Session, UnitOfWork, seconds_from_now
from azuraforge.errors import Conflict, InvalidInput, NotFound, UserError
from azuraforge.messages import Message
from azuraforge.messages.validation import message_of
from azuraforge.models.service import ModelService
from azuraforge.runs.schemas import RunRequest, StoredError
from azuraforge.runs.service import RunService
from azuraforge.studies.schemas import StudyRequest
from azuraforge.studies.service import StudyService

#: Interval for checking a run. Its end wakes the waiting firing earlier, but a purged run is noticed only then.
_LOOK_AGAIN_SECONDS = 60.0
_STUDY_SECONDS = 5.0
_FIRST_RETRY_SECONDS = 10.0
_LONGEST_RETRY_SECONDS = 3600.0
_MOST_STUDY_NAME = 100

#: Function that puts a message for each target of a step into the outbox, in the caller's transaction.
Notify = Callable[[Session, NotifyStep, AutomationFiring, int], None]


class _MovedOnError(Exception):
    """Raised if another process has executed the step."""


@dataclass(frozen=True)
class _At:
    """Firing and its current step, as they were read."""

    firing: AutomationFiring
    step: AutomationStep
    definition: Step
    created_by: str | None
    name: str


class Stepping:
    """Executor of the steps of firings."""

    def __init__(
        self,
        database: Database,
        firings: Firings,
        runs: RunService,
        studies: StudyService,
        models: ModelService,
        notify: Notify,
    ) -> None:
        self._database = database
        self._firings = firings
        self._runs = runs
        self._studies = studies
        self._models = models
        self._notify = notify

    def move(self, key: store.Key) -> bool:
        """Execute or check the current step of a firing, or end the firing. Return whether a step or the firing ended.

        Return False if the firing has to wait, has ended, was deleted or was advanced by another process. A UserError,
        such as an invalid definition or a failed run, is stored as the step's error. Any other error (a launcher that
        is starting, a database that is unavailable) is raised, and the step stays due.
        """
        with self._database.read(key.project_id) as session:
            firing = store.firing(session, key.id)
            if firing is None or firing.state != "running":
                return False
            owner = store.find(session, firing.automation_id)
            steps = store.steps(session, [firing.id])
        open_steps = [each for each in steps if each.ended_at is None]
        if owner is None:
            return False
        if not open_steps:
            return self._write(firing, self._end)
        step = open_steps[0]
        try:
            definition = STEP.validate_python(filled(given(step.definition), firing.data))
        except (ValidationError, UserError) as error:
            return self._failed(firing, step, _as_error(error))
        at = _At(firing, step, definition, owner.created_by, owner.name)
        try:
            return self._watch(at) if step.state == "running" else self._begin(at)
        except _MovedOnError:
            return False
        except IntegrityError as error:
            return self._failed(
                firing,
                step,
                Conflict(
                    "the step conflicts with another step",
                    next_step="fire the automation again",
                    details={"reason": str(error.orig)},
                ),
            )
        except UserError as error:
            return self._failed(firing, step, error)

    def _begin(self, at: _At) -> bool:
        definition, project_id = at.definition, at.firing.project_id
        if isinstance(definition, RunStep):
            return self._queue(at, definition)
        if isinstance(definition, NotifyStep):
            notify = definition

            def put(session: Session, firing: AutomationFiring, step: AutomationStep) -> None:
                self._notify(session, notify, firing, step.position)
                self._succeed(session, firing, step)

            return self._write_step(at, put)
        if isinstance(definition, StudyStep):
            self._studies.create(project_id, _study(at, definition), at.created_by, unit=self._unit(at, "running"))
            return False
        reason = _reason(at)
        if isinstance(definition, PromoteStep):
            version = definition.version
            if not isinstance(version, int):
                raise InvalidInput(
                    "{version!r} is not a version number",
                    where="step.version",
                    next_step="write a number, or a field of the cause that contains one",
                    version=version,
                )
            self._models.aliases.promote_by_hand(
                project_id,
                definition.model,
                version,
                alias=definition.alias,
                reason=reason,
                by="automation",
                person=at.created_by,
                unit=self._promoting(at, definition),
            )
        else:
            self._models.aliases.rollback_by_hand(
                project_id,
                definition.model,
                alias=definition.alias,
                reason=reason,
                by="automation",
                unit=self._unit(at, "succeeded"),
            )
        return True

    def _queue(self, at: _At, definition: RunStep) -> bool:
        key = f"automation:{at.firing.id}:{at.step.position}:{at.step.tries}"
        try:
            body = {**given(definition.run), "kind": definition.do, "idempotency_key": key}
            request = RunRequest.model_validate(body)
        except ValidationError as error:
            raise _as_error(error) from None
        prepared = self._runs.prepare(at.firing.project_id, request)

        def work(session: Session, firing: AutomationFiring, step: AutomationStep) -> None:
            run_id = self._runs.add(session, request, prepared, at.created_by)
            self._start(session, firing, step, _LOOK_AGAIN_SECONDS, run_id=run_id)

        self._write_step(at, work)
        return False

    def _watch(self, at: _At) -> bool:
        project_id, step = at.firing.project_id, at.step
        if isinstance(at.definition, PromoteStep):
            return self._watch_promotion(at, at.definition)
        if step.run_id is not None:
            run = self._runs.named(project_id, [step.run_id]).get(step.run_id)
            if run is None:
                raise NotFound(
                    "the step's run no longer exists",
                    where="run {run}",
                    next_step="azuraforge runs list",
                    run=step.run_id,
                )
            if run.state in ("queued", "running"):
                return self._wait(at, _LOOK_AGAIN_SECONDS)
            if run.state != "succeeded":
                raise Conflict(
                    "the run did not succeed ({state}): {reason}"
                    if run.error is not None
                    else "the run did not succeed ({state})",
                    where="run {run}",
                    next_step="inspect the run: azuraforge runs show {run}",
                    code=f"run_{run.state}",
                    state=Message(f"state.{run.state}"),
                    reason=run.error.message if run.error is not None else None,
                    run=run.id,
                )
        else:
            study = self._studies.get(project_id, _study_name(at))
            if study.state in ("running", "paused"):
                return self._wait(at, _STUDY_SECONDS)
            if study.state != "finished":
                raise Conflict(
                    "the study did not finish ({state})",
                    where="study {study}",
                    next_step="inspect the study: azuraforge studies show {study!r}",
                    code="study_ended",
                    state=Message(f"state.{study.state}"),
                    study=study.name,
                )
        return self._write_step(at, self._succeed)

    def _watch_promotion(self, at: _At, definition: PromoteStep) -> bool:
        state = self._models.approvals.state(at.firing.project_id, definition.model, definition.alias, _reason(at))
        if state == "waiting":
            return self._wait(at, _LOOK_AGAIN_SECONDS)
        if state != "approved":
            raise Conflict(
                "the promotion of model {model!r} was not approved",
                next_step="run azuraforge models history {model}",
                code="promotion_declined",
                model=definition.model,
            )
        return self._write_step(at, self._succeed)

    def _wait(self, at: _At, seconds: float) -> bool:
        self._write_step(
            at, lambda session, firing, _: store.change(session, firing, look_at=seconds_from_now(seconds))
        )
        return False

    def _unit(self, at: _At, state: str) -> UnitOfWork:
        """Return a unit of work that updates the step's row in the transaction of another service."""

        def record(session: Session) -> None:
            firing, step = self._locked(session, at)
            if state == "running":
                self._start(session, firing, step, _STUDY_SECONDS, study_name=_study_name(at))
            else:
                self._succeed(session, firing, step)

        return UnitOfWork(Scope(at.firing.project_id), record)

    def _promoting(self, at: _At, definition: PromoteStep) -> UnitOfWork:
        """Return a unit of work that ends the step, or lets it wait if the promotion needs approval."""

        def record(session: Session) -> None:
            firing, step = self._locked(session, at)
            if self._models.aliases.needs_approval(session, definition.model, definition.alias):
                self._start(session, firing, step, _LOOK_AGAIN_SECONDS)
            else:
                self._succeed(session, firing, step)

        return UnitOfWork(Scope(at.firing.project_id), record)

    def _start(
        self, session: Session, firing: AutomationFiring, step: AutomationStep, look_seconds: float, **names: str
    ) -> None:
        store.change(session, step, state="running", started_at=store.clock(session), error=None, **names)
        waits_for = names.get("run_id")
        store.change(session, firing, waits_for=waits_for, look_at=seconds_from_now(look_seconds))

    def _succeed(self, session: Session, firing: AutomationFiring, step: AutomationStep) -> None:
        at = store.clock(session)
        began = step.started_at or at
        store.change(session, step, state="succeeded", started_at=began, ended_at=at, error=None)
        store.change(session, firing, waits_for=None, look_at=at)

    def _failed(self, seen: AutomationFiring, seen_step: AutomationStep, error: UserError) -> bool:
        rules = seen_step.definition

        def work(session: Session, firing: AutomationFiring) -> bool:
            steps = store.steps(session, [firing.id])
            step = next(each for each in steps if each.position == seen_step.position)
            at = store.clock(session)
            problem = StoredError.model_validate(error.to_dict())
            store.change(session, step, error=problem, started_at=step.started_at or at)
            if step.tries < rules.retries:
                pause = min(_FIRST_RETRY_SECONDS * 2**step.tries, _LONGEST_RETRY_SECONDS)
                store.change(session, step, state="waiting", tries=step.tries + 1, run_id=None, study_name=None)
                store.change(session, firing, waits_for=None, look_at=seconds_from_now(pause))
                return False
            store.change(session, step, state="failed", ended_at=at)
            store.change(session, firing, waits_for=None, look_at=at)
            if rules.on_failure == "stop":
                for later in steps:
                    if later.ended_at is None:
                        store.change(session, later, state="skipped", ended_at=at)
            return True

        return self._write(seen, work)

    def _end(self, session: Session, firing: AutomationFiring) -> bool:
        steps = store.steps(session, [firing.id])
        done = all(each.state == "succeeded" for each in steps)
        self._firings.end(session, firing, "succeeded" if done else "failed")
        crashpoint("firing_end_before_commit")
        return True

    def _write_step(self, at: _At, work: Callable[[Session, AutomationFiring, AutomationStep], None]) -> bool:
        def fenced(session: Session) -> bool:
            work(session, *self._locked(session, at))
            crashpoint("step_before_commit")
            return True

        return self._database.write(at.firing.project_id, fenced)

    def _write(self, seen: AutomationFiring, work: Callable[[Session, AutomationFiring], bool]) -> bool:
        def fenced(session: Session) -> bool:
            firing = store.firing(session, seen.id, locked=True)
            if firing is None or firing.moves != seen.moves or firing.state != "running":
                return False
            store.change(session, firing, moves=firing.moves + 1)
            return work(session, firing)

        return self._database.write(seen.project_id, fenced)

    @staticmethod
    def _locked(session: Session, at: _At) -> tuple[AutomationFiring, AutomationStep]:
        firing = store.firing(session, at.firing.id, locked=True)
        if firing is None or firing.moves != at.firing.moves or firing.state != "running":
            raise _MovedOnError
        store.change(session, firing, moves=firing.moves + 1)
        step = next(each for each in store.steps(session, [firing.id]) if each.position == at.step.position)
        return firing, step


def _study(at: _At, definition: StudyStep) -> StudyRequest:
    try:
        return StudyRequest.model_validate({**given(definition.study), "name": _study_name(at)})
    except ValidationError as error:
        raise _as_error(error) from None


def _reason(at: _At) -> str:
    """Return the reason of the step's promotion or rollback, which also identifies the promotion while it waits."""
    return f"automation {at.name}, firing {at.firing.id}"


def _study_name(at: _At) -> str:
    """Return a name that is unique to this attempt of this step."""
    asked = at.definition.study.name if isinstance(at.definition, StudyStep) else None
    end = f" {at.firing.id}-{at.step.position}-{at.step.tries}"
    return f"{(asked or at.name)[: _MOST_STUDY_NAME - len(end)]}{end}"


def _as_error(error: ValidationError | UserError) -> UserError:
    if isinstance(error, UserError):
        return error
    first = error.errors()[0]
    return InvalidInput(
        "the step is invalid: {problem}",
        where="step.{place}",
        next_step="change the automation's step",
        problem=message_of(first),
        place=".".join(str(part) for part in first["loc"]),
    )
