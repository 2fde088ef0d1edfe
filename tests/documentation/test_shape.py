"""The shape of the code: each goal is met, and the architecture page states the figures as they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
    assert stated == [round(measured[name], 1) for name in order]
