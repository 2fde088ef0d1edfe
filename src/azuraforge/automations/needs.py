"""Checks that what schedules need is not deleted."""

from __future__ import annotations

from azuraforge.automations import store
from azuraforge.automations.tables import Schedule
from azuraforge.database import Session
from azuraforge.errors import Conflict


def object_to_dataset(session: Session, id_: str, name: str, version: int | None) -> None:
    """Raise Conflict where a schedule trains on this dataset, or on this version of it."""
    for schedule in store.every(session):
        asked = schedule.run_request
        if asked.get("dataset") in (id_, name) and version in (None, asked.get("dataset_version")):
            raise _needed(f"dataset {name!r}" if version is None else f"version {version} of {name!r}", schedule)


def object_to_model(session: Session, name: str) -> None:
    """Raise Conflict where a schedule trains this model."""
    for schedule in store.every(session):
        asked = schedule.run_request
        if name == (asked.get("model") or asked.get("dataset")):
            raise _needed(f"model {name!r}", schedule)


def _needed(what: str, schedule: Schedule) -> Conflict:
    return Conflict(
        f"{what} cannot be deleted while schedule {schedule.name!r} trains with it",
        where=f"schedule {schedule.name}",
        next_step=f"delete the schedule first: azuraforge schedules delete {schedule.name!r}",
    )
