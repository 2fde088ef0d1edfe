"""The transaction of a commit: it inserts what is new and compares what an earlier attempt has stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.learners.learning import store
from azuraforge.learners.learning.files import StateFiles
from azuraforge.learners.learning.messages import (
    Committed,
    SentBlock,
    SentCommit,
    SentNotice,
    SentState,
    bytes_of,
    sent_block,
)
from azuraforge.learners.learning.tables import Learner, LearnerNotice, LearnerState, PredictionBlock
from azuraforge.processes.environment import differences
from azuraforge.projects.keeping import hold
from azuraforge.strict_json import JsonObject

#: Answers of a block that is large enough to stay as it is.
_LARGE = 4096


@dataclass(frozen=True)
class Committer:
    """Writer of commits. ``files`` stores states that are too large for the database."""

    files: StateFiles

    def commit(
        self, session: Session, learner: Learner, sent: SentCommit, outputs: Path, here: JsonObject
    ) -> Committed:
        """Store a commit of a learner whose row is locked; ``here`` is the environment of its child.

        Raises Conflict with the code ``nondeterministic`` if an entry differs from the one that an earlier attempt has
        stored for the same row.
        """
        fresh = sent.seq > learner.seq or sent.fact > learner.fact
        # Another environment may give other bits. What the earlier one has stored stands.
        comparable = learner.environment in ({}, here)
        if sent.block is not None:
            self._block(session, learner, sent.fact, sent.block, comparable)
        for each in sent.processed:
            assert each.seq is not None
            assert each.at is not None
            store.place_fact(session, learner.id, each.number, each.seq, each.at)
        notices = list(sent.notices)
        if fresh and not comparable:
            changed: list[JsonValue] = [*differences(learner.environment, here)]
            notices.insert(0, SentNotice(seq=sent.seq, at=sent.at, kind="environment", body={"changed": changed}))
        self._notices(session, learner, sent, notices)
        if sent.seq >= learner.seq:
            hours = ((hour.hour, hour.independent, bytes_of(hour.sums)) for hour in sent.hours)
            store.put_hours(session, learner.id, hours)
        if sent.state is not None:
            self._state(session, learner, sent, sent.state, outputs, here, comparable)
        crashpoint("learner_before_commit")
        if fresh:
            learner.seq, learner.fact = max(learner.seq, sent.seq), max(learner.fact, sent.fact)
            learner.at_us, learner.timers = sent.at, dict(sent.timers)
            learner.environment = here
        return Committed(seq=sent.seq, fact=sent.fact)

    def _block(self, session: Session, learner: Learner, fact: int, sent: SentBlock, comparable: bool) -> None:
        if sent.last < sent.first:  # the outcomes at the end of the feed
            stored = store.block(session, learner.id, sent.first, fact)
            if stored is None:
                self._insert(session, learner, fact, sent)
            elif comparable:
                _compare(learner, [stored], sent, sent.first, sent.last)
            return
        if sent.first > learner.seq:
            self._insert(session, learner, fact, sent)
            return
        last = min(sent.last, learner.seq)
        if comparable and (found := store.blocks(session, learner.id, sent.first, last)):
            _compare(learner, found, sent, sent.first, last)
        if sent.last > learner.seq:
            self._insert(session, learner, fact, _rest(sent, learner.seq + 1))

    def _insert(self, session: Session, learner: Learner, fact: int, sent: SentBlock | None) -> None:
        if sent is None:
            return
        session.add(
            PredictionBlock(
                project_id=session.project_id,
                learner_id=learner.id,
                first_seq=sent.first,
                fact=fact,
                last_seq=sent.last,
                first_us=sent.first_us,
                last_us=sent.last_us,
                answers=sent.answers,
                outcomes=sent.outcomes,
                content=bytes_of(sent.content),
            )
        )
        learner.answers += sent.answers
        learner.outcomes += sent.outcomes

    def _notices(self, session: Session, learner: Learner, sent: SentCommit, notices: Sequence[SentNotice]) -> None:
        places: dict[int, int] = {}
        for each in notices:
            place = places[each.seq] = places.get(each.seq, -1) + 1
            if each.seq <= learner.seq and sent.fact <= learner.fact:
                continue  # an earlier attempt has stored it
            session.add(
                LearnerNotice(
                    project_id=session.project_id,
                    learner_id=learner.id,
                    seq=each.seq,
                    fact=sent.fact,
                    place=place,
                    at_us=each.at,
                    kind=each.kind,
                    body=each.body,
                )
            )

    def _state(
        self,
        session: Session,
        learner: Learner,
        sent: SentCommit,
        state: SentState,
        outputs: Path,
        here: JsonObject,
        comparable: bool,
    ) -> None:
        stored = store.state(session, learner.id, sent.seq, sent.fact)
        if stored is not None:
            if stored.sha256 != state.sha256:
                if not comparable:
                    return
                raise _nondeterministic(learner, sent.seq, "state")
            stored.archive = stored.archive or state.archive
            return
        content, address = None, None
        if state.content is not None:
            content = bytes_of(state.content)
            if hashlib.sha256(content).hexdigest() != state.sha256:
                raise _damaged(learner, sent.seq)
        else:
            assert state.file is not None
            path = outputs / Path(state.file).name
            hold(session)
            address = self.files.put_file(session.project_id, path).sha256
            if address != state.sha256:
                raise _damaged(learner, sent.seq)
            path.unlink(missing_ok=True)
        session.add(
            LearnerState(
                project_id=session.project_id,
                learner_id=learner.id,
                seq=sent.seq,
                fact=sent.fact,
                at_us=sent.at,
                archive=state.archive,
                sha256=state.sha256,
                size_bytes=state.bytes,
                content=content,
                address=address,
                environment=here,
            )
        )
        session.flush()
        store.drop_states(session, learner.id, learner.retention)
        if state.archive:
            self._compact(session, learner)

    def _compact(self, session: Session, learner: Learner) -> None:
        """Join the newest blocks that are small, which live rows leave."""
        small, held = list(store.small_tail(session, learner.id, _LARGE)), 0
        for last, each in enumerate(small):
            held += each.answers
            if held >= 2 * _LARGE or last == len(small) - 1:
                self._join(session, small[: last + 1])
                return

    def _join(self, session: Session, found: Sequence[PredictionBlock]) -> None:
        from azuraforge.learners.learning import blocks

        if len(found) < 2:
            return
        whole = blocks.joined([blocks.decode(each.content) for each in found])
        first, last = found[0], found[-1]
        first.last_seq, first.content = last.last_seq, blocks.encode(whole)
        first.first_us, first.last_us = min(each.first_us for each in found), max(each.last_us for each in found)
        first.answers, first.outcomes = len(whole.answered.seq), len(whole.judged.seq)
        for each in found[1:]:
            session.delete(each)
        session.flush()


def _compare(learner: Learner, stored: Sequence[PredictionBlock], sent: SentBlock, first: int, last: int) -> None:
    """Raise Conflict unless the rows ``first`` to ``last`` of ``sent`` are equal to what is stored."""
    from azuraforge.learners.learning import blocks

    found = blocks.joined([blocks.decode(each.content) for each in stored])
    computed = blocks.decode(bytes_of(sent.content))
    if last >= first:
        found, computed = blocks.cut(found, first, last), blocks.cut(computed, first, last)
    difference = blocks.first_difference(found, computed)
    if difference is not None:
        raise _nondeterministic(learner, *difference)


def _rest(sent: SentBlock, first: int) -> SentBlock | None:
    """Return the part of a block from the row ``first``; None if it is empty."""
    from azuraforge.learners.learning import blocks

    return sent_block(blocks.cut(blocks.decode(bytes_of(sent.content)), first, sent.last))


def _nondeterministic(learner: Learner, row: int, column: str) -> Conflict:
    return Conflict(
        "the learner gives other results for the same rows: {column} of row {row} differs from the stored one",
        where="learner {learner}",
        next_step="use only the context's random numbers and time; azuraforge.testing.check_learner finds the fault",
        code="nondeterministic",
        column=column,
        row=row,
        learner=learner.name,
    )


def _damaged(learner: Learner, row: int) -> InvalidInput:
    return InvalidInput(
        "the state after row {row} was changed while it was stored",
        where="learner {learner}",
        next_step="start the learner again; it continues from its last state",
        code="state_unreadable",
        row=row,
        learner=learner.name,
    )
