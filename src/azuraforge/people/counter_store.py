"""SQL queries for counters of password attempts. All of them need a session of system scope."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Session, now, seconds_from_now
from azuraforge.people.tables import SignInCounter


def attempts(session: Session, keys: Sequence[str], window_seconds: float) -> dict[str, int]:
    """Return the attempts of counters in their current windows; a counter without attempts is absent."""
    current = SignInCounter.started_at > seconds_from_now(-window_seconds)
    rows = session.execute(
        select(SignInCounter.key, SignInCounter.attempts).where(SignInCounter.key.in_(keys), current)
    )
    return {row.key: row.attempts for row in rows}


def count(session: Session, key: str, window_seconds: float) -> int:
    """Count one attempt and return the number in the current window, which this attempt may have started."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    old = SignInCounter.started_at <= seconds_from_now(-window_seconds)
    statement = insert(SignInCounter).values(key=key, attempts=1, started_at=now())
    statement = statement.on_conflict_do_update(
        index_elements=[SignInCounter.key],
        set_={
            "attempts": case((old, 1), else_=SignInCounter.attempts + 1),
            "started_at": case((old, now()), else_=SignInCounter.started_at),
        },
    )
    return session.execute(statement.returning(SignInCounter.attempts)).scalar_one()


def remove(session: Session, key: str) -> None:
    """Remove a counter."""
    session.execute(delete(SignInCounter).where(SignInCounter.key == key))


def remove_expired(session: Session, window_seconds: float) -> None:
    """Remove counters whose window has ended."""
    session.execute(delete(SignInCounter).where(SignInCounter.started_at <= seconds_from_now(-2 * window_seconds)))
