"""Upgraded databases that tests use one after another: emptying one costs a twelfth of dropping and copying it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from tests.postgres import Cluster, Postgres

#: The digest of everything about a database that a test may alter except its rows.
_STRUCTURE = """
SELECT md5(string_agg(part, chr(10) ORDER BY part)) FROM (
  SELECT concat_ws(' ', 'database', datdba, datacl, datconnlimit, datallowconn) AS part
  FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT concat_ws(' ', 'setting', setrole, setconfig)
  FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()
  UNION ALL SELECT concat_ws(' ', 'schema', nspname, nspowner, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT concat_ws(' ', 'default', oid, defaclrole, defaclacl) FROM pg_default_acl
  UNION ALL SELECT concat_ws(' ', 'relation', oid, relname, relowner, relacl, relrowsecurity, relforcerowsecurity)
  FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull, atthasdef, attacl)
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', 'policy', oid, polname, polcmd, polroles, polqual, polwithcheck) FROM pg_policy
  UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname, convalidated) FROM pg_constraint
  UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws(' ', 'comment', objoid, description) FROM pg_description
  WHERE classoid = 'pg_class'::regclass
  UNION ALL SELECT concat_ws(' ', 'function', oid, proowner, proacl, prosrc)
  FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', 'version', azuraforge_schema::text) FROM azuraforge_schema
) AS parts
"""
_OTHERS = """
SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'azuraforge_schema'
"""
#: A larger one is dropped: the space of deleted rows would change the plans of later tests.
_GROWTH = 4_000_000


class Pool:
    """Databases without rows, copied from the template when none is free."""

    def __init__(self, cluster: Cluster, template: str) -> None:
        self._cluster = cluster
        self._template = template
        self._free: list[Postgres] = []
        self._structures: dict[Postgres, tuple[str, int]] = {}

    def take(self) -> Postgres:
        """Return an upgraded database with every table and no row."""
        if self._free:
            return self._free.pop()
        made = self._cluster.create(self._template)
        with psycopg.connect(made.superuser_url.replace("+psycopg", ""), autocommit=True) as connection:
            self._structures[made] = _state(connection)
        return made

    def give_back(self, used: Postgres) -> None:
        """Empty a database for the next test; drop one whose structure a test has changed."""
        known, size = self._structures[used]
        with (
            contextlib.suppress(psycopg.Error),
            psycopg.connect(used.superuser_url.replace("+psycopg", ""), autocommit=True) as connection,
        ):
            connection.execute(_OTHERS)
            now, grown = _state(connection)
            if now == known and grown - size < _GROWTH:
                _empty(connection)
                self._free.append(used)
                return
        del self._structures[used]
        self._cluster.drop(used)


def _state(connection: psycopg.Connection) -> tuple[str, int]:
    (structure,) = connection.execute(_STRUCTURE).fetchone() or ("",)
    (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
    return structure, size


def _empty(connection: psycopg.Connection) -> None:
    names = [name for (name,) in connection.execute(_TABLES)]
    deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in names]
    connection.execute("SET session_replication_role = replica")  # no trigger, and so no order of foreign keys
    connection.execute(sql.SQL("; ").join(deletes))
