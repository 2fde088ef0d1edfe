"""Queries of the most frequent requests: one round trip, without session or ORM, on the event loop.

A ``Question`` is a SELECT over rows of one project, which is compiled once. It is executed on a separate connection: on
SQLite directly, because a lookup takes less time than a switch of threads; on PostgreSQL as one pipeline and one
transaction, which sets the project and executes the SELECTs under the same row-level security as any session.

Each question declares the type of its rows, a ``NamedTuple`` with a field for each column. mypy compares the field
types with the column types where these are known; the constructor compares the names.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, TypeVarTuple

from sqlalchemy import Dialect, Select, bindparam
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.sql.expression import FromClause, Join
from sqlalchemy.types import TypeDecorator, TypeEngine

from azuraforge.database.scopes import ScopeError
from azuraforge.database.soundness import FileWatch

T = TypeVar("T")
RowT_co = TypeVar("RowT_co", covariant=True)
#: Types of a SELECT's columns.
Columns = TypeVarTuple("Columns")

_BUSY_SECONDS = 0.5
#: Page cache of at most 256 KiB per connection instead of SQLite's 2 MB: a few dozen connections stay open as long as
#: the process runs, and the operating system caches the file's pages for all of them.
PAGE_CACHE = "PRAGMA cache_size=-256"
_SQLITE = SQLiteDialect_pysqlite(paramstyle="named")

#: A SELECT with any columns.
Statement = Select[*tuple[Any, ...]]
#: Converts one value between Python and the database; None if no conversion is needed.
_Conversion = Callable[[Any], object]


class Asked(Generic[RowT_co]):
    """A query with its parameter values and, after its execution, its rows. Made by ``Question.given``, used once."""

    __slots__ = ("_compiled", "_rows", "given", "question")

    def __init__(self, question: Question[RowT_co], given: Mapping[str, object]) -> None:
        self.question = question
        self.given = given
        self._compiled: _Compiled[RowT_co] | None = None
        self._rows: Sequence[RowT_co] | None = None

    @property
    def rows(self) -> Sequence[RowT_co]:
        """The rows found. Raises LookupError if the query has not been executed yet."""
        if self._rows is None:
            raise LookupError("this question is not answered yet; ask it with Database.ask, or yield it from a plan")
        return self._rows

    def compiled(self, dialect: Dialect) -> _Compiled[RowT_co]:
        """Return the compiled statement for a dialect; ``answer`` then expects values from that dialect's driver."""
        self._compiled = compiled = self.question.compiled(dialect)
        return compiled

    def answer(self, found: Iterable[Sequence[object]]) -> None:
        """Set the rows from values as returned by the driver."""
        assert self._compiled is not None
        self._rows = self._compiled.rows(found)

    def answer_converted(self, found: Iterable[Sequence[object]]) -> None:
        """Set the rows from values that are already converted to Python objects."""
        self._rows = [self.question.make_row(each) for each in found]


#: Generator that yields questions in steps, which may depend on the rows of earlier steps, and returns a result.
Plan = Generator[Sequence[Asked[object]], None, T]


class FastReader(Protocol):
    """Protocol of the readers that execute queries."""

    async def ask(self, project_id: str, asked: Sequence[Asked[object]]) -> None:
        """Execute the questions in one snapshot. Raises TransientError if the database is unavailable."""
        ...

    def close(self) -> None:
        """Close all connections."""


class Question(Generic[RowT_co]):
    """A SELECT whose rows have attributes named after its columns.

    All its tables must belong to projects; a condition restricts each of them to the given project.

    Args:
        row: a ``NamedTuple`` with the names and types of the columns, in their order.
        varied: whether callers build very many variants of the statement (sort orders and conditions), which must not
            displace the prepared statements of other queries.

    Raises TypeError if the field names of ``row`` differ from the columns' names, and ScopeError for tables without a
    project.

    Example:
        >>> from typing import NamedTuple
        >>> from sqlalchemy import Column, MetaData, String, Table
        >>> table = Table("row", MetaData(), Column("project_id", String), Column("name", String))
        >>> class Named(NamedTuple):
        ...     name: str
        >>> print(Question(Named, select(table.c.name).where(table.c.name == bindparam("name"))).sql)
        SELECT "row".name
        FROM "row"
        WHERE "row".name = :name AND "row".project_id = :project_id
    """

    def __init__(self, row: Callable[[*Columns], RowT_co], select: Select[*Columns], *, varied: bool = False) -> None:
        self.varied = varied
        statement: Statement = select
        tables = [table for source in statement.get_final_froms() for table in _tables(source)]
        if not tables or any("project_id" not in table.c for table in tables):
            raise ScopeError("a question is about rows that a project owns")
        for table in tables:
            statement = statement.where(table.c.project_id == bindparam("project_id"))
        self.statement = statement
        #: Builds a row from its values.
        self.make_row: Callable[[Iterable[object]], RowT_co] = _maker(row, statement)
        self._compiled: dict[str, _Compiled[RowT_co]] = {}

    def given(self, values: Mapping[str, object]) -> Asked[RowT_co]:
        """Return the query with values for its parameters, ready to be executed once."""
        return Asked(self, values)

    @property
    def sql(self) -> str:
        """The statement as text in SQLite's dialect."""
        return "\n".join(line.rstrip() for line in self.compiled(_SQLITE).sql.splitlines())

    def compiled(self, dialect: Dialect) -> _Compiled[RowT_co]:
        """Return the statement in a dialect, compiled on first use."""
        if (compiled := self._compiled.get(dialect.name)) is None:
            compiled = self._compiled[dialect.name] = _Compiled(self.statement, dialect, self.make_row)
        return compiled


class _Compiled(Generic[RowT_co]):
    """A query's statement in one dialect, with the conversions of parameters and results."""

    def __init__(self, statement: Statement, dialect: Dialect, make_row: Callable[[Iterable[object]], RowT_co]) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        #: The statement as bytes for libpq, with numbered parameters; on SQLite, parameters are named.
        self.encoded = self.sql.encode()
        self._order: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._binds: dict[str, _Conversion] = {}
        for parameter, name in compiled.bind_names.items():  # names of literals are known only after compilation
            if (processor := parameter.type._cached_bind_processor(dialect)) is not None:
                self._binds[name] = processor
        columns = [_reading(column.type, dialect) for column in statement.selected_columns]
        self._columns = [(index, processor) for index, processor in enumerate(columns) if processor is not None]
        self._make_row = make_row

    def values(self, project_id: str, given: Mapping[str, object]) -> dict[str, object]:
        values: dict[str, object] = {**self._constants, **given, "project_id": project_id}
        for name, processor in self._binds.items():
            values[name] = processor(values[name])
        return values

    def in_order(self, project_id: str, given: Mapping[str, object]) -> list[object]:
        """Return the parameter values in the order of the parameters' numbers."""
        values = self.values(project_id, given)
        return [values[name] for name in self._order]

    def rows(self, found: Iterable[Sequence[object]]) -> list[RowT_co]:
        if not self._columns:
            return [self._make_row(each) for each in found]
        rows = []
        for each in found:
            values = list(each)
            for index, processor in self._columns:
                if values[index] is not None:
                    values[index] = processor(values[index])
            rows.append(self._make_row(values))
        return rows


class SqliteReader:
    """Reader that executes queries in the calling thread; each thread has a separate connection."""

    def __init__(self, url: URL, watch: FileWatch) -> None:
        self._path = Path(url.database or "")
        self._watch = watch
        self._own = threading.local()
        self._lock = threading.Lock()
        self._opened: list[sqlite3.Connection] = []

    async def ask(self, project_id: str, asked: Sequence[Asked[object]]) -> None:
        """Execute the questions in one snapshot. Raises TransientError if the database is unavailable."""
        try:
            self._answer(self._connection(), project_id, asked)
        except sqlite3.Error as error:
            raise self._watch.learn(error) from error

    def close(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, []
        for connection in opened:
            connection.close()

    @staticmethod
    def _answer(connection: sqlite3.Connection, project_id: str, asked: Sequence[Asked[object]]) -> None:
        if len(asked) > 1:
            connection.execute("BEGIN")
        try:
            for each in asked:
                compiled = each.compiled(_SQLITE)
                found = connection.execute(compiled.sql, compiled.values(project_id, each.given)).fetchall()
                each.answer(found)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                existing(self._path),
                _BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
                uri=True,
            )
            connection.execute("PRAGMA query_only=ON")
            connection.execute(PAGE_CACHE)
            self._own.connection = connection
            with self._lock:
                self._opened.append(connection)
        return connection


def columns(table: type[DeclarativeBase], row: type[tuple[object, ...]]) -> list[InstrumentedAttribute[Any]]:
    """Return the columns of a table whose names are fields of a row type, in the order of its fields."""
    return [getattr(table, name) for name in _fields(row) if name in table.__table__.c]


def _maker(row: Callable[..., RowT_co], statement: Statement) -> Callable[[Iterable[object]], RowT_co]:
    """Return a function that builds a row from its values. Raises TypeError if fields and columns differ in name."""
    fields, names = _fields(row), tuple(str(column.key) for column in statement.selected_columns)
    if fields != names:
        raise TypeError(
            f"{getattr(row, '__name__', row)} has the fields {', '.join(fields)}, but its SELECT the columns "
            f"{', '.join(names)}; give it one field for each column, in their order"
        )
    make: Callable[[Iterable[object]], RowT_co] = getattr(row, "_make")  # noqa: B009  # a NamedTuple's
    return make


def _fields(row: object) -> tuple[str, ...]:
    found: tuple[str, ...] | None = getattr(row, "_fields", None)
    if found is None:
        raise TypeError(f"{row!r} is no NamedTuple; make it one with a field for each column")
    return found


def existing(path: Path) -> str:
    """Return a URI that opens an SQLite file only if it exists, so that a reader does not create a missing one."""
    return f"{path.absolute().as_uri()}?mode=rw"


def _reading(kind: TypeEngine[Any], dialect: Dialect) -> _Conversion | None:
    """Return the function that converts a column's value to Python; None if the driver's value needs no conversion."""
    if isinstance(kind, TypeDecorator):
        read = kind.process_result_value
        return lambda value: read(value, dialect)
    return kind._cached_result_processor(dialect, None) if dialect.name == "sqlite" else None


def _tables(source: FromClause) -> Iterator[FromClause]:
    if isinstance(source, Join):
        yield from _tables(source.left)
        yield from _tables(source.right)
    else:
        yield source
