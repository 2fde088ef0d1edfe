"""SQL queries for the administration of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, String, delete, exists, func, select, update

from azuraforge.database import PersonKey, Session, cross_project_query, now
from azuraforge.people.tables import MEMBER, Administrator, Password, Person, PersonSession


@cross_project_query(after=String(), limit=Integer())
def people_after(after: ColumnElement[str], limit: ColumnElement[int]) -> Select[str]:
    """Select the ids of people, not of service accounts, by the unique form of their names, after ``after``."""
    found = select(Person.id.label("person_id")).where(Person.kind == "person", Person.name_key > after)
    return found.order_by(Person.name_key).limit(limit)


@cross_project_query()
def working_administrators() -> Select[str]:
    """Select the administrators who are not disabled, locked, so that two changes cannot leave none."""
    found = select(Administrator.person_id).join(Person, Person.id == Administrator.person_id)
    return found.where(Person.disabled_at.is_(None)).order_by(Administrator.person_id).with_for_update(key_share=True)


@dataclass(frozen=True)
class Profile:
    """A person as administrators see it."""

    id: str
    name: str
    name_key: str
    administrator: bool
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    used_at: datetime | None
    projects: int


def next_people(session: Session, after: str, limit: int) -> list[PersonKey]:
    """Return a page of people after the unique form ``after`` of a name. Requires a session of system scope."""
    return [PersonKey(row.person_id) for row in people_after(session, after=after, limit=limit)]


def locked_administrators(session: Session) -> list[str]:
    """Return the ids of the administrators who are not disabled. Requires a session of system scope."""
    return [row.person_id for row in working_administrators(session)]


def is_administrator(session: Session) -> bool:
    """Return whether the session's person is an administrator who is not disabled."""
    found = select(Administrator.person_id).join(Person, Person.id == Administrator.person_id)
    return session.scalar(found.where(Person.disabled_at.is_(None))) is not None


def profile(session: Session) -> Profile | None:
    """Return the session's person; None for a service account, and if there is none."""
    used = func.max(func.coalesce(PersonSession.used_at, PersonSession.created_at))
    statement = select(
        Person.id,
        Person.name,
        Person.name_key,
        exists(select(Administrator.person_id)),
        exists(select(Password.person_id)),
        Person.created_at,
        Person.disabled_at,
        select(used).where(PersonSession.kind == "session").scalar_subquery(),
        select(func.count()).select_from(MEMBER).where(MEMBER.c.person_id == session.person_id).scalar_subquery(),
    ).where(Person.kind == "person")
    found = session.execute(statement).first()
    return None if found is None else Profile(*found)


def has_signed_in(session: Session) -> bool:
    """Return whether the session's person has a password, a project or a secret other than a link."""
    secret = exists(select(PersonSession.id).where(PersonSession.kind != "link"))
    project = exists().where(MEMBER.c.person_id == session.person_id)
    return bool(session.scalar(select(exists(select(Password.person_id)) | secret | project)))


def set_disabled(session: Session, disabled: bool) -> None:
    """Disable or enable the session's person. A person who is disabled already keeps the time of it."""
    if disabled:
        session.execute(update(Person).where(Person.disabled_at.is_(None)).values(disabled_at=now()))
    else:
        session.execute(update(Person).values(disabled_at=None))


def set_administrator(session: Session, administrator: bool) -> None:
    """Make the session's person an administrator, or take this away."""
    if not administrator:
        session.execute(delete(Administrator))
    elif session.scalar(select(Administrator.person_id)) is None:
        session.add(Administrator(person_id=session.person_id))
        session.flush()
