"""Checks that what schedules and automations need is not deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from azuraforge.automations import store
from azuraforge.automations.fresh.plan import is_name_of_fresh
from azuraforge.automations.tables import Schedule
from azuraforge.automations.triggers import store as automations
from azuraforge.automations.triggers.tables import Automation
from azuraforge.database import Session
from azuraforge.errors import Conflict


def object_to_dataset(session: Session, id_: str, name: str, version: int | None) -> None:
    """Raise Conflict where a schedule trains on this dataset, or on this version of it."""
    for schedule in store.every(session):
        trained = schedule.run_request
        if trained.get("dataset") in (id_, name) and version in (None, trained.get("dataset_version")):
            raise _needed(f"dataset {name!r}" if version is None else f"version {version} of {name!r}", schedule)
    for automation in automations.every(session):
        for asked in _asked(automation):
            if asked.get("dataset") in (id_, name) and version in (None, asked.get("dataset_version")):
                raise _used(f"dataset {name!r}" if version is None else f"version {version} of {name!r}", automation)
        if version is None and any(
            each in (id_, name) for each in (_watched(automation, "dataset."), *_filtered(automation, "dataset"))
        ):
            raise _used(f"dataset {name!r}", automation)


def object_to_model(session: Session, name: str) -> None:
    """Raise Conflict where a schedule trains this model."""
    for schedule in store.every(session):
        asked = schedule.run_request
        if name == (asked.get("model") or asked.get("dataset")):
            raise _needed(f"model {name!r}", schedule)
    for automation in automations.every(session):
        named = [asked.get("model") or asked.get("dataset") for asked in _asked(automation)]
        if name in (*named, _watched(automation, "model."), *_filtered(automation, "model")):
            raise _used(f"model {name!r}", automation)


def object_to_target(session: Session, id_: str, name: str) -> None:
    """Raise Conflict where an automation sends messages to this target."""
    for automation in automations.every(session):
        for step in automation.steps:
            to = step.get("to") if isinstance(step, dict) else None
            if isinstance(to, list) and (id_ in to or name in to):
                raise _used(f"target {name!r}", automation, "deleted or renamed")


def _asked(automation: Automation) -> Iterator[Mapping[str, JsonValue]]:
    """Yield what the steps of an automation request: the body of a run or study, or the step itself."""
    for step in automation.steps:
        if isinstance(step, dict):
            found = step.get("run") or step.get("study") or step
            yield found if isinstance(found, dict) else step


def _watched(automation: Automation, measures: str) -> JsonValue:
    """The dataset or model whose measure is watched."""
    watches = str(automation.when.get("measure", "")).startswith(measures)
    return automation.when.get("of") if watches else None


def _filtered(automation: Automation, field: str) -> Iterator[JsonValue]:
    """Yield the values that the filters of an event allow for a field."""
    where = automation.when.get("where")
    for each in where if isinstance(where, list) else ():
        if isinstance(each, dict) and each.get("field") == field:
            several = each.get("one_of")
            yield each.get("equals")
            yield from several if isinstance(several, list) else ()


def _used(what: str, automation: Automation, done: str = "deleted") -> Conflict:
    next_step = f"delete the automation first: azuraforge automations delete {automation.name!r}"
    model = next((asked["model"] for asked in _asked(automation) if asked.get("model")), None)
    if model is not None and is_name_of_fresh(automation.name):
        next_step = f"stop keeping the model fresh first: azuraforge models keep-fresh {model} --off"
    return Conflict(
        f"{what} cannot be {done} while automation {automation.name!r} uses it",
        where=f"automation {automation.name}",
        next_step=next_step,
    )


def _needed(what: str, schedule: Schedule) -> Conflict:
    return Conflict(
        f"{what} cannot be deleted while schedule {schedule.name!r} trains with it",
        where=f"schedule {schedule.name}",
        next_step=f"delete the schedule first: azuraforge schedules delete {schedule.name!r}",
    )
