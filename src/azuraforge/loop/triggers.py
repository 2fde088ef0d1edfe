"""Triggers of the loop: the automations and schedules that start each step of a model's loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from azuraforge.automations.reads import AutomationFacts, ScheduleRow
from azuraforge.automations.triggers import definition
from azuraforge.automations.triggers.definition import When, subject_of, values_of
from azuraforge.loop.schemas import LoopTrigger
from azuraforge.runs.schemas import StoredError

#: The kinds of work that an automation can start.
Work = Literal["refresh", "forecast", "train", "promote"]
_WORK: Mapping[str, Work] = {
    "refresh": "refresh",
    "forecast": "forecast",
    "train": "train",
    "study": "train",
    "promote": "promote",
}
_CAUSE = "{cause."


@dataclass(frozen=True)
class Attempt:
    """The last attempt of a trigger.

    The run ``run_id`` contains the result; if no run was queued, ``error`` is the reason.
    """

    run_id: str | None
    error: str | None
    at: datetime | None


@dataclass(frozen=True)
class Taking:
    """A trigger that starts a kind of work for one model or dataset, with its last attempt."""

    trigger: LoopTrigger
    last: Attempt | None


@dataclass(frozen=True)
class Subject:
    """A model and the dataset that it learns from; ``dataset`` contains the dataset's name and id, or is empty."""

    model: str
    dataset: frozenset[str]

    def is_meant(self, work: Work, asked: definition.Subject, when: When | None) -> bool:
        """Return whether a run request targets this model, or its dataset if the request is a refresh.

        A training request without a model name targets the model that has the name of the dataset. ``when`` is the
        cause of the automation that makes the request; None for a schedule.
        """
        if work == "refresh":
            return _may_be(asked.dataset, self.dataset, when)
        named = asked.dataset if asked.model is None and work == "train" else asked.model
        return _may_be(named, frozenset({self.model}), when)


class Triggers:
    """The active automations and schedules of a project."""

    def __init__(self, automations: Sequence[AutomationFacts], schedules: Sequence[ScheduleRow]) -> None:
        self._automations = automations
        self._schedules = schedules

    def run_ids(self) -> set[str]:
        """Return the ids of the runs queued when each trigger last fired."""
        steps = (step.run_id for each in self._automations for step in each.last.values())
        return {id_ for id_ in (*steps, *(each.run_id for each in self._schedules)) if id_ is not None}

    def of(self, subject: Subject, work: Work) -> list[Taking]:
        """Return the triggers that start this kind of work for the subject, without duplicates."""
        return [*self._by_automations(subject, work), *self._by_schedules(subject, work)]

    def _by_automations(self, subject: Subject, work: Work) -> Iterator[Taking]:
        for each in self._automations:
            for position, step in enumerate(each.steps, 1):
                if _WORK.get(step.do) == work and subject.is_meant(work, subject_of(step), each.when):
                    yield Taking(LoopTrigger(kind="automation", name=each.name, id=each.id), _last(each, position))
                    break

    def _by_schedules(self, subject: Subject, work: Work) -> Iterator[Taking]:
        for each in self._schedules:
            asked = definition.Subject(each.request.model, each.request.dataset)
            if _WORK.get(each.request.kind) == work and subject.is_meant(work, asked, None):
                last = Attempt(each.run_id, _message(each.error), each.fired_at) if each.fired_at else None
                yield Taking(LoopTrigger(kind="schedule", name=each.name, id=each.id), last)


def _last(automation: AutomationFacts, position: int) -> Attempt | None:
    """Return the attempt of the step at ``position`` in the newest firing; None if the firing did not execute it."""
    step = automation.last.get(position)
    if step is None:
        return None
    failed = step.state == "failed"
    return Attempt(step.run_id, _message(step.error) if failed else None, step.ended_at)


def _message(error: StoredError | None) -> str | None:
    return error.translated().message if error is not None else None


def _may_be(named: str | None, names: frozenset[str], when: When | None) -> bool:
    """Return whether the name in a step can be one of ``names``.

    A placeholder ``{cause.field}`` matches every value that the filters of ``when`` allow for the field.
    """
    if named is None or not names:
        return False
    if named.startswith(_CAUSE) and named.endswith("}"):
        allowed = values_of(when, named[len(_CAUSE) : -1]) if when is not None else ()
        return not allowed or not names.isdisjoint(value for value in allowed if isinstance(value, str))
    return named in names
