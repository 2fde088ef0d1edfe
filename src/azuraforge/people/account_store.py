"""SQL queries for accounts: people by name, and their passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, delete, exists, select, update

from azuraforge.database import Session, cross_project_query, now
from azuraforge.people.tables import Administrator, Password, Person, name_key


@dataclass(frozen=True)
class Account:
    """A person as the person sees it. ``password_changed_at`` is None without a password."""

    name: str
    password_changed_at: datetime | None
    administrator: bool


@cross_project_query(name_key=String())
def person_named(name_key: ColumnElement[str]) -> Select[str]:
    """Select the person with a name, because someone who signs in has no scope yet. Service accounts cannot sign in."""
    return select(Person.id.label("person_id")).where(Person.name_key == name_key, Person.kind == "person")


def find_person(session: Session, key: str) -> str | None:
    """Return the id of the person with this ``name_key``; None if there is none. Requires system scope."""
    rows = person_named(session, name_key=key)
    return rows[0].person_id if rows else None


def password_of(session: Session) -> str | None:
    """Return the password's hash of the session's person; None without a password, or if the person is disabled."""
    statement = select(Password.hash).join(Person, Person.id == Password.person_id)
    return session.scalar(statement.where(Person.disabled_at.is_(None)))


def account(session: Session) -> Account | None:
    """Return the account of the session's person."""
    statement = select(Person.name, Password.changed_at, exists(select(Administrator.person_id))).join(
        Password, Password.person_id == Person.id, isouter=True
    )
    found = session.execute(statement).first()
    return None if found is None else Account(*found)


def add_person(session: Session, name: str, password_hash: str | None) -> None:
    """Add the session's person, with a password if ``password_hash`` is given. The name must be unique."""
    session.add(Person(id=session.person_id, name=name))
    session.flush()
    if password_hash is not None:
        set_password(session, password_hash)


def add_service_account(session: Session, name: str) -> None:
    """Add the session's person as a service account.

    Its name is not unique on the platform, because an unavailable name would reveal those of other projects. The key
    contains a control character, which no name of a person contains.
    """
    session.add(Person(id=session.person_id, name=name, name_key=f"\x1f{session.person_id}", kind="service"))
    session.flush()


def rename(session: Session, name: str) -> None:
    """Rename the session's person. The name must be unique."""
    session.execute(update(Person).values(name=name, name_key=name_key(name)))


def set_password(session: Session, hash_: str) -> None:
    """Store the password's hash of the session's person."""
    changed = session.execute(update(Password).values(hash=hash_, changed_at=now()).returning(Password.person_id))
    if changed.first() is None:
        session.add(Password(person_id=session.person_id, hash=hash_))
        session.flush()


def replace_hash(session: Session, former: str, hash_: str) -> None:
    """Store another hash of the same password, unless the password was changed meanwhile."""
    session.execute(update(Password).where(Password.hash == former).values(hash=hash_))


def remove_password(session: Session) -> None:
    """Remove the password of the session's person, who can then sign in through links only."""
    session.execute(delete(Password))
