"""Creation of the first project and its owner, the only person and member that the application's role can create.

That role can read ``person`` and ``member`` but cannot change them, so that SQL injected into a running platform
cannot make a person an owner. Because a new database needs a first owner, a function of the schema's owner creates it
on PostgreSQL, but only if the database has no members.
"""

from __future__ import annotations

from sqlalchemy import String, column, func, literal, select, table
from sqlalchemy.dialects import sqlite

from azuraforge.database.clock import now
from azuraforge.database.scopes import Session, require_system
from azuraforge.database.tables import Timestamp

FUNCTION = "azuraforge_found"
_TEXTS = ("project", "person", "slug", "name", "owner")


def found(session: Session, *, project: str, person: str, slug: str, name: str, owner: str) -> None:
    """Create the first project with its owner; on PostgreSQL, only if there is no member yet.

    ``project`` and ``person`` are new ids, ``slug`` and ``name`` the project's, and ``owner`` is the person's name.
    Raises ScopeError unless the session is of system scope.
    """
    require_system(session)
    values = {"project": project, "person": person, "slug": slug, "name": name, "owner": owner}
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(select(getattr(func, FUNCTION)(*(values[each] for each in _TEXTS))))
    else:
        _found_in_sqlite(session, values)


_PERSON = table("person", column("id", String), column("name", String), column("created_at", Timestamp()))
_PROJECT = table(
    "project", column("id", String), column("slug", String), column("name", String), column("created_at", Timestamp())
)
_MEMBER = table(
    "member",
    column("project_id", String),
    column("person_id", String),
    column("role", String),
    column("created_at", Timestamp()),
)


def _found_in_sqlite(session: Session, values: dict[str, str]) -> None:
    connection = session.connection()
    person = {"id": values["person"], "name": values["owner"], "created_at": now()}
    project = {"id": values["project"], "slug": values["slug"], "name": values["name"], "created_at": now()}
    connection.execute(sqlite.insert(_PERSON).values(person).on_conflict_do_nothing())
    connection.execute(sqlite.insert(_PROJECT).values(project).on_conflict_do_nothing())
    both = (
        select(_PROJECT.c.id, _PERSON.c.id, literal("owner"), now())
        .join(_PERSON, _PERSON.c.name == values["owner"])
        .where(_PROJECT.c.slug == values["slug"])
    )
    into = sqlite.insert(_MEMBER).from_select([each.name for each in _MEMBER.c], both)
    connection.execute(into.on_conflict_do_nothing())


def signature() -> str:
    """Return the function's name with its argument types."""
    return f"{FUNCTION}({', '.join('text' for _ in _TEXTS)})"


def statement(schema: str, setting: str) -> str:
    """Return the SQL that defines the function; ``setting`` gives the schema's owner access to all rows."""
    arguments = ", ".join(f"p_{each} text" for each in _TEXTS)
    return (
        f"CREATE FUNCTION {FUNCTION}({arguments}) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER"  # noqa: S608  constants and a quoted identifier
        f" SET search_path = {schema}, pg_temp AS $azuraforge$\nBEGIN\n"
        f"  PERFORM set_config('{setting}', 'on', true);\n"
        "  LOCK TABLE member IN SHARE ROW EXCLUSIVE MODE;\n"  # two platforms may start at the same time
        "  IF EXISTS (SELECT FROM member) THEN RETURN; END IF;\n"
        "  INSERT INTO person (id, name, created_at) VALUES (p_person, p_owner, now())"
        " ON CONFLICT (name) DO NOTHING;\n"
        "  INSERT INTO project (id, slug, name, created_at) VALUES (p_project, p_slug, p_name, now())"
        " ON CONFLICT (slug) DO NOTHING;\n"
        "  INSERT INTO member (project_id, person_id, role, created_at)"
        " SELECT project.id, person.id, 'owner', now() FROM project, person"
        " WHERE project.slug = p_slug AND person.name = p_owner;\n"
        "END $azuraforge$"
    )
