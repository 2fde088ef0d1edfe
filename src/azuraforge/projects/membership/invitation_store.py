"""SQL queries for invitations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, String, and_, delete, func, or_, select, update

from azuraforge.database import ProjectKey, Session, cross_project_query, now, seconds_from_now
from azuraforge.database.keyset import behind
from azuraforge.projects.tables import Invitation, Project


@cross_project_query(hash=String())
def project_of_invitation(hash: ColumnElement[str]) -> Select[str]:
    """Select the project of an invitation by its hash, because a link does not name its project."""
    return select(Invitation.project_id).where(Invitation.hash == hash).limit(1)


def find(session: Session, hash_: str) -> ProjectKey | None:
    """Return the project of the invitation with this hash; None if unknown. Requires a session of system scope."""
    rows = project_of_invitation(session, hash=hash_)
    return ProjectKey(rows[0].project_id) if rows else None


def given(session: Session, hash_: str, *, lock: bool = False) -> Row[Invitation, bool, Project] | None:
    """Return an invitation, whether it has expired, and its project; ``lock`` locks the invitation until the commit."""
    statement = (
        select(Invitation, Invitation.expires_at <= now(), Project)
        .join(Project, Project.id == Invitation.project_id)
        .where(Invitation.hash == hash_)
    )
    return session.execute(statement.with_for_update(of=Invitation) if lock else statement).first()


def page(session: Session, limit: int, after: tuple[datetime, str] | None) -> list[tuple[Invitation, bool]]:
    """Return a page of the invitations after the key ``after``, latest first, each with whether it expired."""
    columns = Invitation.created_at, Invitation.id
    statement = select(Invitation, Invitation.expires_at <= now()).order_by(*(each.desc() for each in columns))
    if after is not None:
        statement = statement.where(behind(columns, after, descending=True))
    return [(row, over) for row, over in session.execute(statement.limit(limit))]


def add(session: Session, hash_: str, role: str, person_id: str, seconds: float) -> Invitation:
    """Add an invitation by a member and return its row."""
    row = Invitation(
        project_id=session.project_id,
        hash=hash_,
        role=role,
        created_by=person_id,
        expires_at=seconds_from_now(seconds),
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def use(session: Session, row: Invitation) -> None:
    """Mark an invitation as used by the person who joins the session's project."""
    used = {"used_at": now(), "used_by": session.person_id}
    session.execute(update(Invitation).where(Invitation.hash == row.hash).values(used))


def count_open(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Invitation).where(_open())) or 0


def delete_one(session: Session, id_: str) -> str | None:
    """Delete an invitation that was not used and return its role; None if there is none."""
    statement = delete(Invitation).where(Invitation.id == id_, Invitation.used_at.is_(None))
    return session.scalar(statement.returning(Invitation.role))


def withdraw(session: Session, person_id: str, roles: tuple[str, ...]) -> list[tuple[str, str]]:
    """Delete a member's unused invitations to some roles; return the id and role of each that had not expired."""
    statement = delete(Invitation).where(
        Invitation.created_by == person_id, Invitation.role.in_(roles), Invitation.used_at.is_(None)
    )
    found = session.execute(statement.returning(Invitation.id, Invitation.role, Invitation.expires_at > now()))
    return [(id_, role) for id_, role, is_open in found if is_open]


def delete_old(session: Session, kept_seconds: float) -> None:
    """Delete invitations that expired, or were used, more than ``kept_seconds`` ago."""
    before = seconds_from_now(-kept_seconds)
    old = or_(and_(Invitation.used_at.is_(None), Invitation.expires_at < before), Invitation.used_at < before)
    session.execute(delete(Invitation).where(old), execution_options={"synchronize_session": False})


def _open() -> ColumnElement[bool]:
    return and_(Invitation.used_at.is_(None), Invitation.expires_at > now())
