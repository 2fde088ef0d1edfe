"""SQL that runs as the platform's own PostgreSQL role changes members and people in their own scope only."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from azuraforge.database import Database, new_id, row_security
from azuraforge.database.schema import open_database
from azuraforge.errors import Conflict
from azuraforge.projects.service import ProjectService

FOUND = "SELECT azuraforge_found('aproject', 'aperson', 'default2', 'Mine', 'me', 'me')"


@pytest.fixture
def app(postgres):
    made = Database(postgres.url)
    ProjectService(made).ensure_default()
    yield made
    made.close()


@pytest.fixture
def place(app):
    return ProjectService(app).ensure_default()


def as_owner(postgres, statement: str) -> list:
    owner = Database(postgres.owner_url)
    with owner.engine.begin() as connection:
        row_security.see_all(connection)
        result = connection.execute(text(statement))
        found = list(result) if result.returns_rows else []
    owner.close()
    return found


def members(postgres) -> list:
    statement = "SELECT project_id, person_id, role, name FROM member JOIN person ON id = person_id ORDER BY 1, 2"
    return as_owner(postgres, statement)


#: SQL that is executed in the scope of another project and of another person.
FOREIGN = {
    "a new membership": "INSERT INTO member VALUES ('{project}', '{person}', 'owner', now())",
    "a higher role": "UPDATE member SET role = 'viewer'",
    "removing the owner": "DELETE FROM member",
    "another name": "UPDATE person SET name = 'somebody'",
    "a new person": "INSERT INTO person (id, name, name_key, kind, created_at) VALUES ('x', 'x', 'x', 'person', now())",
    "a new administrator": "INSERT INTO administrator VALUES ('{person}')",
    "no administrator": "DELETE FROM administrator",
    "another password": "INSERT INTO password VALUES ('{person}', 'x', now())",
    "another project's name": "UPDATE project SET name = 'x'",
}
#: SQL that the role may not execute in any scope.
NEVER = {
    "removing a person": "DELETE FROM person",
    "changing an administrator": "UPDATE administrator SET person_id = '{person}'",
    "everything": "TRUNCATE member, person CASCADE",
}


def everything(postgres) -> list:
    names = as_owner(postgres, "SELECT person_id FROM administrator UNION ALL SELECT hash FROM password ORDER BY 1")
    return members(postgres) + names + as_owner(postgres, "SELECT name FROM project")


def attack(app: Database, scope: str, statement: str) -> None:
    """Execute a statement; a violated policy is a refusal, too, as are zero rows."""
    run = {"project": app.write, "person": app.write_person}[scope]
    with contextlib.suppress(DBAPIError):
        run(new_id(), lambda session: session.connection().execute(text(statement)))


@pytest.mark.parametrize("scope", ["project", "person"])
@pytest.mark.parametrize("name", FOREIGN)
def test_another_scope_changes_no_member_and_no_person(postgres, app, place, name, scope):
    before = everything(postgres)
    person = members(postgres)[0].person_id
    attack(app, scope, FOREIGN[name].format(project=place, person=person))
    assert everything(postgres) == before


@pytest.mark.parametrize("name", NEVER)
def test_some_rights_are_granted_in_no_scope(postgres, app, place, name):
    person = members(postgres)[0].person_id
    for run, id_ in ((app.write, place), (app.write_person, person)):
        with pytest.raises(DBAPIError, match="permission denied"):
            run(id_, lambda session: session.connection().execute(text(NEVER[name].format(person=person))))


def test_the_own_scope_may_change_them(postgres, app, place):
    """The control of the tests above: the same statements have an effect in the right scope."""
    person = members(postgres)[0].person_id
    app.write(place, lambda session: session.connection().execute(text(FOREIGN["a higher role"])))
    app.write_person(person, lambda session: session.connection().execute(text(FOREIGN["another name"])))
    assert [(row.role, row.name) for row in members(postgres)] == [("viewer", "somebody")]


def test_a_founded_database_is_not_founded_again(postgres, app, place):
    before = members(postgres)
    app.write_system(lambda session: session.connection().execute(text(FOUND)))
    assert members(postgres) == before
    assert as_owner(postgres, "SELECT slug FROM project") == [("default",)]


def test_another_role_cannot_found(postgres_cluster, postgres):
    if not postgres_cluster.execute("SELECT 1 FROM pg_roles WHERE rolname = 'other_role'"):
        postgres_cluster.execute("CREATE ROLE other_role LOGIN")
    other_role = Database(postgres.url.replace("azuraforge_app", "other_role"))
    with other_role.engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(FOUND))
    other_role.close()


def test_a_platform_refuses_a_role_with_surplus_rights_until_they_are_revoked(postgres, app):
    as_owner(postgres, "GRANT UPDATE (person_id) ON administrator TO azuraforge_app")
    with pytest.raises(Conflict, match="can change the table administrator") as refused:
        open_database(postgres.url)
    as_owner(postgres, refused.value.next_step.split("as the owner: ")[1])
    open_database(postgres.url).close()


@pytest.mark.parametrize("grantee", ["PUBLIC", "azuraforge_app"])
def test_a_platform_refuses_a_role_that_may_create_objects_until_that_is_revoked(
    postgres_cluster, postgres, app, grantee
):
    """PostgreSQL 14 grants it to everybody."""
    postgres_cluster.execute(f"GRANT CREATE ON SCHEMA public TO {grantee}", postgres.name)
    with pytest.raises(Conflict, match="can create objects in the schema public") as refused:
        open_database(postgres.url)
    statement = refused.value.next_step.partition("in this database: ")[2].partition(";")[0]
    postgres_cluster.execute(statement, postgres.name)
    open_database(postgres.url).close()


def test_an_upgrade_takes_rights_back_that_an_older_version_granted(postgres, app):
    as_owner(postgres, "GRANT INSERT, UPDATE, DELETE ON administrator, person TO azuraforge_app")
    as_owner(postgres, "COMMENT ON TABLE azuraforge_schema IS 'row-level security of an older version'")
    open_database(postgres.url, postgres.owner_url).close()
    with pytest.raises(DBAPIError, match="permission denied"):
        app.write(new_id(), lambda session: session.connection().execute(text("DELETE FROM person")))
