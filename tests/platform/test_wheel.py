"""The wheel: built here, installed in an empty environment without Node, it runs the platform and the demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout, so that the checkout's own build is left alone."""
    if not (ROOT / "dashboard" / "dist" / "index.html").is_file():
        pytest.skip("the dashboard is not built: make dashboard")
    copy = tmp_path_factory.mktemp("wheel") / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "src.egg-info")
    shutil.copytree(ROOT / "src", copy / "src", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    shutil.copytree(ROOT / "dashboard" / "dist", copy / "src" / "azuraforge" / "server" / "dashboard")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(copy / "dist"), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    return next((copy / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment with the wheel and its dependencies in it."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "--python", str(folder / "bin" / "python")]
    subprocess.run([*uv, "-c", str(ROOT / "constraints.txt"), str(wheel)], check=True, capture_output=True)
    return folder


def run(environment: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": f"{environment / 'bin'}:/usr/bin:/bin",
        "HOME": str(home.parent),
        "AZURAFORGE_HOME": str(home),
        "COLUMNS": "160",
        "LANG": "C.UTF-8",
    }
    command = [str(environment / "bin" / "azuraforge"), *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=500, cwd=home.parent)


def test_it_carries_the_dashboard_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "azuraforge/server/dashboard/index.html" in names
    assert any(name.startswith("azuraforge/server/dashboard/assets/") for name in names)
    assert any(name.startswith("azuraforge/database/migrations/versions/") for name in names)
    assert not [name for name in names if name.startswith("tests/")]


def test_up_serves_the_page(environment, tmp_path):
    home = tmp_path / "home"
    command = [str(environment / "bin" / "azuraforge"), "up", "--port", "0"]
    variables = {**os.environ, "AZURAFORGE_HOME": str(home), "PYTHONPATH": ""}
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(600):
            if (home / "platform.json").exists() or process.poll() is not None:
                break
            process_wait(process)
        url = json.loads((home / "platform.json").read_text())["url"]
        with urllib.request.urlopen(url) as answer:
            assert b'<div id="root"' in answer.read()
    finally:
        process.terminate()
        assert process.wait(30) == 0, process.stderr.read()
        process.stderr.close()


def process_wait(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return


def test_the_demo_runs_to_its_verdict(environment, tmp_path):
    done = run(environment, tmp_path / "home", "demo", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("forecasting.lstm", "forecasting.naive", "forecasting.ets", "forecasting.ridge"):
        assert name in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
