"""Feeding of a learner's child: rows and facts, as soon as they are in the database and the child has committed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from azuraforge.database import Database, Session
from azuraforge.errors import TransientError
from azuraforge.learners.feeds import store as feed_store
from azuraforge.learners.feeds.files import path_of
from azuraforge.learners.learning import store
from azuraforge.learners.learning.messages import Given, GivenFact, text_of

#: Interval between two looks at the feed of a learner that has nothing to do.
_LOOK_SECONDS = 0.02
_AWAY_SECONDS = 1.0
#: Rows that are given at once.
_MOST_ROWS = 32_768
#: Gifts that may be uncommitted.
_MOST_GIVEN = 2
#: Newest rows are committed one by one only if so few are behind.
_LIVE_ROWS = 256


@dataclass
class Position:
    """Last row and last fact that a child has committed."""

    seq: int
    fact: int


@dataclass
class Feeder:
    """Thread that gives a child what follows its position.

    Attributes:
        segments: folder of the project's sealed rows.
        done: position of the child's last commit, which the transactions of the run advance.
        send: sends a message to the child; thread-safe.
        failure: error that ended the thread; None if none did.
    """

    database: Database
    segments: Path
    project_id: str
    learner_id: str
    done: Position
    send: Callable[[str, BaseModel], None]
    failure: Exception | None = None
    _sent: Position = field(init=False)
    _open: deque[tuple[int, int]] = field(default_factory=deque)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._sent = Position(self.done.seq, self.done.fact)
        self._thread = threading.Thread(target=self._run, name=f"learner-{self.learner_id}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for it."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                given = self._next()
            except TransientError:
                self._ended.wait(_AWAY_SECONDS)
                continue
            except Exception as error:  # the handler raises it, once the child has stopped
                self.failure = error
                self.send("given", Given(stop=True))
                return
            if given is None:
                self._ended.wait(_LOOK_SECONDS)
                continue
            self.send("given", given)
            if given.closed or given.stop:
                return

    def _next(self) -> Given | None:
        while self._open and self._open[0] <= (self.done.seq, self.done.fact):
            self._open.popleft()
        if len(self._open) >= _MOST_GIVEN:
            return None
        with self.database.read(self.project_id) as session:
            return self._look(session)

    def _look(self, session: Session) -> Given | None:
        learner = store.find(session, self.learner_id)
        feed = None if learner is None else feed_store.find(session, learner.feed_id)
        if learner is None or feed is None:
            return Given(stop=True)
        after = last = self._sent.seq
        segments, tail, facts = [], [], []
        for each in feed_store.rows(session, feed.id, after + 1, after + _MOST_ROWS):
            if each.address is not None:
                segments.append(str(path_of(self.segments, each.address)))
            else:
                assert each.content is not None
                tail.append(text_of(each.content))
            last = each.last_seq
        newest = last >= feed.last_seq
        for fact in store.facts(session, learner.id, self._sent.fact):
            if (not newest) if fact.seq is None else fact.seq > last:
                break
            facts.append(
                GivenFact(
                    number=fact.number, seq=fact.seq, at=fact.at_us, kind=fact.kind, name=fact.name, body=fact.body
                )
            )
        given = Given(
            until=feed.watermark_us or 0,
            segments=segments,
            tail=tail,
            facts=facts,
            live=feed.last_seq - after <= _LIVE_ROWS and feed.closed_at is None,
            closed=newest and feed.closed_at is not None,
            stop=newest and not learner.active,
        )
        if last == after and not facts and not given.closed and not given.stop:
            return None
        self._sent = Position(last, facts[-1].number if facts else self._sent.fact)
        self._open.append((self._sent.seq, self._sent.fact))
        return given
