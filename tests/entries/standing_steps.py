"""The child of a kind of run without end: it commits numbers until it dies, grows, or is cancelled."""

from __future__ import annotations

import os
import signal

from pydantic import BaseModel


class Wanted(BaseModel):
    """What the child does.

    Attributes:
        position: last number that an earlier attempt committed.
        dies_after: the child kills itself after this many commits of its own.
        grows_after: the child allocates ``bytes`` after this many commits of its own.
        grows_until: from this position on, it does not grow.
    """

    position: int = 0
    dies_after: int | None = None
    grows_after: int | None = None
    grows_until: int = 10**9
    bytes: int = 0


class Committed(BaseModel):
    position: int


def work(child):
    wanted = child.asked(Wanted)
    kept, done, position = [], 0, wanted.position
    while True:
        if done == wanted.dies_after:
            os.kill(os.getpid(), signal.SIGKILL)
        if done == wanted.grows_after and position < wanted.grows_until:
            kept.append(bytearray(os.urandom(wanted.bytes)))
            child.receive()  # until the worker notices
        position, done = position + 1, done + 1
        child.send("commit", Committed(position=position))
        child.receive()
        if done >= 3 and wanted.dies_after is None:
            child.receive()  # idle, as a learner without rows
