"""Loading one plugin's class by kind and name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.plugins.discovery.loading import dropped_in_files, entry_points, load_plugin

AGENT = """
from azuraforge.plugins import Agent, Config
class Echo(Agent):
    name = "{name}"
    Request = Config
    def execute(self, request):
        return {{}}
"""


def test_a_dropped_in_class_is_found_by_its_name_though_a_neighbour_is_broken(tmp_path: Path) -> None:
    (tmp_path / "a_broken.py").write_text("raise RuntimeError('never imported: it does not mention the name')\n")
    (tmp_path / "echo.py").write_text(AGENT.format(name="my.echo"))
    assert load_plugin("agent", "my.echo", tmp_path).__name__ == "Echo"


def test_a_broken_file_that_mentions_the_name_says_why(tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text(AGENT.format(name="my.echo") + "\n1 / 0\n")
    with pytest.raises(InvalidInput, match="ZeroDivisionError"):
        load_plugin("agent", "my.echo", tmp_path)


def test_an_error_whose_text_cannot_be_computed_is_still_named(tmp_path: Path) -> None:
    broken = "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd\n"
    (tmp_path / "echo.py").write_text(AGENT.format(name="my.echo") + broken)
    with pytest.raises(InvalidInput, match="Odd: <"):
        load_plugin("agent", "my.echo", tmp_path)


def test_a_dropped_in_class_without_its_methods_is_refused(tmp_path: Path) -> None:
    (tmp_path / "half.py").write_text(AGENT.format(name="my.half").split("    def execute")[0])
    with pytest.raises(InvalidInput, match="class Echo does not implement execute") as refused:
        load_plugin("agent", "my.half", tmp_path)
    assert refused.value.where == "plugin 'my.half'"


def test_what_nobody_announces_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"plugin 'my\.echo' of kind pipeline does not exist"):
        load_plugin("pipeline", "my.echo", tmp_path)
    assert dropped_in_files(tmp_path / "absent") == []


def test_the_built_ins_come_by_entry_points_and_finding_them_imports_none() -> None:
    code = (
        "import sys\n"
        "from azuraforge.plugins.discovery.catalogue import _units, _keys\n"
        "from pathlib import Path\n"
        "_keys(_units(Path('/nonexistent')))\n"
        "bad = [name for name in sys.modules if name.startswith(('azuraforge.apps', 'azuraforge.datasets', 'polars',"
        " 'sklearn', 'statsmodels', 'scipy'))]\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    names = {point.name for point in entry_points() if point.kind == "pipeline"}
    assert {"forecasting.lstm", "forecasting.naive", "forecasting.ridge"} <= names
