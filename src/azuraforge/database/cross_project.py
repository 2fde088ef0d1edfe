"""The few questions that cross projects. Their answers are keys; whatever follows happens inside one project.

A crossing is written once, as a SELECT. On SQLite it runs as it is. On PostgreSQL an application's role sees one
project only, so ``walls`` compiles the same SELECT into a ``SECURITY DEFINER`` function of the schema's owner, and
the query calls that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Dialect, Row, Select, Text, bindparam, func, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine

from azuraforge.database.project_scope import Session, require_system

#: Every crossing by its name, for those who build the walls and for tests.
CROSS_PROJECT_QUERIES: dict[str, CrossProjectQuery] = {}
_PREFIX = "azuraforge_"


class Texts(TypeDecorator[Sequence[str]]):
    """A list of texts as one parameter, for ``among``."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = postgresql.ARRAY(Text()) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return list(value) if dialect.name == "postgresql" else orjson.dumps(list(value)).decode()


class among(FunctionElement[bool]):  # noqa: N801  reads like the SQL it makes
    """``among(column, texts)``: whether the column's value is one of a list given as one parameter."""

    type = Boolean()
    inherit_cache = True
    name = "among"


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    value, texts = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{value} IN (SELECT value FROM json_each({texts}))"  # noqa: S608  two compiled expressions


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    value, texts = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{value} = ANY ({texts})"


class CrossProjectQuery:
    """A question that sees every project. Call it in a session of system scope with its parameters by name."""

    def __init__(self, make: Callable[..., Select[Any]], parameters: Mapping[str, TypeEngine[Any]]) -> None:
        self.name = make.__name__
        self.__doc__ = make.__doc__
        self.module = make.__module__
        self.parameters = dict(parameters)
        self._make = make
        self._cached: dict[str, Any] = {}

    @property
    def function(self) -> str:
        """The function's name on PostgreSQL."""
        return _PREFIX + self.name

    def __call__(self, session: Session, **values: Any) -> Sequence[Row[Any]]:
        require_system(session)
        # The connection, not the session: its hooks are for statements inside a project.
        connection = session.connection()
        return connection.execute(self._statement(connection.dialect.name), values).all()

    def body(self) -> Select[Any]:
        """The SELECT over the function's own parameters."""
        return self._make(**{name: literal_column(f"p_{name}", kind) for name, kind in self.parameters.items()})

    def _statement(self, dialect: str) -> Any:
        if dialect not in self._cached:
            given: dict[str, ColumnElement[Any]] = {
                name: bindparam(name, type_=kind) for name, kind in self.parameters.items()
            }
            direct = self._make(**given)
            if dialect == "postgresql":
                columns = [column(each.name, each.type) for each in direct.selected_columns]
                called = getattr(func, self.function)(*given.values()).table_valued(*columns)
                self._cached[dialect] = called.select()
            else:
                self._cached[dialect] = direct.execution_options(crosses_projects=True)
        return self._cached[dialect]


def cross_project_query(**parameters: TypeEngine[Any]) -> Callable[[Callable[..., Select[Any]]], CrossProjectQuery]:
    """Make a ``CrossProjectQuery`` of a function that builds its SELECT; ``parameters`` are the types of its arguments.

    Only stores of runs, automations and projects have any, and they select keys: what a caller wants to know beyond
    those, it reads inside the project. A test compares.

    Example:
        >>> from sqlalchemy import Column, MetaData, String, Table, select
        >>> row = Table("row", MetaData(), Column("project_id", String), Column("name", String))
        >>> def place_of(name):
        ...     return select(row.c.project_id).where(row.c.name == name)
        >>> CrossProjectQuery(place_of, {"name": String()}).function
        'azuraforge_place_of'
    """

    def register(make: Callable[..., Select[Any]]) -> CrossProjectQuery:
        made = CrossProjectQuery(make, parameters)
        if made.name in CROSS_PROJECT_QUERIES:
            raise RuntimeError(f"two cross-project queries are named {made.name}")
        CROSS_PROJECT_QUERIES[made.name] = made
        return made

    return register
