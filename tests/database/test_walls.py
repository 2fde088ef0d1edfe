"""Who may cross projects, and that the suite's own guard would notice a forgotten condition."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

import azuraforge

MAY_CROSS = {"database", "runs", "projects", "automations"}


def test_only_few_rooms_open_sessions_that_cross_projects():
    root = Path(azuraforge.__file__).parent
    crossing = {
        file.relative_to(root).parts[0]
        for file in root.rglob("*.py")
        if "read_system(" in file.read_text() or "write_system(" in file.read_text()
    }
    assert crossing <= MAY_CROSS


@pytest.mark.sqlite_only
def test_the_guard_notices_a_statement_without_a_project(database, project_id):
    with database.read(project_id) as session, pytest.raises(AssertionError, match="no project"):
        session.connection().execute(text("SELECT * FROM member"))
    with database.read(project_id) as session, pytest.raises(AssertionError, match="no project"):
        session.connection().execute(text("SELECT count(*) FROM event WHERE seq > 1"))
    with pytest.raises(AssertionError, match="no project"):
        database.write(project_id, lambda session: session.connection().execute(text("DELETE FROM member")))
