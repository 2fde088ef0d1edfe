"""Checks of automations before they are saved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pydantic import ValidationError

from azuraforge.automations.notifications import store as targets
from azuraforge.automations.recurrence import cron, zone_of
from azuraforge.automations.triggers import cycles, store
from azuraforge.automations.triggers.causes import places
from azuraforge.automations.triggers.definition import (
    OTHER_STEPS,
    NotifyStep,
    OnEvent,
    OnMeasure,
    OnSchedule,
    RunStep,
    Step,
    StudyStep,
    When,
    given,
)
from azuraforge.automations.triggers.schemas import AutomationRequest
from azuraforge.automations.triggers.watching import Watch
from azuraforge.database import Session
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.messages.validation import message_of
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.service import RunService
from azuraforge.studies.schemas import StudyRequest
from azuraforge.studies.service import StudyService


class Checks:
    """Validator of automations.

    Each method raises InvalidInput if the definition is invalid, NotFound if an object that it names does not exist,
    and the errors of ``RunService.prepare``.
    """

    def __init__(self, runs: RunService, studies: StudyService, watch: Watch) -> None:
        self._runs = runs
        self._studies = studies
        self._watch = watch

    def check(self, project_id: str, request: AutomationRequest) -> None:
        """Check everything that can be checked without a transaction; may start child processes."""
        self.check_when(project_id, request.when)
        for index, step in enumerate(request.steps):
            self._check_step(project_id, request, step, f"steps.{index}")

    def check_when(self, project_id: str, when: When) -> None:
        """Check the cause of an automation."""
        if isinstance(when, OnSchedule):
            zone = zone_of(when.timezone)
            if (when.cron is None) == (when.interval is None):
                raise InvalidInput(
                    "a schedule needs either a cron line or an interval",
                    next_step="specify either cron or interval",
                    where="when.cron",
                )
            if when.cron is not None:
                cron(when.cron, zone)
        elif isinstance(when, OnMeasure):
            self._watch.measure(when.measure).read(project_id, when.of)

    def _check_step(self, project_id: str, request: AutomationRequest, step: Step, where: str) -> None:
        used = sorted(set(places(given(step))))
        known = {"measure", "of", "value", "since"} if isinstance(request.when, OnMeasure) else {"time"}
        if used and not isinstance(request.when, OnEvent) and not set(used) <= known:
            raise InvalidInput(
                "the cause will have no field {used!r}",
                where="{place}",
                next_step="use one of: {known}",
                used=used[0],
                place=where,
                known=", ".join(known),
            )
        if isinstance(step, RunStep):
            self._check_run(project_id, step, bool(used), where)
        elif isinstance(step, StudyStep) and not used:
            try:
                study = StudyRequest.model_validate({**given(step.study), "name": "checked"})
            except ValidationError as error:
                raise _problem(error, f"{where}.study") from None
            self._studies.check(project_id, study)

    def _check_run(self, project_id: str, step: RunStep, later: bool, where: str) -> None:
        if step.do not in self._runs.kinds:
            raise InvalidInput(
                "{do!r} is not a kind of run",
                where="{place}.do",
                next_step="choose one of: {value}",
                do=step.do,
                place=where,
                value=", ".join([*self._runs.kinds, *OTHER_STEPS]),
            )
        if later:  # values of the cause are not known yet; the firing checks them
            return
        try:
            request = RunRequest.model_validate({**given(step.run), "kind": step.do})
        except ValidationError as error:
            raise _problem(error, f"{where}.run") from None
        self._runs.prepare(project_id, request)

    @staticmethod
    def check_in(session: Session, request: AutomationRequest, leave_out: Collection[str]) -> None:
        """Check in a transaction that the targets of messages exist and that there is no cycle.

        Args:
            leave_out: ids of automations that will be replaced or removed.
        """
        for index, step in enumerate(request.steps):
            for name in step.to if isinstance(step, NotifyStep) else ():
                if targets.target(session, name) is None:
                    raise NotFound(
                        "notification target {name!r} does not exist",
                        where="steps.{index}.to",
                        next_step="azuraforge notifications targets",
                        name=name,
                        index=index,
                    )

        def listeners(events: Sequence[cycles.Emission]) -> Iterator[cycles.Node]:
            for row in store.listening(session, [(each.type, each.fields) for each in events]):
                if row.id not in leave_out:
                    yield cycles.Node(row.name, row.when, row.steps)

        cycles.check(cycles.Node(request.name, request.when, request.steps), listeners)


def _problem(error: ValidationError, where: str) -> InvalidInput:
    first = error.errors()[0]
    return InvalidInput(
        "{problem}",
        where="{place}",
        next_step="correct the field",
        problem=message_of(first),
        place=".".join([where, *(str(part) for part in first["loc"])]),
    )
