"""The rows of all tables and the stored files, reduced to hashes that show whether a request changed any."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
from psycopg import sql

from azuraforge.database import Base
from tests.isolation.stage import Stage

#: Number of rows and hash of their values, by table and owner (a project, else a person).
Fingerprint = dict[tuple[str, str], tuple[int, str]]


def fingerprint(stage: Stage) -> Fingerprint:
    """Return the fingerprint of every row and of every file of the data home, except logs and the database itself."""
    found: Fingerprint = {}
    for table, columns, rows in _tables(stage):
        owner = next((each for each in ("project_id", "person_id", "id") if each in columns), None)
        place = columns.index(owner) if owner else None
        groups: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            groups["" if place is None else str(row[place])].append(repr(row))
        for name, lines in groups.items():
            found[table, name] = (len(lines), hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest())
    files = [each for each in stage.home.rglob("*") if each.is_file() and "azuraforge.db" not in each.name]
    kept = [f"{each} {each.stat().st_size}" for each in files if each.suffix != ".log" and "tmp" not in each.parts]
    found["files", ""] = (len(kept), hashlib.sha256("\n".join(sorted(kept)).encode()).hexdigest())
    return found


def changed(before: Fingerprint, after: Fingerprint, owners: set[str] | None = None) -> list[str]:
    """Return the tables that differ; with ``owners``, only those of their rows."""
    places = [each for each in before.keys() | after.keys() if owners is None or each[1] in owners]
    return sorted({f"{table} of {owner}" for table, owner in places
                   if before.get((table, owner)) != after.get((table, owner))})  # fmt: skip


def _tables(stage: Stage) -> Iterator[tuple[str, list[str], list[Any]]]:
    names = sorted(Base.metadata.tables)
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
