"""Libraries that one child needed are imported by the launcher for later ones, without a thread."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from azuraforge.processes.launcher import Launcher
from azuraforge.processes.shared_imports import SHARED, SharedImports
from tests.stand import CHILD_PATH


class Found(BaseModel):
    found: list[str | bool]


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    made = Launcher({"PYTHONPATH": CHILD_PATH})
    made.start()
    yield made
    made.stop()


def look(launcher: Launcher) -> list[str]:
    return [str(each) for each in launcher.call("loaded_steps:look", {}, Found, 30).found]


def wait_until_shared(launcher: Launcher) -> None:
    until = time.monotonic() + 60
    while "statsmodels.api" not in look(launcher):
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are counted in /proc")
def test_what_a_child_needed_is_there_for_the_next_and_forks_stay_safe(launcher: Launcher) -> None:
    assert look(launcher) == []
    launcher.share(SHARED)
    wait_until_shared(launcher)
    assert look(launcher) == ["pandas", "scipy.stats", "statsmodels.api"]  # and no Polars, which starts threads
    assert len(list(Path(f"/proc/{launcher.pid}/task").iterdir())) == 1
    # A child that imports Polars later may hand its frames to statsmodels all the same.
    assert launcher.call("loaded_steps:recognise", {}, Found, 30).found == [True, True, False]


def test_a_platform_that_needs_none_imports_none(launcher: Launcher) -> None:
    launcher.share([])
    time.sleep(0.2)
    assert look(launcher) == []


def test_nothing_is_imported_where_the_probe_finds_another_thread() -> None:
    """In a process of its own: the probe is a fork of this one, which has threads of the tests' own."""
    code = """
import os
from azuraforge.processes.shared_imports import SharedImports
shared = SharedImports(lambda: 2)
shared.want(["scipy.special"])
pid = shared.probe(lambda: None)
_, status = os.waitpid(pid, 0)
shared.ended(pid, status)
assert not shared.pending
shared.want(["scipy.stats"])
assert shared.probe(lambda: None) is None
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_probe_that_dies_imports_nothing() -> None:
    shared = SharedImports(lambda: 1)
    shared._probe, shared._probed = os.getpid(), ["scipy.special"]
    shared.ended(os.getpid(), 9)
    assert not shared.pending
