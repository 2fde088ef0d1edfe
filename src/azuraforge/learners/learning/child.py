"""Entry point of the child process of a learner: it runs the loop and sends commits. Imports no database."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from azuraforge.learners.feeds import segment
from azuraforge.learners.learning import states
from azuraforge.learners.learning.limiting import time_limit
from azuraforge.learners.learning.messages import (
    Committed,
    Given,
    GivenFact,
    LearnInput,
    LearnResult,
    SentCommit,
    SentNotice,
    SentState,
    bytes_of,
    sent_block,
    sent_hour,
    text_of,
)
from azuraforge.learners.loop.commit import Commit, Fact
from azuraforge.learners.loop.inputs import BoundFeatures
from azuraforge.learners.loop.loop import Loop
from azuraforge.learners.loop.plan import SECOND
from azuraforge.learners.loop.saving import load
from azuraforge.plugins.contract.online.kind import OnlineKind
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin, load_task_kind
from azuraforge.processes.environment import code_version, describe_environment
from azuraforge.strict_json import JsonObject

if TYPE_CHECKING:
    from azuraforge.plugins.contract.rows import Span
    from azuraforge.processes.child import Child

#: States up to this size travel in messages and are stored in the database.
INLINE_BYTES = 256 * 1024
#: Commits that may wait for their acknowledgement.
_MOST_WAITING = 2
#: Rows after which a replay commits even if no state is due.
_CHUNK_ROWS = 8192


def learn(child: Child) -> dict[str, JsonValue]:
    """Learn until the feed is closed or the learner is stopped. ``LearnInput`` → ``LearnResult``."""
    asked = child.asked(LearnInput)
    learning = _Learning(child, opened(asked), asked)
    ended = learning.run()
    return LearnResult(seq=learning.loop.seq, rows=learning.rows, ended=ended).model_dump(mode="json")


def opened(asked: LearnInput) -> Loop:
    """Return the loop of a learner, at its beginning or at the state that the input names."""
    folder = asked.plugins_folder
    kind = load_task_kind(asked.plan.task, folder)
    assert isinstance(kind, OnlineKind)
    plugin = load_plugin("learner", asked.plugin, folder)
    config = parse_config(plugin.Config, asked.config, asked.plugin)
    features = []
    for each in asked.plan.features:
        made = load_plugin("features", each.name, folder)
        features.append(BoundFeatures(made(), parse_config(made.Config, each.config, each.name)))

    def secret(name: str) -> str:
        return asked.secrets[name].get_secret_value()

    if asked.state is None:
        return Loop(asked.plan, plugin(), config, kind, features, secrets=secret)
    return load(Path(asked.state), asked.plan, plugin(), config, kind, features, secrets=secret)


class _Learning:
    """The conversation of a child with its worker."""

    def __init__(self, child: Child, loop: Loop, asked: LearnInput) -> None:
        self._child = child
        self.loop = loop
        self._retention = asked.retention
        self._timeout_seconds = asked.timeout_seconds
        self._until = 0
        self._environment: JsonObject | None = {**describe_environment(), "code": code_version()}
        loop.checkpoints.keeps = self._lasts
        self.rows = 0
        self._waiting = 0
        self._given: list[Given] = []
        self._processed: list[GivenFact] = []
        self._scratch = Path(tempfile.mkdtemp(prefix="azuraforge-state-"))

    def run(self) -> bool:
        """Process what the worker gives. Return whether the feed has ended."""
        try:
            while True:
                given = self._next()
                self._process(given)
                if given.closed:
                    self._send_all(self.loop.close())
                    return self._settled(ended=True)
                if given.stop:
                    self._send_all(self.loop.stop())
                    return self._settled(ended=False)
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _settled(self, *, ended: bool) -> bool:
        while self._waiting:
            self._receive()
        return ended

    def _next(self) -> Given:
        while not self._given:
            self._receive()
        return self._given.pop(0)

    def _receive(self) -> None:
        message = self._child.receive()
        assert message is not None
        if message.name == "given":
            self._given.append(message.read(Given))
        else:
            message.read(Committed)
            self._waiting -= 1

    def _process(self, given: Given) -> None:
        facts = list(given.facts)
        self._until = 0 if given.live else given.until
        for span in _spans(given):
            rest = span.cut(max(0, self.loop.seq + 1 - int(span.seq[0])), len(span))
            while len(rest):
                self._facts(facts, self.loop.seq)
                stop = min(_CHUNK_ROWS, len(rest))
                if facts and facts[0].seq is not None:
                    stop = min(stop, facts[0].seq - self.loop.seq)
                self.rows += stop
                self._send_all(self.loop.take(rest.cut(0, stop), live=given.live))
                self._send_all(self.loop.flush())
                rest = rest.cut(stop, len(rest))
        self._facts(facts, None)

    def _lasts(self, at: int, archive: bool, until: int) -> bool:
        """Return whether a state is worth being saved: one that retention would soon delete is not."""
        plan = self.loop.plan
        step = plan.archive_every_seconds * SECOND
        following = (max(at, until) // step + 1) * step
        return self._retention.lasts(at, archive, following, plan.state_every_seconds * SECOND, max(at, self._until))

    def _facts(self, facts: list[GivenFact], seq: int | None) -> None:
        """Process the facts that follow the row ``seq``; None: all of them."""
        while facts and (seq is None or facts[0].seq == seq):
            each = facts.pop(0)
            at = max(0, self.loop.clock.now) if each.at is None else each.at
            fact = Fact(each.number, self.loop.seq, at, each.kind, each.name, each.body)  # type: ignore[arg-type]  # the database knows no other kinds
            self._processed.append(each.model_copy(update={"seq": self.loop.seq, "at": at}))
            self._send_all(self.loop.take_fact(fact))

    def _send_all(self, commits: Iterable[Commit]) -> None:
        """Send commits. Only the learner's own work counts for its time limit, not the wait for the worker."""
        iterator = iter(commits)
        while True:
            with time_limit(self._timeout_seconds, self.loop.seq):
                commit = next(iterator, None)
                if commit is None:
                    return
                state = self._saved(commit.archive_due) if commit.state_due else None
            self._send(commit, state)

    def _saved(self, archive: bool) -> SentState:
        folder = Path(tempfile.mkdtemp(dir=self._scratch))
        self.loop.save(folder)
        content = states.pack(folder)
        shutil.rmtree(folder)
        digest, file = hashlib.sha256(content).hexdigest(), None
        if len(content) > INLINE_BYTES:
            file = f"{digest}.state"
            (self._child.outputs / file).write_bytes(content)
        text = None if file else text_of(content)
        return SentState(sha256=digest, bytes=len(content), content=text, file=file, archive=archive)

    def _send(self, commit: Commit, state: SentState | None) -> None:
        while self._waiting >= _MOST_WAITING:
            self._receive()
        notices = [SentNotice(seq=one.seq, at=one.at, kind=one.kind, body=dict(one.body)) for one in commit.notices]
        notices += [
            SentNotice(
                seq=one.seq,
                at=one.at,
                kind="request",
                body={"name": one.name, "kind": one.kind, "body": dict(one.body)},
            )
            for one in commit.requests
        ]
        message = SentCommit(
            seq=commit.seq,
            at=commit.at,
            fact=commit.fact,
            block=None if commit.block is None else sent_block(commit.block),
            hours=[sent_hour(each) for each in commit.scores],
            notices=notices,
            timers=dict(commit.timers),
            processed=self._processed,
            state=state,
            environment=self._environment,
        )
        self._processed, self._environment = [], None
        self._waiting += 1
        self._child.send("commit", message)


def _spans(given: Given) -> Iterator[Span]:
    for path in given.segments:
        yield segment.read(Path(path))
    for text in given.tail:
        yield segment.decode(bytes_of(text))
