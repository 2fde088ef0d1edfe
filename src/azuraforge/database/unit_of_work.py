"""Units of work: the single transaction in which a request takes effect, together with a record of the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from azuraforge.database.scopes import Scope, ScopeError, Session
from azuraforge.database.writer import after_commit

T = TypeVar("T")


class UnitOfWork:
    """A record that is stored in the same transaction as a request's effect, or not at all.

    A handler passes its unit to the write that is the effect (``Database.write(…, unit=unit)``). Other writes of the
    request, earlier or later, do not store the record.

    Args:
        scope: the project or person to which both the record and the effect belong.
        record: writes the record; if it raises an error, the effect is not written either.
    """

    def __init__(self, scope: Scope, record: Callable[[Session], None]) -> None:
        self._scope = scope
        self._record = record
        self._committed = False

    def include(self, work: Callable[[Session], T]) -> Callable[[Session], T]:
        """Return a function that writes the record and then calls ``work``.

        Raises RuntimeError after a commit, because a unit is one transaction. The function raises ScopeError in a
        session of another scope.
        """
        if self._committed:
            raise RuntimeError("this unit of work is committed; a request takes effect in one transaction")

        def both(session: Session) -> T:
            if not self._is_of(session.scope):
                raise ScopeError(f"a unit of work of {self._scope} was passed to a session of {session.scope}")
            after_commit(session, self._commit)
            self._record(session)
            return work(session)

        return both

    def _is_of(self, scope: Scope) -> bool:
        """Return whether a session of ``scope`` writes the rows of this unit's project or person."""
        return scope == self._scope or (scope.project_id is not None and Scope(scope.project_id) == self._scope)

    def _commit(self) -> None:
        self._committed = True
