"""SQL queries for the states of a project."""

from __future__ import annotations

from sqlalchemy import select

from azuraforge.database import Session, now
from azuraforge.projects.tables import Project


def project(session: Session) -> Project:
    """Return the session's project in its present state; lock it first."""
    statement = select(Project).where(Project.id == session.project_id)
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def archive(session: Session, row: Project) -> None:
    row.archived_at = now()
    session.flush()
