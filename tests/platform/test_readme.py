"""Commands of the first pages, executed as written: ``make run`` in one terminal, everything else in a second one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documentation.page import Page

ROOT = Path(__file__).parents[2]
VENV = Path(sys.executable).parents[1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files with their times, next to what ``make`` has already set up."""
    folder = tmp_path_factory.mktemp("readme") / "azuraforge"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(VENV)
    (folder / "dashboard" / "node_modules").symlink_to(ROOT / "dashboard" / "node_modules")
    shutil.copytree(ROOT / "dashboard" / "dist", folder / "dashboard" / "dist")
    if (ROOT / "build" / "guide").is_dir():  # else `make run` builds it here
        shutil.copytree(ROOT / "build" / "guide", folder / "build" / "guide")
    # Otherwise make would install this copy into the environment that runs the tests.
    ready = subprocess.run(["make", "-q", ".venv/.run", "dashboard/dist/.built"], cwd=folder, capture_output=True)
    if ready.returncode != 0:
        pytest.skip("the checkout is not set up: make setup")
    return folder


@pytest.fixture(scope="module")
def variables(checkout: Path) -> dict[str, str]:
    """A new user's environment, on a free port."""
    home = checkout.parent / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "AZURAFORGE_ENGINE__KERNELS") if name in os.environ}
    return {**kept, "HOME": str(home), "LANG": "C.UTF-8", "COLUMNS": "100", "AZURAFORGE_SERVER__PORT": "0"}


@pytest.fixture(scope="module")
def first_terminal(checkout: Path, variables: dict[str, str]) -> Iterator[Path]:
    """``make run``, which stays up; yields the file with what it prints."""
    printed = checkout.parent / "first-terminal"
    with printed.open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", "exec make run"], cwd=checkout, env=variables, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 500
        while "Ctrl-C stops it." not in printed.read_text():
            assert process.poll() is None, printed.read_text()
            assert time.monotonic() < deadline, printed.read_text()
            time.sleep(0.2)
        yield printed
        os.killpg(process.pid, signal.SIGINT)
        process.wait(120)
        assert "Stopped." in printed.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def second_terminal(page: str) -> str:
    """The blocks of a page as one shell script; Python becomes a file that the environment's Python runs."""
    script = "source .venv/bin/activate\n"
    for block in Page.read(ROOT / page).blocks:
        if block.not_run is None and block.language in ("bash", "python"):
            python = block.language == "python"
            script += f"python - <<'END'\n{block.code}END\n" if python else block.code
    return script


@pytest.mark.proof
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("page", ["README.md", "docs/get-started.md"])
def test_every_command_of_the_first_pages_works_as_written(checkout, variables, first_terminal, page):
    assert "★" in first_terminal.read_text(), "the verdict of the demo"
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", second_terminal(page)],
        cwd=checkout,
        env=variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    expected = {"README.md": "succeeded", "docs/get-started.md": "Next values of temperature (°C)"}
    assert expected[page] in done.stdout


@pytest.fixture
def without_node(tmp_path: Path) -> dict[str, str]:
    """A path with every program of the system except Node, and an ``azuraforge`` that prints its arguments."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in ("/usr/bin", "/bin"):
        for program in Path(folder).iterdir():
            if program.name not in ("node", "nodejs", "npm", "npx") and not (programs / program.name).is_symlink():
                (programs / program.name).symlink_to(program)
    stub = tmp_path / "bin" / "azuraforge"
    stub.parent.mkdir()
    stub.write_text('#!/bin/sh\necho "azuraforge $*"\n')
    stub.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    return {"PATH": str(programs), "HOME": str(tmp_path), "BIN": str(stub.parent)}


@pytest.mark.parametrize(("target", "command"), [("run", "azuraforge up --demo"), ("demo", "azuraforge demo --once")])
def test_without_node_make_starts_the_platform_and_says_how_to_get_the_pages(without_node, tmp_path, target, command):
    arguments = ["make", target, "-o", ".venv/.run", f"BIN={without_node['BIN']}"]
    done = subprocess.run(arguments, cwd=tmp_path, env=without_node, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Node 20.19 or newer is not installed" in done.stdout
    assert "make wheel" in done.stdout
    assert done.stdout.splitlines()[-1] == command


def test_what_needs_the_dashboard_refuses_without_node(without_node, tmp_path):
    shutil.copytree(ROOT / "dashboard" / "src" / "theme", tmp_path / "dashboard")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "dashboard" / name, tmp_path / "dashboard" / name)
    done = subprocess.run(["make", "dashboard"], cwd=tmp_path, env=without_node, capture_output=True, text=True)
    assert done.returncode != 0
    assert "the dashboard needs Node 20.19 or newer" in done.stderr


def test_npm_s_progress_is_counted_and_everything_else_it_says_is_shown(without_node, tmp_path):
    """A stand-in for npm that downloads 120 packages: the real one needs the network."""
    programs = Path(without_node["PATH"])
    npm = r"""#!/bin/sh
for n in $(seq 120); do echo "npm http fetch GET 200 https://registry.npmjs.org/p/-/p-$n.tgz 9ms" >&2; done
echo "npm http fetch GET 200 https://registry.npmjs.org/p 9ms" >&2
echo "npm error the disk is full" >&2
exit 7
"""
    for name, text in {"npm": npm, "node": "#!/bin/sh\nexit 0\n"}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (tmp_path / "dashboard").mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "dashboard" / name, tmp_path / "dashboard" / name)
    done = subprocess.run(["make", "dashboard"], cwd=tmp_path, env=without_node, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stdout.splitlines()[1:] == ["  50 downloaded …", "  100 downloaded …", "npm error the disk is full"]
    assert not (tmp_path / "dashboard" / "node_modules" / ".installed").exists()


@pytest.mark.parametrize(("version", "fits"), [("3.10", False), ("3.11", True), ("3.13", True), ("3.14", False)])
def test_make_accepts_the_python_versions_that_the_package_installs_on(tmp_path, version, fits):
    """The interpreter is a stand-in that only pretends its version and sets nothing up."""
    python = tmp_path / "python"
    pretended = f"import sys; sys.version_info = ({version.replace('.', ', ')}, 1)"
    real = f"exec '{sys.executable}' -c \"{pretended}; $2\""
    python.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then {real}; fi\necho Python {version}.1\n')
    python.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    made = ["make", ".venv/bin/uv", f"PYTHON={python}"]
    done = subprocess.run(made, cwd=tmp_path, capture_output=True, text=True)
    refused = f"AzuraForge needs Python 3.11, 3.12 or 3.13; found: Python {version}.1." in done.stderr
    assert (refused, "setting up .venv" in done.stdout) == (not fits, fits)
