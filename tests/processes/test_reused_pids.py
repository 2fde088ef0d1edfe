"""A pid that the kernel gave to another process is never signalled.

The tests steer the kernel: in a pid namespace of their own they choose the number that the next process gets.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import azuraforge
from azuraforge.errors import TransientError
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.process_table import TABLE

SCRIPT = Path(__file__).parents[1] / "entries" / "reused_pid.py"
SOURCES = Path(azuraforge.__file__).parent
NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
AS_ROOT = tuple(word for word in NAMESPACE if word not in ("--user", "--map-root-user"))


@pytest.fixture(scope="module")
def in_namespace() -> tuple[str, ...]:
    """The command that starts the first process of a new pid namespace."""
    problem = "unshare is not installed"
    if shutil.which("unshare"):
        probe = "echo 700 > /proc/sys/kernel/ns_last_pid && sh -c 'test $$ = 701'"
        for command in (AS_ROOT, NAMESPACE):
            done = subprocess.run([*command, "sh", "-c", probe], capture_output=True, text=True)
            if done.returncode == 0:
                return command
            problem = done.stderr.strip() or "the next pid cannot be chosen"
    pytest.skip(f"THE REUSE OF PIDS IS NOT TESTED HERE: no pid namespace can be made ({problem})")


def survivors(command: tuple[str, ...], *scenarios: str) -> dict[str, bool]:
    done = subprocess.run(
        [*command, sys.executable, str(SCRIPT), *scenarios], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])  # after what the platform logs


def test_closing_a_dead_child_does_not_kill_the_process_that_got_its_pid(in_namespace):
    scenarios = ("a_sibling", "before_the_end_is_heard", "after_the_launcher")
    assert survivors(in_namespace, *scenarios) == dict.fromkeys(scenarios, True)


@pytest.mark.proof
def test_closing_dead_children_kills_no_other_process_in_a_small_pid_space(in_namespace):
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    if release is None or tuple(map(int, release.groups())) < (6, 14):
        pytest.skip("before Linux 6.14 pid_max belongs to the whole machine, which a test must not change")
    assert survivors(in_namespace, "a_small_space") == {"a_small_space": True}


#: Calls that signal by a number, and why the number cannot be another process's.
ALLOWED = {
    ("processes/fork_server.py", "killpg"): "a child that the launcher has not reaped",
    ("processes/fork_server.py", "kill"): "a child that the launcher has not reaped",
    ("processes/prefork.py", "kill"): "a child that the launcher has not reaped",
    ("processes/child_main.py", "killpg"): "its own group",
    ("processes/child_main.py", "kill"): "itself",
    ("processes/process_table.py", "kill"): "checked right before, where the system has no better means",
    ("apps/forecasting/auto/attempts.py", "kill"): "a child that it has not reaped",
    ("crashpoints.py", "kill"): "itself",
    ("platform/temporary.py", "kill"): "itself",
    ("client/http/address.py", "kill"): "signal 0, which only asks",
}


def test_signals_by_number_are_sent_only_where_the_number_is_certain():
    found = set()
    for path in SOURCES.rglob("*.py"):
        for name in re.findall(r"\bos\.(kill|killpg)\(", path.read_text(encoding="utf-8")):
            found.add((path.relative_to(SOURCES).as_posix(), name))
    assert found == set(ALLOWED)


def test_ended_children_stay_zombies_even_if_the_parent_ignored_their_end():
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    launcher = Launcher()
    launcher._stopped = True  # this is about the parent alone
    try:
        with pytest.raises(TransientError):
            launcher.start()
        assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_the_state_of_a_child_is_seen_without_reaping_it():
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        assert TABLE.state_of_child(child.pid) == "running"
        child.stdin.close()
        while TABLE.state_of_child(child.pid) == "running":
            pass
        assert TABLE.state_of_child(child.pid) == "ended"
        assert child.wait(120) == 0
    assert TABLE.state_of_child(child.pid) == "gone"


def test_a_launcher_that_does_not_end_is_killed_and_reaped():
    launcher = Launcher()
    process = launcher._running().process
    child = launcher.spawn()
    process.send_signal(signal.SIGSTOP)  # it sees neither the end of its socket nor any signal but one
    launcher.stop()
    assert process.returncode == -signal.SIGKILL
    assert child.ended.is_set()
    assert child.launcher_died
    child.close()
