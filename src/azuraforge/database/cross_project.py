"""Cross-project queries. They return only keys; all further work takes place inside one project or person.

Each query is written once, as a SELECT, which SQLite executes directly. On PostgreSQL, the application's role sees only
one project, so ``row_security`` compiles the same SELECT into a ``SECURITY DEFINER`` function of the schema's owner,
which the query calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVarTuple

import orjson
from sqlalchemy import Dialect, Row, Select, Text, bindparam, func, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine

from azuraforge.database.scopes import Session, require_system

Columns = TypeVarTuple("Columns")
#: SQL type of a parameter.
_Kind = TypeEngine[Any]

#: Cross-project queries by name, used by row-level security and by tests.
CROSS_PROJECT_QUERIES: dict[str, AnyCrossProjectQuery] = {}
_PREFIX = "azuraforge_"


class Texts(TypeDecorator[Sequence[str]]):
    """Parameter type for ``among``: a list of texts, bound as one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Sequence[str]] | TypeEngine[str]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(Text()))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> list[str] | str | None:
        if value is None:
            return None
        return list(value) if dialect.name == "postgresql" else orjson.dumps(list(value)).decode()


class among(FunctionElement[bool]):  # noqa: N801  reads like the SQL it makes
    """Condition ``among(column, texts)``: the column's value is in a list that is bound as one parameter."""

    type = Boolean()
    inherit_cache = True
    name = "among"


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: object) -> str:
    value, texts = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{value} IN (SELECT value FROM json_each({texts}))"  # noqa: S608  two compiled expressions


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **kw: object) -> str:
    value, texts = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{value} = ANY ({texts})"


class CrossProjectQuery(Generic[*Columns]):
    """A SELECT over all projects. Call it with a session of system scope and its parameters by name."""

    def __init__(self, make: Callable[..., Select[*Columns]], parameters: Mapping[str, _Kind]) -> None:
        self.name = make.__name__
        self.__doc__ = make.__doc__
        self.module = make.__module__
        self.parameters = dict(parameters)
        self._make = make
        self._cached: dict[str, Select[*Columns]] = {}

    @property
    def function(self) -> str:
        """The name of the function on PostgreSQL."""
        return _PREFIX + self.name

    def __call__(self, session: Session, **values: object) -> Sequence[Row[*Columns]]:
        require_system(session)
        # Executed on the connection, because the session's hooks are for statements inside a project.
        connection = session.connection()
        return connection.execute(self._statement(connection.dialect.name), values).all()

    def body(self) -> Select[*Columns]:
        """Return the SELECT with the parameters of the PostgreSQL function in place of bound parameters."""
        return self._make(**{name: literal_column(f"p_{name}", kind) for name, kind in self.parameters.items()})

    def _statement(self, dialect: str) -> Select[*Columns]:
        if dialect not in self._cached:
            given = {name: bindparam(name, type_=kind) for name, kind in self.parameters.items()}
            plain = self._make(**given)
            if dialect == "postgresql":
                columns = [column(each.name, each.type) for each in plain.selected_columns]
                called = getattr(func, self.function)(*given.values()).table_valued(*columns)
                self._cached[dialect] = called.select()
            else:
                self._cached[dialect] = plain.execution_options(crosses_projects=True)
        return self._cached[dialect]


#: A cross-project query with any columns.
AnyCrossProjectQuery = CrossProjectQuery[*tuple[Any, ...]]


def cross_project_query(
    **parameters: _Kind,
) -> Callable[[Callable[..., Select[*Columns]]], CrossProjectQuery[*Columns]]:
    """Decorate a function that builds the SELECT of a ``CrossProjectQuery``; ``parameters`` maps names to SQL types.

    Only the stores of runs, automations, models and projects define such queries, which a test enforces. The queries
    select keys; callers read all other values inside the project.

    Example:
        >>> from sqlalchemy import Column, MetaData, String, Table, select
        >>> row = Table("row", MetaData(), Column("project_id", String), Column("name", String))
        >>> def place_of(name):
        ...     return select(row.c.project_id).where(row.c.name == name)
        >>> CrossProjectQuery(place_of, {"name": String()}).function
        'azuraforge_place_of'
    """

    def register(make: Callable[..., Select[*Columns]]) -> CrossProjectQuery[*Columns]:
        made = CrossProjectQuery(make, parameters)
        if made.name in CROSS_PROJECT_QUERIES:
            raise RuntimeError(f"two cross-project queries are named {made.name}")
        CROSS_PROJECT_QUERIES[made.name] = made
        return made

    return register
