"""The second wall between projects: row-level security on PostgreSQL, made anew from the tables after each upgrade.

Every table with a ``project_id`` shows an application's role the rows of one project: the one that the transaction
names in a setting. FORCE binds the owner too; only inside the functions of ``crossing`` (and in migrations and
backups, which switch the same setting on) does the owner see more. The application's role owns nothing, so that
setting is of no use to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql

from azuraforge.database.crossing import CROSSINGS, Crossing
from azuraforge.database.tables import Base
from azuraforge.database.tenancy import PROJECT_SETTING
from azuraforge.errors import Conflict, InvalidInput

CROSSING_SETTING = "azuraforge.crossing"
_PROJECT = f"current_setting('{PROJECT_SETTING}', true)"
# Written as an inequality, because the planner takes one for true of nearly every row, and an equality for 1 in 200.
_CROSSES = f"coalesce(nullif(current_setting('{CROSSING_SETTING}', true), ''), 'off') <> 'off'"
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # single percent signs


def see_all(connection: Connection) -> None:
    """Let the owner's transaction see every row: for migrations, backups, checks."""
    connection.execute(text(f"SELECT set_config('{CROSSING_SETTING}', 'on', true)"))


def build(connection: Connection, role: str, version_table: str) -> bool:
    """Make walls, functions and grants for an application's role, as the owner. False where they stood already."""
    if unknown := set(connection.scalars(text(_OWNED))) - set(Base.metadata.tables):
        raise RuntimeError(f"the room of table {min(unknown)} was not imported, so its wall is not known")
    schema = connection.scalar(text("SELECT current_schema()"))
    statements = [*_statements(schema, role, version_table)]
    mark = "walls " + hashlib.sha256("\n".join(statements).encode()).hexdigest()
    if _mark(connection, version_table) == mark:
        return False
    for name in _old_functions(connection):
        connection.exec_driver_sql(f"DROP FUNCTION {name}")
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"COMMENT ON TABLE {version_table} IS '{mark}'")
    return True


def check(connection: Connection) -> None:
    """Refuse a role for which the walls would not hold. Raises InvalidInput or Conflict."""
    role = connection.execute(
        text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    ).one()
    may = "a superuser" if role.rolsuper else "a role with BYPASSRLS" if role.rolbypassrls else ""
    if not may and connection.scalar(text(_OWNS_SOME)):
        may = "the owner of the tables, or a member of their owner,"
    if may:
        raise InvalidInput(
            f"the platform may not connect to PostgreSQL as {role.rolname}: {may} would see every project",
            next_step="name a plain role in AZURAFORGE_DATABASE_URL and the owner in AZURAFORGE_DATABASE_OWNER_URL",
        )
    unwalled = connection.scalars(text(_UNWALLED), {"names": list(Base.metadata.tables)}).all()
    missing = {each.function for each in CROSSINGS.values()} - set(
        connection.scalars(text(_FUNCTIONS.format("proname")))
    )
    if unwalled or missing:
        what = f"row-level security is off on {unwalled[0]}" if unwalled else f"the function {min(missing)} is missing"
        raise Conflict(f"the database's walls are not complete: {what}", next_step="azuraforge database upgrade")


def _statements(schema: str, role: str, version_table: str) -> Iterator[str]:
    quoted = _DIALECT.identifier_preparer.quote_identifier
    app = quoted(role)
    yield f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {app}"
    yield f"GRANT SELECT ON {version_table} TO {app}"
    for table in Base.metadata.sorted_tables:
        yield from _wall(table, quoted(table.name), app)
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {quoted(table.name)} TO {app}"
    for name in sorted(CROSSINGS):
        made = CROSSINGS[name]
        yield _function(made, quoted(schema))
        called = f"{made.function}({', '.join(_type(kind) for kind in made.parameters.values())})"
        yield f"REVOKE ALL ON FUNCTION {called} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {called} TO {app}"


def _wall(table: Table, name: str, app: str) -> Iterator[str]:
    """``table.info`` may name other conditions than the project's: ``seen`` and ``written``, as SQL over {project}.

    The policies of the two roles are apart: ORed together they would hide from the planner how many rows a crossing
    sees, and a claim would read the whole table.
    """
    seen = table.info.get("seen", "project_id = {project}" if "project_id" in table.columns else None)
    if seen is None:
        raise RuntimeError(f"table {table.name} has no project_id and does not say who may see it")
    written = str(table.info.get("written", seen)).replace("{project}", _PROJECT)
    seen = str(seen).replace("{project}", _PROJECT)
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    for policy in ("sees", "inserts", "updates", "deletes", "crosses"):
        yield f"DROP POLICY IF EXISTS {policy} ON {name}"
    yield f"CREATE POLICY sees ON {name} FOR SELECT TO {app} USING ({seen})"
    yield f"CREATE POLICY inserts ON {name} FOR INSERT TO {app} WITH CHECK ({written})"
    yield f"CREATE POLICY updates ON {name} FOR UPDATE TO {app} USING ({seen}) WITH CHECK ({written})"
    yield f"CREATE POLICY deletes ON {name} FOR DELETE TO {app} USING ({seen})"
    yield f"CREATE POLICY crosses ON {name} TO CURRENT_USER USING ({_CROSSES}) WITH CHECK ({_CROSSES})"


def _function(made: Crossing, schema: str) -> str:
    body = made.body()
    arguments = ", ".join(f"p_{name} {_type(kind)}" for name, kind in made.parameters.items())
    columns = ", ".join(f"{each.name} {_type(each.type)}" for each in body.selected_columns)
    compiled = body.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    # PL/pgSQL, because it keeps its plans; planning a claim takes longer than claiming.
    return (
        f"CREATE FUNCTION {made.function}({arguments}) RETURNS TABLE ({columns}) LANGUAGE plpgsql VOLATILE "
        f"SECURITY DEFINER SET search_path = {schema}, pg_temp AS $azuraforge$\n#variable_conflict use_column\n"
        f"BEGIN PERFORM set_config('{CROSSING_SETTING}', 'on', true); RETURN QUERY {compiled}; END $azuraforge$"
    )


def _type(kind: object) -> str:
    return str(kind.compile(dialect=_DIALECT))  # type: ignore[attr-defined]


def _mark(connection: Connection, version_table: str) -> str | None:
    found: str | None = connection.scalar(
        text("SELECT obj_description(to_regclass(:name), 'pg_class')"), {"name": version_table}
    )
    return found


def _old_functions(connection: Connection) -> list[str]:
    return [str(each) for each in connection.scalars(text(_FUNCTIONS.format("oid::regprocedure::text")))]


_HERE = "current_schema()::regnamespace"
_FUNCTIONS = f"SELECT {{}} FROM pg_proc WHERE pronamespace = {_HERE} AND starts_with(proname, 'azuraforge_')"  # noqa: S608
_OWNS_SOME = f"""
    SELECT count(*) FROM pg_class
    WHERE relnamespace = {_HERE} AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'MEMBER')
"""  # noqa: S608  constants
_OWNED = f"""
    SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'project_id'
    WHERE relnamespace = {_HERE} AND relkind IN ('r', 'p')
"""  # noqa: S608  constants
_UNWALLED = f"""
    SELECT relname FROM pg_class WHERE relnamespace = {_HERE} AND relname = ANY (:names)
    AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname
"""  # noqa: S608  constants
