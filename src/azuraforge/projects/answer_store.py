"""SQL queries for idempotent requests."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Session, now, seconds_from_now
from azuraforge.projects.tables import AnsweredRequest


def get(session: Session, key: str, kept_seconds: float) -> AnsweredRequest | None:
    """Return the row of a key; None if there is none or it has expired."""
    return session.scalar(
        select(AnsweredRequest).where(
            AnsweredRequest.key == key,
            AnsweredRequest.created_at > seconds_from_now(-kept_seconds),
        )
    )


def take(session: Session, key: str, route: str, kept_seconds: float) -> bool:
    """Record the key in the transaction of the request's effect; return whether it was not recorded before.

    Rows that have expired are deleted first.
    """
    outlived = AnsweredRequest.created_at <= seconds_from_now(-kept_seconds)
    session.execute(
        delete(AnsweredRequest).where(outlived),
        execution_options={"synchronize_session": False},
    )
    statement = _insert(session).values(project_id=session.project_id, key=key, route=route, created_at=now())
    return session.connection().execute(statement.on_conflict_do_nothing()).rowcount == 1


def answer(session: Session, key: str, values: dict[str, object]) -> None:
    """Store the response with its key unless the key already has a response."""
    statement = _insert(session).values(project_id=session.project_id, key=key, created_at=now(), **values)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=[AnsweredRequest.project_id, AnsweredRequest.key],
            set_=values,
            where=AnsweredRequest.request_hash.is_(None),
        )
    )


def _insert(session: Session) -> postgresql.Insert | sqlite.Insert:
    dialect = session.get_bind().dialect.name
    return postgresql.insert(AnsweredRequest) if dialect == "postgresql" else sqlite.insert(AnsweredRequest)
