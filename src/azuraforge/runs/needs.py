"""Checks that prevent the deletion of datasets and models while unfinished runs use them."""

from __future__ import annotations

from azuraforge.database import Session
from azuraforge.errors import Conflict
from azuraforge.messages import Message
from azuraforge.runs import trash_store


def object_to_dataset(session: Session, id_: str, name: str, version: int | None) -> None:
    """Raise Conflict if an unfinished run reads the dataset, or the given version of it."""
    if (run_id := trash_store.going_on_dataset(session, id_, version)) is not None:
        raise _in_use(
            Message("dataset {name!r}", {"name": name})
            if version is None
            else Message("version {version} of {name!r}", {"version": version, "name": name}),
            run_id,
        )


def object_to_model(session: Session, name: str) -> None:
    """Raise Conflict if an unfinished run uses or trains the model."""
    if (run_id := trash_store.going_for_model(session, name)) is not None:
        raise _in_use(Message("model {name!r}", {"name": name}), run_id)


def _in_use(what: Message, run_id: str) -> Conflict:
    return Conflict(
        "{what} cannot be deleted while run {run_id} uses it",
        where="run {run_id}",
        next_step="wait for the run to end, or cancel it first: azuraforge runs cancel {run_id}",
        what=what,
        run_id=run_id,
    )
