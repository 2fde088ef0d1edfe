"""SQL queries for the platform's projects."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, Select, String, select

from azuraforge.database import ProjectKey, Session, cross_project_query
from azuraforge.projects.tables import Project


@cross_project_query(after=String(), limit=Integer())
def projects_by_slug(after: ColumnElement[str], limit: ColumnElement[int]) -> Select[str]:
    """Select the ids of all projects, archived and deleted ones included, by slug, after the slug ``after``."""
    found = select(Project.id.label("project_id")).where(Project.slug > after)
    return found.order_by(Project.slug).limit(limit)


def next_projects(session: Session, after: str, limit: int) -> list[ProjectKey]:
    """Return a page of projects after the slug ``after``. Requires a session of system scope."""
    return [ProjectKey(row.project_id) for row in projects_by_slug(session, after=after, limit=limit)]


def project(session: Session) -> Project | None:
    """Return the session's project; None if it was purged meanwhile."""
    return session.scalar(select(Project).where(Project.id == session.project_id))
