"""A process that has ended and that its parent has not reaped counts as ended, in the product and in the tests."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from azuraforge.client.http.address import AddressBook
from azuraforge.processes import orphans
from tests.process_checks import alive, still_alive

ENTRIES = Path(__file__).parents[1] / "entries"
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only here can a parent be made that does not reap")


@contextlib.contextmanager
def careless(*command: str) -> Iterator[psutil.Process]:
    """The process of a command below a parent that does not reap, neither it nor its orphans."""
    parent = subprocess.Popen(
        [sys.executable, str(ENTRIES / "careless.py"), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        yield psutil.Process(int(parent.stdout.readline()))


OWNER = (
    "import sys; from azuraforge.processes.launcher import Launcher\n"
    "made = Launcher(); child = made.spawn()\n"
    "import os; open(sys.argv[1] + '.draft', 'w').write(f'{made.pid} {child.pid} {made._running()._mark}')\n"
    "os.rename(sys.argv[1] + '.draft', sys.argv[1])\n"
    "import time; time.sleep(300)"
)


def test_what_belonged_to_a_killed_owner_is_no_orphan_where_nobody_reaps(tmp_path):
    told = tmp_path / "told"
    with careless(sys.executable, "-c", OWNER, str(told)) as owner:
        while not told.exists():
            assert alive([owner])
        launcher, child, mark = told.read_text().split(" ", 2)
        others = [psutil.Process(int(pid)) for pid in (launcher, child)]
        assert orphans._owner_lives(mark)
        owner.kill()
        assert still_alive([owner, *others], 10) == []
        assert owner.status() == others[0].status() == psutil.STATUS_ZOMBIE, "owner and launcher"
        assert not orphans._owner_lives(mark), "a zombie owns no launcher"


def test_an_announced_platform_that_is_a_zombie_is_not_there(tmp_path):
    with careless("sleep", "300") as platform:
        (tmp_path / "platform.json").write_text(json.dumps({"pid": platform.pid, "url": "http://127.0.0.1:1"}))
        book = AddressBook.of(None, None, tmp_path)
        assert book.announced_url() == "http://127.0.0.1:1"
        platform.kill()
        assert still_alive([platform], 10) == []
        assert book.announced_url() is None


@pytest.mark.parametrize("pid", [0, -1, 10**30])
def test_a_number_that_is_no_process_announces_nothing(tmp_path, pid):
    (tmp_path / "platform.json").write_text(json.dumps({"pid": pid, "url": "http://127.0.0.1:1"}))
    assert AddressBook.of(None, None, tmp_path).announced_url() is None


def test_whether_processes_live_is_asked_in_one_place():
    asked = re.compile(r"\b(wait_procs|is_running|pid_exists)\(")
    mine = {ROOT / "tests" / "process_checks.py", Path(__file__)}
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("tests", "benchmarks", "src")
        for path in (ROOT / folder).rglob("*.py")
        if path not in mine and asked.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
