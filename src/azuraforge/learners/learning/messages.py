"""Input, messages and result of the child process of a learner. Imports no database."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from pydantic import Field, JsonValue, SecretStr

from azuraforge.learners.learning.retention import Retention
from azuraforge.learners.loop.plan import Plan
from azuraforge.plugins.contract.shape import Shape

if TYPE_CHECKING:
    from azuraforge.learners.loop.commit import Block, HourScores


class LearnInput(Shape):
    """A learner, and the folder of the state from which it continues; null if it starts.

    The caller adds ``secrets`` to the payload separately, since dumping this shape would mask them.
    """

    plugin: str
    config: dict[str, JsonValue]
    plan: Plan
    plugins_folder: str | None
    state: str | None
    retention: Retention
    timeout_seconds: float
    secrets: dict[str, SecretStr] = Field(default_factory=dict)


class GivenFact(Shape):
    """A fact for the loop. ``seq`` and ``at`` are null until a learner has processed it."""

    number: int
    seq: int | None
    at: int | None
    kind: str
    name: str
    body: dict[str, JsonValue]


class Given(Shape):
    """Rows and facts that follow the former ones.

    ``segments`` are paths of sealed files, which may begin with earlier rows; ``tail`` are rows after them, encoded as
    segments. ``closed`` states that no further row will follow, and ``stop`` that the learner must stop after these.
    """

    segments: list[str] = Field(default_factory=list)
    tail: list[str] = Field(default_factory=list, description="spans as base64")
    facts: list[GivenFact] = Field(default_factory=list)
    until: int = Field(default=0, description="event time of the feed's last row, which may follow later")
    live: bool = Field(default=False, description="whether these rows are the newest of the feed")
    closed: bool = False
    stop: bool = False


class SentBlock(Shape):
    """Answers and outcomes: base64 of ``blocks.encode``, and what the worker stores next to it without decoding it."""

    first: int
    last: int
    first_us: int
    last_us: int
    answers: int
    outcomes: int
    content: str


class SentState(Shape):
    """A saved state: base64 of its bytes, or the name of a file in the outputs of the child if it is large."""

    sha256: str
    bytes: int
    content: str | None
    file: str | None
    archive: bool


class SentHour(Shape):
    """The sums of the scores of one hour: base64 of float64."""

    hour: int
    independent: int
    sums: str


class SentNotice(Shape):
    """A notice, or a requested run (kind ``request``)."""

    seq: int
    at: int
    kind: str
    body: dict[str, JsonValue]


class SentCommit(Shape):
    """Everything that is stored in one transaction; see ``loop.commit.Commit``."""

    seq: int
    at: int
    fact: int
    block: SentBlock | None
    hours: list[SentHour]
    notices: list[SentNotice]
    timers: dict[str, int]
    processed: list[GivenFact] = Field(default_factory=list, description="facts with the position of their processing")
    state: SentState | None = None
    environment: dict[str, JsonValue] | None = Field(default=None, description="set in the first commit of an attempt")


class Committed(Shape):
    """Reply after the transaction."""

    seq: int
    fact: int


class LearnResult(Shape):
    """Numbers of rows of one attempt, and whether the feed has ended or the learner was stopped."""

    seq: int
    rows: int
    ended: bool


def text_of(content: bytes) -> str:
    """Return bytes as text for a message."""
    return base64.b64encode(content).decode()


def bytes_of(text: str) -> bytes:
    """Return the bytes of ``text_of``."""
    return base64.b64decode(text)


def sent_block(block: Block) -> SentBlock | None:
    """Return a block for a message; None if it has neither answers nor outcomes."""
    from azuraforge.learners.learning import blocks

    answers, outcomes = len(block.answered.seq), len(block.judged.seq)
    if not answers and not outcomes:
        return None
    times = block.answered.at if answers else block.judged.known_at
    return SentBlock(
        first=block.first,
        last=block.last,
        first_us=int(times.min()),
        last_us=int(times.max()),
        answers=answers,
        outcomes=outcomes,
        content=text_of(blocks.encode(block)),
    )


def sent_hour(scores: HourScores) -> SentHour:
    """Return the sums of an hour for a message."""
    import numpy as np

    sums: Any = np.ascontiguousarray(scores.sums, np.float64)
    return SentHour(hour=scores.hour, independent=scores.independent, sums=text_of(sums.tobytes()))
