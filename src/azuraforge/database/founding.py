"""Creation of the first project and its owner, who is also the first administrator of the platform.

The application's role can change a person only in that person's scope, and members only in their project's. Because a
new database needs a first owner before there is a scope, a function of the schema's owner creates it on PostgreSQL, but
only if the database has no members.
"""

from __future__ import annotations

from sqlalchemy import String, column, func, literal, select, table
from sqlalchemy.dialects import sqlite

from azuraforge.database.clock import now
from azuraforge.database.scopes import Session, require_system
from azuraforge.database.tables import Timestamp

FUNCTION = "azuraforge_found"
_TEXTS = ("project", "person", "slug", "name", "owner", "owner_key")


def found(session: Session, *, project: str, person: str, slug: str, name: str, owner: str, owner_key: str) -> None:
    """Create the first project with its owner; on PostgreSQL, only if there is no member yet.

    ``project`` and ``person`` are new ids, ``slug`` and ``name`` the project's, and ``owner`` is the person's name.
    ``owner_key`` is the form of this name that is unique.
    Raises ScopeError unless the session is of system scope.
    """
    require_system(session)
    values = {"project": project, "person": person, "slug": slug, "name": name, "owner": owner, "owner_key": owner_key}
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(select(getattr(func, FUNCTION)(*(values[each] for each in _TEXTS))))
    else:
        _found_in_sqlite(session, values)


_PERSON = table(
    "person",
    column("id", String),
    column("name", String),
    column("name_key", String),
    column("kind", String),
    column("created_at", Timestamp()),
)
_ADMINISTRATOR = table("administrator", column("person_id", String))
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
    person = {
        "id": values["person"],
        "name": values["owner"],
        "name_key": values["owner_key"],
        "kind": "person",
        "created_at": now(),
    }
    project = {"id": values["project"], "slug": values["slug"], "name": values["name"], "created_at": now()}
    connection.execute(sqlite.insert(_PERSON).values(person).on_conflict_do_nothing())
    connection.execute(sqlite.insert(_PROJECT).values(project).on_conflict_do_nothing())
    both = (
        select(_PROJECT.c.id, _PERSON.c.id, literal("owner"), now())
        .join(_PERSON, _PERSON.c.name_key == values["owner_key"])
        .where(_PROJECT.c.slug == values["slug"])
    )
    into = sqlite.insert(_MEMBER).from_select([each.name for each in _MEMBER.c], both)
    connection.execute(into.on_conflict_do_nothing())
    first = select(_PERSON.c.id).where(_PERSON.c.name_key == values["owner_key"])
    connection.execute(sqlite.insert(_ADMINISTRATOR).from_select(["person_id"], first).on_conflict_do_nothing())


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
        "  INSERT INTO person (id, name, name_key, kind, created_at)"
        " VALUES (p_person, p_owner, p_owner_key, 'person', now()) ON CONFLICT (name_key) DO NOTHING;\n"
        "  INSERT INTO project (id, slug, name, created_at) VALUES (p_project, p_slug, p_name, now())"
        " ON CONFLICT (slug) DO NOTHING;\n"
        "  INSERT INTO member (project_id, person_id, role, created_at)"
        " SELECT project.id, person.id, 'owner', now() FROM project, person"
        " WHERE project.slug = p_slug AND person.name_key = p_owner_key;\n"
        "  INSERT INTO administrator (person_id) SELECT id FROM person WHERE name_key = p_owner_key"
        " ON CONFLICT DO NOTHING;\n"
        "END $azuraforge$"
    )
