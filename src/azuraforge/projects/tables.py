"""Tables of projects, members, invitations, API tokens, answered requests and retention policies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, Deletable, Owned, PersonOwned, Scoped, Timestamp, new_id, now


class Project(Deletable, Scoped, Base):
    """The tenant, which owns all other rows. A person sees the projects of which the person is a member.

    An archived project can only be read; a deleted one can be restored until it is purged.
    """

    __tablename__ = "project"
    __table_args__ = (
        {
            "info": {
                "seen": "id = {project} OR EXISTS (SELECT FROM member WHERE member.project_id = project.id"
                " AND member.person_id = {person})",
                "changed": "id = {project}",
            }
        },
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Timestamp, server_default=None, default=now())
    archived_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)

    @classmethod
    def in_project(cls, project_id: str) -> ColumnElement[bool]:
        return cls.id == project_id

    @classmethod
    def in_person(cls, person_id: str) -> ColumnElement[bool]:
        own = Member.__table__.c
        return cls.id.in_(select(own.project_id).where(own.person_id == person_id))

    def belongs_to(self, project_id: str | None, person_id: str | None) -> bool:
        return self.id == project_id


class Member(Owned, PersonOwned, Base):
    """A person's role in a project: viewer < member < admin < owner. The project and the person see it.

    Only a transaction in which the person joins the project adds a row (``Database.write_joining``).
    """

    __tablename__ = "member"
    __table_args__ = (
        Index("ix_member_person_id", "person_id"),
        {
            "info": {
                "seen": "project_id = {project} OR person_id = {person}",
                "changed": "project_id = {project}",
                "added": "project_id = {project} AND person_id = {person}",
            }
        },
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16), ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())

    def may_be_added(self, project_id: str | None, person_id: str | None) -> bool:
        return (self.project_id, self.person_id) == (project_id, person_id)


class Invitation(Owned, Base):
    """A one-time invitation to the project, with its secret stored as SHA-256."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("project_id", "id"),
        Index("ix_invitation_hash", "hash"),  # the link does not name its project
    )

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), default=new_id)
    role: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    expires_at: Mapped[datetime] = mapped_column(Timestamp)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    used_by: Mapped[str | None] = mapped_column(String(16), ForeignKey("person.id"), default=None)


class Token(Owned, Base):
    """An API token of a member, stored as SHA-256."""

    __tablename__ = "token"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "person_id"], ["member.project_id", "member.person_id"]),
        UniqueConstraint("project_id", "id"),
        Index("ix_token_hash", "hash"),  # a request does not name its project
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(16))
    id: Mapped[str] = mapped_column(String(16), default=new_id)
    name: Mapped[str] = mapped_column(String(200), default="")
    prefix: Mapped[str] = mapped_column(String(16), default="")  # first characters of the secret
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    expires_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)


class _Answered:
    """Columns of the response to a request with an ``Idempotency-Key``."""

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    route: Mapped[str] = mapped_column(String(300))  # method, path and query
    request_hash: Mapped[str | None] = mapped_column(String(64))  # None until the response is stored
    status: Mapped[int | None] = mapped_column(Integer)
    media_type: Mapped[str | None] = mapped_column(String(100))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)  # None with a status: the body contained a secret
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class AnsweredRequest(Owned, _Answered, Base):
    """The response to a keyed request of a project, so that a repeated request has no second effect."""

    __tablename__ = "answered_request"
    __table_args__ = (Index("ix_answered_request_project_id_created_at", "project_id", "created_at"),)

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True, sort_order=-1)


class AnsweredPersonRequest(PersonOwned, _Answered, Base):
    """The response to a keyed request that concerns no project, such as the creation of one; it is the person's."""

    __tablename__ = "answered_person_request"
    __table_args__ = (Index("ix_answered_person_request_person_id_created_at", "person_id", "created_at"),)

    person_id: Mapped[str] = mapped_column(String(16), ForeignKey("person.id"), primary_key=True, sort_order=-1)


class RetentionPolicy(Owned, Base):
    """Days for which a project keeps runs, work folders, predictions and trash; without a row, defaults apply."""

    __tablename__ = "retention_policy"

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    trash_days: Mapped[int] = mapped_column(Integer)
    keep_run_days: Mapped[int | None] = mapped_column(Integer)  # None: unlimited
    keep_work_days: Mapped[int] = mapped_column(Integer)
    keep_prediction_days: Mapped[int | None] = mapped_column(Integer, default=None)  # None: unlimited
