"""Creation of the first project and its owner, the only account and member that the application's role can create.

That role can read ``person`` and ``member`` but cannot change them, so that SQL injected into a running platform
cannot make a user an owner. Because a new database needs a first owner, a function of the schema's owner creates it on
PostgreSQL, but only if the database has no members.
"""

from __future__ import annotations

from sqlalchemy import func, select

from azuraforge.database.scopes import Session, require_system

FUNCTION = "azuraforge_found"
_TEXTS = ("project", "account", "slug", "name", "owner")


def found(session: Session, *, project: str, account: str, slug: str, name: str, owner: str) -> None:
    """Call the function on PostgreSQL. ``project`` and ``account`` are new ids; ``owner`` is the account's name.

    ``slug`` and ``name`` are the project's. Raises ScopeError unless the session is of system scope.
    """
    require_system(session)
    values = {"project": project, "account": account, "slug": slug, "name": name, "owner": owner}
    session.connection().execute(select(getattr(func, FUNCTION)(*(values[each] for each in _TEXTS))))


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
        "  INSERT INTO person (id, name, created_at) VALUES (p_account, p_owner, now())"
        " ON CONFLICT (name) DO NOTHING;\n"
        "  INSERT INTO project (id, slug, name, created_at) VALUES (p_project, p_slug, p_name, now())"
        " ON CONFLICT (slug) DO NOTHING;\n"
        "  INSERT INTO member (project_id, person_id, role, created_at)"
        " SELECT project.id, person.id, 'owner', now() FROM project, person"
        " WHERE project.slug = p_slug AND person.name = p_owner;\n"
        "END $azuraforge$"
    )
