"""Source that repeats a query for the rows after the last value of a growing column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar

import polars as pl
from pydantic import AfterValidator, BaseModel, Field, JsonValue

from azuraforge.datasets.reading.delimited import require_column
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.sources.sql.address import Place, place_of
from azuraforge.datasets.sources.sql.dialects import DIALECTS, Dialect
from azuraforge.datasets.sources.sql.frames import frame_of, joined
from azuraforge.datasets.sources.sql.position import Cell, Position, Value, before, digest, position_at
from azuraforge.datasets.sources.tables import Column, TableOptions, TableSource, meaning_of
from azuraforge.errors import AzuraError, InvalidInput, InvalidValue, TransientError
from azuraforge.messages import Message
from azuraforge.plugins import SecretName, SourceFinding, SourceNews, SourceRead
from azuraforge.plugins.contract.shape import in_turkish

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PIECE_ROWS = 10_000
_SHOWN = 300
#: A server-side cursor accepts a single statement, so no second one can end the read-only transaction.
_STREAMED: Mapping[str, bool] = {"stream_results": True}


def _one_query(text: str) -> str:
    text = text.strip().rstrip(";").rstrip()
    if not text.lower().startswith(("select", "with")):
        raise InvalidValue("the query must be a single SELECT")
    if "\0" in text:
        raise InvalidValue("the query has a NUL character")
    return text


class SqlOptions(TableOptions):
    """The database, the query, and its cursor column."""

    connection: SecretName = Field(
        title="Connection",
        description="Name of the secret that contains the address:"
        " postgresql://USER:PASSWORD@HOST/DATABASE, mysql://… or sqlite:////PATH",
        json_schema_extra=in_turkish(
            "Bağlantı",
            "Adresi içeren sırrın adı: postgresql://KULLANICI:PAROLA@SUNUCU/VERİTABANI, mysql://… ya da sqlite:////YOL",
        ),
    )
    query: Annotated[str, AfterValidator(_one_query)] = Field(
        min_length=1,
        max_length=20_000,
        title="Query",
        description="One SELECT without ORDER BY and LIMIT; the connection is read-only",
        json_schema_extra=in_turkish("Sorgu", "ORDER BY ve LIMIT içermeyen tek bir SELECT; bağlantı salt okunurdur"),
    )
    cursor: Column | None = Field(
        default=None,
        title="Cursor",
        description="Column of the query that never decreases, such as an id or the time of insertion."
        " Empty: the time column",
        json_schema_extra=in_turkish(
            "İmleç", "Sorgunun değeri hiç azalmayan sütunu, örneğin kimlik ya da eklenme zamanı. Boş: zaman sütunu"
        ),
    )
    look_back: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        title="Look back",
        description="How far before the last cursor value rows are read again, because transactions may commit "
        "late: in seconds for times, in days for dates, in the cursor's unit for numbers",
        json_schema_extra=in_turkish(
            "Geriye bakış",
            "İmlecin son değerinden ne kadar geriye gidilip satırların yeniden okunacağı; bazı işlemler geç"
            " tamamlanabilir. Zamanlarda saniye, tarihlerde gün, sayılarda imlecin birimi",
        ),
    )
    max_rows: int = Field(
        default=1_000_000,
        ge=1,
        le=32_000_000,
        title="Maximum rows",
        description="Maximum number of rows per refresh; the next refresh continues",
        json_schema_extra=in_turkish(
            "En çok satır sayısı", "Bir yenilemede okunan en çok satır sayısı; sonraki yenileme kaldığı yerden sürer"
        ),
    )
    timeout_seconds: float = Field(
        default=60.0,
        ge=0.1,
        le=600,
        title="Timeout (seconds)",
        description="Time limit of the query",
        json_schema_extra=in_turkish("Zaman aşımı (saniye)", "Sorgunun süre sınırı"),
    )


@dataclass
class _Rows:
    """The rows of one read.

    Attributes:
        asked: number of rows returned by the query.
        kept: number of rows that were not seen before.
        last: last value of the cursor column.
        at_last: all rows with the value ``last``.
    """

    names: list[str]
    pieces: list[pl.DataFrame] = field(default_factory=list)
    asked: int = 0
    kept: int = 0
    last: Cell = None
    at_last: list[tuple[Cell, ...]] = field(default_factory=list)


class Sql(TableSource[SqlOptions]):
    """Source that streams the result of a query in a transaction that the server keeps read-only."""

    name = "sql"
    Options: ClassVar[type[BaseModel]] = SqlOptions
    title: ClassVar[Mapping[str, str]] = {"en": "Database query", "tr": "Veritabanı sorgusu"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Rows of one read-only query on PostgreSQL, MySQL or SQLite. Each refresh continues after the last row.",
        "tr": "PostgreSQL, MySQL ya da SQLite'ta salt okunur bir sorgunun satırları. Yenileme kaldığı yerden sürer.",
    }

    def read(self, options: SqlOptions) -> SourceRead:
        """Read all rows.

        Raises InvalidInput if the query is wrong or returns no rows, and TransientError if the server is unavailable.
        """
        news = self._news(options, None)
        if news.read is None:
            raise InvalidInput(
                "the query returns no rows",
                where="source sql",
                next_step="check the conditions of the query",
                code="empty_query",
            )
        return news.read

    def read_since(self, options: SqlOptions, cursor: Mapping[str, JsonValue] | None) -> SourceNews:
        """Read the rows at and after the last value of the cursor column, without rows that were read before.

        Raises InvalidInput if the query is wrong, and TransientError if the server is unavailable.
        """
        return self._news(options, Position.model_validate(cursor) if cursor else None)

    def _news(self, options: SqlOptions, position: Position | None) -> SourceNews:
        place = place_of(self.secret(options.connection), options.connection, self.outgoing, self.folders)
        findings: list[SourceFinding] = []
        with _connected(place, options) as (dialect, connection):
            rows = self._rows(dialect, connection, options, position)
            if position is None:
                findings += _without_cursor(dialect, connection, options)
        if rows.asked == options.max_rows:
            findings.append(SourceFinding(**finding("more_rows", count=rows.asked).model_dump()))
        if not rows.kept:
            return SourceNews(None, {} if position is None else position.model_dump(mode="json"), findings)
        column = _cursor_of(options)
        reached = position_at(rows.last, rows.at_last, column)
        if position is not None and rows.last != position.start and not _is_behind(rows.last, position.start):
            reached = position  # with look_back, if the rows at the last position were deleted
        end = reached.model_dump(mode="json")
        frame = joined(rows.pieces)
        if column not in (options.time, options.target, options.series, *(options.features or ())):
            frame = frame.drop(column)
        return SourceNews(
            meaning_of(frame, options, {"name": _name(place), "database": place.dialect}, end, findings), end
        )

    def _rows(self, dialect: Dialect, connection: Connection, options: SqlOptions, position: Position | None) -> _Rows:
        start = None if position is None else before(position.start, options.look_back, _cursor_of(options))
        statement, parameters = _statement(dialect, connection, options, start)
        with (
            dialect.watched(connection, options.timeout_seconds),
            connection.exec_driver_sql(statement, parameters, execution_options=_STREAMED) as result,
        ):
            rows = _Rows(list(result.keys()))
            _check_columns(rows.names, options)
            at = rows.names.index(_cursor_of(options))
            for piece in result.partitions(_PIECE_ROWS):
                self._take(rows, [tuple(row) for row in piece], at, position, options)
        if position is not None and rows.asked == options.max_rows and not _is_behind(rows.last, position.start):
            raise InvalidInput(
                "{max_rows:,} or more rows have the value {position!r} in the cursor column {column!r}, or are "
                "within look_back before it: the query cannot continue",
                where="option max_rows",
                next_step="add the dataset again with a finer cursor column or a larger max_rows",
                code="too_many_ties",
                max_rows=options.max_rows,
                position=position.value,
                column=_cursor_of(options),
            )
        return rows

    def _take(
        self, rows: _Rows, piece: list[tuple[Cell, ...]], at: int, position: Position | None, options: SqlOptions
    ) -> None:
        rows.asked += len(piece)
        self.limits.check_table(
            rows.asked, len(rows.names), Message("the result of the query"), Message("set max_rows")
        )
        for row in piece:
            if row[at] != rows.last:
                rows.last, rows.at_last = row[at], []
            rows.at_last.append(row)
        if position is not None and position.seen:
            seen, value = set(position.seen), position.start
            piece = [row for row in piece if row[at] != value or digest(row) not in seen]
        if piece:
            rows.pieces.append(frame_of(rows.names, piece))
            rows.kept += len(piece)


def _cursor_of(options: SqlOptions) -> str:
    return options.cursor or options.time


def _is_behind(last: Cell, start: Value) -> bool:
    """Return whether ``last`` follows ``start``. Text only has to differ, since databases sort text unlike Python."""
    if isinstance(last, str) or isinstance(start, str):
        return last != start
    try:
        return bool(last > start)  # type: ignore[operator]
    except TypeError:  # the column's type has changed
        return True


def _name(place: Place) -> str:
    return place.file.stem if place.file is not None else place.database


def _statement(
    dialect: Dialect, connection: Connection, options: SqlOptions, start: Value | None
) -> tuple[str, dict[str, Value]]:
    """Return the statement and its parameters; the query becomes a subquery, so that it cannot be another statement."""
    query, column = _written(dialect, connection, options)
    condition = f"{column} IS NOT NULL" if start is None else f"{column} >= {dialect.placeholder}"
    statement = f"SELECT * FROM (\n{query}\n) AS asked WHERE {condition} ORDER BY {column} LIMIT {options.max_rows}"  # noqa: S608
    return statement, {} if start is None else {"since": start}


def _written(dialect: Dialect, connection: Connection, options: SqlOptions) -> tuple[str, str]:
    """Return the query and the quoted cursor column, escaped for the driver."""
    query = options.query.replace("%", "%%") if dialect.extra_percent else options.query
    return query, connection.dialect.identifier_preparer.quote_identifier(_cursor_of(options))


def _without_cursor(dialect: Dialect, connection: Connection, options: SqlOptions) -> list[SourceFinding]:
    """Return a finding about rows whose cursor is NULL, which are never read; empty if there are none."""
    query, column = _written(dialect, connection, options)
    statement = f"SELECT COUNT(*) FROM (\n{query}\n) AS asked WHERE {column} IS NULL"  # noqa: S608
    with dialect.watched(connection, options.timeout_seconds):
        count = int(connection.exec_driver_sql(statement, {}, execution_options=_STREAMED).scalar_one())
    if not count:
        return []
    return [SourceFinding(**finding("rows_without_cursor", count=count, column=_cursor_of(options)).model_dump())]


def _check_columns(names: list[str], options: SqlOptions) -> None:
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidInput(
            "two columns of the query are named {column!r}",
            where="option query",
            next_step="rename one of the columns: SELECT a.x AS a_x",
            code="duplicate_column",
            column=twice,
        )
    wanted = {"time": options.time, "target": options.target, "series": options.series, "cursor": _cursor_of(options)}
    for option, column in wanted.items():
        if column is not None:
            require_column(names, "the query", column, option)


@contextmanager
def _connected(place: Place, options: SqlOptions) -> Iterator[tuple[Dialect, Connection]]:
    """Connect, begin a read-only transaction, and convert errors of the driver to errors of the platform."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    dialect = DIALECTS[place.dialect]
    try:
        engine = create_engine(
            f"{dialect.driver}://",
            creator=lambda: dialect.connect(place, options.timeout_seconds),
            poolclass=NullPool,
            hide_parameters=True,
        )
    except ImportError:
        raise InvalidInput(
            "the driver for {dialect} is not installed",
            where="source sql",
            next_step="ask an administrator to install the driver: pip install 'azuraforge[sql]'",
            code="no_driver",
            dialect=place.dialect,
        ) from None
    try:
        with engine.connect().execution_options(**dialect.options) as connection:
            dialect.begin(connection, options.timeout_seconds)
            yield dialect, connection
            connection.rollback()
    except AzuraError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise _explained(error, dialect, place, options) from None
    finally:
        engine.dispose()


def _explained(error: BaseException, dialect: Dialect, place: Place, options: SqlOptions) -> AzuraError:
    meaning, text = dialect.meaning_of(getattr(error, "orig", None) or error)
    if meaning == "sign_in":
        return InvalidInput(
            "the database refuses the user, the password or the database name",
            where="source sql",
            next_step="check the secret {connection!r}: azuraforge secrets set {connection}",
            code="sign_in_refused",
            connection=options.connection,
        )
    if meaning == "timeout":
        return InvalidInput(
            "the query took longer than {seconds:g} seconds",
            where="source sql",
            next_step="add an index on the cursor column, or raise timeout_seconds",
            code="query_timeout",
            seconds=options.timeout_seconds,
        )
    if meaning == "query":
        first = " ".join(text.split())[:_SHOWN]
        return InvalidInput(
            "the database refuses the query: {reason}" if first else "the database refuses the query",
            where="option query",
            next_step="correct the query, or ask the database's administrator to grant SELECT",
            code="query_refused",
            reason=first,
        )
    return TransientError(
        "the database at {host} cannot be reached, or closed the connection",
        where="source sql",
        next_step="check the host and port of the secret, or try again later",
        host=place.host,
    )
