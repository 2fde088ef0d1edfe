"""SQL queries for idempotent requests, of a project or of a person: the session's scope decides which table is used."""

from __future__ import annotations

from typing import cast

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Session, now, seconds_from_now
from azuraforge.projects.tables import AnsweredPersonRequest, AnsweredRequest

#: A row of either table.
Answered = AnsweredRequest | AnsweredPersonRequest


def get(session: Session, key: str, kept_seconds: float) -> Answered | None:
    """Return the row of a key; None if there is none or it has expired."""
    table = _table(session)
    row = session.scalar(select(table).where(table.key == key, table.created_at > seconds_from_now(-kept_seconds)))
    return cast(Answered | None, row)


def take(session: Session, key: str, route: str, kept_seconds: float) -> bool:
    """Record the key in the transaction of the request's effect; return whether it was not recorded before.

    Rows that have expired are deleted first.
    """
    table = _table(session)
    session.execute(
        delete(table).where(table.created_at <= seconds_from_now(-kept_seconds)),
        execution_options={"synchronize_session": False},
    )
    statement = _insert(session).values(**_owner(session), key=key, route=route, created_at=now())
    return session.connection().execute(statement.on_conflict_do_nothing()).rowcount == 1


def answer(session: Session, key: str, values: dict[str, object]) -> None:
    """Store the response with its key unless the key already has a response."""
    statement = _insert(session).values(**_owner(session), key=key, created_at=now(), **values)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=[*_owner(session), "key"],
            set_=values,
            where=_table(session).request_hash.is_(None),
        )
    )


def _table(session: Session) -> type[AnsweredRequest] | type[AnsweredPersonRequest]:
    return AnsweredRequest if session.scope.project_id is not None else AnsweredPersonRequest


def _owner(session: Session) -> dict[str, str]:
    """Return the column that contains the owner, with its value."""
    if session.scope.project_id is not None:
        return {"project_id": session.project_id}
    return {"person_id": session.person_id}


def _insert(session: Session) -> postgresql.Insert | sqlite.Insert:
    dialect = session.get_bind().dialect.name
    table = _table(session)
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
