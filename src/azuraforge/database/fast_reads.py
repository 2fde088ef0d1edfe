"""Reads of the most frequent requests: one round trip, without session or ORM, in the event loop.

A question is a SELECT over rows of one project, written with the tables' columns and compiled once. It is answered on
a connection of its own: on SQLite at once (a lookup takes less time than a change of thread), on PostgreSQL as one
pipeline that is one transaction: the project, then the SELECTs, behind the same row-level security as any session.

Each question names the type of its rows, a ``NamedTuple`` with a field for each column. mypy compares the types where
it knows those of the columns; the names are compared when the question is made.
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

from azuraforge.database.project_scope import ScopeError
from azuraforge.database.soundness import FileWatch

T = TypeVar("T")
RowT_co = TypeVar("RowT_co", covariant=True)
#: The types of a SELECT's columns.
Columns = TypeVarTuple("Columns")

_BUSY_SECONDS = 0.5
#: In each connection at most 256 KiB of pages, not SQLite's 2 MB: a few dozen connections live as long as the process,
#: and the operating system keeps the file's pages for all of them.
PAGE_CACHE = "PRAGMA cache_size=-256"
_SQLITE = SQLiteDialect_pysqlite(paramstyle="named")

#: A SELECT of any columns.
Statement = Select[*tuple[Any, ...]]
#: Converts one value between Python and the database; None where the value stays.
_Conversion = Callable[[Any], object]


class Asked(Generic[RowT_co]):
    """A question with its parameters and, once answered, its rows. Created by ``Question.given`` for one use."""

    __slots__ = ("_compiled", "_rows", "given", "question")

    def __init__(self, question: Question[RowT_co], given: Mapping[str, object]) -> None:
        self.question = question
        self.given = given
        self._compiled: _Compiled[RowT_co] | None = None
        self._rows: Sequence[RowT_co] | None = None

    @property
    def rows(self) -> Sequence[RowT_co]:
        """The rows found. Raises LookupError if the question is not answered yet."""
        if self._rows is None:
            raise LookupError("this question is not answered yet; ask it with Database.ask, or yield it from a plan")
        return self._rows

    def compiled(self, dialect: Dialect) -> _Compiled[RowT_co]:
        """Return the text for a dialect; ``answer`` then takes values as that dialect's driver returns them."""
        self._compiled = compiled = self.question.compiled(dialect)
        return compiled

    def answer(self, found: Iterable[Sequence[object]]) -> None:
        """Build rows from values as the driver returns them."""
        assert self._compiled is not None
        self._rows = self._compiled.rows(found)

    def answer_converted(self, found: Iterable[Sequence[object]]) -> None:
        """Build rows from values that are already Python objects."""
        self._rows = [self.question.make_row(each) for each in found]


#: Questions one after another, each perhaps made from the rows of those before it, and the result.
Plan = Generator[Sequence[Asked[object]], None, T]


class FastReader(Protocol):
    """Interface of the readers that answer questions."""

    async def ask(self, project_id: str, asked: Sequence[Asked[object]]) -> None:
        """Answer each question, all as of one moment. Raises TransientError where the database is away."""
        ...

    def close(self) -> None:
        """Close every connection."""


class Question(Generic[RowT_co]):
    """A SELECT of columns; its rows have attributes named after the columns.

    Every table in it that a project owns is confined to the project that asks, without naming it.

    Args:
        row: a ``NamedTuple`` with the columns' names and types, in their order.
        varied: readers choose its form among very many (sorts and conditions); it must not displace prepared
            statements of other questions.

    Raises TypeError where the names of ``row`` are others than the columns', ScopeError for tables of no project.

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
        #: Makes a row of its values.
        self.make_row: Callable[[Iterable[object]], RowT_co] = _maker(row, statement)
        self._compiled: dict[str, _Compiled[RowT_co]] = {}

    def given(self, values: Mapping[str, object]) -> Asked[RowT_co]:
        """Return the question with values for its parameters."""
        return Asked(self, values)

    @property
    def sql(self) -> str:
        """The statement in SQLite's dialect."""
        return "\n".join(line.rstrip() for line in self.compiled(_SQLITE).sql.splitlines())

    def compiled(self, dialect: Dialect) -> _Compiled[RowT_co]:
        """Return the statement in a dialect, compiled at first use."""
        if (compiled := self._compiled.get(dialect.name)) is None:
            compiled = self._compiled[dialect.name] = _Compiled(self.statement, dialect, self.make_row)
        return compiled


class _Compiled(Generic[RowT_co]):
    """A question's text in one dialect, with the conversions of parameters and results."""

    def __init__(self, statement: Statement, dialect: Dialect, make_row: Callable[[Iterable[object]], RowT_co]) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        #: As psycopg's libpq takes it, with its parameters by number; on SQLite they have names.
        self.encoded = self.sql.encode()
        self._order: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._binds: dict[str, _Conversion] = {}
        for parameter in compiled.binds.values():
            if (processor := parameter.type._cached_bind_processor(dialect)) is not None:
                self._binds[parameter.key] = processor
        columns = [_reading(column.type, dialect) for column in statement.selected_columns]
        self._columns = [(index, processor) for index, processor in enumerate(columns) if processor is not None]
        self._make_row = make_row

    def values(self, project_id: str, given: Mapping[str, object]) -> dict[str, object]:
        values: dict[str, object] = {**self._constants, **given, "project_id": project_id}
        for name, processor in self._binds.items():
            values[name] = processor(values[name])
        return values

    def in_order(self, project_id: str, given: Mapping[str, object]) -> list[object]:
        """Return the values in the order of the parameters' numbers."""
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
    """Reader that answers in the calling thread; each thread has its own connection."""

    def __init__(self, url: URL, watch: FileWatch) -> None:
        self._path = Path(url.database or "")
        self._watch = watch
        self._own = threading.local()
        self._lock = threading.Lock()
        self._opened: list[sqlite3.Connection] = []

    async def ask(self, project_id: str, asked: Sequence[Asked[object]]) -> None:
        """Answer each question, all as of one moment. Raises TransientError where the database is away."""
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
    """Return the columns of a table that a row type names, in the order of its fields."""
    return [getattr(table, name) for name in _fields(row) if name in table.__table__.c]


def _maker(row: Callable[..., RowT_co], statement: Statement) -> Callable[[Iterable[object]], RowT_co]:
    """Return what makes a row of its values. Raises TypeError where its names are others than the columns'."""
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
    """Return the address that opens an existing SQLite file: a reader must not create a missing one."""
    return f"{path.absolute().as_uri()}?mode=rw"


def _reading(kind: TypeEngine[Any], dialect: Dialect) -> _Conversion | None:
    """Return what converts a column's value to Python; psycopg already returns numbers, texts and bytes as such."""
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
