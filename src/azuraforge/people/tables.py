"""Tables of people, their secrets and passwords, and the administrators of the platform."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Integer, String, UniqueConstraint, column, select, table
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, PersonOwned, Scoped, Timestamp, new_id, now

#: The table of members, which the package ``projects`` declares.
MEMBER = table("member", column("project_id", String), column("person_id", String))


def name_key(name: str) -> str:
    """Return the form of a person's name that is unique: names that differ only by case are one name.

    Example:
        >>> name_key("Ayşe") == name_key("AYŞE")
        True
    """
    return unicodedata.normalize("NFKC", name).casefold()


def _key_of_name(context: DefaultExecutionContext) -> str:
    name: str = context.get_current_parameters()["name"]  # type: ignore[no-untyped-call]
    return name_key(name)


class Person(Scoped, Base):
    """A person or a service account, who is a member of projects. A project sees only its members."""

    __tablename__ = "person"
    __table_args__ = (
        {
            "info": {
                "seen": "id = {person} OR EXISTS (SELECT FROM member WHERE member.person_id = person.id"
                " AND member.project_id = {project})",
                "changed": "id = {person}",
                "granted": ("SELECT", "INSERT", "UPDATE"),
            }
        },
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(400), unique=True, default=_key_of_name)
    kind: Mapped[str] = mapped_column(String(16), default="person")  # person, service
    disabled_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)  # all secrets are refused
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())

    @classmethod
    def in_project(cls, project_id: str) -> ColumnElement[bool]:
        return cls.id.in_(select(MEMBER.c.person_id).where(MEMBER.c.project_id == project_id))

    @classmethod
    def in_person(cls, person_id: str) -> ColumnElement[bool]:
        return cls.id == person_id

    def belongs_to(self, project_id: str | None, person_id: str | None) -> bool:
        return self.id == person_id


class Administrator(PersonOwned, Base):
    """A person who administers the platform."""

    __tablename__ = "administrator"
    __table_args__ = ({"info": {"granted": ("SELECT", "INSERT", "DELETE")}},)

    person_id: Mapped[str] = mapped_column(String(16), ForeignKey("person.id"), primary_key=True)


class Password(PersonOwned, Base):
    """The argon2id hash of a person's password; a person without a row signs in through links only."""

    __tablename__ = "password"

    person_id: Mapped[str] = mapped_column(String(16), ForeignKey("person.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


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
    kind: Mapped[str] = mapped_column(String(16))  # session, link, local, browser
    method: Mapped[str | None] = mapped_column(String(16), default=None)  # of signing in: link, password, invitation
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    expires_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    #: Of a link that a session made: the end of that session, and of the one that the link starts.
    session_expires_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    used_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)


class SignInCounter(Base):
    """Wrong passwords in one window of time, for one account, one known browser or one address.

    It belongs to no person, because attempts for accounts that do not exist count, too. It contains hashes only, and
    only sessions of system scope see it.
    """

    __tablename__ = "sign_in_counter"
    __table_args__ = ({"info": {"seen": "{project} = '' AND {person} = ''"}},)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of what is counted
    attempts: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(Timestamp, index=True)  # start of the window
