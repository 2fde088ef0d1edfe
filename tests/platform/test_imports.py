"""A start imports only what it needs: it is short because of what is not loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: What no process of the platform but a child may load before it is used, and what only pretty-prints or migrates.
HEAVY = {
    "alembic", "llvmlite", "mako", "matplotlib", "optuna", "pandas", "polars", "pygments", "reportlab", "rich",
    "scipy", "sklearn", "statsmodels", "torch",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "modules",
    [
        "azuraforge.platform.scaled, azuraforge.platform.http, azuraforge.server.application",
        "azuraforge.processes.launcher, azuraforge.pipelines.trials.steps",
    ],
)
def test_api_and_supervisor_import_nothing_heavy(modules):
    assert loaded_by(f"import {modules}").isdisjoint(HEAVY)


def test_the_version_is_printed_without_the_libraries_of_other_commands():
    code = "from azuraforge.cli import main\nassert main.run(['version']) == 0"
    assert loaded_by(code).isdisjoint(HEAVY - {"rich", "pygments"} | {"pydantic", "httpx", "sqlalchemy", "fastapi"})
