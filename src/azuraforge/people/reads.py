"""Typed reads of people for other packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from azuraforge.database import Session
from azuraforge.people import store
from azuraforge.people.tables import name_key


@dataclass(frozen=True)
class KnownSecret:
    """A valid secret of a person. ``kind`` is ``session`` or ``local``."""

    kind: str
    person_name: str
    expires_at: datetime | None


def person_of(session: Session, hash_: str) -> str | None:
    """Return the id of the person of a secret; None if unknown. Requires a session of system scope."""
    place = store.find_secret(session, hash_)
    return None if place is None else place.person_id


def known_secret(session: Session, hash_: str, idle_seconds: float) -> KnownSecret | None:
    """Return the valid session or command-line token with this hash, in a session of its person; None otherwise."""
    found = store.known(session, hash_, ("session", "local"), idle_seconds)
    if found is None:
        return None
    row, name = found
    return KnownSecret(row.kind, name, row.expires_at)


def working_name(session: Session, person_id: str) -> str | None:
    """Return a person's name; None if the person is disabled, or the session does not see the person."""
    return store.working_name(session, person_id)


def name_of(session: Session, person_id: str) -> str | None:
    """Return a person's name; None if the session does not see the person."""
    return store.name_of(session, person_id)


@dataclass(frozen=True)
class KnownPerson:
    """Name of a person, and ``person`` or ``service``."""

    name: str
    kind: str


def people(session: Session, person_ids: Sequence[str]) -> dict[str, KnownPerson]:
    """Return those of the people whom the session sees, by id."""
    return {row.id: KnownPerson(row.name, row.kind) for row in store.people(session, person_ids)}


def is_service_account(session: Session, person_id: str | None) -> bool:
    """Return whether a person whom the session sees is a service account."""
    return person_id is not None and store.kind_of(session, person_id) == "service"


def has_name(session: Session, name: str) -> bool:
    """Return whether a person whom the session sees has this name, regardless of upper and lower case."""
    key = name_key(name)
    return any(name_key(each) == key for each in store.names(session))
