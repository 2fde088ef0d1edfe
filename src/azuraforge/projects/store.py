"""SQL queries for projects, members and credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Row, Select, String, and_, delete, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Session, cross_project_query, founding, now, seconds_from_now
from azuraforge.database.fast_reads import Question
from azuraforge.database.keyset import behind
from azuraforge.projects.tables import Credential, Member, Person, Project, RetentionPolicy


@dataclass(frozen=True)
class Place:
    """Id of the project that a credential or slug belongs to, the only result of the cross-project queries here."""

    project_id: str


@cross_project_query(slug=String())
def project_by_slug(slug: ColumnElement[str]) -> Select[str]:
    """Select the id of the project with this slug."""
    return select(Project.id.label("project_id")).where(Project.slug == slug)


@cross_project_query(hash=String())
def project_of_secret(hash: ColumnElement[str]) -> Select[str]:
    """Select the project of a credential by its hash, because a request with a credential does not name its project."""
    return select(Credential.project_id).where(Credential.hash == hash).limit(1)


@cross_project_query(after=String(), limit=Integer())
def projects_after(after: ColumnElement[str], limit: ColumnElement[int]) -> Select[str]:
    """Select the ids of projects in ascending order, after the id ``after``."""
    return select(Project.id.label("project_id")).where(Project.id > after).order_by(Project.id).limit(limit)


class MemberRow(NamedTuple):
    person_id: str


#: Query that finds a row in every project.
MEMBER = Question(MemberRow, select(Member.person_id).limit(1))


def next_projects(session: Session, after: str, limit: int) -> list[Place]:
    """Return the next projects in ascending order of ids, after ``after``. Requires a session of system scope."""
    return [Place(row.project_id) for row in projects_after(session, after=after, limit=limit)]


def find_project(session: Session, slug: str) -> Place | None:
    """Return the project with this slug; None if there is none. Requires a session of system scope."""
    return _place(project_by_slug(session, slug=slug))


def find_secret(session: Session, hash_: str) -> Place | None:
    """Return the project of the credential with this hash; None if unknown. Requires a session of system scope."""
    return _place(project_of_secret(session, hash=hash_))


def found_project(session: Session, project_id: str, account_id: str, slug: str, name: str, owner: str) -> None:
    """Create the first project with its owner, in system scope; on PostgreSQL, only if there is no member yet."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        founding.found(session, project=project_id, account=account_id, slug=slug, name=name, owner=owner)
        return
    person = {"id": account_id, "name": owner, "created_at": now()}
    project = {"id": project_id, "slug": slug, "name": name, "created_at": now()}
    for table, values in ((Person, person), (Project, project)):
        connection.execute(sqlite.insert(table).values(values).on_conflict_do_nothing())
    both = (
        select(Project.id, Person.id, literal("owner"), now())
        .join(Person, Person.name == owner)
        .where(Project.slug == slug)
    )
    into = sqlite.insert(Member).from_select(["project_id", "person_id", "role", "created_at"], both)
    connection.execute(into.on_conflict_do_nothing())


def owner_of(session: Session) -> str | None:
    """Return the id of the project's first owner; None if it has no owner."""
    statement = select(Member.person_id).where(Member.role == "owner")
    return session.scalars(statement.order_by(Member.created_at, Member.person_id)).first()


class ProjectRow(NamedTuple):
    """A project and the role of its member."""

    slug: str
    name: str
    role: str


def projects_of(session: Session, user_id: str, limit: int, after: tuple[str] | None) -> list[ProjectRow]:
    """Return the session's project if the user is its member and its slug comes after the key ``after``."""
    statement = (
        select(Project.slug, Project.name, Member.role)
        .join(Member, Member.project_id == Project.id)
        .where(Project.id == session.project_id, Member.user_id == user_id)
        .order_by(Project.slug)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(Project.slug > after[0])
    return [ProjectRow(*row) for row in session.execute(statement)]


def _alive() -> ColumnElement[bool]:
    return or_(Credential.expires_at.is_(None), Credential.expires_at > now())


def credential(session: Session, hash_: str, kinds: tuple[str, ...]) -> Row[Credential, Project, Person, Member] | None:
    """Return the unexpired credential with this hash, its project, person and membership; None if there is none."""
    statement = (
        select(Credential, Project, Person, Member)
        .join(Project, Project.id == Credential.project_id)
        .join(Person, Person.id == Credential.person_id)
        .join(Member, and_(Member.project_id == Credential.project_id, Member.person_id == Credential.person_id))
        .where(Credential.hash == hash_, Credential.kind.in_(kinds), _alive())
    )
    return session.execute(statement).first()


def use_link(session: Session, hash_: str) -> Credential | None:
    """Mark a one-time link as used and return it; return None if it is unknown, expired or already used."""
    statement = (
        update(Credential)
        .where(Credential.hash == hash_, Credential.kind == "link", Credential.used_at.is_(None), _alive())
        .values(used_at=now())
        .returning(Credential)
    )
    return session.scalars(statement).first()


def note_use(session: Session, hash_: str, at_most_every_seconds: float) -> None:
    """Record that a token was used, unless a use was recorded within ``at_most_every_seconds``."""
    old = or_(Credential.used_at.is_(None), Credential.used_at < seconds_from_now(-at_most_every_seconds))
    session.execute(update(Credential).where(Credential.hash == hash_, old).values(used_at=now()))


def tokens(session: Session, limit: int, after: tuple[datetime, str] | None) -> list[tuple[Credential, str]]:
    """Return a page of the project's tokens after the key ``after``, each with the role of its creator."""
    statement = (
        select(Credential, Member.role)
        .join(Member, and_(Member.project_id == Credential.project_id, Member.person_id == Credential.person_id))
        .where(Credential.kind == "token")
        .order_by(Credential.created_at, Credential.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(behind((Credential.created_at, Credential.id), after))
    return [(row, role) for row, role in session.execute(statement)]


def delete_token(session: Session, id_: str) -> str | None:
    """Delete a token and return its hash; return None if the project has no token with this id."""
    statement = delete(Credential).where(Credential.kind == "token", Credential.id == id_)
    return session.execute(statement.returning(Credential.hash)).scalar()


def delete_kind(session: Session, kind: str) -> list[str]:
    """Delete all credentials of a kind and return their hashes."""
    statement = delete(Credential).where(Credential.kind == kind)
    return list(session.scalars(statement.returning(Credential.hash)))


def delete_credential(session: Session, hash_: str) -> None:
    session.execute(delete(Credential).where(Credential.hash == hash_))


def delete_expired(session: Session) -> None:
    session.execute(delete(Credential).where(Credential.expires_at <= now()))


def add_credential(
    session: Session,
    *,
    project_id: str,
    person_id: str,
    kind: str,
    hash_: str,
    role: str,
    name: str = "",
    expires_at: ColumnElement[datetime] | None = None,
) -> Credential:
    row = Credential(
        project_id=project_id, person_id=person_id, kind=kind, hash=hash_, role=role, name=name, expires_at=expires_at
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


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


def _place(rows: Sequence[Row[str]]) -> Place | None:
    return Place(rows[0].project_id) if rows else None
