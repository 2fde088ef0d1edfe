"""The first barrier between projects and between people: each session has a scope and cannot leave it.

There are three scopes: one project, one person, and the system, which has neither and only runs cross-project queries.
A transaction in which a person joins a project begins in the person's scope and ends in the project's (``join``).
The session adds a condition on its project or person to every ORM statement, even if the store already did, and refuses
rows of another scope before a flush. PostgreSQL's row-level security is the second barrier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, event, orm, text
from sqlalchemy.orm import Mapper, ORMExecuteState, with_loader_criteria

from azuraforge.database.tables import Owned, PersonOwned, Scoped

#: Key in ``Session.info`` and ``Connection.info`` of the session's scope.
SCOPE = "scope"
#: Settings that row-level security compares with each row's project and person. They are local to the transaction, so
#: that a pooled connection does not keep them.
PROJECT_SETTING = "azuraforge.project"
PERSON_SETTING = "azuraforge.person"
_SET_SCOPE = text(
    f"SELECT set_config('{PROJECT_SETTING}', :project, true), set_config('{PERSON_SETTING}', :person, true)"
)


class ScopeError(RuntimeError):
    """Programming error: a session was used outside its scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Owner of the rows that a session can read and write: a project or a person; the system scope has neither.

    If both are set, the session is one of the project, and the person joins it: only such a session adds a member.
    """

    project_id: str | None = None
    person_id: str | None = None

    def __str__(self) -> str:
        if self.project_id is not None:
            return f"project {self.project_id!r}"
        return "the system" if self.person_id is None else f"person {self.person_id!r}"


SYSTEM = Scope()


class Key(Protocol):
    """Key of a row that a cross-project query found."""

    @property
    def scope(self) -> Scope:
        """The project or person that owns the row."""
        ...


@dataclass(frozen=True)
class ProjectKey:
    """Key of a project, or of one of its rows."""

    project_id: str

    @property
    def scope(self) -> Scope:
        return Scope(self.project_id)


@dataclass(frozen=True)
class PersonKey:
    """Key of a person, or of one of the person's rows."""

    person_id: str

    @property
    def scope(self) -> Scope:
        return Scope(person_id=self.person_id)


class Session(orm.Session):
    """A session of one project, of one person, or of the system scope."""

    @property
    def scope(self) -> Scope:
        """The scope of this session. Raises ScopeError for a session that ``Database`` did not open."""
        found = self.info.get(SCOPE)
        if not isinstance(found, Scope):
            raise ScopeError("this session has no scope; open it through Database.read or Database.write")
        return found

    @property
    def project_id(self) -> str:
        """Id of the project to which every statement of this session is restricted.

        Raises ScopeError for a session of a person or of the system scope.
        """
        if (found := self.scope.project_id) is None:
            raise ScopeError(f"a session of {self.scope} has no project")
        return found

    @property
    def person_id(self) -> str:
        """Id of the person to whom every statement of this session is restricted.

        Raises ScopeError for a session of a project or of the system scope.
        """
        if (found := self.scope.person_id) is None:
            raise ScopeError(f"a session of {self.scope} has no person")
        return found


def owned(scope: Scope) -> Scope:
    """Return the scope. Raises ScopeError for the system scope."""
    if scope == SYSTEM:
        raise ScopeError("the system scope has no rows; open it through Database.read_system or write_system")
    return scope


def bind(session: Session, scope: Scope) -> Session:
    """Bind ``session`` to a scope permanently and return it. Only ``Database`` calls this."""
    session.info[SCOPE] = scope
    return session


def enter(session: Session, key: Key) -> Session:
    """Move a session from the system scope to the key's project or person, irreversibly. For ``Database`` only.

    The transaction stays the same. Raises ScopeError if the session is not of the system scope, or the key of none.
    """
    require_system(session)
    session.info[SCOPE] = owned(key.scope)
    _set_connection(session, session.connection())
    return session


def administer(session: Session, person_id: str) -> Session:
    """Move a session of an administrator to another person, irreversibly. For ``Database`` only.

    The transaction stays the same. Rows that the session has loaded are removed from it. Raises ScopeError if the
    session is not of a person.
    """
    scope = session.scope
    if scope.person_id is None or scope.project_id is not None:
        raise ScopeError(f"a session of {scope} cannot administer a person")
    session.flush()
    session.expunge_all()
    session.info[SCOPE] = Scope(person_id=person_id)
    _set_connection(session, session.connection())
    return session


def join(session: Session, project_id: str) -> Session:
    """Move a session of a person to a project that the person joins, irreversibly. For ``Database`` only.

    The transaction stays the same. Rows that the session has loaded are removed from it, because they belong to the
    other scope. Raises ScopeError if the session is not of a person.
    """
    scope = session.scope
    if scope.person_id is None or scope.project_id is not None:
        raise ScopeError(f"a session of {scope} cannot join a project")
    session.flush()
    session.expunge_all()
    session.info[SCOPE] = Scope(project_id, scope.person_id)
    _set_connection(session, session.connection())
    return session


def require_system(session: Session) -> None:
    """Raise ScopeError if the session is not of the system scope."""
    if session.info.get(SCOPE) != SYSTEM:
        raise ScopeError("only a session of system scope may look across projects")


@event.listens_for(orm.Session, "after_begin")
def _begin_in_scope(session: orm.Session, _transaction: object, connection: Connection) -> None:
    _set_connection(session, connection)


def _set_connection(session: orm.Session, connection: Connection) -> None:
    """Set the transaction's settings that PostgreSQL's row-level security compares with each row."""
    scope: Scope = session.info.get(SCOPE, SYSTEM)
    connection.info[SCOPE] = scope
    if connection.dialect.name == "postgresql":
        connection.execute(_SET_SCOPE, {"project": scope.project_id or "", "person": scope.person_id or ""})


@event.listens_for(orm.Session, "do_orm_execute")
def _add_scope(state: ORMExecuteState) -> None:
    scope: Scope | None = state.session.info.get(SCOPE)
    if scope is None:
        raise ScopeError("this session has no scope; open it through Database.read or Database.write")
    if scope == SYSTEM:
        scoped = [each.class_.__name__ for each in state.all_mappers if issubclass(each.class_, Scoped)]
        if scoped and not state.execution_options.get("crosses_projects"):
            raise ScopeError(f"a session of system scope sees {scoped[0]} through cross-project queries only")
        return
    _refuse_hidden(state, scope)
    if not (state.is_select or state.is_update or state.is_delete):
        return
    # The two functions must stay lambdas over one local variable: SQLAlchemy caches them with it as a parameter.
    if (project_id := scope.project_id) is not None:
        option = with_loader_criteria(Scoped, lambda cls: cls.in_project(project_id), include_aliases=True)
    else:
        person_id = scope.person_id
        option = with_loader_criteria(Scoped, lambda cls: cls.in_person(person_id), include_aliases=True)
    state.statement = state.statement.options(option)


def _refuse_hidden(state: ORMExecuteState, scope: Scope) -> None:
    """Raise ScopeError for a table that the scope never sees; in subqueries, its condition excludes all rows."""
    if scope.project_id is not None:  # frequent, so only the first table is checked
        mappers = [state.bind_mapper] if state.bind_mapper is not None else []
    else:
        mappers = list(state.all_mappers)
    for mapper in mappers:
        if _is_hidden(mapper, scope):
            raise ScopeError(f"a session of {scope} does not see {mapper.class_.__name__}")


def _is_hidden(mapper: Mapper[object], scope: Scope) -> bool:
    if scope.project_id is not None:
        return issubclass(mapper.class_, PersonOwned) and not issubclass(mapper.class_, Owned)
    return issubclass(mapper.class_, Owned) and not issubclass(mapper.class_, PersonOwned)


@event.listens_for(orm.Session, "before_flush")
def _refuse_foreign_rows(session: orm.Session, _context: object, _instances: object) -> None:
    scope: Scope = session.info.get(SCOPE, SYSTEM)
    if scope == SYSTEM:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Scoped) and not row.belongs_to(scope.project_id, scope.person_id):
            raise ScopeError(f"a session of {scope} may not write {row!r}")
    for row in session.new:
        if isinstance(row, Scoped) and not row.may_be_added(scope.project_id, scope.person_id):
            raise ScopeError(f"a session of {scope} may not add {row!r}")
