"""The shape of the code: each goal is met, and the architecture page states the figures as they are."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Modules that import another package's tables or store, with the reason; there are none.
ALLOWED: dict[str, str] = {}
#: A module without such a word imports no store; parsing all of them takes seconds.
_STORES = re.compile(r"\b(\w+_)?store\b|\btables\b")


def test_every_goal_is_met_and_stated_as_it_is() -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.shape"], cwd=ROOT, check=True, capture_output=True)
    found = json.loads((ROOT / "benchmarks" / "results" / "shape.json").read_text())["figures"]
    assert [each["figure"] for each in found if each["met"] is False] == []
    rows = re.findall(r"^\| ([^|]+) \| ([\d.]+) \|[^|]*\|$", (ROOT / "docs" / "architecture.md").read_text(), re.M)
    stated = [float(value) for _, value in rows]
    measured = {each["figure"].partition(" (")[0]: each["value"] for each in found}
    order = (
        "Any outside engine/",
        "Any across package borders, without engine/",
        "comparisons with a task kind's name",
        "comparisons with a kind of data's name",
        "comparisons with a way of serving",
        "modules of the loop that import a task kind's package",
        "files in the fullest folder",
        "import cycles between and inside packages",
        "the same with imports under TYPE_CHECKING",
        "largest file",
        "migrations",
    )
    assert stated[0] == pytest.approx(measured[order[0]], abs=0.2)  # changes with every file
    assert stated[1:] == [measured[name] for name in order[1:]]


def test_packages_read_the_rows_of_others_by_their_typed_reads_only() -> None:
    """``database`` declares the tables that every project has, and is imported by all."""
    found = set()
    for path in sorted((ROOT / "src" / "azuraforge").rglob("*.py")):
        own = path.relative_to(ROOT / "src" / "azuraforge").parts[0]
        text = path.read_text()
        for module in imported(text) if _STORES.search(text) else ():
            package, *inside = module.split(".")[1:]
            if package not in (own, "database") and any(_holds_rows(name) for name in inside):
                found.add(f"{path.relative_to(ROOT / 'src')} imports {module}")
    assert found == set(ALLOWED)


def test_imports_of_modules_are_found_however_they_are_written() -> None:
    text = (
        "from azuraforge.runs import store as s\nimport azuraforge.runs.tables\ndef f():\n from azuraforge.a.b import c"
    )
    assert set(imported(text)) >= {"azuraforge.runs.store", "azuraforge.runs.tables", "azuraforge.a.b"}


def imported(text: str) -> list[str]:
    """Names of AzuraForge that a module imports, each as a module's name would be."""
    names = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return [each for each in names if each.startswith("azuraforge.")]


def _holds_rows(name: str) -> bool:
    return name in ("store", "tables") or name.endswith("_store")
