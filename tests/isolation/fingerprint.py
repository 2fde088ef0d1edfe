"""The rows of all tables and the stored files, which show whether a request changed any."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
from psycopg import sql

from azuraforge.database import Base
from tests.isolation.stage import Stage

#: Rows as text, by table and owner (a project, else a person).
Fingerprint = dict[tuple[str, str], set[str]]
#: Characters of a changed row that a failed test shows.
_SHOWN = 300


def fingerprint(stage: Stage) -> Fingerprint:
    """Return the fingerprint of every row and of every file of the data home, except logs and the database itself."""
    found: Fingerprint = defaultdict(set)
    for table, columns, rows in tables(stage):
        owner = next((each for each in ("project_id", "person_id", "id") if each in columns), None)
        place = columns.index(owner) if owner else None
        for row in rows:
            found[table, "" if place is None else str(row[place])].add(repr(row))
    files = [each for each in stage.home.rglob("*") if each.is_file() and "azuraforge.db" not in each.name]
    found["files", ""] = {
        f"{each} {each.stat().st_size}" for each in files if each.suffix != ".log" and "tmp" not in each.parts
    }
    return dict(found)


def changed(before: Fingerprint, after: Fingerprint, owners: set[str] | None = None) -> list[str]:
    """Return the tables that differ, each with a row that changed; with ``owners``, only those of their rows."""
    found = []
    for place in sorted(before.keys() | after.keys()):
        if owners is not None and place[1] not in owners:
            continue
        old, new = before.get(place, set()), after.get(place, set())
        if old != new:
            row = min(new - old or old - new)[:_SHOWN]
            found.append(f"{place[0]} of {place[1]} has {len(new - old)} new and lacks {len(old - new)} rows: {row}")
    return found


def tables(stage: Stage, *names: str) -> Iterator[tuple[str, list[str], list[Any]]]:
    """Yield name, columns and rows of the named tables, or of all."""
    names = names or tuple(sorted(Base.metadata.tables))
    if stage.postgres is None:
        with closing(sqlite3.connect(stage.home / "azuraforge.db", timeout=30)) as file:
            for name in names:
                cursor = file.execute(f"SELECT * FROM {name}")
                yield name, [each[0] for each in cursor.description], cursor.fetchall()
        return
    with psycopg.connect(stage.postgres.superuser_url.replace("+psycopg", "")) as connection:
        for name in names:
            found = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))
            yield name, [each.name for each in found.description or ()], found.fetchall()
