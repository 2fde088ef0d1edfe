"""SQL queries for secrets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from azuraforge.database import Session, now
from azuraforge.database.keyset import behind
from azuraforge.projects.secrets.tables import Secret

#: Part of the name of a secret that belongs to another package's row; names that users choose cannot contain it.
OWNED = ":"
_NAMED = ~Secret.name.contains(OWNED)


def get(session: Session, name: str) -> Secret | None:
    return session.scalars(select(Secret).where(Secret.name == name)).one_or_none()


def any_of(session: Session, names: Sequence[str]) -> bool:
    """Return whether a secret with one of these names exists."""
    return session.scalars(select(Secret.name).where(Secret.name.in_(names)).limit(1)).first() is not None


def page(session: Session, limit: int, after: tuple[str] | None) -> Sequence[Secret]:
    """Return a page of the secrets that users named, ordered by name, after the key ``after``."""
    statement = select(Secret).where(_NAMED).order_by(Secret.name).limit(limit)
    if after is not None:
        statement = statement.where(behind((Secret.name,), after))
    return session.scalars(statement).all()


def named(session: Session, names: Sequence[str]) -> Sequence[Secret]:
    """Return the secrets with these names; unknown names are skipped."""
    return session.scalars(select(Secret).where(Secret.name.in_(names))).all()


def count(session: Session) -> int:
    """Return the number of secrets that users have stored."""
    return session.execute(select(func.count()).select_from(Secret).where(_NAMED)).scalar_one()


def put(session: Session, name: str, key_id: str, sealed: bytes, person_name: str) -> Secret:
    """Add a secret, or replace the value of the existing one with this name."""
    row = get(session, name)
    if row is None:
        row = Secret(project_id=session.project_id, name=name, key_id=key_id, sealed=sealed, updated_by=person_name)
        session.add(row)
    else:
        row.key_id, row.sealed, row.updated_by = key_id, sealed, person_name
        row.updated_at = session.execute(select(now())).scalar_one()
    session.flush()
    session.refresh(row)
    return row


def remove(session: Session, name: str) -> bool:
    """Delete a secret; return whether it existed."""
    statement = delete(Secret).where(Secret.name == name).returning(Secret.name)
    return session.execute(statement).scalar() is not None
