"""The example package, built and installed as a third party would, found by its entry point and run."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins" / "azuraforge-theta"

PROGRAM = """
import json, sys
from azuraforge.plugins.discovery.loading import entry_points, load_plugin
point = next(point for point in entry_points() if point.name == "theta.classic")
plugin = load_plugin("pipeline", "theta.classic", None)
print(json.dumps({"origin": point.origin, "kind": plugin.kind, "fields": sorted(plugin.Config.model_fields)}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the package as an installer would unpack its wheel."""
    folder = tmp_path_factory.mktemp("theta")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(EXAMPLE)],
        check=True,
        capture_output=True,
        text=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)


def test_its_entry_point_brings_it_in(installed: Path) -> None:
    done = run(installed, "-c", PROGRAM)
    assert done.returncode == 0, done.stderr
    assert '"origin": "azuraforge-theta 1.0.0"' in done.stdout
    assert '"trend_share"' in done.stdout


def test_its_own_tests_pass(installed: Path) -> None:
    own = str(EXAMPLE / "tests" / "test_contract.py")
    done = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "--rootdir", str(EXAMPLE), own)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 passed" in done.stdout
