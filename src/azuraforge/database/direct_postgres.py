"""Questions on PostgreSQL: a pipeline of BEGIN, project, SELECTs and COMMIT in one round trip, on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import Dialect
from sqlalchemy.engine import URL

from azuraforge.database.direct import Answer, Asked
from azuraforge.database.failures import away
from azuraforge.database.postgres import CONNECT_ARGUMENTS
from azuraforge.database.tenancy import PROJECT_SETTING
from azuraforge.errors import InvalidInput, TransientError

_CONNECTIONS = 8
_WAIT_SECONDS = 10.0
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SET_PROJECT = f"SELECT set_config('{PROJECT_SETTING}', %s, true)"

Connection = psycopg.AsyncConnection[Any]


class PostgresAsker:
    """Answers on a few connections of its own. All who ask run in one event loop."""

    def __init__(self, url: URL, dialect: Dialect) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._dialect = dialect
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._places = asyncio.Semaphore(_CONNECTIONS)

    async def ask(self, project_id: str, *asked: Asked) -> list[Answer]:
        """The answer to each question, all as of one moment. Raises TransientError where the database is away."""
        try:
            await asyncio.wait_for(self._places.acquire(), _WAIT_SECONDS)
        except TimeoutError:
            raise TransientError("all connections to the database are in use", next_step="try again") from None
        try:
            return await self._ask(project_id, asked)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close every connection; the event loop may be gone already."""
        for connection in self._all:
            connection.pgconn.finish()
        self._all.clear()
        self._idle.clear()

    async def _ask(self, project_id: str, asked: Sequence[Asked]) -> list[Answer]:
        while self._idle:  # one that died while it lay idle is replaced unseen
            connection = self._idle.pop()
            try:
                return await self._answers(connection, project_id, asked)
            except psycopg.OperationalError:
                self._all.discard(connection)
                await connection.close()
            except psycopg.DataError as error:
                raise _not_looked_for(error) from error
        try:
            return await self._answers(await self._connect(), project_id, asked)
        except psycopg.OperationalError as error:
            raise away(error) from error
        except psycopg.DataError as error:
            raise _not_looked_for(error) from error

    async def _answers(self, connection: Connection, project_id: str, asked: Sequence[Asked]) -> list[Answer]:
        compiled = [(question.compiled(self._dialect), given) for question, given in asked]
        kept = False
        try:
            async with connection.pipeline():
                await connection.execute(_BEGIN)
                await connection.execute(_SET_PROJECT, (project_id,))
                cursors = [
                    await connection.execute(each.sql.encode(), each.values(project_id, given))
                    for each, given in compiled
                ]
                await connection.execute("COMMIT")
            found = [await cursor.fetchall() for cursor in cursors]
            kept = True
        finally:
            if kept:
                self._idle.append(connection)
            else:  # cancelled or broken in the middle: nobody knows what it still says
                self._all.discard(connection)
                connection.pgconn.finish()
        return [each.rows(rows) for (each, _), rows in zip(compiled, found, strict=True)]

    async def _connect(self) -> Connection:
        connection = await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, cursor_factory=psycopg.AsyncCursor, **CONNECT_ARGUMENTS
        )
        set_json_loads(orjson.loads, connection)
        self._all.add(connection)
        return connection


def _not_looked_for(error: psycopg.DataError) -> InvalidInput:
    """A NUL in a text, a number out of range."""
    return InvalidInput(f"a value cannot be looked for: {str(error).splitlines()[0]}")
