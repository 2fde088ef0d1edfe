"""The launcher: short children, long-lived ones, and what their environment holds."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import psutil
import pytest
from pydantic import BaseModel

from azuraforge.errors import InvalidInput, TransientError
from azuraforge.processes.frames import encode
from azuraforge.processes.launcher import Launcher
from tests.anything import Anything
from tests.process_checks import alive, still_alive

ENTRIES = Path(__file__).parents[1] / "entries"


def test_a_call_returns_the_result_of_a_process_of_its_own(launcher):
    answer = launcher.call("toy_steps:echo", {"a": [1, "ş"]}, Anything, 30).root
    assert answer["payload"] == {"a": [1, "ş"]}
    assert answer["pid"] not in (os.getpid(), launcher.pid)


def test_the_environment_of_children_holds_no_secrets_and_one_thread(launcher, monkeypatch):
    monkeypatch.setenv("AZURAFORGE_DATABASE_URL", "postgresql://user:password@host/db")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    fresh = Launcher({"PYTHONPATH": str(ENTRIES)})
    try:
        environment = fresh.call("toy_steps:echo", {}, Anything, 30).root["environment"]
    finally:
        fresh.stop()
    assert not {"AZURAFORGE_DATABASE_URL", "AWS_SECRET_ACCESS_KEY"} & environment.keys()
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"


def test_the_launcher_has_one_thread_and_no_app_when_it_forks(launcher):
    process = psutil.Process(launcher.pid)
    assert process.num_threads() == 1
    opened = " ".join(mapped.path for mapped in process.memory_maps())
    for heavy in ("polars", "scipy", "sklearn", "numba", "torch"):
        assert f"/{heavy}/" not in opened


def test_an_error_of_the_child_arrives_as_it_was_raised(launcher):
    with pytest.raises(InvalidInput, match="this cannot be") as caught:
        launcher.call("toy_steps:refuse", {}, Anything, 30)
    assert caught.value.next_step == "choose another"


def test_a_call_that_dies_hangs_or_does_not_exist_is_one_sentence(launcher):
    with pytest.raises(InvalidInput, match="SIGKILL"):
        launcher.call("toy_steps:die", {}, Anything, 30)
    with pytest.raises(InvalidInput, match="no answer within"):
        launcher.call("toy_steps:hang", {}, Anything, 0.3)
    with pytest.raises(Exception, match="ModuleNotFoundError"):
        launcher.call("no_such_module:f", {}, Anything, 30)
    assert launcher.call("toy_steps:echo", {}, Anything, 30).root["payload"] == {}


class Sum(BaseModel):
    total: int


def test_an_answer_of_another_shape_is_an_error_that_names_the_field(launcher):
    with pytest.raises(InvalidInput, match="the child process returned no valid Sum: total: field required") as caught:
        launcher.call("toy_steps:echo", {}, Sum, 30)
    assert (caught.value.where, caught.value.error_code) == ("echo", "child_answer")


def test_a_call_is_repeated_where_the_launcher_died_meanwhile(launcher):
    launcher.call("toy_steps:echo", {}, Anything, 30)
    os.kill(launcher.pid, signal.SIGKILL)
    assert launcher.call("toy_steps:echo", {"again": True}, Anything, 30).root["payload"] == {"again": True}


def test_a_broken_pipe_is_not_tried_again_before_its_end_was_read():
    made = Launcher({"PYTHONPATH": str(ENTRIES)})
    made.start()
    old = made._server
    ours, theirs = socket.socketpair()
    theirs.close()  # sending fails at once, while the reader still hears the launcher
    whole, old._control = old._control, ours
    try:
        assert made.call("toy_steps:echo", {"again": True}, Anything, 30).root["payload"] == {"again": True}
        assert made._server is not old
    finally:
        old._control = whole
        old.stop()
        made.stop()
        ours.close()


def test_a_child_session_answers_many_questions_from_one_process(launcher):
    talk = launcher.open("toy_steps:adder", {"y": 2})
    answers = [talk.ask({"x": x}, 30) for x in (1, 2, 3)]
    assert [answer["sum"] for answer in answers] == [3, 4, 5]
    assert {answer["pid"] for answer in answers} == {talk.pid}
    assert talk.resident_bytes > 1_000_000
    with pytest.raises(InvalidInput, match="x is missing"):
        talk.ask({}, 30)
    assert talk.ask({"x": 0}, 30)["sum"] == 2
    talk.close()
    assert_ends(talk.pid)


@pytest.mark.parametrize("end", ["die", "hang"])
def test_a_child_session_that_dies_or_hangs_is_over(launcher, end):
    talk = launcher.open("toy_steps:adder", {"y": 2})
    with pytest.raises(TransientError):
        talk.ask({"x": 1, end: True}, 0.5)
    with pytest.raises(TransientError):
        talk.ask({"x": 1}, 30)
    assert_ends(talk.pid)


def test_a_child_that_cannot_open_says_why(launcher):
    with pytest.raises(Exception, match="ModuleNotFoundError"):
        launcher.open("no_such_module:f", {})


def test_a_child_ends_when_its_pipe_does_even_if_nobody_kills_it(launcher):
    child = launcher.spawn()
    child.connection.sendall(encode({"type": "call", "entry": "toy_steps:hang", "payload": {}}))
    time.sleep(0.2)
    assert alive([psutil.Process(child.pid)])
    child.connection.close()
    assert_ends(child.pid)


def test_nothing_starts_once_it_is_stopped():
    stopped = Launcher()
    stopped.start()
    process = psutil.Process(stopped.pid)
    stopped.stop()
    assert alive([process]) == []
    with pytest.raises(TransientError, match="stopping"):
        stopped.call("toy_steps:echo", {}, Anything, 30)


def assert_ends(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        assert still_alive([psutil.Process(pid)], 10) == []
