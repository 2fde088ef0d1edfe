"""Triggers of the loop: the automations and schedules that take each step of a model's loop."""

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

#: The steps that an automation can take.
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
    """A trigger's last attempt at its step. The row of run ``run_id`` has the result; without a run, ``error``."""

    run_id: str | None
    error: str | None
    at: datetime | None


@dataclass(frozen=True)
class Taking:
    """A trigger that does a kind of work for one model or dataset."""

    trigger: LoopTrigger
    last: Attempt | None


@dataclass(frozen=True)
class Subject:
    """A model with the dataset that it learns from; ``dataset`` holds its name and id, or is empty."""

    model: str
    dataset: frozenset[str]

    def is_meant(self, work: Work, asked: definition.Subject, when: When | None) -> bool:
        """Return whether a request does this work for this model; a refresh, for its dataset.

        A request to train names the model, or only its dataset, whose name the model then has.
        """
        if work == "refresh":
            return _may_be(asked.dataset, self.dataset, when)
        named = asked.dataset if asked.model is None and work == "train" else asked.model
        return _may_be(named, frozenset({self.model}), when)


class Triggers:
    """The automations and schedules of a project that are not paused."""

    def __init__(self, automations: Sequence[AutomationFacts], schedules: Sequence[ScheduleRow]) -> None:
        self._automations = automations
        self._schedules = schedules

    def run_ids(self) -> set[str]:
        """Return the runs that the newest firings queued."""
        steps = (step.run_id for each in self._automations for step in each.last.values())
        return {id_ for id_ in (*steps, *(each.run_id for each in self._schedules)) if id_ is not None}

    def of(self, subject: Subject, work: Work) -> list[Taking]:
        """Return the triggers that do this work for the subject, each once."""
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
    """Return the result of the step at a position of the definition in the newest firing, if it was taken then."""
    step = automation.last.get(position)
    if step is None:
        return None
    failed = step.state == "failed"
    return Attempt(step.run_id, _message(step.error) if failed else None, step.ended_at)


def _message(error: StoredError | None) -> str | None:
    return error.translated().message if error is not None else None


def _may_be(named: str | None, names: frozenset[str], when: When | None) -> bool:
    """Return whether a name in a step is one of ``names``; ``{cause.field}`` is what the filters let through."""
    if named is None or not names:
        return False
    if named.startswith(_CAUSE) and named.endswith("}"):
        allowed = values_of(when, named[len(_CAUSE) : -1]) if when is not None else ()
        return not allowed or not names.isdisjoint(value for value in allowed if isinstance(value, str))
    return named in names
