"""What other systems than Linux use, on a real process tree: no reaper of descendants, no signal at a parent's death,
no ``/proc``, no descriptors of processes. macOS itself has never run these tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from azuraforge.processes import launcher as launchers
from azuraforge.processes import orphans
from azuraforge.processes.frames import encode
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.process_table import PORTABLE, LinuxTable, PortableTable
from tests.anything import Anything
from tests.process_checks import alive, still_alive
from tests.runs.test_kills import written
from tests.stand import CHILD_PATH

TABLES = [PortableTable, pytest.param(LinuxTable, marks=pytest.mark.skipif(sys.platform != "linux", reason="/proc"))]


@pytest.fixture
def portable(monkeypatch):
    """A launcher whose whole tree, this process included, does without Linux."""
    for module in (orphans, launchers):
        monkeypatch.setattr(module, "TABLE", PortableTable())
    monkeypatch.setattr(launchers, "LINUX", False)
    made = Launcher({"PYTHONPATH": CHILD_PATH, PORTABLE: "1"})
    yield made
    made.stop()


def begin(launcher: Launcher, entry: str, marks: Path):
    """A child at work, and the processes whose pids it wrote."""
    child = launcher.spawn()
    payload = {"marks": str(marks), "stay": True}
    child.connection.sendall(encode({"type": "call", "entry": f"toy_steps:{entry}", "payload": payload}))
    return child, written(marks)


def test_what_left_its_group_ends_with_its_child_or_with_its_launcher(portable, tmp_path):
    child, detached = begin(portable, "detach", tmp_path / "first")
    os.kill(child.pid, signal.SIGKILL)
    assert child.ended.wait(120)
    assert not child.launcher_died
    assert still_alive(detached, 10) == []
    child.close()
    child, detached = begin(portable, "detach", tmp_path / "second")
    os.kill(portable.pid, signal.SIGKILL)
    assert still_alive([*detached, psutil.Process(child.pid)], 10) == []
    child.close()


def test_a_child_that_never_lets_python_run_ends_with_its_launcher(portable, tmp_path):
    """It cannot see that its pipe has ended, and no kernel ends it."""
    child, family = begin(portable, "seize", tmp_path / "marks")
    stuck = psutil.Process(child.pid)
    os.kill(portable.pid, signal.SIGKILL)
    assert still_alive([stuck, *family], 10) == []
    child.close()


def test_a_closed_child_ends_and_its_launcher_goes_on(portable):
    assert portable.call("toy_steps:echo", {"a": 1}, Anything, 30).root["payload"] == {"a": 1}
    server = portable.pid
    child = portable.spawn()
    process = psutil.Process(child.pid)
    child.close()
    assert still_alive([process], 10) == []
    assert portable.pid == server
    environment = portable.call("toy_steps:echo", {}, Anything, 30).root["environment"]
    assert environment["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] == "YES"


@pytest.mark.parametrize("kind", TABLES)
def test_both_tables_say_the_same_of_a_process(kind):
    table = kind()
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, env={**os.environ, "TOLD": "yes"}, start_new_session=True
    ) as child:
        while table.variable(child.pid, "TOLD") != "yes":  # until it has become the program
            assert child.poll() is None
        assert child.pid in set(table.living())
        assert os.getpid() not in set(table.living())
        assert table.place(child.pid) == (os.getpid(), child.pid, child.pid)
        assert table.variable(child.pid, "UNTOLD") is None
        began = table.began(child.pid)
        assert began == table.began(child.pid) != table.began(os.getpid())
        assert table.state_of_child(child.pid) == "running"
        table.kill_if(child.pid, lambda _: False)
        assert alive([psutil.Process(child.pid)])
        table.kill_if(child.pid, lambda pid: pid == child.pid)
        assert still_alive([psutil.Process(child.pid)], 10) == []
        assert table.state_of_child(child.pid) == "ended"
        assert table.place(child.pid) is None, "a zombie is nowhere"
        with pytest.raises(ProcessLookupError):
            table.began(child.pid)
        child.wait()
    assert table.state_of_child(child.pid) == "gone"
    with pytest.raises(ProcessLookupError):
        table.began(child.pid)


def test_marks_of_another_clock_are_left_alone(monkeypatch):
    """A launcher of the other kind, on the same machine, has an owner whose start time means something else."""
    mark = orphans.new_mark()
    monkeypatch.setattr(orphans, "TABLE", PortableTable())
    assert orphans._owner_lives(mark)
    assert orphans._owner_lives(mark.replace(str(os.getpid()), "999999999"))


@pytest.mark.proof
def test_kills_and_launcher_pass_without_linux():
    """Every test of the two files again, each process of the tree with the other means."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not proof"]
    files = [str(Path(__file__).with_name(name)) for name in ("test_kills.py", "test_launcher.py")]
    done = subprocess.run([*command, *files], env={**os.environ, PORTABLE: "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
