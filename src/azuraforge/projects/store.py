"""The only SQL of projects, members and credentials."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from azuraforge.database import now
from azuraforge.projects.tables import Credential, Member, Project, User


def project_by_slug(session: Session, slug: str) -> Project | None:
    return session.scalar(select(Project).where(Project.slug == slug))


def add_project(session: Session, slug: str, name: str, owner: str) -> tuple[Project, User]:
    """A project with an owner; the user is made where the name is new."""
    project = Project(slug=slug, name=name)
    user = session.scalar(select(User).where(User.name == owner)) or User(name=owner)
    session.add_all([project, user])
    session.flush()
    session.add(Member(project_id=project.id, user_id=user.id, role="owner"))
    session.flush()
    return project, user


def owner_of(session: Session, project_id: str) -> str:
    """The id of the project's owner."""
    statement = select(Member.user_id).where(Member.project_id == project_id, Member.role == "owner")
    return session.scalars(statement.order_by(Member.created_at)).first() or ""


def _alive() -> ColumnElement[bool]:
    return or_(Credential.expires_at.is_(None), Credential.expires_at > now())


def credential(session: Session, hash_: str, kinds: tuple[str, ...]) -> Any | None:
    """The living credential with its project and user, found by the hash of its secret."""
    statement = (
        select(Credential, Project, User)
        .join(Project, Project.id == Credential.project_id)
        .join(User, User.id == Credential.user_id)
        .where(Credential.hash == hash_, Credential.kind.in_(kinds), _alive())
    )
    return session.execute(statement).first()


def use_link(session: Session, hash_: str) -> Credential | None:
    """Take a one-time link; only the first caller gets it."""
    statement = (
        update(Credential)
        .where(Credential.hash == hash_, Credential.kind == "link", Credential.used_at.is_(None), _alive())
        .values(used_at=now())
        .returning(Credential)
    )
    return session.scalars(statement).first()


def touch(session: Session, hash_: str) -> None:
    session.execute(update(Credential).where(Credential.hash == hash_).values(used_at=now()))


def tokens(session: Session, project_id: str) -> list[Credential]:
    statement = select(Credential).where(Credential.project_id == project_id, Credential.kind == "token")
    return list(session.scalars(statement.order_by(Credential.created_at)))


def delete_token(session: Session, project_id: str, id_: str) -> str | None:
    """Remove a token and return its hash; None where the project has none with this id."""
    statement = delete(Credential).where(
        Credential.project_id == project_id, Credential.kind == "token", Credential.id == id_
    )
    return session.execute(statement.returning(Credential.hash)).scalar()


def delete_kind(session: Session, project_id: str, kind: str) -> None:
    session.execute(delete(Credential).where(Credential.project_id == project_id, Credential.kind == kind))


def delete_credential(session: Session, hash_: str) -> None:
    session.execute(delete(Credential).where(Credential.hash == hash_))


def delete_expired(session: Session) -> None:
    session.execute(delete(Credential).where(Credential.expires_at <= now()))


def add_credential(
    session: Session,
    *,
    project_id: str,
    user_id: str,
    kind: str,
    hash_: str,
    role: str,
    name: str = "",
    expires_at: datetime | Any = None,
) -> Credential:
    row = Credential(
        project_id=project_id, user_id=user_id, kind=kind, hash=hash_, role=role, name=name, expires_at=expires_at
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row
