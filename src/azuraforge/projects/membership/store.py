"""SQL queries for members."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from azuraforge.database import Session
from azuraforge.database.keyset import behind
from azuraforge.projects.tables import Member, Token


def members(session: Session, limit: int, after: tuple[datetime, str] | None) -> list[Member]:
    """Return a page of the project's members after the key ``after``, longest membership first."""
    columns = Member.created_at, Member.person_id
    statement = select(Member).order_by(*columns).limit(limit)
    if after is not None:
        statement = statement.where(behind(columns, after))
    return list(session.scalars(statement))


def locked(session: Session, person_id: str) -> Member | None:
    """Return a member, locked until the commit so that no token is created meanwhile; None if there is none."""
    return session.scalar(select(Member).where(Member.person_id == person_id).with_for_update())


def count_owners(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Member).where(Member.role == "owner")) or 0


def remove(session: Session, row: Member) -> list[str]:
    """Delete a member with its API tokens, and return the hashes of these."""
    hashes = list(session.scalars(delete(Token).where(Token.person_id == row.person_id).returning(Token.hash)))
    session.delete(row)
    session.flush()
    return hashes
