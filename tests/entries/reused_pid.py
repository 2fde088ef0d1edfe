"""``python reused_pid.py SCENARIO …`` as the first process of a pid namespace: give dead children's numbers to others.

Each scenario lets one child end, gives its pid to an innocent process group and then closes the child. Prints a line
of JSON at the end: for each scenario whether the innocent still answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from azuraforge.processes.child_process import ChildProcess
from azuraforge.processes.frames import FROM_CHILD, encode, read_frames
from azuraforge.processes.launcher import Launcher

ENTRIES = Path(__file__).parent
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
PID_MAX = Path("/proc/sys/kernel/pid_max")
#: The kernel gives lower numbers only once, to the first processes of the namespace.
FIRST_REUSED_PID = 300
SPACE, RESERVE = 100, 8
LIVES, STALE = 3, 8
_TRIES = 200


def main() -> None:
    launcher = Launcher({"PYTHONPATH": str(ENTRIES)})
    launcher.start()
    safe = {name: SCENARIOS[name](launcher) for name in sys.argv[1:]}
    launcher.stop()
    sys.stdout.write(f"\n{json.dumps(safe)}\n")


def after_the_launcher(launcher: Launcher) -> bool:
    """The launcher is killed; long afterwards the owner of the dead child closes it."""
    child = launcher.spawn()
    os.kill(launcher.pid, signal.SIGKILL)
    assert child.ended.wait(120)
    wait_until_free(child.pid)
    with innocent(child.pid) as process:
        child.close()
        return answers(process)


def before_the_end_is_heard(launcher: Launcher) -> bool:
    """The launcher reaped the child, its report is not read yet (a stopped platform), and the number is taken."""
    child, heard = spawn_unheard(launcher)
    os.kill(child.pid, signal.SIGKILL)
    wait_until_free(child.pid)
    with innocent(child.pid) as process:
        child.close()
        safe = answers(process)
        heard.set()
        return safe


def a_sibling(launcher: Launcher) -> bool:
    """The same, but the number goes to the next child of the same launcher."""
    child, heard = spawn_unheard(launcher)
    os.kill(child.pid, signal.SIGKILL)
    wait_until_free(child.pid)
    for _ in range(_TRIES):
        LAST_PID.write_text(str(child.pid - 1))
        sibling = launcher.spawn()
        if sibling.pid == child.pid:
            break
        sibling.close()
    else:
        raise AssertionError(f"the pid {child.pid} could not be given away")
    child.close()
    try:
        sibling.connection.sendall(encode({"type": "call", "entry": "toy_steps:echo", "payload": {}}))
        sibling.connection.settimeout(60)
        return any(frame["type"] == "result" for frame in read_frames(sibling.connection, FROM_CHILD))
    except OSError:
        return False
    finally:
        heard.set()
        sibling.close()


def a_small_space(launcher: Launcher) -> bool:
    """So few pids that the innocent take all that the dead had; children are closed after that, in any order."""
    PID_MAX.write_text(str(FIRST_REUSED_PID + SPACE))
    LAST_PID.write_text(str(FIRST_REUSED_PID))
    chance = random.Random(14)
    for _ in range(LIVES):
        stale = [launcher.spawn() for _ in range(STALE)]
        os.kill(launcher.pid, signal.SIGKILL)
        for child in stale:
            assert child.ended.wait(120)
            wait_until_free(child.pid)
        with contextlib.ExitStack() as crowd:
            others = [crowd.enter_context(bystander()) for _ in range(SPACE - RESERVE)]
            taken = {each.pid for each in others} & {child.pid for child in stale}
            assert taken, "no number was given to another"
            chance.shuffle(stale)
            for child in stale:
                child.close()
            if not all(answers(each) for each in others):
                return False
    return True


@contextlib.contextmanager
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a group and a session of its own and repeats what it is sent."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        yield process
        process.kill()


def spawn_unheard(launcher: Launcher) -> tuple[ChildProcess, threading.Event]:
    """A child whose end the platform's reader learns only after the event is set; it goes on reading meanwhile."""
    child = launcher.spawn()
    heard = threading.Event()
    finished = child.finished

    def late(*arguments: object, **named: object) -> None:
        threading.Thread(target=lambda: (heard.wait(), finished(*arguments, **named)), daemon=True).start()

    child.finished = late  # type: ignore[method-assign]
    return child, heard


@contextlib.contextmanager
def innocent(pid: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this number that leads a group and a session of its own and repeats what it is sent."""
    for _ in range(_TRIES):
        LAST_PID.write_text(str(pid - 1))
        process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        if process.pid == pid:
            break
        process.kill()
        process.communicate()
    else:
        raise AssertionError(f"the pid {pid} could not be given away")
    with process:
        yield process
        process.kill()


def answers(process: subprocess.Popen[bytes]) -> bool:
    """Whether it is alive: a process that was sent SIGKILL does not run on to read."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(b"?\n")
        process.stdin.flush()
    return process.stdout.readline() == b"?\n"


def wait_until_free(pid: int) -> None:
    """Until nothing has this number; orphans fall to this process, the namespace's first."""
    until = time.monotonic() + 120
    while Path(f"/proc/{pid}").exists():
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        assert time.monotonic() < until, f"process {pid} does not end"
        time.sleep(0.01)


SCENARIOS = {each.__name__: each for each in (after_the_launcher, before_the_end_is_heard, a_sibling, a_small_space)}

if __name__ == "__main__":
    main()
