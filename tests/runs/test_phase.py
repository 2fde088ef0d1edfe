"""A child whose socket somebody else still holds: its end is its end."""

from __future__ import annotations

import signal
import socket
import threading
import time

import pytest

from azuraforge.processes.child_process import ChildProcess
from azuraforge.processes.exchange import Exchange
from azuraforge.processes.failures import Cancelled, ChildDied
from azuraforge.processes.frames import encode
from azuraforge.processes.log_file import LogFile
from azuraforge.processes.messages import sent
from azuraforge.runs.execution.outgoing import Outgoing
from azuraforge.runs.execution.phase import Interrupt, PhaseChild
from azuraforge.runs.limits import Limits


class HeldOpen(ChildProcess):
    """A child without a process of its own; the other end of its socket stays open as long as the test."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        super().__init__(ours, None, lambda _number: None)
        self.signals: list[int] = []
        self.killed = threading.Event()

    def signal(self, number: int) -> None:
        self.signals.append(number)
        if number == signal.SIGKILL:
            self.killed.set()


@pytest.fixture
def child():
    made = HeldOpen()
    yield made
    made.close()
    made.theirs.close()


@pytest.fixture
def drive(child, tmp_path):
    """Drives the child to its end; what it told goes into ``told``."""
    log, interrupt = LogFile(tmp_path / "log.txt"), Interrupt()
    told: list[dict] = []
    outgoing = Outgoing()

    def record(frames):
        told.extend(frames)
        return []

    yield PhaseChild(child, interrupt, Limits(None, None, 0.0), log, record, outgoing), interrupt, told
    log.close()
    outgoing.close()
    interrupt.close()


def test_a_child_that_ended_has_ended_though_its_socket_is_open(child, drive):
    driver, _, told = drive
    child.theirs.sendall(encode(sent("note", {"markdown": "last words"})))
    child.finished(3)
    with pytest.raises(ChildDied, match="exit code 3"):
        driver.run({})
    assert [message["data"]["markdown"] for message in told] == ["last words"]


def test_its_answer_is_taken_though_it_has_ended_meanwhile(child, drive):
    driver, _, _ = drive
    child.theirs.sendall(encode({"type": "result", "value": {"x": 1}}))
    child.finished(0)
    assert driver.run({})["value"] == {"x": 1}


def test_a_child_that_is_slow_to_die_is_killed_once(child, drive):
    driver, interrupt, _ = drive

    def end_later() -> None:
        child.killed.wait(120)
        threading.Event().wait(0.2)  # the driver goes on looking meanwhile
        child.finished(-9)

    interrupt.set(Cancelled())
    thread = threading.Thread(target=end_later)
    thread.start()
    with pytest.raises(Cancelled):
        driver.run({})
    thread.join()
    # once after the grace; the end of the drive and the closing each kill what may be left of the group
    assert child.signals == [signal.SIGTERM, signal.SIGKILL, signal.SIGKILL, signal.SIGKILL]


def test_a_question_to_a_child_that_ended_is_not_waited_out(child):
    child.finished(3)
    with pytest.raises(ChildDied, match="exit code 3"):
        Exchange(child).exchange({}, time.monotonic() + 120)
