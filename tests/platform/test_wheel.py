"""The wheel: built by make, installed in an empty environment without Node, it runs the platform and the demo."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of ``make wheel`` in a copy of the checkout, so that the checkout's own build is left alone."""
    if not (ROOT / "dashboard" / "dist" / "index.html").is_file():
        pytest.skip("the dashboard is not built: make dashboard")
    if not (ROOT / "build" / "guide" / "index.html").is_file():
        pytest.skip("the documentation site is not built: make docs")
    copy = tmp_path_factory.mktemp("wheel") / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "src.egg-info")
    shutil.copytree(ROOT / "src", copy / "src", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "Makefile"):
        shutil.copy(ROOT / name, copy / name)
    shutil.copytree(ROOT / "dashboard" / "dist", copy / "dashboard" / "dist")
    shutil.copytree(ROOT / "build" / "guide", copy / "build" / "guide")
    # -o: set up already, by the checkout that runs this test.
    ready = [
        argument for file in (".venv/.dev", "dashboard/dist/.built", "build/guide/.built") for argument in ("-o", file)
    ]
    made = [*ready, f"BIN={Path(sys.executable).parent}"]
    subprocess.run(["make", "wheel", *made], cwd=copy, check=True, capture_output=True)
    return next((copy / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment with the wheel and its dependencies in it."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "--python", str(folder / "bin" / "python")]
    subprocess.run([*uv, "-c", str(ROOT / "constraints.txt"), str(wheel)], check=True, capture_output=True)
    return folder


def variables(environment: Path, home: Path) -> dict[str, str]:
    """Nothing but the environment's own programs on the path: no Node, no compiler."""
    assert not [name for name in ("node", "npm", "cc") if (environment / "bin" / name).exists()]
    return {
        "PATH": str(environment / "bin"),
        "HOME": str(home.parent),
        "AZURAFORGE_HOME": str(home),
        "COLUMNS": "100",  # as the guides show it
        "LANG": "C.UTF-8",
        "AZURAFORGE_ENGINE__KERNELS": os.environ["AZURAFORGE_ENGINE__KERNELS"],  # compiled once for the whole suite
    }


def run(environment: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(environment / "bin" / "azuraforge"), *arguments]
    return subprocess.run(
        command, env=variables(environment, home), capture_output=True, text=True, timeout=500, cwd=home.parent
    )


def test_it_carries_the_dashboard_the_guide_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "azuraforge/server/dashboard/index.html" in names
    assert any(name.startswith("azuraforge/server/dashboard/assets/") for name in names)
    assert {"azuraforge/server/guide/index.html", "azuraforge/server/guide/tr/models.html"} <= set(names)
    assert any(name.startswith("azuraforge/database/migrations/versions/") for name in names)
    assert not [name for name in names if name.startswith("tests/")]


def test_up_with_the_demo_reaches_the_verdict_that_the_readmes_show_and_serves_its_page(environment, tmp_path):
    home, printed = tmp_path / "home", tmp_path / "printed"
    command = [str(environment / "bin" / "azuraforge"), "up", "--demo", "--port", "0"]
    with printed.open("w") as output:
        process = subprocess.Popen(command, env=variables(environment, home), stdout=output, stderr=subprocess.STDOUT)
    try:
        run_id = None
        for _ in range(4000):
            # Its last line: the page of its run, next to which the platform stays up.
            run_id = re.search(r"^Page: \S+/p/default/runs/([a-z2-7]{16})$", printed.read_text(), re.MULTILINE)
            if run_id or process.poll() is not None:
                break
            process_wait(process)
        said = printed.read_text()
        assert run_id, said
        assert "Traceback" not in said
        assert process.poll() is None, "it stays up"
        url = json.loads((home / "platform.json").read_text())["url"]
        check_page(url)
        turkish = run(environment, home, "runs", "show", run_id[1], "--lang", "tr").stdout
    finally:
        process.terminate()
        assert process.wait(120) == 0, printed.read_text()
    assert deterministic(shown("docs/get-started.md")) == deterministic(part(said, shown("docs/get-started.md")))
    assert deterministic(shown("docs/get-started.tr.md")) == deterministic(
        part(turkish, shown("docs/get-started.tr.md"))
    )


def check_page(url: str) -> None:
    """The page that a browser gets first, and every script that it names."""
    with urllib.request.urlopen(url) as answer:
        page = answer.read().decode()
    assert '<div id="root"' in page
    scripts = re.findall(r'src="(/assets/[^"]+\.js)"', page)
    assert scripts
    for script in scripts:
        with urllib.request.urlopen(url + script) as answer:
            assert "javascript" in answer.headers["Content-Type"]
            assert answer.read()


def process_wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return


def shown(page: str) -> list[str]:
    """The lines of the demo's output in a guide; ``make readme`` writes them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    block = text.partition("<!-- demo:begin -->\n```text\n")[2].partition("\n```\n<!-- demo:end -->")[0]
    assert block, f"{page} shows no output of the demo"
    return block.splitlines()


def part(output: str, expected: list[str]) -> list[str]:
    """As many lines of a command's output, from the one that begins like the first line expected."""
    lines = [line.rstrip() for line in output.splitlines()]
    start = expected[0].partition(":")[0]
    first = next(number for number, line in enumerate(lines) if line.startswith(start))
    return lines[first : first + len(expected)]


def deterministic(lines: list[str]) -> list[str]:
    """Return every word, and every number to two digits; of durations, which differ between machines, the unit."""
    return [_NUMBER.sub(_rounded, _DURATION.sub("N s", " ".join(line.split()))) for line in lines]


def _rounded(number: re.Match[str]) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", number[0]):
        return number[0]
    return f"{float(number[0].replace(',', '.')):.2g}"


_DURATION = re.compile(r"\b(?:\d+(?:[.,]\d+)? (?:s|sn)|\d+:\d\d)$")
_NUMBER = re.compile(r"\d{4}-\d\d-\d\d|\d+(?:[.,]\d+)?")
