"""``python tiny_platform.py HOME``: the package ``runs`` alone, until its only run has ended. Made to be killed."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import azuraforge.people.tables  # noqa: F401  tables of projects refer to people
from azuraforge.database import Base, Database, new_id
from azuraforge.processes.launcher import Launcher
from azuraforge.projects.store import find_project
from azuraforge.projects.tables import Project
from azuraforge.runs.schemas import RunRequest

HERE = Path(__file__).parent


def _stand():
    sys.path.insert(0, str(HERE.parents[1]))  # it imports other modules of the tests
    spec = importlib.util.spec_from_file_location("stand", HERE.parent / "stand.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["stand"] = module  # generic shapes look their module up
    spec.loader.exec_module(module)
    return module


def _project(database: Database) -> str:
    with database.read_system() as session:
        found = find_project(session, "tiny")
    return found.project_id if found else _add_project(database)


def _add_project(database: Database) -> str:
    id_ = new_id()
    database.write(id_, lambda session: session.add(Project(id=id_, slug="tiny", name="Tiny")))
    return id_


def main() -> None:
    home = Path(sys.argv[1])
    parts = _stand()
    database = Database(f"sqlite:///{home / 'azuraforge.db'}")
    Base.metadata.create_all(database.engine)
    project_id = _project(database)
    launcher = Launcher({"PYTHONPATH": parts.CHILD_PATH})
    launcher.start()
    stand = parts.Stand(database, launcher, home, project_id, parts.ToyHandler())
    request = RunRequest(config={"steps": 120, "every": 5, "pause": 0.01}, seed=3, idempotency_key="only")
    run_id = stand.service.create(project_id, request).id
    stand.supervisor.start()
    (home / "pid").write_text(str(launcher.pid))
    while (run := stand.get(run_id)).state not in parts.ENDED:
        time.sleep(0.02)
    (home / "end").write_text(f"{run.state} {run.summary} {run.attempt}")
    stand.supervisor.stop()
    launcher.stop()
    database.close()


if __name__ == "__main__":
    main()
