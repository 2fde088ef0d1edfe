"""Tables of people, their secrets, and the administrators of the platform."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, column, select, table
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, PersonOwned, Scoped, Timestamp, new_id, now

#: The table of members, which the package ``projects`` declares.
_MEMBER = table("member", column("project_id", String), column("person_id", String))


class Person(Scoped, Base):
    """A person, who is a member of projects. A project sees only its members."""

    __tablename__ = "person"
    # The application's role cannot change people: see ``database.founding``.
    __table_args__ = (
        {
            "info": {
                "seen": "id = {person} OR EXISTS (SELECT FROM member WHERE member.person_id = person.id"
                " AND member.project_id = {project})",
                "granted": ("SELECT",),
            }
        },
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())

    @classmethod
    def in_project(cls, project_id: str) -> ColumnElement[bool]:
        return cls.id.in_(select(_MEMBER.c.person_id).where(_MEMBER.c.project_id == project_id))

    @classmethod
    def in_person(cls, person_id: str) -> ColumnElement[bool]:
        return cls.id == person_id

    def belongs_to(self, project_id: str | None, person_id: str | None) -> bool:
        return self.id == person_id


class Administrator(PersonOwned, Base):
    """A person who administers the platform."""

    __tablename__ = "administrator"
    __table_args__ = ({"info": {"granted": ("SELECT",)}},)

    person_id: Mapped[str] = mapped_column(String(16), ForeignKey("person.id"), primary_key=True)


class PersonSession(PersonOwned, Base):
    """A secret of a person, stored as SHA-256: a browser session, a one-time sign-in link or the command line's token.

    It has no role and no project: a request names its project, and the membership decides.
    """

    __tablename__ = "person_session"
    __table_args__ = (
        UniqueConstraint("person_id", "id"),
        Index("ix_person_session_hash", "hash"),  # a request does not name its person
    )

    person_id: Mapped[str] = mapped_column(String(16), ForeignKey("person.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), default=new_id)
    kind: Mapped[str] = mapped_column(String(16))  # session, link, local
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    expires_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
