"""SQL queries for the states of a project."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from azuraforge.database import Session, now
from azuraforge.projects.tables import Member, Project

_FRESH = {"populate_existing": True}


class Deleted(NamedTuple):
    """A project in the trash."""

    project_id: str
    slug: str
    name: str
    deleted_at: datetime
    deleted_by: str | None


def project(session: Session) -> Project:
    """Return the session's project in its present state; lock it first."""
    statement = select(Project).where(Project.id == session.project_id)
    return session.scalars(statement, execution_options=_FRESH).one()


def archive(session: Session, row: Project) -> None:
    row.archived_at = now()
    session.flush()


def delete(session: Session, row: Project, by: str) -> None:
    """Move the project to the trash."""
    row.deleted_at, row.deleted_by = now(), by
    session.flush()


def lock(session: Session, *, exclusive: bool = False) -> None:
    """Lock the project until the commit; ``exclusive``: also against new rows that refer to it."""
    statement = select(Project.id).where(Project.id == session.project_id)
    session.execute(statement.with_for_update(key_share=not exclusive))


def deleted_at(session: Session) -> datetime | None:
    """Return the time at which the session's project was deleted; None if it is not in the trash, or is purged."""
    return session.scalar(select(Project.deleted_at).where(Project.id == session.project_id))


def has_members(session: Session) -> bool:
    return session.scalar(select(Member.person_id).limit(1)) is not None


def member_ids(session: Session) -> list[str]:
    return list(session.scalars(select(Member.person_id)))


def owned(session: Session, slug: str, *, in_trash: bool) -> str | None:
    """Return the id of the project that the session's person owns; with ``in_trash``, only if it is deleted."""
    statement = select(Project.id).join(Member, Member.project_id == Project.id)
    statement = statement.where(Project.slug == slug, Member.role == "owner")
    if in_trash:
        statement = statement.where(Project.deleted_at.is_not(None))
    return session.scalar(statement)


def owned_in_trash(session: Session, limit: int, after: tuple[str] | None) -> list[Deleted]:
    """Return a page of the deleted projects that the session's person owns, by slug, after the key ``after``."""
    statement = (
        select(Project.id, Project.slug, Project.name, Project.deleted_at, Project.deleted_by)
        .join(Member, Member.project_id == Project.id)
        .where(Project.deleted_at.is_not(None), Member.role == "owner")
        .order_by(Project.slug)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(Project.slug > after[0])
    rows = session.execute(statement)
    return [Deleted(id_, slug, name, at, by) for id_, slug, name, at, by in rows if at is not None]


def restore(session: Session, row: Project) -> None:
    """Take the project out of the trash."""
    row.deleted_at = row.deleted_by = None
    session.flush()
