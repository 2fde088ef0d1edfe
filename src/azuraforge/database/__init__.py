"""Database sessions, tenant isolation and migrations."""

from azuraforge.database.clock import now, seconds_from_now
from azuraforge.database.cross_project import Texts, among, cross_project_query
from azuraforge.database.database import Database
from azuraforge.database.failures import AWAY, unavailable
from azuraforge.database.scopes import PersonKey, ProjectKey, Scope, ScopeError, Session
from azuraforge.database.tables import (
    Base,
    Deletable,
    JsonShape,
    JsonText,
    Lines,
    MessageText,
    Owned,
    PersonOwned,
    Scoped,
    Timestamp,
    new_id,
    unique_name,
)
from azuraforge.database.unit_of_work import UnitOfWork
from azuraforge.database.writer import after_commit

__all__ = [
    "AWAY",
    "Base",
    "Database",
    "Deletable",
    "JsonShape",
    "JsonText",
    "Lines",
    "MessageText",
    "Owned",
    "PersonKey",
    "PersonOwned",
    "ProjectKey",
    "Scope",
    "ScopeError",
    "Scoped",
    "Session",
    "Texts",
    "Timestamp",
    "UnitOfWork",
    "after_commit",
    "among",
    "cross_project_query",
    "new_id",
    "now",
    "seconds_from_now",
    "unavailable",
    "unique_name",
]
