"""The hottest reads: one round trip, no session, no ORM, awaited where the request is.

A question is a SELECT over rows of one project, written with the tables' columns and compiled once. It is answered on
a connection of its own: on SQLite at once (a lookup takes less time than a change of thread), on PostgreSQL as one
pipeline that is one transaction: the project, then the SELECTs, behind the same row-level security as any session.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import namedtuple
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Dialect, Select, bindparam
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.sql.expression import FromClause, Join
from sqlalchemy.types import TypeDecorator, TypeEngine

from azuraforge.database.project_scope import ScopeError
from azuraforge.database.soundness import FileWatch

T = TypeVar("T")

_BUSY_SECONDS = 0.5
#: In each connection at most 256 KiB of pages, not SQLite's 2 MB: a few dozen connections live as long as the process,
#: and the operating system keeps the file's pages for all of them.
PAGE_CACHE = "PRAGMA cache_size=-256"
_SQLITE = SQLiteDialect_pysqlite(paramstyle="named")

#: A SELECT of any columns.
Statement = Select[*tuple[Any, ...]]
#: The rows that a question found.
Answer = list[Any]
#: Makes a row of its values.
_Row = Callable[[Iterable[object]], tuple[object, ...]]
#: Converts one value between Python and the database; None where the value stays.
_Conversion = Callable[[Any], object]
#: A question with its parameters.
Asked = tuple["Question", Mapping[str, object]]


#: Questions one after another, each perhaps made from the answers before it, and the result.
Plan = Generator[Sequence[Asked], list[Answer], T]


class FastReader(Protocol):
    """What answers questions."""

    async def ask(self, project_id: str, *asked: Asked) -> list[Answer]:
        """The answer to each question, all as of one moment. Raises TransientError where the database is away."""
        ...

    def close(self) -> None:
        """Close every connection."""


class Question:
    """A SELECT of columns, whose rows answer by the columns' names like rows of the ORM do.

    Every table in it that a project owns is confined to the project that asks, without naming it. ``varied``: readers
    choose its form among very many (sorts and conditions); it must not displace prepared statements of other questions.

    Example:
        >>> from sqlalchemy import Column, MetaData, String, Table
        >>> row = Table("row", MetaData(), Column("project_id", String), Column("name", String))
        >>> print(Question(select(row.c.name).where(row.c.name == bindparam("name"))).sql)
        SELECT "row".name
        FROM "row"
        WHERE "row".name = :name AND "row".project_id = :project_id
    """

    def __init__(self, statement: Statement, *, varied: bool = False) -> None:
        self.varied = varied
        tables = [table for source in statement.get_final_froms() for table in _tables(source)]
        if not tables or any("project_id" not in table.c for table in tables):
            raise ScopeError("a question is about rows that a project owns")
        for table in tables:
            statement = statement.where(table.c.project_id == bindparam("project_id"))
        self.statement = statement
        names = [str(column.key) for column in statement.selected_columns]
        self._row: _Row = namedtuple("Row", names)._make  # type: ignore[attr-defined]  # its names are no literals
        self._compiled: dict[str, _Compiled] = {}

    @property
    def sql(self) -> str:
        """As SQLite reads it."""
        return "\n".join(line.rstrip() for line in self.compiled(_SQLITE).sql.splitlines())

    def compiled(self, dialect: Dialect) -> _Compiled:
        """The text for a dialect, compiled when it is first asked for."""
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _Compiled(self.statement, dialect, self._row)
        return self._compiled[dialect.name]


class _Compiled:
    """A question's text on one dialect, and how values go in and come out."""

    def __init__(self, statement: Statement, dialect: Dialect, row: _Row) -> None:
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
        self._row = row

    def values(self, project_id: str, given: Mapping[str, object]) -> dict[str, object]:
        values: dict[str, object] = {**self._constants, **given, "project_id": project_id}
        for name, processor in self._binds.items():
            values[name] = processor(values[name])
        return values

    def in_order(self, project_id: str, given: Mapping[str, object]) -> list[object]:
        """The values by the parameters' numbers."""
        values = self.values(project_id, given)
        return [values[name] for name in self._order]

    def rows(self, found: Sequence[Sequence[object]]) -> Answer:
        if not self._columns:
            return [self._row(each) for each in found]
        rows = []
        for each in found:
            values = list(each)
            for index, processor in self._columns:
                if values[index] is not None:
                    values[index] = processor(values[index])
            rows.append(self._row(values))
        return rows


class SqliteReader:
    """Answers on the thread that asks, each of which has a connection of its own."""

    def __init__(self, url: URL, watch: FileWatch) -> None:
        self._path = Path(url.database or "")
        self._watch = watch
        self._own = threading.local()
        self._lock = threading.Lock()
        self._opened: list[sqlite3.Connection] = []

    async def ask(self, project_id: str, *asked: Asked) -> list[Answer]:
        """The answer to each question, all as of one moment. Raises TransientError where the database is away."""
        try:
            return self._answers(self._connection(), project_id, asked)
        except sqlite3.Error as error:
            raise self._watch.learn(error) from error

    def close(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, []
        for connection in opened:
            connection.close()

    @staticmethod
    def _answers(connection: sqlite3.Connection, project_id: str, asked: Sequence[Asked]) -> list[Answer]:
        if len(asked) > 1:
            connection.execute("BEGIN")
        try:
            answers = []
            for question, given in asked:
                compiled = question.compiled(_SQLITE)
                found = connection.execute(compiled.sql, compiled.values(project_id, given)).fetchall()
                answers.append(compiled.rows(found))
            return answers
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
