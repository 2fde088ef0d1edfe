"""SQL queries for quotas."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, func, select

from azuraforge.database import Session
from azuraforge.projects.quotas.tables import Quota
from azuraforge.projects.tables import Member


def limits(session: Session) -> Quota | None:
    """Return the quota of the session's project; None if it has none."""
    return session.scalar(select(Quota))


def replace(session: Session, limits: Mapping[str, int | None]) -> None:
    """Set all limits of the session's project."""
    session.execute(delete(Quota))
    if any(each is not None for each in limits.values()):
        session.add(Quota(project_id=session.project_id, **limits))
    session.flush()


def serialise(session: Session) -> None:
    """Wait for other transactions that check the project's quota. SQLite needs no lock: it has a single writer.

    An advisory lock, because transactions that record files share the lock on the project's row.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = func.hashtextextended(f"azuraforge quota {session.project_id}", 0)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def count_members(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Member)) or 0
