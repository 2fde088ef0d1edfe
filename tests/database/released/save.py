"""``python tests/database/released/save.py AZURAFORGE.DB``: keep a release's database for the tests of upgrades.

Give it the ``azuraforge.db`` of a data home in which that release ran its demo. It is cut to a few rows, a second
project gets a row in every table, and both dialects' dumps are written beside this file, named by the revision.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import MetaData, create_engine, event, insert, select
from sqlalchemy.engine import Engine
from sqlalchemy.types import JSON, Boolean, DateTime

sys.path.insert(0, str(Path(__file__).parents[3]))

from azuraforge.database.schema import VERSION_TABLE, alembic_config
from tests.filling import fill, reflected
from tests.postgres import Cluster, binaries

HERE = Path(__file__).parent
MANY = {"event": "seq", "metric_tail": "step"}
KEPT = 12
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cut(path: Path) -> None:
    """A few rows, short texts, nothing of the machine that made them."""
    with sqlite3.connect(path) as connection:
        for table, number in MANY.items():
            connection.execute(
                f"DELETE FROM {table} WHERE {number} > (SELECT {number} FROM {table} ORDER BY 1 LIMIT 1 OFFSET {KEPT})"
            )
        connection.execute("UPDATE event_stream SET last_seq = (SELECT max(seq) FROM event)")
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
                if kind.upper() == "TEXT":
                    long = f'length("{column}") > 1500'
                    connection.execute(f"""UPDATE {table} SET "{column}" = '{{"cut":true}}' WHERE {long}""")
                if column == "worker":
                    connection.execute(f"UPDATE {table} SET worker = 'host:1:abcdef' WHERE worker IS NOT NULL")
                if table == "credential" and column == "hash":
                    connection.execute("UPDATE credential SET hash = 'hash of ' || id")
    connection.close()


def dump_sqlite(path: Path, target: Path) -> None:
    with sqlite3.connect(path) as connection:
        target.write_text("\n".join(connection.iterdump()) + "\n")
    connection.close()


def dump_postgresql(source: Engine, revision: str, target: Path) -> None:
    cluster = Cluster()
    try:
        made = cluster.start()
        cluster.execute("CREATE ROLE azuraforge_owner LOGIN")
        database = made.create()
        engine = create_engine(database.owner_url)
        with engine.connect() as connection, connection.begin():
            command.upgrade(alembic_config(connection), revision)
        copy(source, engine)
        engine.dispose()
        options = ["--inserts", "--no-owner", "--no-privileges", "-U", "postgres", "-h", "127.0.0.1"]
        dumped = subprocess.run(
            [str(binaries() / "pg_dump"), *options, "-p", str(database.port), database.name],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    finally:
        cluster.remove()
    lines = [
        line for line in dumped.splitlines() if line and not line.startswith(("--", "\\", "SET transaction_timeout"))
    ]
    target.write_text("\n".join(lines) + "\n")


def copy(source: Engine, target: Engine) -> None:
    metadata, old = MetaData(), MetaData()
    metadata.reflect(target)
    old.reflect(source)
    with source.connect() as reader, target.begin() as writer:
        for table in metadata.sorted_tables:
            if table.name != VERSION_TABLE:
                for row in reader.execute(select(old.tables[table.name])).mappings():
                    writer.execute(insert(table).values({c.name: _converted(c, row[c.name]) for c in table.columns}))


def _converted(column: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, DateTime):
        return EPOCH + timedelta(microseconds=value)
    if isinstance(column.type, JSON):
        return json.loads(value)
    if isinstance(column.type, Boolean):
        return bool(value)
    return value


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "azuraforge.db"
        with sqlite3.connect(sys.argv[1]) as original, sqlite3.connect(path) as ours:
            original.backup(ours)
        original.close()
        ours.close()
        cut(path)
        engine = create_engine(f"sqlite:///{path}")
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
        with engine.begin() as connection:
            fill(connection, reflected(connection), "2")
            revision = str(connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar())
        dump_sqlite(path, HERE / f"{revision}.sqlite.sql")
        dump_postgresql(engine, revision, HERE / f"{revision}.postgresql.sql")
        engine.dispose()


if __name__ == "__main__":
    main()
