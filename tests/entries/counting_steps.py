"""The child of a kind of run with messages of its own: it counts, and has each number stored before the next."""

from __future__ import annotations

import os
import signal

from pydantic import BaseModel


class Asked(BaseModel):
    """Numbers from ``position`` up to ``last``; the child kills itself once it has sent ``dies_after``."""

    position: int
    last: int
    dies_after: int | None = None
    undeclared: bool = False


class Commit(BaseModel):
    """One output with the state after it."""

    position: int
    total: int


class Stored(BaseModel):
    """The answer of the worker: the position that is committed."""

    position: int


class Counted(BaseModel):
    """The result: every position that was confirmed, and the word that came from outside."""

    confirmed: list[int]
    word: str


class Word(BaseModel):
    """A message from another thread of the worker."""

    text: str


def count(child):
    asked = child.asked(Asked)
    if asked.undeclared:
        child.send("gossip", Word(text="nobody registered this"))
    word, confirmed = "", []
    for number in range(asked.position + 1, asked.last + 1):
        child.send("commit", Commit(position=number, total=number * (number + 1) // 2))
        if number == asked.dies_after:
            child.receive()  # stored, and confirmed
            os.kill(os.getpid(), signal.SIGKILL)
        confirmed.append(child.receive().read(Stored).position)
    while not word:
        child.progress(asked.last, asked.last, "listening")
        if (message := child.receive(0.05)) is not None:
            word = message.read(Word).text
    return Counted(confirmed=confirmed, word=word)
