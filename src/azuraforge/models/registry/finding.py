"""Lookup of models and versions by name, number or alias, with errors that explain why one is not available."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence

from azuraforge.database import Session
from azuraforge.errors import Conflict, NotFound
from azuraforge.models import store, trash_store
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.tables import Model, ModelVersion


def find_model(session: Session, name: str, *, trash: bool = False) -> Model:
    """Return a model. Raises NotFound if it does not exist or, without ``trash``, if it is in the trash."""
    found = store.model(session, name)
    if found is None and trash:
        found = trash_store.find(session, name)
    return found if found is not None else _unknown(session, name)


def lock_model(session: Session, name: str) -> Model:
    """Return a model with its row locked until commit. Raises NotFound if it does not exist or is in the trash."""
    found = store.lock_model(session, name)
    return found if found is not None else _unknown(session, name)


def find_version(session: Session, owner: Model, number: int, *, trash: bool = False) -> ModelVersion:
    """Return a version. Raises NotFound if it does not exist, was purged or, without ``trash``, is in the trash."""
    row = store.version(session, owner.id, number)
    if row is not None and row.purged_at is None and row.deleted_at is not None and not trash:
        raise NotFound(
            "version {version} of model {model!r} is in the trash",
            next_step="run azuraforge models restore {model} {version}",
            code="in_trash",
            version=number,
            model=owner.name,
        )
    if row is None or row.purged_at is not None:
        raise NotFound(
            "model {model!r} has no version {version}",
            next_step="run azuraforge models show {model}",
            model=owner.name,
            version=number,
        )
    return row


def find_aliased(session: Session, owner: Model, alias: str) -> ModelVersion:
    """Return the version that an alias points to. Raises Conflict if the alias does not exist."""
    row = aliased(session, owner.id, alias)
    if row is None:
        raise without_alias(session, owner, alias)
    return row


def without_alias(session: Session, owner: Model, alias: str) -> Conflict:
    """Return the error for an alias that does not exist; it names the command that sets the alias."""
    name = shlex.quote(owner.name)
    newest = next((each.version for each in store.versions(session, owner.id)), None)
    return Conflict(
        "model {model!r} has no version under the alias {alias!r}",
        where="model {model}",
        next_step="train a version with azuraforge runs start --dataset DATASET --model {name}"
        if newest is None
        else "choose a version with azuraforge models show {name}, then promote it with"
        " azuraforge models promote {name} {newest}{option} --reason WHY",
        model=owner.name,
        alias=alias,
        name=name,
        newest=newest,
        option="" if alias == CHAMPION else f" --alias {alias}",
    )


def aliased(session: Session, model_id: str, alias: str) -> ModelVersion | None:
    """Return the version that an alias points to; None if the alias does not exist."""
    pointer = store.alias(session, model_id, alias)
    return store.version(session, model_id, pointer.version) if pointer else None


def unknown(name: str, names: Sequence[str]) -> NotFound:
    """Return the error for an unknown model; ``names`` are the names of the existing models, for a suggestion."""
    close = difflib.get_close_matches(name, names, n=1)
    return NotFound(
        "model {name!r} does not exist",
        next_step="did you mean {close!r}? run azuraforge models list" if close else "run azuraforge models list",
        name=name,
        close=close[0] if close else "",
    )


def _unknown(session: Session, name: str) -> Model:
    if trash_store.find(session, name) is not None:
        raise NotFound(
            "model {name!r} is in the trash",
            next_step="run azuraforge models restore {name}",
            code="in_trash",
            name=name,
        )
    raise unknown(name, store.names(session))
