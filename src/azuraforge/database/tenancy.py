"""The first wall between projects: a session always carries a scope, and cannot read or write outside it.

Every ORM statement over owned tables is given ``project_id = :scope`` by the session itself, whether or not the
store named it, and a row of another project is refused before it is flushed. (PostgreSQL's row-level security
is the second wall.)
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from azuraforge.database.tables import Owned

_SCOPE = "project_id"
_SYSTEM = object()


class ScopeError(RuntimeError):
    """The code, not the user, is wrong: a session was used outside its project."""


def scope(session: Session, project_id: str) -> Session:
    """Bind ``session`` to one project for its whole life."""
    session.info[_SCOPE] = project_id
    return session


def scope_system(session: Session) -> Session:
    """Let ``session`` cross projects: claim, reap, dispatch, sign-in. Called by ``Database`` only."""
    session.info[_SCOPE] = _SYSTEM
    return session


@event.listens_for(Session, "do_orm_execute")
def _add_scope(state: ORMExecuteState) -> None:
    project_id = state.session.info.get(_SCOPE)
    if project_id is _SYSTEM:
        return
    if project_id is None:
        raise ScopeError("this session has no project; open it through Database.read or Database.write")
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(
            with_loader_criteria(Owned, lambda cls: cls.project_id == project_id, include_aliases=True)
        )


@event.listens_for(Session, "before_flush")
def _refuse_foreign_rows(session: Session, _context: Any, _instances: Any) -> None:
    project_id = session.info.get(_SCOPE)
    if project_id is _SYSTEM:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Owned) and row.project_id != project_id:
            raise ScopeError(f"a session of project {project_id!r} may not write {row!r} of {row.project_id!r}")
