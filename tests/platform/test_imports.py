"""A start imports only what it needs: it is short because of what is not loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: What no process of the platform but a child may load before it is used, and what only pretty-prints or migrates.
HEAVY = {
    "alembic", "fugue", "lightgbm", "llvmlite", "mako", "matplotlib", "optuna", "pandas", "PIL", "polars", "pyarrow",
    "pygments", "reportlab", "rich", "scipy", "sklearn", "statsforecast", "statsmodels", "torch",
}  # fmt: skip

#: Everything that the API imports before it answers: the application, all routers and all tables.
API = """
import azuraforge.platform.composition, azuraforge.platform.http, azuraforge.platform.scaled
import azuraforge.server.application
from azuraforge.server.packages import PACKAGES, import_tables
import_tables()
for package in PACKAGES:
    package.hot_routers(), package.routers()
"""
SUPERVISOR = "import azuraforge.runs.execution.supervisor, azuraforge.pipelines.training, azuraforge.studies.package"
#: The launcher alone holds NumPy ready, for its children.
LAUNCHER = "import azuraforge.processes.launcher, azuraforge.processes.fork_server, azuraforge.pipelines.trials.steps"


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [(API, HEAVY | {"numpy"}), (SUPERVISOR, HEAVY | {"numpy"}), (LAUNCHER, HEAVY)],
    ids=["api", "supervisor", "launcher"],
)
def test_api_supervisor_and_launcher_import_nothing_heavy(statement, heavy):
    assert loaded_by(statement) & heavy == set()


def test_the_version_is_printed_without_the_libraries_of_other_commands():
    code = "from azuraforge.cli import main\nassert main.run(['version']) == 0"
    assert loaded_by(code).isdisjoint(HEAVY - {"rich", "pygments"} | {"pydantic", "httpx", "sqlalchemy", "fastapi"})
