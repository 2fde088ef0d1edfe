"""Checks that prevent the deletion of datasets, models and targets that schedules and automations use."""

from __future__ import annotations

from azuraforge.automations import store
from azuraforge.automations.fresh.plan import is_name_of_fresh
from azuraforge.automations.tables import Schedule
from azuraforge.automations.triggers import store as automations
from azuraforge.automations.triggers.definition import NotifyStep, OnMeasure, subject_of, values_of
from azuraforge.automations.triggers.tables import Automation
from azuraforge.database import Session
from azuraforge.errors import Conflict
from azuraforge.messages import Message


def object_to_dataset(session: Session, id_: str, name: str, version: int | None) -> None:
    """Raise Conflict if a schedule or an automation uses the dataset, or the given version of it."""
    what = (
        Message("dataset {name!r}", {"name": name})
        if version is None
        else Message("version {version} of {name!r}", {"version": version, "name": name})
    )
    for schedule in store.every(session):
        trained = schedule.run_request
        if trained.dataset in (id_, name) and version in (None, trained.dataset_version):
            raise _needed(what, schedule)
    for automation in automations.every(session):
        for step in map(subject_of, automation.steps):
            if step.dataset in (id_, name) and version in (None, step.dataset_version):
                raise _used(what, automation)
        watched = (_watched(automation, "dataset."), *values_of(automation.when, "dataset"))
        if version is None and (id_ in watched or name in watched):
            raise _used(what, automation)


def object_to_model(session: Session, name: str) -> None:
    """Raise Conflict if a schedule or an automation uses the model."""
    for schedule in store.every(session):
        asked = schedule.run_request
        if name == (asked.model or asked.dataset):
            raise _needed(Message("model {name!r}", {"name": name}), schedule)
    for automation in automations.every(session):
        named = [step.model or step.dataset for step in map(subject_of, automation.steps)]
        if name in (*named, _watched(automation, "model."), *values_of(automation.when, "model")):
            raise _used(Message("model {name!r}", {"name": name}), automation)


def object_to_target(session: Session, id_: str, name: str) -> None:
    """Raise Conflict if an automation sends messages to the target."""
    for automation in automations.every(session):
        for step in automation.steps:
            if isinstance(step, NotifyStep) and (id_ in step.to or name in step.to):
                raise _used(Message("target {name!r}", {"name": name}), automation)


def _watched(automation: Automation, measures: str) -> str | None:
    """Return the dataset or model that an automation watches; None unless its measure begins with ``measures``."""
    when = automation.when
    return when.of if isinstance(when, OnMeasure) and when.measure.startswith(measures) else None


def _used(what: Message, automation: Automation) -> Conflict:
    model = next((step.model for step in map(subject_of, automation.steps) if step.model), None)
    fresh = model is not None and is_name_of_fresh(automation.name)
    return Conflict(
        "automation {automation!r} uses {what}",
        where="automation {automation}",
        next_step="stop keeping the model fresh first: azuraforge models keep-fresh {model} --off"
        if fresh
        else "delete the automation first: azuraforge automations delete {automation!r}",
        what=what,
        model=model,
        automation=automation.name,
    )


def _needed(what: Message, schedule: Schedule) -> Conflict:
    return Conflict(
        "schedule {schedule!r} uses {what}",
        where="schedule {schedule}",
        next_step="delete the schedule first: azuraforge schedules delete {schedule!r}",
        what=what,
        schedule=schedule.name,
    )
