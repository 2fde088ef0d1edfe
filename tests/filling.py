"""A row in every table, whatever tables there are: for tests about databases rather than about packages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, insert
from sqlalchemy.types import JSON, Boolean, DateTime, Double, LargeBinary, String, Text

from azuraforge.database.schema import VERSION_TABLE


def reflected(connection: Connection) -> MetaData:
    """The tables as the database has them, but for the one that holds the revision."""
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.remove(metadata.tables[VERSION_TABLE])
    return metadata


def fill(connection: Connection, metadata: MetaData, mark: str) -> dict[str, dict[str, Any]]:
    """Insert one row into every table, true to its types and foreign keys; ``mark`` is one letter of the project."""
    rows: dict[str, dict[str, Any]] = {}
    for table in metadata.sorted_tables:
        rows[table.name] = _row(table, rows, mark)
        connection.execute(insert(table).values(rows[table.name]))
    return rows


def _row(table: Table, rows: dict[str, dict[str, Any]], mark: str) -> dict[str, Any]:
    row = {column.name: _value(column, mark) for column in table.columns}
    for constraint in table.foreign_key_constraints:
        for element in constraint.elements:
            row[element.parent.name] = rows[element.column.table.name][element.column.name]
    return row


def _value(column: Column[Any], mark: str) -> Any:
    kind = column.type
    if isinstance(kind, Text):
        return '{"second": [1, "ğ", null]}'
    if isinstance(kind, JSON):
        return {"second": [1, "ğ", None]}
    if isinstance(kind, String):
        return f"{mark}{column.name}"[: kind.length]
    if isinstance(kind, LargeBinary):
        return b"\x00\xff second"
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, DateTime):
        return datetime(2024, 2, 29, tzinfo=UTC)
    if isinstance(kind, Double):
        return 0.1
    return 2
