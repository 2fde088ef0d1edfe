"""Definition of the automations that keep a model fresh: their names, causes and steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, get_args

from azuraforge.automations.fresh.schemas import KeepFreshRequest, Role
from azuraforge.automations.recurrence import Unit
from azuraforge.automations.schemas import Interval
from azuraforge.automations.triggers.definition import (
    FieldFilter,
    NotifyStep,
    OnEvent,
    OnMeasure,
    OnSchedule,
    RunStep,
    RunTemplate,
    Step,
    When,
)
from azuraforge.automations.triggers.schemas import AutomationRequest

ROLES: tuple[Role, ...] = get_args(Role)
_WORDS: Mapping[str, tuple[int, Unit]] = {
    "hourly": (1, "hours"),
    "daily": (1, "days"),
    "weekly": (7, "days"),
    "monthly": (30, "days"),
}
_UNITS: Mapping[str, Unit] = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SECONDS: Mapping[Unit, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_DAY = 86_400
_MOST_PER_DAY = 10_000
_LONGEST_NAME = 50
NEVER = "never"


@dataclass(frozen=True)
class Subject:
    """Model to keep fresh, with its dataset and its training.

    Attributes:
        label: name of the model, or its id if the name is too long for the names of automations.
        training: request body of the run that retrains the model, without ``kind``.
        can_refresh: whether the dataset's source can be refreshed.
        can_forecast: whether the dataset's rows have times.
    """

    model: str
    label: str
    dataset: str
    training: RunTemplate
    can_refresh: bool
    can_forecast: bool


class _Often(TypedDict):
    """Limits on the firings of an automation, as arguments of ``_request``."""

    cool_down_seconds: int
    most_per_day: int
    group: str | None


def label_of(model: str, id_: str) -> str:
    """Return the label of a model in the names of its automations: ``model``, or ``id_`` if that name is too long."""
    return model if len(model) <= _LONGEST_NAME else id_


def name_of(label: str, role: Role) -> str:
    """Return the name of the automation with a role.

    Example:
        >>> name_of("sales", "retrain_on_drift")
        'keep-fresh:sales:retrain-on-drift'
    """
    return f"keep-fresh:{label}:{role.replace('_', '-')}"


def is_name_of_fresh(name: str) -> bool:
    """Return whether ``name`` is the name of an automation that keeps a model fresh."""
    prefix, _, role = name.rpartition(":")
    return prefix.startswith("keep-fresh:") and role.replace("-", "_") in ROLES


def plan(subject: Subject, asked: KeepFreshRequest) -> list[AutomationRequest]:
    """Return the definitions of the automations that keep a model fresh."""
    found = list(_acting(subject, asked))
    if asked.notify:
        of_these = FieldFilter(field="name", one_of=[each.name for each in found])
        failed = _on("automation.finished", of_these, _is("state", "failed"))
        found.append(_request(subject, "report", failed, [_notify(asked.notify)], cool_down_seconds=3600))
    return found


def cadence_of(when: OnSchedule) -> str:
    """Return the interval of a schedule in the notation of ``KeepFreshRequest``, or its cron expression unchanged.

    Example:
        >>> cadence_of(OnSchedule(on="schedule", interval=Interval(every=7, unit="days")))
        'weekly'
        >>> cadence_of(OnSchedule(on="schedule", interval=Interval(every=6, unit="hours")))
        '6h'
    """
    if when.interval is None:
        return str(when.cron)
    pair = when.interval.every, when.interval.unit
    return next((word for word, known in _WORDS.items() if known == pair), f"{pair[0]}{pair[1][:1]}")


def _acting(subject: Subject, asked: KeepFreshRequest) -> Iterator[AutomationRequest]:
    model, dataset = subject.model, subject.dataset
    if subject.can_refresh and asked.refresh != NEVER:
        refresh = RunStep(do="refresh", run=RunTemplate(dataset=dataset), retries=2)
        yield _every(subject, "refresh", asked.refresh, [refresh])
    if subject.can_forecast:
        arrived = _on("dataset.version_added", _is("dataset", dataset))
        forecast = RunStep(do="forecast", run=RunTemplate(model=model, dataset=dataset), retries=2)
        yield _request(subject, "forecast", arrived, [forecast], cool_down_seconds=0, most_per_day=_MOST_PER_DAY)
    steps: list[Step] = [RunStep(do="train", run=subject.training)]
    if asked.notify:
        steps.append(_notify(asked.notify))
    # One retraining covers all earlier causes, so the three share a cool-down: a seventh of the interval or a day.
    pause = _DAY if asked.retrain == NEVER else max(1, min(_DAY, _seconds(asked.retrain) // 7))
    group = f"keep-fresh:{subject.label}:retrain"
    if asked.retrain != NEVER:
        yield _every(subject, "retrain_regularly", asked.retrain, steps, cool_down_seconds=pause, group=group)
    often = _Often(cool_down_seconds=pause, most_per_day=_most(pause), group=group)
    if subject.can_forecast:
        yield _request(subject, "retrain_on_drift", _on("model.drift", _is("model", model)), steps, **often)
    worse = OnMeasure(
        on="measure",
        measure="model.worse_than_baseline",
        of=model,
        above=0.5,
        every_seconds=max(5, min(300, pause)),
    )
    yield _request(subject, "retrain_when_worse", worse, steps, **often)


def _every(
    subject: Subject,
    role: Role,
    cadence: str,
    steps: Sequence[Step],
    *,
    cool_down_seconds: int = 0,
    group: str | None = None,
) -> AutomationRequest:
    every, unit = _interval(cadence)
    when = OnSchedule(on="schedule", interval=Interval(every=every, unit=unit))
    most = _most(_seconds(cadence))
    often = _Often(cool_down_seconds=cool_down_seconds, most_per_day=most, group=group)
    return _request(subject, role, when, steps, **often)


def _request(
    subject: Subject,
    role: Role,
    when: When,
    steps: Sequence[Step],
    *,
    cool_down_seconds: int,
    most_per_day: int = 24,
    group: str | None = None,
) -> AutomationRequest:
    return AutomationRequest(
        name=name_of(subject.label, role),
        when=when,
        steps=[*steps],
        cool_down_seconds=cool_down_seconds,
        cool_down_group=group,
        most_per_day=most_per_day,
    )


def _on(type_: str, *where: FieldFilter) -> OnEvent:
    return OnEvent(on="event", type=type_, where=[*where])


def _notify(targets: Sequence[str]) -> NotifyStep:
    return NotifyStep(do="notify", to=[*targets], on_failure="continue")


def _is(field: str, value: str) -> FieldFilter:
    return FieldFilter(field=field, equals=value)


def _interval(cadence: str) -> tuple[int, Unit]:
    if cadence in _WORDS:
        return _WORDS[cadence]
    found = re.fullmatch(r"([0-9]+)([smhd])", cadence)
    assert found is not None  # guaranteed by the request's pattern
    return int(found[1]), _UNITS[found[2]]


def _seconds(cadence: str) -> int:
    every, unit = _interval(cadence)
    return every * _SECONDS[unit]


def _most(seconds: int) -> int:
    """Return the daily limit of firings for an interval: twice the expected number, from 24 to 10,000."""
    return min(_MOST_PER_DAY, max(24, 2 * _DAY // seconds))
