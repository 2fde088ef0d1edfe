"""The database's clock, the only clock that leases and queues use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Double, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from azuraforge.database.tables import Timestamp

# SQLite's newest clock function with fractions of a second, unixepoch('subsec'), needs 3.42; julianday works in all
# versions and has a resolution of about 40 microseconds.
_SQLITE_MICROSECONDS = "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)"


class now(FunctionElement[datetime]):  # noqa: N801  reads like the SQL function it is
    """SQL expression for the database's time when the statement is executed."""

    type = Timestamp()
    inherit_cache = True
    name = "now"


class _Shifted(FunctionElement[datetime]):
    type = Timestamp()
    inherit_cache = True
    name = "shifted"


def seconds_from_now(seconds: float) -> ColumnElement[datetime]:
    """Return an SQL expression for ``now()`` plus ``seconds``, which may be negative."""
    return _Shifted(literal(float(seconds), Double()))


@compiles(now, "sqlite")
def _now_sqlite(element: now, compiler: SQLCompiler, **kw: object) -> str:
    return _SQLITE_MICROSECONDS


@compiles(now)  # also used to find the tables of a statement
def _now_postgresql(element: now, compiler: SQLCompiler, **kw: object) -> str:
    return "clock_timestamp()"


@compiles(_Shifted, "sqlite")
def _shifted_sqlite(element: _Shifted, compiler: SQLCompiler, **kw: object) -> str:
    return f"({_SQLITE_MICROSECONDS} + CAST({compiler.process(element.clauses, **kw)} * 1000000 AS INTEGER))"


@compiles(_Shifted)
def _shifted_postgresql(element: _Shifted, compiler: SQLCompiler, **kw: object) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **kw)}))"
