"""kill -9 of everything, at random moments: the result is the undisturbed one, and nobody is left behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from azuraforge.processes.frames import encode
from azuraforge.processes.launcher import Launcher
from azuraforge.runs.tables import Checkpoint
from tests.process_checks import alive, still_alive

ENTRIES = Path(__file__).parents[1] / "entries"
#: The promise is two seconds; a busy machine that runs the whole suite may take longer to schedule a kill.
PATIENCE_SECONDS = 10.0


def expected_hash(seed: int, steps: int) -> str:
    state = f"seed {seed}"
    for step in range(1, steps + 1):
        state = hashlib.sha256(f"{state} {step}".encode()).hexdigest()
    return state


def assert_all_end(processes: list[psutil.Process]) -> None:
    assert still_alive(processes, PATIENCE_SECONDS) == []


def children_of(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.mark.parametrize("whom", ["child", "launcher"])
def test_killed_at_random_moments_it_ends_with_the_same_bits(stand, launcher, whom):
    stand.worker._settings.runs.max_consecutive_deaths = 100
    generator = random.Random(whom)
    run = stand.create(seed=1, steps=100, every=5, pause=0.01)
    # Attempts are counted, not kills: a kill may hit a launcher that carries no child yet and interrupts nothing.
    while (now := stand.get(run.id)).attempt < 4 and now.state not in ("succeeded", "failed"):
        # A launcher that starts is killed now and then, not each time: a start takes most of a second.
        while whom == "launcher" and generator.random() < 0.95 and not children_of(launcher.pid):
            if stand.get(run.id).state in ("succeeded", "failed"):
                break
            time.sleep(0.1)
        time.sleep(generator.uniform(0.05, 0.4))
        children = children_of(launcher.pid)
        victims = children if whom == "child" else [psutil.Process(launcher.pid)]
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        assert_all_end(children)
    run = stand.wait(run.id)
    assert run.state == "succeeded"
    assert run.summary == {"kind": "train", "hash": expected_hash(1, 100)}
    assert run.attempt > 1
    assert {attempt.ended_as for attempt in run.attempts[:-1]} <= {"died", "interrupted"}
    if whom == "launcher":
        assert {attempt.ended_as for attempt in run.attempts[:-1]} == {"interrupted"}
    [curve] = stand.service.metrics(stand.project_id, run.id).series
    assert curve.steps == list(range(1, 101))
    assert curve.values == [1.0 / step for step in range(1, 101)]


def test_the_whole_platform_killed_at_random_moments_leaves_no_orphan_and_the_run_goes_on(tmp_path):
    generator = random.Random(5)
    end, kills = tmp_path / "end", 0
    while not end.exists():
        assert kills < 30
        process = subprocess.Popen([sys.executable, str(ENTRIES / "tiny_platform.py"), str(tmp_path)])
        started = time.monotonic()
        while not (tmp_path / "pid").exists() and process.poll() is None:
            assert time.monotonic() < started + 60
            time.sleep(0.02)
        if kills < 4:
            time.sleep(generator.uniform(0.1, 0.6))
            others = children_of(process.pid)
            process.kill()
            process.wait()
            kills += 1
            assert_all_end(others)
        else:
            assert process.wait(120) == 0
        (tmp_path / "pid").unlink(missing_ok=True)
    state, _, rest = end.read_text().partition(" ")
    assert state == "succeeded"
    assert expected_hash(3, 120) in rest
    assert kills >= 3


def test_what_a_child_started_ends_with_it(stand, launcher):
    run = stand.create(phases=["stubborn"])
    stand.wait(run.id, lambda run: run.progress.note == "ignoring signals")
    family = children_of(launcher.pid)
    assert len(family) == 2  # the child, and the sleeper that it started
    os.kill(family[0].pid, signal.SIGKILL)
    assert_all_end(family)
    stand.service.cancel(stand.project_id, run.id)
    stand.wait(run.id)


def marked(marks: Path) -> list[psutil.Process]:
    found = []
    for pid in marks.read_text().split():
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(int(pid)))
    return found


def test_what_left_its_group_ends_with_the_child_too(make_stand, tmp_path):
    stand = make_stand(max_consecutive_deaths=1)
    marks = tmp_path / "marks"
    run = stand.wait(stand.create(phases=["detach"], marks=str(marks)).id)
    assert run.state == "quarantined"
    assert "exit code 3" in run.error.message
    assert len(marks.read_text().split()) == 2
    assert_all_end(marked(marks))


def test_what_left_its_group_ends_with_a_cancelled_child(stand, tmp_path):
    marks = tmp_path / "marks"
    run = stand.create(phases=["detach"], marks=str(marks), stay=True)
    stand.wait(run.id, lambda run: run.progress.note == "detached")
    orphans = marked(marks)
    assert len(orphans) == 2
    stand.service.cancel(stand.project_id, run.id)
    assert stand.wait(run.id).state == "cancelled"
    assert_all_end(orphans)


def detached(launcher: Launcher, marks: Path):
    """A child of this launcher whose own children have left its group, and those children."""
    child = launcher.spawn()
    payload = {"marks": str(marks), "stay": True}
    child.connection.sendall(encode({"type": "call", "entry": "toy_steps:detach", "payload": payload}))
    return child, written(marks)


def written(marks: Path) -> list[psutil.Process]:
    deadline = time.monotonic() + 120
    while not (marks.exists() and len(marks.read_text().split()) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return marked(marks)


def test_what_left_its_group_ends_with_the_launcher(tmp_path):
    launcher = Launcher({"PYTHONPATH": str(ENTRIES)})
    child, orphans = detached(launcher, tmp_path / "marks")
    launcher.stop()
    child.close()
    assert_all_end(orphans)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells whose they were")
def test_what_left_its_group_ends_when_the_launcher_is_killed(tmp_path):
    launcher = Launcher({"PYTHONPATH": str(ENTRIES)})
    child, orphans = detached(launcher, tmp_path / "marks")
    os.kill(launcher.pid, signal.SIGKILL)
    try:
        assert_all_end(orphans)
    finally:
        child.close()
        launcher.stop()


def test_what_a_stuck_child_started_ends_when_the_launcher_is_killed(tmp_path):
    """The child cannot see the end of its pipe, and the environment of what it started says nothing."""
    launcher = Launcher({"PYTHONPATH": str(ENTRIES)})
    child = launcher.spawn()
    frame = {"type": "call", "entry": "toy_steps:seize", "payload": {"marks": str(tmp_path / "marks")}}
    child.connection.sendall(encode(frame))
    family = written(tmp_path / "marks")
    os.kill(launcher.pid, signal.SIGKILL)
    try:
        assert_all_end(family)
    finally:
        child.close()
        launcher.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells whose they were")
def test_what_left_its_group_ends_at_the_next_start_where_all_above_it_were_killed(tmp_path):
    other = Launcher()
    other.start()  # a healthy neighbour, whose children are left alone
    neighbour = other.spawn()
    code = (
        "import sys\nfrom azuraforge.processes.frames import encode\n"
        "from azuraforge.processes.launcher import Launcher\n"
        "launcher = Launcher({'PYTHONPATH': sys.argv[1]}); child = launcher.spawn()\n"
        "child.connection.sendall(encode({'type': 'call', 'entry': 'toy_steps:detach',"
        " 'payload': {'marks': sys.argv[2], 'stay': True}}))\n"
        "print(launcher.pid, flush=True); import time; time.sleep(300)"
    )
    marks = tmp_path / "marks"
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(ENTRIES), str(marks)], stdout=subprocess.PIPE, env={**os.environ}
    )
    with owner:
        pid = int(owner.stdout.readline())
        orphans = written(marks)
        os.kill(owner.pid, signal.SIGSTOP)  # so that it cannot do its launcher's last service
        os.kill(pid, signal.SIGKILL)
        owner.kill()
    assert alive(orphans) == orphans
    following = Launcher()
    following.start()
    try:
        assert_all_end(orphans)
        assert alive([psutil.Process(neighbour.pid)])
    finally:
        neighbour.close()
        following.stop()
        other.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells whose they were")
def test_an_owner_that_cannot_be_read_counts_as_alive():
    """Out of descriptors the owner's beginning cannot be read: that is no sign of its death."""
    code = (
        "import os, resource; from azuraforge.processes import orphans\n"
        "mark = orphans.new_mark(); assert orphans._owner_lives(mark)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); held = []\n"
        "try:\n"
        "    while True: held.append(os.open('/dev/null', os.O_RDONLY))\n"
        "except OSError: pass\n"
        "alive = orphans._owner_lives(mark)\n"
        "for descriptor in held: os.close(descriptor)\n"
        "assert alive and orphans._owner_lives(mark) and orphans._owner_lives('boot 1  x')\n"
        "assert orphans._owner_lives('epoch 1 5 x'), 'another clock'\n"
        "assert not orphans._owner_lives('boot 999999999 5 x')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_run_that_dies_three_times_without_coming_further_is_quarantined(stand):
    run = stand.wait(stand.create(steps=20, die_at=15).id)
    assert (run.state, run.error.code) == ("quarantined", "quarantined")
    assert "SIGKILL" in run.error.message
    assert [attempt.ended_as for attempt in run.attempts] == ["died", "died", "quarantined"]
    assert [attempt.resumed_from_step for attempt in run.attempts] == [None, 10, 10]


def test_the_same_checkpoint_again_is_no_coming_further(stand):
    run = stand.wait(stand.create(steps=20, die_at=15, forgetful=True).id)
    assert run.state == "quarantined"
    assert len(run.attempts) == 3


def test_the_same_checkpoints_again_are_no_coming_further_however_many_were_freed(stand):
    run = stand.wait(stand.create(steps=60, die_at=55, forgetful=True).id)  # five checkpoints, three of them kept
    assert run.state == "quarantined"
    assert [attempt.ended_as for attempt in run.attempts] == ["died", "died", "quarantined"]


def test_a_run_that_comes_further_before_each_death_is_not_quarantined(stand):
    run = stand.wait(stand.create(steps=55, die_after_checkpoint=True).id)
    assert run.state == "succeeded"
    assert [attempt.resumed_from_step for attempt in run.attempts] == [None, 10, 20, 30, 40, 50]
    assert run.summary == {"kind": "train", "hash": expected_hash(0, 55)}


def test_a_quarantined_run_resumed_goes_on_from_its_checkpoint(stand):
    run = stand.wait(stand.create(steps=20, die_at=15).id)
    stand.service.resume(stand.project_id, run.id)
    run = stand.wait(run.id, lambda run: run.state == "quarantined" and run.attempt == 6)
    assert run.attempts[3].resumed_from_step == 10


def last_checkpoint(stand) -> int:
    """The newest step that the database knows of: progress runs ahead of it."""
    with stand.database.read(stand.project_id) as session:
        return session.scalar(select(func.max(Checkpoint.step))) or 0


def test_stopping_puts_the_run_back_and_another_worker_goes_on(make_stand):
    first = make_stand()
    run = first.create(seed=2, steps=200, every=5, pause=0.01)
    first.wait(run.id, lambda _: last_checkpoint(first) >= 15)
    first.supervisor.stop()
    put_back = first.get(run.id)
    assert put_back.state == "queued"
    assert put_back.attempts[-1].ended_as == "drained"
    second = make_stand()
    run = second.wait(run.id)
    assert run.state == "succeeded"
    assert run.summary == {"kind": "train", "hash": expected_hash(2, 200)}
    assert run.attempts[1].resumed_from_step >= 15
