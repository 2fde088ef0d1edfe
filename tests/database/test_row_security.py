"""Who may cross projects, and that the suite's own guard would notice a forgotten condition."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

import azuraforge
from azuraforge.database import ScopeError
from azuraforge.database.cross_project import CROSS_PROJECT_QUERIES
from azuraforge.server.packages import import_tables

STORES = {
    "runs.lease",
    "automations.store",
    "automations.triggers.store",
    "automations.notifications.store",
    "learners.feeds.store",
    "models.predictions.progress",
    "people.account_store",
    "people.administration.store",
    "people.store",
    "projects.administration.store",
    "projects.store",
    "projects.membership.invitation_store",
    "studies.store",
}
MAY_CROSS = {"database", "runs", "people", "projects", "automations", "learners", "models", "reports", "studies"}


def test_only_few_packages_open_sessions_that_cross_projects():
    root = Path(azuraforge.__file__).parent
    packages = {
        file.relative_to(root).parts[0]
        for file in root.rglob("*.py")
        if "read_system(" in file.read_text() or "write_system(" in file.read_text()
    }
    assert packages <= MAY_CROSS


def test_only_stores_of_few_packages_have_cross_project_queries_and_only_they_call_them():
    import_tables()
    assert {made.module.removeprefix("azuraforge.") for made in CROSS_PROJECT_QUERIES.values()} <= STORES
    root = Path(azuraforge.__file__).parent
    for file in root.rglob("*.py"):
        module = ".".join(file.relative_to(root.parent).with_suffix("").parts)
        words = set(re.findall(r"\w+", file.read_text()))
        called = {made.name for made in CROSS_PROJECT_QUERIES.values() if words & {made.name, made.function}}
        assert called == {made.name for made in CROSS_PROJECT_QUERIES.values() if made.module == module}, module


def test_a_cross_project_query_is_called_in_system_scope_only(database, project_id):
    for made in CROSS_PROJECT_QUERIES.values():
        with database.read(project_id) as session, pytest.raises(ScopeError, match="system scope"):
            made(session)


def test_every_cross_project_query_can_be_called_on_both_databases(database):
    values = {"Texts": ["a", "b"], "Integer": 3, "String": "x"}
    for made in CROSS_PROJECT_QUERIES.values():
        given = {name: values[type(kind).__name__] for name, kind in made.parameters.items()}
        assert database.write_system(partial(made, **given)) == [], made.name


@pytest.mark.sqlite_only
def test_the_guard_notices_a_statement_without_a_project(database, project_id):
    with database.read(project_id) as session, pytest.raises(AssertionError, match="no project"):
        session.connection().execute(text("SELECT * FROM member"))
    with database.read(project_id) as session, pytest.raises(AssertionError, match="no project"):
        session.connection().execute(text("SELECT count(*) FROM event WHERE seq > 1"))
    with pytest.raises(AssertionError, match="outside of a project"):
        database.write_system(lambda session: session.connection().execute(text("SELECT * FROM member")))
    with pytest.raises(AssertionError, match="no project"):
        database.write(project_id, lambda session: session.connection().execute(text("DELETE FROM member")))
