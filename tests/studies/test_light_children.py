"""What a trial's children import is paid once for each phase of each trial: the database package is not among it, and
Polars only where somebody looks at a frame."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = "{'polars', 'sqlalchemy', 'rich', 'fastapi', 'scipy', 'sklearn', 'optuna', 'statsmodels', 'matplotlib'}"


@pytest.mark.parametrize("entry", ["azuraforge.pipelines.trials.steps", "azuraforge.pipelines.steps"])
def test_the_steps_of_a_run_load_no_database_and_no_library_that_they_may_not_need(entry: str) -> None:
    code = f"import sys, {entry}; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_api_does_not_load_optuna() -> None:
    code = "import sys, azuraforge.platform.composition, azuraforge.server.application; print('optuna' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
