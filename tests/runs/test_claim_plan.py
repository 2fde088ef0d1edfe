"""However many runs wait or have ended, a claim on PostgreSQL looks at a few."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects import postgresql

from azuraforge.database import Database, new_id, row_security
from azuraforge.runs import lease
from azuraforge.runs.tables import Run
from tests.conftest import add_project

VALUES = {"p_kinds": "ARRAY['train']", "p_queues": "ARRAY['cpu']", "p_most_running": "1000", "p_limit": "10"}
COMMON = {
    "kind": "train",
    "name": "x",
    "request_hash": "h",
    "config": {},
    "extra": {},
    "seed": 0,
    "threads": 1,
    "code_version": "v",
    "progress": {},
}


@pytest.mark.parametrize(("queued", "ended"), [(4000, 0), (20, 4000)], ids=["many wait", "many have ended"])
@pytest.mark.parametrize("query", [lease.first_due_run, lease.first_expired_run], ids=lambda each: each.name)
def test_no_table_is_read_as_a_whole(postgres, query, queued, ended):
    database = Database(postgres.url)
    for slug in ("first", "second"):
        project_id = add_project(database, slug)
        states = ["queued"] * queued + ["succeeded"] * ended + ["running"] * 3
        rows = [{**COMMON, "project_id": project_id, "id": new_id(), "state": state} for state in states]
        database.write(project_id, lambda session, rows=rows: session.connection().execute(insert(Run), rows))
    database.close()
    owner = Database(postgres.owner_url)
    with owner.engine.begin() as connection:
        connection.execute(text("ANALYZE run"))
        row_security.see_all(connection)
        compiled = query.body().compile(
            dialect=postgresql.dialect(paramstyle="named"), compile_kwargs={"literal_binds": True}
        )
        asked = re.sub(r"p_\w+", lambda found: VALUES[found[0]], str(compiled))
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {asked}").scalars())
    owner.close()
    looked_at = [int(count) for count in re.findall(r"Scan .*run.*actual time=\S+ rows=(\d+)", plan)]
    assert looked_at, plan
    assert max(looked_at) < 50, plan
    passed_over = [int(count) for count in re.findall(r"Rows Removed by Filter: (\d+)", plan)]
    assert max(passed_over, default=0) < 50, plan
