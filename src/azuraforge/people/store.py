"""SQL queries for people and their secrets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, String, and_, delete, func, or_, select, update

from azuraforge.database import PersonKey, Session, cross_project_query, now, seconds_from_now
from azuraforge.database.keyset import behind
from azuraforge.people.tables import Person, PersonSession


@cross_project_query(hash=String())
def person_of_secret(hash: ColumnElement[str]) -> Select[str]:
    """Select the person of a secret by its hash, because a request with a secret does not name its person."""
    return select(PersonSession.person_id).where(PersonSession.hash == hash).limit(1)


def find_secret(session: Session, hash_: str) -> PersonKey | None:
    """Return the person of the secret with this hash; None if unknown. Requires a session of system scope."""
    rows = person_of_secret(session, hash=hash_)
    return PersonKey(rows[0].person_id) if rows else None


def name_of(session: Session, person_id: str) -> str | None:
    """Return a person's name; None if the session does not see the person."""
    return session.scalar(select(Person.name).where(Person.id == person_id))


def working_name(session: Session, person_id: str) -> str | None:
    """Return the name of a person who is not disabled; None otherwise."""
    return session.scalar(select(Person.name).where(Person.id == person_id, Person.disabled_at.is_(None)))


def kind_of(session: Session, person_id: str) -> str | None:
    """Return ``person`` or ``service``; None if the session does not see the person."""
    return session.scalar(select(Person.kind).where(Person.id == person_id))


def names(session: Session) -> list[str]:
    """Return the names of the people whom the session sees."""
    return list(session.scalars(select(Person.name)))


def people(session: Session, person_ids: Sequence[str]) -> list[Person]:
    """Return the rows of those people whom the session sees."""
    return list(session.scalars(select(Person).where(Person.id.in_(person_ids))))


def _alive(idle_seconds: float) -> ColumnElement[bool]:
    """Return the condition for secrets that have not expired and, if they are sessions, are not idle for too long."""
    last_use = func.coalesce(PersonSession.used_at, PersonSession.created_at)
    return and_(
        or_(PersonSession.expires_at.is_(None), PersonSession.expires_at > now()),
        or_(PersonSession.kind != "session", last_use > seconds_from_now(-idle_seconds)),
    )


def known(session: Session, hash_: str, kinds: tuple[str, ...], idle_seconds: float) -> Row[PersonSession, str] | None:
    """Return the valid secret with this hash and its person's name; None if there is none."""
    statement = (
        select(PersonSession, Person.name)
        .join(Person, Person.id == PersonSession.person_id)
        .where(
            PersonSession.hash == hash_,
            PersonSession.kind.in_(kinds),
            _alive(idle_seconds),
            Person.disabled_at.is_(None),
        )
    )
    return session.execute(statement).first()


def sessions(
    session: Session, idle_seconds: float, limit: int, after: tuple[datetime, str] | None
) -> list[PersonSession]:
    """Return a page of the person's valid browser sessions after the key ``after``, latest first."""
    columns = PersonSession.created_at, PersonSession.id
    statement = (
        select(PersonSession)
        .where(PersonSession.kind == "session", _alive(idle_seconds))
        .order_by(*(each.desc() for each in columns))
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(behind(columns, after, descending=True))
    return list(session.scalars(statement))


def add(
    session: Session,
    hash_: str,
    kind: str,
    expires_at: ColumnElement[datetime] | datetime | None,
    method: str | None = None,
    session_expires_at: datetime | None = None,
) -> PersonSession:
    """Add a secret of the session's person and return its row."""
    row = PersonSession(
        person_id=session.person_id,
        hash=hash_,
        kind=kind,
        expires_at=expires_at,
        method=method,
        session_expires_at=session_expires_at,
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def use_link(session: Session, hash_: str) -> tuple[str, datetime | None] | None:
    """Mark a one-time link as used; return None if it is not valid.

    Return how a session that it starts signed in, and the end of the session that made the link, if one did.
    """
    statement = (
        update(PersonSession)
        .where(
            PersonSession.hash == hash_,
            PersonSession.kind == "link",
            PersonSession.used_at.is_(None),
            PersonSession.expires_at > now(),
        )
        .values(used_at=now())
    )
    found = session.execute(statement.returning(PersonSession.method, PersonSession.session_expires_at)).first()
    return None if found is None else (found.method or "link", found.session_expires_at)


def note_use(session: Session, hash_: str, at_most_every_seconds: float) -> None:
    """Record that a session was used, unless a use was recorded within ``at_most_every_seconds``."""
    old = or_(PersonSession.used_at.is_(None), PersonSession.used_at < seconds_from_now(-at_most_every_seconds))
    session.execute(update(PersonSession).where(PersonSession.hash == hash_, old).values(used_at=now()))


def is_fresh_link(session: Session, hash_: str, seconds: float) -> bool:
    """Return whether this browser session began within the last ``seconds``, with a link of no other session."""
    statement = select(PersonSession.id).where(
        PersonSession.hash == hash_,
        PersonSession.method == "link",
        PersonSession.created_at > seconds_from_now(-seconds),
    )
    return session.scalar(statement) is not None


def delete_secret(session: Session, hash_: str) -> None:
    session.execute(delete(PersonSession).where(PersonSession.hash == hash_))


def delete_session(session: Session, id_: str) -> str | None:
    """Delete a browser session and return its hash; return None if the person has no session with this id."""
    statement = delete(PersonSession).where(PersonSession.kind == "session", PersonSession.id == id_)
    return session.execute(statement.returning(PersonSession.hash)).scalar()


def delete_kinds(session: Session, kinds: tuple[str, ...]) -> list[str]:
    """Delete all secrets of some kinds and return their hashes."""
    statement = delete(PersonSession).where(PersonSession.kind.in_(kinds))
    return list(session.scalars(statement.returning(PersonSession.hash)))


def delete_expired(session: Session, idle_seconds: float) -> None:
    """Delete the person's secrets that can no longer be used."""
    session.execute(
        delete(PersonSession).where(~_alive(idle_seconds)), execution_options={"synchronize_session": False}
    )
