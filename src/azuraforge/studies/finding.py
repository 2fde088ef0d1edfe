"""Lookup of studies, and checks of their state before a change."""

from __future__ import annotations

from azuraforge.database import Session, name_search
from azuraforge.database.name_search import NamedRow
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.messages import Message
from azuraforge.studies import store
from azuraforge.studies.tables import Study


def require(row: Study, *states: str) -> None:
    """Raise Conflict unless the study is in one of ``states``."""
    if row.state not in states:
        raise Conflict(
            "the study is {state}",
            where="study {study}",
            next_step="wait until the study ends, resume it, or choose another one: azuraforge studies show {study!r}",
            code="wrong_state",
            state=Message(f"state.{row.state}"),
            study=row.name,
        )


def require_kept(row: Study) -> None:
    """Raise Conflict if the study is in the trash."""
    if row.deleted_at is not None:
        raise Conflict(
            "the study is in the trash",
            where="study {study}",
            next_step="restore the study first: azuraforge studies restore {id}",
            study=row.name,
            id=row.id,
        )


def locked_study(session: Session, study: str) -> Study:
    """Return a study with its row locked until commit.

    Raises NotFound if the study does not exist, and Conflict if it is in the trash.
    """
    row = found_study(store.find(session, study, trash=True), study)
    locked = found_study(store.lock(session, row.id), study)
    require_kept(locked)
    return locked


def found_study(study: Study | None, name: str) -> Study:
    """Return ``study``. Raises NotFound if it is None."""
    if study is None:
        raise NotFound("study {study!r} does not exist", next_step="run azuraforge studies list", study=name)
    return study


def find_named(session: Session, text: str, limit: int) -> list[NamedRow]:
    """Return the newest studies whose name contains ``text`` or whose id begins with it."""
    return name_search.find_named(
        session,
        text,
        limit,
        key=Study.id,
        name=Study.name,
        created_at=Study.created_at,
        deleted_at=Study.deleted_at,
        state=Study.state,
    )


def earlier_trials(session: Session, name: str, values: dict[str, object]) -> str:
    """Return the id of the study ``name`` to start from; ``values`` are the columns of the new study.

    Raises NotFound if the study does not exist, and InvalidInput if its trials are not comparable.
    """
    earlier = found_study(store.find(session, name), name)
    for difference, theirs, ours in (
        (Message("another pipeline"), earlier.plugin, values["plugin"]),
        (Message("another dataset"), earlier.dataset_name, values["dataset_name"]),
        (Message("other objectives"), earlier.objectives, values["objectives"]),
    ):
        if theirs != ours:
            raise InvalidInput(
                "a study cannot start from study {study!r}, which has {difference}",
                where="warm_start_from",
                next_step="start from a study with the same pipeline, dataset and objectives",
                study=earlier.name,
                difference=difference,
            )
    return earlier.id
