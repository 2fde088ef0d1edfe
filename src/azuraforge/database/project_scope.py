"""The first barrier between projects: each session has a scope and cannot read or write outside it.

The session adds ``project_id = :scope`` to every ORM statement over projects' tables, even if the store already did,
and refuses a row of another project before a flush. PostgreSQL's row-level security is the second barrier.
"""

from __future__ import annotations

from sqlalchemy import Connection, event, orm, text
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria

from azuraforge.database.tables import Owned

_SCOPE = "project_id"
_SYSTEM = object()
#: Setting that row-level security compares with ``project_id``. It is local to the transaction, so that a pooled
#: connection does not keep it.
PROJECT_SETTING = "azuraforge.project"
_SET_PROJECT = text(f"SELECT set_config('{PROJECT_SETTING}', :project, true)")


class ScopeError(RuntimeError):
    """Programming error: a session was used outside its scope."""


class Session(orm.Session):
    """A session of one project, or of system scope."""

    @property
    def project_id(self) -> str:
        """Id of the project to which every statement of this session is restricted.

        Raises ScopeError for a session of system scope.
        """
        found = self.info.get(_SCOPE)
        if not isinstance(found, str):
            raise ScopeError("a session of system scope has no project")
        return found


def scope(session: Session, project_id: str) -> Session:
    """Bind ``session`` to one project permanently and return it."""
    session.info[_SCOPE] = project_id
    return session


def scope_system(session: Session) -> Session:
    """Allow ``session`` to run cross-project queries (claim, reap, dispatch, sign-in). Only ``Database`` calls this."""
    session.info[_SCOPE] = _SYSTEM
    return session


def enter(session: Session, project_id: str) -> Session:
    """Move a session from system scope into one project within a transaction, irreversibly. For ``Database`` only.

    Raises ScopeError if the session is not of system scope.
    """
    require_system(session)
    session.info[_SCOPE] = project_id
    _tell_connection(session, session.connection())
    return session


def require_system(session: Session) -> None:
    """Raise ScopeError if the session is not of system scope."""
    if session.info.get(_SCOPE) is not _SYSTEM:
        raise ScopeError("only a session of system scope may look across projects")


@event.listens_for(orm.Session, "after_begin")
def _begin_in_scope(session: orm.Session, _transaction: object, connection: Connection) -> None:
    _tell_connection(session, connection)


def _tell_connection(session: orm.Session, connection: Connection) -> None:
    """Set the connection setting that PostgreSQL's row-level security compares with each row's project."""
    project_id = session.info.get(_SCOPE)
    connection.info[_SCOPE] = project_id if isinstance(project_id, str) else None
    if connection.dialect.name == "postgresql":
        connection.execute(_SET_PROJECT, {"project": connection.info[_SCOPE] or ""})


@event.listens_for(orm.Session, "do_orm_execute")
def _add_scope(state: ORMExecuteState) -> None:
    project_id = state.session.info.get(_SCOPE)
    if project_id is _SYSTEM:
        owned = [each.class_.__name__ for each in state.all_mappers if issubclass(each.class_, Owned)]
        if owned and not state.execution_options.get("crosses_projects"):
            raise ScopeError(f"a session of system scope sees {owned[0]} through cross-project queries only")
        return
    if project_id is None:
        raise ScopeError("this session has no project; open it through Database.read or Database.write")
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(
            with_loader_criteria(Owned, lambda cls: cls.project_id == project_id, include_aliases=True)
        )


@event.listens_for(orm.Session, "before_flush")
def _refuse_foreign_rows(session: orm.Session, _context: object, _instances: object) -> None:
    project_id = session.info.get(_SCOPE)
    if project_id is _SYSTEM:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Owned) and row.project_id != project_id:
            raise ScopeError(f"a session of project {project_id!r} may not write {row!r} of {row.project_id!r}")
