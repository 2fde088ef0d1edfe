"""Row-level security on PostgreSQL, the second barrier between projects and between people. Upgrades rebuild it.

Each table shows the application's role only the rows of the project, or of the person, in the transaction's settings.
FORCE applies the policies to the owner, too: the owner sees all rows only in the functions of ``cross_project``, in
migrations and in backups, which all enable the setting ``CROSS_PROJECT_SETTING``. For the application's role, which
owns no objects, this setting has no effect.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql

from azuraforge.database import founding
from azuraforge.database.cross_project import CROSS_PROJECT_QUERIES, AnyCrossProjectQuery
from azuraforge.database.scopes import PERSON_SETTING, PROJECT_SETTING
from azuraforge.database.tables import Base
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.messages import Message

CROSS_PROJECT_SETTING = "azuraforge.cross_project"
_VERBS = {"SELECT": "sees", "INSERT": "inserts", "UPDATE": "updates", "DELETE": "deletes"}
_PROJECT = f"current_setting('{PROJECT_SETTING}', true)"
_PERSON = f"current_setting('{PERSON_SETTING}', true)"
# Written as an inequality, because the planner estimates that it is true for nearly all rows, an equality for 0.5 %.
_CROSSES = f"coalesce(nullif(current_setting('{CROSS_PROJECT_SETTING}', true), ''), 'off') <> 'off'"
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # single percent signs


def see_all(connection: Connection) -> None:
    """Grant the owner's transaction access to all rows, for migrations, backups and checks."""
    connection.execute(text(f"SELECT set_config('{CROSS_PROJECT_SETTING}', 'on', true)"))


def build(connection: Connection, role: str, version_table: str) -> bool:
    """Create policies, functions and grants for the application's role, as the owner; return whether any changed.

    Raises RuntimeError if the package of a table was not imported.
    """
    if unknown := set(connection.scalars(text(_OWNED))) - set(Base.metadata.tables):
        raise RuntimeError(f"the package of table {min(unknown)} was not imported, so its policies are not known")
    schema = connection.scalar(text("SELECT current_schema()"))
    statements = [*_statements(schema, role, version_table)]
    mark = "row-level security " + hashlib.sha256("\n".join(statements).encode()).hexdigest()
    if _mark(connection, version_table) == mark:
        return False
    for name in _old_functions(connection):
        connection.exec_driver_sql(f"DROP FUNCTION {name}")
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"COMMENT ON TABLE {version_table} IS '{mark}'")
    return True


def check(connection: Connection) -> None:
    """Raise InvalidInput or Conflict if row-level security is incomplete or would not apply to this role."""
    role = connection.execute(
        text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    ).one()
    may = None
    if role.rolsuper:
        may = Message("a superuser")
    elif role.rolbypassrls:
        may = Message("a role with BYPASSRLS")
    elif connection.scalar(text(_OWNS_SOME)):
        may = Message("the owner of the tables, or a member of the owner's role,")
    if may is not None:
        raise InvalidInput(
            "the platform must not connect to PostgreSQL as {role}: {may} would see all projects",
            next_step="use a role without special privileges in AZURAFORGE_DATABASE_URL, and the owner in "
            "AZURAFORGE_DATABASE_OWNER_URL",
            role=role.rolname,
            may=may,
        )
    schema = connection.scalar(text("SELECT current_schema()"))
    if connection.scalar(text("SELECT has_schema_privilege(:name, 'CREATE')"), {"name": schema}):
        # An operator or function that it created there would be found first and would run as the owner of the tables.
        raise Conflict(
            "the role {role} can create objects in the schema {schema}, but only the owner of the tables should",
            next_step="execute as an administrator in this database: REVOKE CREATE ON SCHEMA {quoted} FROM PUBLIC, "
            "{quoted_role}; GRANT CREATE ON SCHEMA {quoted} TO the owner's role",
            role=role.rolname,
            schema=schema,
            quoted=_quoted(schema),
            quoted_role=_quoted(role.rolname),
        )
    unprotected = connection.scalars(text(_UNPROTECTED), {"names": list(Base.metadata.tables)}).all()
    wanted = {each.function for each in CROSS_PROJECT_QUERIES.values()} | {founding.FUNCTION}
    missing = wanted - set(connection.scalars(text(_FUNCTIONS.format("proname"))))
    if unprotected or missing:
        what = (
            Message("row-level security is off on {table}", {"table": unprotected[0]})
            if unprotected
            else Message("the function {function} is missing", {"function": min(missing)})
        )
        raise Conflict(
            "row-level security is incomplete: {what}", next_step="run azuraforge database upgrade", what=what
        )
    _check_grants(connection, role.rolname)


def _check_grants(connection: Connection, role: str) -> None:
    for table in Base.metadata.sorted_tables:
        surplus = [verb for verb in (*_VERBS, "TRUNCATE") if verb not in (*_granted(table), "SELECT")]
        asked = {"name": table.name, "verbs": ", ".join(surplus)}
        of_columns = [verb for verb in surplus if verb in ("INSERT", "UPDATE")]
        if of_columns and connection.scalar(text(_MAY), {**asked, "of_columns": ", ".join(of_columns)}):
            raise Conflict(
                "the role {role} can change the table {table}, but only the owner of the tables should",
                next_step="run azuraforge database upgrade; if that does not help, execute as the owner: REVOKE "
                "{verbs} ON {table} FROM {role}, PUBLIC",
                role=role,
                table=table.name,
                verbs=asked["verbs"],
            )


def _quoted(name: str) -> str:
    return _DIALECT.identifier_preparer.quote(name)


def _statements(schema: str, role: str, version_table: str) -> Iterator[str]:
    quoted = _DIALECT.identifier_preparer.quote_identifier
    app = quoted(role)
    yield f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {app}"
    yield f"GRANT SELECT ON {version_table} TO {app}"
    for table in Base.metadata.sorted_tables:
        yield from _policies(table, quoted(table.name), app)
        yield f"REVOKE ALL ON {quoted(table.name)} FROM {app}"
        yield f"GRANT {', '.join(_granted(table))} ON {quoted(table.name)} TO {app}"
    for name in sorted(CROSS_PROJECT_QUERIES):
        made = CROSS_PROJECT_QUERIES[name]
        yield _function(made, quoted(schema))
        called = f"{made.function}({', '.join(_type(kind) for kind in made.parameters.values())})"
        yield f"REVOKE ALL ON FUNCTION {called} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {called} TO {app}"
    yield founding.statement(quoted(schema), CROSS_PROJECT_SETTING)
    yield f"REVOKE ALL ON FUNCTION {founding.signature()} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {founding.signature()} TO {app}"


def _granted(table: Table) -> tuple[str, ...]:
    """Return the table privileges of the application's role; ``table.info["granted"]`` may restrict them."""
    return tuple(table.info.get("granted", _VERBS))


def _policies(table: Table, name: str, app: str) -> Iterator[str]:
    """Yield the policies of a table.

    ``table.info["seen"]`` replaces the default condition for all verbs, and ``table.info["changed"]`` the one for all
    but SELECT; ``table.info["added"]`` replaces the latter for INSERT. All are SQL with {project} and {person}. They
    must not query their own table, which would recurse.

    The two roles have separate policies, because with a single ORed condition the planner could not estimate how many
    rows a cross-project query sees, and a claim would scan the whole table.
    """
    seen = table.info.get("seen", _owner_condition(table))
    if seen is None:
        raise RuntimeError(f"table {table.name} has no project_id and no person_id and does not say who may see it")
    changed = _filled(str(table.info.get("changed", seen)))
    added = _filled(str(table.info["added"])) if "added" in table.info else changed
    seen = _filled(str(seen))
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    for policy in (*_VERBS.values(), "crosses"):
        yield f"DROP POLICY IF EXISTS {policy} ON {name}"
    conditions = {
        "SELECT": f"USING ({seen})",
        "INSERT": f"WITH CHECK ({added})",
        "UPDATE": f"USING ({changed}) WITH CHECK ({changed})",
        "DELETE": f"USING ({changed})",
    }
    for verb in _granted(table):
        yield f"CREATE POLICY {_VERBS[verb]} ON {name} FOR {verb} TO {app} {conditions[verb]}"
    yield f"CREATE POLICY crosses ON {name} TO CURRENT_USER USING ({_CROSSES}) WITH CHECK ({_CROSSES})"


def _owner_condition(table: Table) -> str | None:
    """Return the default condition of a table: the rows of its project, or else of its person."""
    if "project_id" in table.columns:
        return "project_id = {project}"
    return "person_id = {person}" if "person_id" in table.columns else None


def _filled(condition: str) -> str:
    return condition.replace("{project}", _PROJECT).replace("{person}", _PERSON)


def _function(made: AnyCrossProjectQuery, schema: str) -> str:
    body = made.body()
    arguments = ", ".join(f"p_{name} {_type(kind)}" for name, kind in made.parameters.items())
    columns = ", ".join(f"{each.name} {_type(each.type)}" for each in body.selected_columns)
    compiled = body.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    # PL/pgSQL, because it caches query plans; planning a claim takes longer than executing it.
    return (
        f"CREATE FUNCTION {made.function}({arguments}) RETURNS TABLE ({columns}) LANGUAGE plpgsql VOLATILE "
        f"SECURITY DEFINER SET search_path = {schema}, pg_temp AS $azuraforge$\n#variable_conflict use_column\n"
        f"BEGIN PERFORM set_config('{CROSS_PROJECT_SETTING}', 'on', true); RETURN QUERY {compiled}; END $azuraforge$"
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
_MAY = f"""
    SELECT has_table_privilege(oid, :verbs) OR has_any_column_privilege(oid, :of_columns) FROM pg_class
    WHERE relnamespace = {_HERE} AND relname = :name
"""  # noqa: S608  constants
_OWNED = f"""
    SELECT DISTINCT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = {_HERE} AND relkind IN ('r', 'p') AND attname IN ('project_id', 'person_id')
"""  # noqa: S608  constants
_UNPROTECTED = f"""
    SELECT relname FROM pg_class WHERE relnamespace = {_HERE} AND relname = ANY (:names)
    AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname
"""  # noqa: S608  constants
