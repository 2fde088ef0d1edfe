"""Children that were forked ahead of their time: as fresh and as alone as any other, gone when nobody wants them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from azuraforge.processes import prefork
from azuraforge.processes.frames import FROM_CHILD, encode, read_frames
from azuraforge.processes.launcher import Launcher
from azuraforge.runs import handlers
from azuraforge.runs.handlers import Finish, PreparedRun
from tests.process_checks import Patience, still_alive
from tests.stand import CHILD_PATH, Free, FreeSummary

WARM = {"modules": ["polars"], "threads": 2}


@pytest.fixture
def own_launcher():
    """No other test's prestarted children."""
    made = Launcher({"PYTHONPATH": CHILD_PATH}, preload=["azuraforge.pipelines.trials.steps"])
    yield made
    made.stop()


def asked(launcher: Launcher, entry: str = "heavy", threads: int = 2, warm=WARM) -> dict:
    child = launcher.spawn(warm=warm)
    try:
        frame = {"type": "call", "entry": f"toy_modules:{entry}", "payload": {}, "threads": threads}
        child.connection.sendall(encode(frame))
        child.connection.settimeout(60)
        answer = next(read_frames(child.connection, FROM_CHILD))
    finally:
        child.close()
    assert answer["type"] == "result", answer
    return answer["value"]


def waiting(launcher: Launcher) -> list[psutil.Process]:
    """Its children once those that had their say have ended."""
    patience = Patience(20)
    while len(found := psutil.Process(launcher.pid).children()) > 1 and not patience.over:
        time.sleep(0.02)
    return found


def test_the_second_child_finds_imported_what_the_first_had_to_wait_for(own_launcher):
    first, second, third = asked(own_launcher), asked(own_launcher), asked(own_launcher)
    assert [each["there"] for each in (first, second, third)] == [False, True, True]
    assert [each["threads"] for each in (first, second, third)] == [2, 2, 2], "Polars reads their number as it starts"
    assert len({each["pid"] for each in (first, second, third)}) == 3, "each is used once"
    assert all(each["group"] == each["pid"] for each in (first, second, third))
    assert {each["parent"] for each in (first, second, third)} == {own_launcher.pid}
    assert all(each["steps"] for each in (first, second, third)), "what the launcher preloads, every child has"
    assert not asked(own_launcher, "light", warm=None)["there"], "who does not ask for it does not get it"
    assert not asked(own_launcher, warm={**WARM, "threads": 1}, threads=1)["there"], "other threads, another child"


def test_the_launcher_itself_has_one_thread_and_no_polars_whatever_it_forked(own_launcher):
    asked(own_launcher)
    asked(own_launcher)
    process = psutil.Process(own_launcher.pid)
    assert process.num_threads() == 1
    opened = " ".join(mapped.path for mapped in process.memory_maps())
    for heavy in ("polars", "scipy", "sklearn", "numba", "torch"):
        assert f"/{heavy}/" not in opened


def test_a_prestarted_child_that_died_is_replaced(own_launcher):
    asked(own_launcher)
    (child,) = waiting(own_launcher)
    child.kill()
    child.wait(120)
    answer = asked(own_launcher)
    assert answer["pid"] != child.pid
    assert not answer["there"]
    assert asked(own_launcher)["there"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_prestarted_children_end_with_their_launcher(own_launcher, number):
    asked(own_launcher)
    (child,) = waiting(own_launcher)
    os.kill(own_launcher.pid, number)
    assert still_alive([child], 5) == []


def test_what_nobody_wants_is_ended():
    kept = prefork.PrestartedChildren()
    sleepers = []
    for threads, age in ((1, 100.0), (2, 0.0)):
        ours, theirs = socket.socketpair()
        theirs.close()
        sleepers.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))
        made = prefork._Prestarted(sleepers[-1].pid, ours, time.monotonic() - age)
        kept._waiting[("polars", threads)] = made
    kept.end_old()
    assert sleepers[0].wait(120) == -signal.SIGKILL
    assert (len(kept), sleepers[1].poll()) == (1, None)
    assert kept.take({"modules": ["polars"], "threads": 2}, []) is None, "it listens no more"
    assert len(kept) == 0
    sleepers[1].kill()
    sleepers[1].wait()


def test_runs_learn_which_of_their_children_are_heavy(make_stand, launcher, monkeypatch):
    wanted = []
    monkeypatch.setattr(launcher, "habits", prefork.Habits())
    spawn = launcher.spawn
    monkeypatch.setattr(launcher, "spawn", lambda **asked: (wanted.append(asked["warm"]), spawn(**asked))[1])
    stand = make_stand(Modules(), start=False)
    for _ in range(2):
        run = stand.create()
        assert stand.worker.run_one()
        assert stand.get(run.id).state == "succeeded", stand.get(run.id).error
    threads = {"modules": ["polars"], "threads": 1}
    assert wanted == [None, None, threads, None], "the first time nobody knows"


class Modules(handlers.Handler):
    """One child that reads frames, and one that does not."""

    kind = "train"

    def prepare(self, project_id, request):
        return PreparedRun("toy", request.plugin, request.config)

    def execute(self, job):
        done = [job.phase(name, f"toy_modules:{name}", Free({}), share=0.5, result=Free) for name in ("heavy", "light")]
        assert not done[1].value.root["there"]
        return Finish(FreeSummary())
