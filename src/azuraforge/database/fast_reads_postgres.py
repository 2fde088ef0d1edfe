"""Reader for PostgreSQL: sets the project and executes the SELECTs in one round trip and transaction, on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import psycopg
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL

from azuraforge.database.failures import away
from azuraforge.database.fast_reads import Asked
from azuraforge.database.pipeline import Pipeline, Rows, Statement, Values
from azuraforge.database.scopes import PROJECT_SETTING
from azuraforge.errors import InvalidInput, TransientError

_CONNECTIONS = 8
_WAIT_SECONDS = 10.0
#: Valid until the transaction ends, which it does with the request. Without this setting, a SELECT finds no row.
_SET_PROJECT = f"SELECT set_config('{PROJECT_SETTING}', $1, true)".encode()


class PostgresReader:
    """Reader with a small separate pool of connections. All callers run in one event loop."""

    def __init__(self, url: URL, dialect: Dialect) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        # The engine's dialect, except that libpq needs numbered parameters.
        self._dialect: Dialect = PGDialect_psycopg(  # type: ignore[no-untyped-call]
            paramstyle="numeric_dollar", json_serializer=getattr(dialect, "_json_serializer", None)
        )
        self._values = Values()
        self._idle: list[Pipeline] = []
        self._all: set[Pipeline] = set()
        self._places = asyncio.Semaphore(_CONNECTIONS)

    async def ask(self, project_id: str, asked: Sequence[Asked[object]]) -> None:
        """Execute the queries in one snapshot.

        Raises TransientError if the database is unavailable, and InvalidInput for a parameter that cannot be stored.
        """
        try:
            statements = [Statement(_SET_PROJECT, self._values.of((project_id,)))]
            for each in asked:
                compiled = each.compiled(self._dialect)
                values = self._values.of(compiled.in_order(project_id, each.given))
                statements.append(Statement(compiled.encoded, values, each.question.varied))
            await self._take_place()
            try:
                found = await self._ask(statements)
            finally:
                self._places.release()
        except psycopg.DataError as error:
            raise _not_looked_for(error) from error
        for each, rows in zip(asked, found[1:], strict=True):
            each.answer(rows)

    def close(self) -> None:
        """Close all connections; the event loop may have ended already."""
        for pipeline in self._all:
            pipeline.close()
        self._all.clear()
        self._idle.clear()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()  # returns immediately
            return
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise TransientError("all connections to the database are in use", next_step="try again") from None

    async def _ask(self, statements: Sequence[Statement]) -> list[Rows]:
        while self._idle:  # connections that broke while idle or have outdated prepared statements are replaced
            try:
                return await self._on(self._idle.pop(), statements)
            except (psycopg.OperationalError, psycopg.NotSupportedError):
                continue
        try:
            pipeline = await Pipeline.open(self._address)
            self._all.add(pipeline)
            return await self._on(pipeline, statements)
        except psycopg.OperationalError as error:
            raise away(error) from error

    async def _on(self, pipeline: Pipeline, statements: Sequence[Statement]) -> list[Rows]:
        try:
            found = await pipeline.ask(statements)
        except BaseException:  # cancelled or failed midway
            self._all.discard(pipeline)
            pipeline.close()
            raise
        self._idle.append(pipeline)
        return found


def _not_looked_for(error: psycopg.DataError) -> InvalidInput:
    """Return the error for a value that no column can store, such as a text with a NUL or a number out of range."""
    return InvalidInput(
        "a value cannot be searched for: {error}", next_step="change the value", error=str(error).splitlines()[0]
    )
