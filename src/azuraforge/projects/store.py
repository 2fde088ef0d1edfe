"""SQL queries for projects, members and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Row, Select, String, and_, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database import ProjectKey, Session, cross_project_query, now, seconds_from_now
from azuraforge.database.fast_reads import Question
from azuraforge.database.keyset import behind
from azuraforge.projects.tables import Member, Project, RetentionPolicy, Token


@cross_project_query(slug=String())
def project_by_slug(slug: ColumnElement[str]) -> Select[str]:
    """Select the id of the project with this slug."""
    return select(Project.id.label("project_id")).where(Project.slug == slug)


@cross_project_query(hash=String())
def project_of_token(hash: ColumnElement[str]) -> Select[str]:
    """Select the project of a token by its hash, because a request with a token need not name its project."""
    return select(Token.project_id).where(Token.hash == hash).limit(1)


_RESTS = or_(Project.archived_at.is_not(None), Project.deleted_at.is_not(None))


def is_active(project_id: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Return the condition that a project is neither archived nor deleted."""
    return ~exists().where(Project.id == project_id, _RESTS)


def _after(after: ColumnElement[str], limit: ColumnElement[int], condition: ColumnElement[bool]) -> Select[str]:
    found = select(Project.id.label("project_id")).where(Project.id > after, condition)
    return found.order_by(Project.id).limit(limit)


@cross_project_query(after=String(), limit=Integer())
def projects_after(after: ColumnElement[str], limit: ColumnElement[int]) -> Select[str]:
    """Select the ids of active projects in ascending order, after the id ``after``."""
    return _after(after, limit, ~_RESTS)


@cross_project_query(after=String(), limit=Integer())
def resting_projects_after(after: ColumnElement[str], limit: ColumnElement[int]) -> Select[str]:
    """Select the ids of archived and deleted projects in ascending order, after the id ``after``."""
    return _after(after, limit, _RESTS)


class MemberRow(NamedTuple):
    person_id: str


#: Query that finds a row in every project.
MEMBER = Question(MemberRow, select(Member.person_id).limit(1))


def next_projects(session: Session, after: str, limit: int, *, resting: bool = False) -> list[ProjectKey]:
    """Return the next active projects in ascending order of ids, after ``after``; with ``resting``, the next others.

    Requires a session of system scope.
    """
    query = resting_projects_after if resting else projects_after
    return [ProjectKey(row.project_id) for row in query(session, after=after, limit=limit)]


def find_project(session: Session, slug: str) -> ProjectKey | None:
    """Return the project with this slug; None if there is none. Requires a session of system scope."""
    return _key(project_by_slug(session, slug=slug))


def find_token(session: Session, hash_: str) -> ProjectKey | None:
    """Return the project of the token with this hash; None if unknown. Requires a session of system scope."""
    return _key(project_of_token(session, hash=hash_))


def owner_of(session: Session) -> str | None:
    """Return the id of the project's first owner; None if it has no owner."""
    statement = select(Member.person_id).where(Member.role == "owner")
    return session.scalars(statement.order_by(Member.created_at, Member.person_id)).first()


def role_of(session: Session, person_id: str) -> str | None:
    """Return the role of a person in the session's project; None if the person is no member."""
    return session.scalar(select(Member.role).where(Member.person_id == person_id))


class Membership(NamedTuple):
    """A project and the role of the session's person in it."""

    project_id: str
    slug: str
    name: str
    role: str
    archived_at: datetime | None


def membership(session: Session, slug: str) -> Membership | None:
    """Return the membership in the project with this slug of the session's person; None if there is none."""
    found = session.execute(_memberships().where(Project.slug == slug)).first()
    return None if found is None else Membership(*found)


def own_membership(session: Session, person_id: str) -> Membership | None:
    """Return a member's role in the session's project; None if the person is no member."""
    found = session.execute(_memberships().where(Member.person_id == person_id)).first()
    return None if found is None else Membership(*found)


def memberships(session: Session, limit: int, after: tuple[str] | None = None) -> list[Membership]:
    """Return a page of the memberships of the session's person, by slug, after the key ``after``."""
    statement = _memberships().order_by(Project.slug).limit(limit)
    if after is not None:
        statement = statement.where(Project.slug > after[0])
    return [Membership(*row) for row in session.execute(statement)]


def _memberships() -> Select[str, str, str, str, datetime | None]:
    joined = select(Project.id, Project.slug, Project.name, Member.role, Project.archived_at)
    return joined.join(Member, Member.project_id == Project.id).where(Project.deleted_at.is_(None))


def token(session: Session, hash_: str) -> Row[Token, Project, str] | None:
    """Return the unexpired token with this hash, its project and its member's role; None if there is none."""
    statement = (
        select(Token, Project, Member.role)
        .join(Project, Project.id == Token.project_id)
        .join(Member, and_(Member.project_id == Token.project_id, Member.person_id == Token.person_id))
        .where(
            Token.hash == hash_,
            or_(Token.expires_at.is_(None), Token.expires_at > now()),
            Project.deleted_at.is_(None),
        )
    )
    return session.execute(statement).first()


def note_use(session: Session, hash_: str, at_most_every_seconds: float) -> None:
    """Record that a token was used, unless a use was recorded within ``at_most_every_seconds``."""
    old = or_(Token.used_at.is_(None), Token.used_at < seconds_from_now(-at_most_every_seconds))
    session.execute(update(Token).where(Token.hash == hash_, old).values(used_at=now()))


def tokens(session: Session, limit: int, after: tuple[datetime, str] | None) -> list[tuple[Token, str]]:
    """Return a page of the project's tokens after the key ``after``, each with the role of its creator."""
    statement = (
        select(Token, Member.role)
        .join(Member, and_(Member.project_id == Token.project_id, Member.person_id == Token.person_id))
        .order_by(Token.created_at, Token.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(behind((Token.created_at, Token.id), after))
    return [(row, role) for row, role in session.execute(statement)]


def delete_token(session: Session, id_: str) -> str | None:
    """Delete a token and return its hash; return None if the project has no token with this id."""
    statement = delete(Token).where(Token.id == id_)
    return session.execute(statement.returning(Token.hash)).scalar()


def delete_expired(session: Session) -> None:
    """Delete the project's expired tokens."""
    session.execute(delete(Token).where(Token.expires_at <= now()))


def add_token(
    session: Session,
    person_id: str,
    hash_: str,
    role: str,
    name: str,
    expires_at: ColumnElement[datetime] | None,
    prefix: str = "",
) -> Token:
    """Add a token of a member to the session's project and return its row."""
    row = Token(
        project_id=session.project_id,
        person_id=person_id,
        hash=hash_,
        role=role,
        name=name,
        expires_at=expires_at,
        prefix=prefix,
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def add_project(session: Session, slug: str, name: str) -> bool:
    """Add the project of the session's scope; return False if the slug is taken."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(Project)
    statement = insert.values(id=session.project_id, slug=slug, name=name)
    return session.connection().execute(statement.on_conflict_do_nothing(index_elements=[Project.slug])).rowcount == 1


def add_member(session: Session, role: str) -> None:
    """Add the person who joins the session's project as a member."""
    session.add(Member(project_id=session.project_id, person_id=session.person_id, role=role))
    session.flush()


def rename(session: Session, name: str) -> str:
    """Change the name of the session's project and return the previous name."""
    seize_project(session)
    row = session.scalars(select(Project).where(Project.id == session.project_id)).one()
    before, row.name = row.name, name
    return before


def share_project(session: Session) -> None:
    """Lock the project in shared mode until the commit. SQLite needs no lock, because it has a single writer."""
    session.execute(select(Project.id).where(Project.id == session.project_id).with_for_update(read=True))


def seize_project(session: Session) -> None:
    """Lock the project exclusively until the commit; rows that refer to it can still be written."""
    session.execute(select(Project.id).where(Project.id == session.project_id).with_for_update(key_share=True))


def policy(session: Session) -> RetentionPolicy | None:
    """Return the row of the project's retention policy; None if it has the default policy."""
    return session.get(RetentionPolicy, session.project_id)


def save_policy(session: Session, values: Mapping[str, object]) -> None:
    dialect = session.get_bind().dialect.name
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(RetentionPolicy)
    statement = insert.values(project_id=session.project_id, **values)
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=[RetentionPolicy.project_id], set_=values)
    )


def _key(rows: Sequence[Row[str]]) -> ProjectKey | None:
    return ProjectKey(rows[0].project_id) if rows else None
