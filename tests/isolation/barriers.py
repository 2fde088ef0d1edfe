"""The barriers between projects, each of which can be switched off, and statements that meet the policies alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Boolean, Engine, Float, Integer, LargeBinary, Table, event, orm
from sqlalchemy.types import BigInteger

from azuraforge.database import Base, scopes
from azuraforge.database.row_security import CROSS_PROJECT_SETTING
from azuraforge.database.scopes import PERSON_SETTING, PROJECT_SETTING
from azuraforge.database.tables import JsonText, Timestamp
from azuraforge.people.package import PEOPLE
from tests import conftest
from tests.isolation.stage import Stage
from tests.postgres import APP, OWNER

_HOOKS = (("do_orm_execute", scopes._add_scope), ("before_flush", scopes._refuse_foreign_rows))
#: SQLSTATE of a refusal by a policy or by a missing grant.
_REFUSED = "42501"


@contextmanager
def hook_off() -> Iterator[None]:
    """Switch the session's hook off, and with it the guard of the tests, which would report its absence."""
    for name, hook in _HOOKS:
        event.remove(orm.Session, name, hook)
    event.remove(Engine, "before_cursor_execute", conftest._guard_statements)
    try:
        yield
    finally:
        for name, hook in _HOOKS:
            event.listen(orm.Session, name, hook)
        event.listen(Engine, "before_cursor_execute", conftest._guard_statements)


@contextmanager
def policies_off(stage: Stage) -> Iterator[None]:
    """Switch row-level security off on all tables."""

    def switch(state: str) -> None:
        for name in Base.metadata.tables:
            alter = sql.SQL("ALTER TABLE {} {} ROW LEVEL SECURITY")
            connection.execute(alter.format(sql.Identifier(name), sql.SQL(state)))

    with superuser(stage, autocommit=True) as connection:
        switch("DISABLE")
        try:
            yield
        finally:
            switch("ENABLE")


def superuser(stage: Stage, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    return psycopg.connect(stage.postgres.superuser_url.replace("+psycopg", ""), autocommit=autocommit)


@dataclass(frozen=True)
class _Rows:
    """A's rows of a table: the column that says whose they are, and its value."""

    table: Table
    column: str
    value: str

    @property
    def condition(self) -> sql.Composed:
        return sql.SQL("{} = {}").format(sql.Identifier(self.column), sql.Literal(self.value))

    @property
    def name(self) -> sql.Identifier:
        return sql.Identifier(self.table.name)


def _rows_of_a(stage: Stage, table: Table) -> _Rows:
    project, person = stage.a.ids["project"], stage.a.ids["person"]
    if table.name in ("project", "person"):
        return _Rows(table, "id", project if table.name == "project" else person)
    if "project_id" in table.columns:
        return _Rows(table, "project_id", project)
    if "person_id" in table.columns:
        return _Rows(table, "person_id", person)
    return _Rows(table, next(iter(table.primary_key.columns)).name, "a-row-of-the-system")


def statements(stage: Stage, tables: Sequence[Table] | None = None) -> list[str]:
    """Execute SQL without any condition as the platform's role in B's scopes; return what reached rows of A.

    Foreign keys are off, because they would refuse some statements that the policies should refuse.
    """
    b = stage.b
    project, person = b.ids["project"], b.ids["person"]
    places = {
        "project": (APP, project, "", "off"),
        "person": (APP, "", person, "off"),
        "joining": (APP, project, person, "off"),
        "cross-project setting": (APP, project, person, "on"),
        "owner of the tables": (OWNER, project, person, "off"),
    }
    found = []
    with superuser(stage) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in tables or Base.metadata.sorted_tables:
            # Rows of one table must not decide about another: an administrator's row allows quotas.
            connection.execute("SAVEPOINT rows_of_table")
            rows = _rows_of_a(stage, table)
            _ensure_row(connection, rows)
            _ensure_row(connection, _Rows(table, rows.column, _own(rows, project, person)))
            asked_as = dict(places)
            if table.name == "quota":  # administrators of the platform set it, in the project that they name only
                asked_as["administrator"] = (APP, project, _administrator(stage), "off")
            for place, (role, *settings) in asked_as.items():
                for what in _reached(connection, rows, role, settings, project, person):
                    found.append(f"{place}: {what} {table.name}")
            connection.execute("ROLLBACK TO SAVEPOINT rows_of_table")
        connection.rollback()
    return found


def _reached(
    connection: psycopg.Connection[Any], rows: _Rows, role: str, settings: Sequence[str], project: str, person: str
) -> Iterator[str]:
    taken = sql.Literal(_own(rows, project, person))
    column = sql.Identifier(rows.column)
    asked = {
        "SELECT": sql.SQL("SELECT count(*) FROM {} WHERE {}").format(rows.name, rows.condition),
        "INSERT": sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(rows.name, column, sql.Literal(rows.value)),
        "UPDATE": sql.SQL("UPDATE {} SET {} = {}").format(rows.name, column, taken),
        "UPDATE to": sql.SQL("UPDATE {} SET {} = {}").format(rows.name, column, sql.Literal(rows.value)),
        "DELETE": sql.SQL("DELETE FROM {}").format(rows.name),
    }
    if role == APP:  # policies do not apply to TRUNCATE, so the role must not have the right
        asked["TRUNCATE"] = sql.SQL("TRUNCATE {} CASCADE").format(rows.name)
    if rows.table.name == "member":  # a person who did not join: B's own project may not add others
        join = sql.SQL("INSERT INTO member (project_id, person_id, role, created_at) VALUES ({}, {}, 'owner', now())")
        asked["INSERT of another person into"] = join.format(sql.Literal(project), sql.Literal("x" * 16))
        asked["INSERT of the own person into"] = join.format(sql.Literal(rows.value), sql.Literal(person))
    if rows.table.name == "quota" and settings[1] == person:  # no administrator: not even of the own project
        own = sql.SQL("INSERT INTO quota (project_id) VALUES ({})")
        asked["INSERT of the own"] = own.format(sql.Literal(project))
    state = sql.SQL("SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t WHERE {}").format(
        rows.name, rows.condition
    )
    for what, statement in asked.items():
        connection.execute("SAVEPOINT probe")
        before = connection.execute(state).fetchone()
        error, seen = "", 0
        try:
            for name, value in zip((PROJECT_SETTING, PERSON_SETTING, CROSS_PROJECT_SETTING), settings, strict=True):
                connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            done = connection.execute(statement)
            seen = done.fetchall()[0][0] if done.description else 0
            connection.execute("RESET ROLE")
            touched = connection.execute(state).fetchone() != before
        except psycopg.Error as refused:
            error, touched = refused.sqlstate or "?", False
        connection.execute("ROLLBACK TO SAVEPOINT probe")
        inserts = what.startswith("INSERT")
        if seen or touched or (error not in ("", _REFUSED)) or (inserts and not error):
            yield f"{what}{f' ({error})' if error else ''}"


def _administrator(stage: Stage) -> str:
    caller = stage.platform.services[PEOPLE].identify(stage.administrator)
    assert caller is not None
    return caller.person_id


def _own(rows: _Rows, project: str, person: str) -> str:
    """Return the value of the owner's column in B's rows."""
    own = {"project_id": project, "person_id": person, "id": project if rows.table.name == "project" else person}
    return own.get(rows.column, "another-row-of-the-system")


def _ensure_row(connection: psycopg.Connection[Any], rows: _Rows) -> None:
    """Insert a row of this owner if the table has none; the transaction is rolled back in the end."""
    found = connection.execute(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(rows.name, rows.condition)).fetchone()
    if found and found[0]:
        return
    values = {each.name: _value(each) for each in rows.table.columns if not each.nullable or each.primary_key}
    values[rows.column] = rows.value
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            rows.name,
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Literal, values.values())),
        )
    )


def _value(column: Any) -> object:
    match column.type:
        case Timestamp():
            return "2026-01-01T00:00:00Z"
        case JsonText():
            return "{}"
        case Boolean():
            return True
        case Integer() | BigInteger() | Float():
            return 1
        case LargeBinary():
            return b""
    return "x"
